# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A record of how the program was called, for tests that look at exactly this."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

_SECRET = ("NVCF_TOKEN", "NVCF_API_KEY")
_PREFIXES = ("NVCF_", "API_")


def append(file: Path, arguments: Sequence[str], env: Mapping[str, str]) -> None:
    """Append one line of JSON: `argv`, `home` and `env`, where secrets are replaced by their digests."""
    shown = {
        name: digest(value) if name in _SECRET else value
        for name, value in sorted(env.items())
        if name.startswith(_PREFIXES) or name == "NO_COLOR"
    }
    line = json.dumps({"argv": list(arguments), "home": env.get("HOME"), "env": shown})
    with file.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")


def digest(secret: str) -> str:
    """Return what the record holds in place of a secret."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()
