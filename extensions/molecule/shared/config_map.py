# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The live environment of a cluster's API: `python config_map.py SANDBOX CLUSTER [VARIABLE=VALUE | VARIABLE- ...]`.

Edits the ConfigMap as a user of kubectl would, then prints its data as JSON.
"""

from __future__ import annotations

import json
import sys

from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox

PATH = "/api/v1/namespaces/nvcf/configmaps/nvcf-api-env"


def main(sandbox: str, cluster: str, *edits: str) -> None:
    """Edit and print."""
    api = Sandbox.open(sandbox).cluster(cluster).api
    if edits:
        parts = [edit.partition("=") for edit in edits]
        api.patch(PATH, {"data": {name.removesuffix("-"): value if equals else None for name, equals, value in parts}})
    sys.stdout.write(json.dumps(api.get(PATH).get("data") or {}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
