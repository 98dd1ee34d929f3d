# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The site of the documentation: the Markdown files of the repository and a page for each plugin, built by Sphinx."""
