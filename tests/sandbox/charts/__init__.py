# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Stand-in charts, what an operator's stack sets for them, and variants of them for tests."""
