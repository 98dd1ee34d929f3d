# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A program in the place of helm: notes how it was called, renders the values that it is given, and stores nothing.

Runs as `python -m ...fake_helm FOLDER ARGUMENTS`. FOLDER holds `behavior.json`, and gets `calls.jsonl` and, after a
real upgrade, `applied.json`: the release as it would be stored. Of the behavior, `error` is what an upgrade or a
rollback fails with, and `stores` the status of the revision that the upgrade leaves all the same; `revision` is its
number. What a rollback leaves is `leaves`, a whole release; it gets the labels of its target unless it has some.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import manifest, stored_release


def main(folder: Path, argv: list[str]) -> None:
    """One run of helm."""
    behavior = json.loads((folder / "behavior.json").read_text(encoding="utf-8"))
    with (folder / "calls.jsonl").open("a", encoding="utf-8") as calls:
        print(json.dumps(argv), file=calls)
    match argv[0]:
        case "version":
            print(behavior.get("version", "v4.3.1"))
        case "pull":
            (Path(argv[argv.index("--destination") + 1]) / "helm-nvcf-api-1.25.1.tgz").write_bytes(b"chart")
        case "upgrade":
            key, _equal, value = argv[argv.index("--labels") + 1].partition("=")
            upgrade(folder, behavior, labels={key: value}, dry_run="--dry-run=server" in argv)
        case "rollback":
            rollback(folder, behavior, target=int(argv[2]))


def upgrade(folder: Path, behavior: dict[str, Any], *, labels: dict[str, str], dry_run: bool) -> None:
    """Prints the release with the values of stdin as its next revision."""
    values = json.load(sys.stdin)
    rendered = manifest(values["api"]["env"], **behavior.get("also_renders", {}))
    fails = not dry_run and "error" in behavior
    status = behavior.get("stores") if fails else "deployed"
    more = {"manifest": rendered, "hooks": behavior.get("hooks"), "info": {"status": status}, "labels": labels}
    release = stored_release(values, revision=behavior.get("revision", 2), **more)
    if not dry_run and status:
        (folder / "applied.json").write_text(json.dumps(release), encoding="utf-8")
    if fails:
        sys.exit(f"Error: {behavior['error']}")
    print(json.dumps(release))


def rollback(folder: Path, behavior: dict[str, Any], *, target: int) -> None:
    """Stores what the test says."""
    if "leaves" in behavior:
        applied = {"returns_to": target} | behavior["leaves"]
        (folder / "applied.json").write_text(json.dumps(applied), encoding="utf-8")
    if "error" in behavior:
        sys.exit(f"Error: {behavior['error']}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
