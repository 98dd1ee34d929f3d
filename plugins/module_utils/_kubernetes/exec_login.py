# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A credential plugin's credential, obtained no more often in a run than it has to be."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .._runtime.errors import ConnectionOptionsError
from .._runtime.run_cache import locked, run_folder, write_private
from .credentials import Credential
from .exec_plugin import CredentialPlugin


def credential_of(plugin: CredentialPlugin, *, refused: Credential | None = None) -> Credential:
    """The credential that the workers of this run share, or a new one when it is due or is the one that was refused.

    One worker at a time asks the plugin; the others wait for what it gets, be it an error: a plugin that waits for a
    person in vain must not do so once for each cluster. Raises ConnectionOptionsError.
    """
    folder = run_folder()
    if folder is None:
        return plugin.run()
    began = time.monotonic()
    place = folder / f"credential-{plugin.key}.json"
    with locked(place.with_suffix(".lock")):
        kept = _load(place)
        if "failure" in kept and kept["at"] >= began:
            raise ConnectionOptionsError(kept["failure"])
        if "credential" in kept:
            credential = Credential(**kept["credential"])
            if credential != refused and not credential.due(time.time()):
                return credential
        try:
            credential = plugin.run()
        except ConnectionOptionsError as error:
            _keep(place, {"failure": str(error), "at": time.monotonic()})
            raise
        _keep(place, {"credential": asdict(credential)})
        return credential


def _load(place: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept


def _keep(place: Path, content: dict[str, Any]) -> None:
    try:
        write_private(place, json.dumps(content))
    except OSError:
        # No room: it is good all the same, and the next worker asks for its own.
        place.unlink(missing_ok=True)
