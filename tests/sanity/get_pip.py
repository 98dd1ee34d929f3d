# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Stands where ansible-test expects the script that puts pip into a new environment, and needs no download.

The arguments are those of ``pip install``, with two options among them that only that script knows.
"""

from __future__ import annotations

import subprocess
import sys

# In a process of its own: ensurepip hides pip's configuration from the process that it runs in, and from its children.
subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
wanted = [argument for argument in sys.argv[1:] if argument not in {"--no-setuptools", "--no-wheel"}]
sys.exit(subprocess.run([sys.executable, "-m", "pip", "install", *wanted], check=False).returncode)
