# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare AWX with a file that `awx import` reads, because the import does not report all that is missing.

    python3 check.py before templates.json   # does all exist that the file refers to, and what would an import reset
    python3 check.py after templates.json    # is everything in AWX as in the file

It reads only, with AWX's client: `awx` has to be in PATH, and logged in by its environment variables, for example
CONTROLLER_HOST and CONTROLLER_OAUTH_TOKEN. The exit status is 1 if something is missing, or different after an import.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Asset = Mapping[str, Any]
LISTS = {"inventory": "inventory"}
"""Names of lists that are not the plural of what they hold."""
LINKS = ("success_nodes", "failure_nodes", "always_nodes")
WORKFLOW = "workflow_job_template"
VARIABLES = ("variables", "source_vars", "extra_vars")


class Awx:
    """What is in AWX. Each list is read once."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, ...], list[Asset]] = {}

    def find(self, key: Asset) -> Asset | None:
        """The object with this natural key: its names, and what it belongs to."""
        owners = {name: self.find(value) for name, value in key.items() if isinstance(value, dict)}
        if None in owners.values():
            return None
        wanted: dict[str, Any] = {n: value for n, value in key.items() if isinstance(value, str) and n != "type"}
        wanted |= {name: owner["id"] for name, owner in owners.items() if owner is not None}
        listed = self.nodes(wanted[WORKFLOW]) if WORKFLOW in wanted else self.listed(key["type"])
        return next((asset for asset in listed if wanted.items() <= asset.items()), None)

    def nodes(self, workflow: int) -> list[Asset]:
        """The nodes of a workflow."""
        # The client ignores a filter that it does not know.
        listed = self.listed("workflow_job_template_node", f"--{WORKFLOW}", str(workflow))
        return [node for node in listed if node[WORKFLOW] == workflow]

    def listed(self, kind: str, *filters: str) -> list[Asset]:
        """The objects of a kind."""
        command = ("awx", LISTS.get(kind, f"{kind}s"), "list", "--all", "-f", "json", *filters)
        if command not in self._answers:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
            self._answers[command] = json.loads(done.stdout)["results"]
        return self._answers[command]


def assets(document: Mapping[str, list[Asset]]) -> Iterator[Asset]:
    """The objects of a file, nodes of workflows included."""
    for held in document.values():
        for asset in held:
            yield asset
            yield from asset.get("related", {}).get("workflow_nodes", [])


def references(value: Any) -> Iterator[Asset]:
    """The natural keys in a value, those that a key refers to first."""
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from references(item)
    if is_key(value):
        yield value


def is_key(value: Any) -> bool:
    """Whether a value names an object. Questions of a survey and inputs have a type too, but no name."""
    return isinstance(value, dict) and "type" in value and bool({"name", "identifier"} & value.keys())


def missing(awx: Awx, document: Mapping[str, list[Asset]]) -> Iterator[str]:
    """What the file refers to and does not make itself."""
    made = [asset["natural_key"] for asset in assets(document)]
    asked: list[Asset] = []
    for asset in assets(document):
        for key in references({name: value for name, value in asset.items() if name != "natural_key"}):
            if key not in made and key not in asked:
                asked.append(key)
                if awx.find(key) is None:
                    yield f"{title(key)} does not exist."


def differences(awx: Awx, document: Mapping[str, list[Asset]], *, new: bool) -> Iterator[str]:
    """What is in AWX, but not as in the file. What does not exist counts if it is not new."""
    for asset in assets(document):
        key = asset["natural_key"]
        found = awx.find(key)
        if found is None:
            if not new:
                yield f"{title(key)} does not exist."
            continue
        for name, value in asset.items():
            if name not in ("natural_key", "related") and not same(awx, name, value, found.get(name)):
                yield f"{title(key)}: {name} is {shown(found.get(name))}, and in the file {shown(value)}."
        yield from different_relations(awx, asset, found)


def different_relations(awx: Awx, asset: Asset, found: Asset) -> Iterator[str]:
    """Credentials, nodes and their links. An import adds to them, and removes none."""
    key, related = asset["natural_key"], asset.get("related", {})
    if "create_approval_template" in related and found.get("unified_job_template") is None:
        yield f"{title(key)}: the approval is missing."
    held = {entry["id"] for entry in found.get("summary_fields", {}).get("credentials", [])}
    for credential in related.get("credentials", []):
        if (awx.find(credential) or {}).get("id") not in held:
            yield f"{title(key)}: {title(credential)} is not attached."
    if "workflow_nodes" in related:
        names = {node["identifier"] for node in related["workflow_nodes"]}
        for node in awx.nodes(found["id"]):
            if node["identifier"] not in names:
                yield f"{title(key)}: the node {node['identifier']} is not in the file. An import leaves it."
    if WORKFLOW in key:
        reached = {node["id"]: node["identifier"] for node in awx.nodes(found[WORKFLOW])}
        for link in LINKS:
            wanted = {target["identifier"] for target in related.get(link, [])}
            drawn = {reached[number] for number in found[link]}
            yield from (f"{title(key)}: {link} lacks the link to {name}." for name in sorted(wanted - drawn))
            for name in sorted(drawn - wanted):
                yield f"{title(key)}: {link} has a link to {name} that is not in the file. Remove it."


def same(awx: Awx, name: str, wanted: Any, found: Any) -> bool:
    """Whether a field has the value of the file."""
    if is_key(wanted):
        return found is not None and (awx.find(wanted) or {}).get("id") == found
    empty = ("", "{}", "---", None)
    return wanted == found or (name in VARIABLES and wanted in empty and found in empty)


def title(key: Asset) -> str:
    """An object as a person calls it."""
    kind = key["type"].replace("_", " ")
    if WORKFLOW in key:
        return f"node {key['identifier']} of {key[WORKFLOW]['name']}"
    return f"{kind} {key['name']}"


def shown(value: Any) -> str:
    """A value in short."""
    text = f"{value['type'].replace('_', ' ')} {value['name']}" if is_key(value) else json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def main() -> int:
    """Print what was found. The exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("when", choices=["before", "after"])
    parser.add_argument("file", type=Path, help="what awx import reads, for example templates.json")
    arguments = parser.parse_args()
    if shutil.which("awx") is None:
        raise SystemExit("The program awx is not in PATH. Install it: pip install awxkit 'setuptools<81'")
    try:
        document = json.loads(arguments.file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SystemExit(f"{arguments.file} is not a file that awx import reads: {error}") from error
    awx = Awx()
    before = arguments.when == "before"
    wrong = list(missing(awx, document))
    changes = list(differences(awx, document, new=before))
    lines = [f"missing: {line}" for line in wrong] + [f"differs: {line}" for line in changes]
    if wrong:
        lines.append(f"Do not import {arguments.file} yet: create what is missing.")
    elif before:
        lines.append("All that the file refers to exists.")
        if changes:
            lines.append("An import resets the fields that differ. Nodes and links that are not in the file stay.")
    elif not changes:
        lines.append("Everything in AWX is as in the file. Surveys were not compared.")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if wrong or (changes and not before) else 0


if __name__ == "__main__":
    sys.exit(main())
