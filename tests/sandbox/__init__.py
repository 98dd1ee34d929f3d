# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Real Kubernetes control planes on this machine, with a virtual node and a stand-in NVCF API."""
