# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Functions that a removal leaves without a recognised registry. Pure.

They stay listed and deletable, but a new version or a deployment of them is refused until the registry is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ._held import HeldRegistry
from ._nvcf_api import Function
from ._plan import State, Wanted


def leaving(stored: Iterable[HeldRegistry], wanted: Sequence[Wanted], state: State) -> set[str]:
    """The hosts that are stored and would no longer be, if `state` came true."""
    if state == "absent":
        gone = [registry for registry in stored if any(entry.selects(registry) for entry in wanted)]
    elif state == "exact":
        hosts = {entry.hostname for entry in wanted}
        gone = [registry for registry in stored if registry.hostname not in hosts and not registry.native]
    else:
        gone = []
    return {registry.hostname for registry in gone if registry.hostname}


def stranded(functions: Iterable[Function], hosts: set[str]) -> list[Function]:
    """The functions whose image is on one of `hosts`, by name."""
    found = [function for function in functions if image_host(function.image) in hosts]
    return sorted(found, key=lambda function: (function.name, function.version_id))


def image_host(image: str) -> str:
    """The host of an image reference as the API reads it: what stands before the first slash, without a port."""
    return image.partition("/")[0].partition(":")[0]
