# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where Helm keeps revisions: Secrets, or with the driver `configmap` ConfigMaps of the same names and labels.

As in helm the variable HELM_DRIVER chooses. Without it both are looked at, Secrets first: in a fleet each cluster may
have the one or the other, and a release that is kept elsewhere must not look like none.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from .._kubernetes.api_client import METADATA_LIST, Cluster, path_of
from .._runtime.errors import InputError, KubernetesError

Driver = Literal["secret", "configmap"]
_DRIVERS: Mapping[str, Driver] = {
    "secret": "secret",
    "secrets": "secret",
    "configmap": "configmap",
    "configmaps": "configmap",
}
"""By what helm takes in HELM_DRIVER."""
VARIABLE = "HELM_DRIVER"


class Records(NamedTuple):
    """What a list shows of Helm's storage."""

    driver: Driver
    """How Helm keeps it."""
    metadata: list[dict[str, Any]]
    """Of each object."""
    path: str
    """That of the list."""
    version: str
    """Of the list, to watch from there."""


def list_records(cluster: Cluster, namespace: str, selector: str) -> Records:
    """The metadata of what is labeled as Helm's, and the driver by which it is kept.

    Raises InputError for a driver that keeps revisions outside of the cluster, KubernetesError when they cannot be
    listed.
    """
    named = _named()
    found: list[Records] = []
    for driver in [named] if named else list(dict.fromkeys(_DRIVERS.values())):
        path = path_of("api/v1/namespaces", namespace, f"{driver}s", labelSelector=selector)
        try:
            listed = cluster.get(path, accept=METADATA_LIST)
        except KubernetesError as error:
            # Who may only read where Helm keeps revisions by default sees none elsewhere.
            if found and error.status == 403:
                break
            raise
        version = str(listed.get("metadata", {}).get("resourceVersion", ""))
        found.append(Records(driver, [item["metadata"] for item in listed["items"]], path, version))
        if listed["items"]:
            return found[-1]
    return found[0]


def _named() -> Driver | None:
    given = os.environ.get(VARIABLE, "")
    if given and given not in _DRIVERS:
        raise InputError(
            f"the variable HELM_DRIVER is {given[:40]!r}: this collection reads and writes what Helm keeps in the "
            "cluster, which is secret or configmap. Unset it, or set it to one of these."
        )
    return _DRIVERS.get(given)


def of_driver() -> str:
    """Which driver was asked for, to be put behind the place of a release; nothing where none was."""
    named = _named()
    return f" as a {called(named)} ({VARIABLE})" if named else ""


def record_path(driver: Driver, namespace: str, release: str, revision: int) -> str:
    """The path of the object that holds a revision."""
    return path_of("api/v1/namespaces", namespace, f"{driver}s", f"sh.helm.release.v1.{release}.v{revision}")


def called(driver: Driver) -> str:
    """The kind of the objects, for users."""
    return "Secret" if driver == "secret" else "ConfigMap"


def decode(driver: Driver, record: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON document in the object. Raises LookupError, ValueError, OSError, EOFError or zlib.error."""
    data = record["data"]["release"]
    # The data of a Secret are in base64 again.
    packed = base64.b64decode(base64.b64decode(data) if driver == "secret" else data)
    plain = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    document = json.loads(plain, parse_int=_number)
    if not isinstance(document, dict):
        raise ValueError("not an object")
    return document


def _number(digits: str) -> int | float:
    """Helm writes every number as a float64, whose negative zero is not an integer of Python."""
    return -0.0 if digits == "-0" else int(digits)
