# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A stand-in for the NVCF API: what an operator's tools can observe of it, and nothing behind that."""
