# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Builds the collection as it is published, and checks it as its users get it: see __main__.py."""
