# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A credential plugin's credential, obtained no more often in a run than it has to be."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

from .._runtime.errors import ConnectionOptionsError
from .._runtime.run_cache import keep, locked, recall, run_folder
from .credentials import Credential
from .exec_plugin import CredentialPlugin


def credential_of(plugin: CredentialPlugin, *, refused: Credential | None = None) -> Credential:
    """The credential that the workers of this run share, or a new one when it is due or is the one that was refused.

    One worker at a time asks the plugin; the others wait for what it gets, be it an error: a plugin that waits for a
    person in vain must not do so once for each cluster. Raises ConnectionOptionsError.
    """
    if run_folder() is None:
        return plugin.run()
    began = time.monotonic()
    what = f"credential {plugin.key}"
    with locked(what):
        kept: dict[str, Any] = json.loads(recall(what) or "{}")
        if "failure" in kept and kept["at"] >= began:
            raise ConnectionOptionsError(kept["failure"])
        if "credential" in kept:
            credential = Credential(**kept["credential"])
            if credential != refused and not credential.due(time.time()):
                return credential
        try:
            credential = plugin.run()
        except ConnectionOptionsError as error:
            keep(what, json.dumps({"failure": str(error), "at": time.monotonic()}))
            raise
        keep(what, json.dumps({"credential": asdict(credential)}))
        return credential
