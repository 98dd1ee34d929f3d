# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The bill of materials: the collection, and what it needs to run, in the versions that the release was tested with."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

REPOSITORY = "https://github.com/fleetops/ansible-nvcf"
HELM = "helm"


@dataclass(frozen=True, kw_only=True)
class Collection:
    """What is released."""

    version: str
    file: str
    sha256: str
    moment: int
    """Seconds since 1970 of the commit."""

    @property
    def purl(self) -> str:
        """There is no type of package URL for collections."""
        return f"pkg:generic/fleetops.nvcf@{self.version}?checksum=sha256:{self.sha256}&file_name={self.file}"


def needed_names(requirements: Iterable[str]) -> list[str]:
    """Of the packages that lines of a requirements file name."""
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in requirements)
    return ["ansible-core", *(match[0] for match in names if match)]


def document(environment: dict[str, Any], collection: Collection, needed: Iterable[str]) -> dict[str, Any]:
    """The bill, from that of an environment with nothing but what the collection needs, and pip."""
    refs = {_plain(part["name"]): part["bom-ref"] for part in environment["components"]}
    pip = refs.pop("pip", None)
    direct = [refs[_plain(name)] for name in needed]
    helm = {
        "bom-ref": HELM,
        "type": "application",
        "name": HELM,
        "description": "Program that the collection runs: 4, or 3.14 or newer. Its users install it.",
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "externalReferences": [{"type": "website", "url": "https://helm.sh"}],
    }
    return environment | {
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, collection.purl)}",
        "metadata": environment["metadata"]
        | {
            "timestamp": datetime.fromtimestamp(collection.moment, UTC).isoformat(),
            "component": _component(collection),
            "lifecycles": [{"phase": "build"}],
        },
        "components": [helm, *(part for part in environment["components"] if part["bom-ref"] != pip)],
        "dependencies": [
            {"ref": collection.purl, "dependsOn": sorted([*direct, HELM])},
            {"ref": HELM},
            *(row for row in environment["dependencies"] if row["ref"] != pip),
        ],
    }


def _component(collection: Collection) -> dict[str, Any]:
    return {
        "bom-ref": collection.purl,
        "type": "library",
        "group": "fleetops",
        "name": "nvcf",
        "version": collection.version,
        "description": "Ansible collection fleetops.nvcf",
        "purl": collection.purl,
        "hashes": [{"alg": "SHA-256", "content": collection.sha256}],
        "licenses": [{"license": {"id": "GPL-3.0-or-later"}}],
        "externalReferences": [
            {"type": "distribution", "url": f"{REPOSITORY}/releases/download/{collection.version}/{collection.file}"},
            {"type": "vcs", "url": REPOSITORY},
            {"type": "issue-tracker", "url": f"{REPOSITORY}/issues"},
        ],
    }


def _plain(name: str) -> str:
    """As PyPI compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()
