# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to the stack that deploys the release, and what was put on top of it.

A stack of Helmfile, Argo CD or a script writes variables of its own: its next sync drops whatever is not among them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError:  # reported when a cluster is asked
    pass

from .._helm.storage import SOUND, History, Release, read_release
from .._kubernetes.api_client import Cluster
from .._registries.configured import HeldRegistry, held
from .._registries.values import read_env
from .._runtime.errors import InputError, ReleaseError
from .._runtime.files import MOST_OF_YAML, content
from .._runtime.services import Service
from .owner import Owner, writer_of

MARK = "fleetops.nvcf: "
"""How descriptions of this collection's revisions begin."""
_ROLLBACK = "Rollback to "


@dataclass(frozen=True, kw_only=True)
class OnTop:
    """The registries that the next sync of the stack would drop, and how that is known."""

    registries: tuple[HeldRegistry, ...] = ()
    basis: str | None = None
    """`revision N`, maybe with the tool that wrote it, or the path of the stack's values; None if neither is
    known."""

    def facts(self) -> dict[str, Any]:
        """For results and reports: `basis`, `registries`."""
        return {"basis": self.basis, "registries": [registry.facts() for registry in self.registries]}


def on_top(
    cluster: Cluster, history: History, release: Release, stack_values: str | None, owner: Owner | None = None
) -> OnTop:
    """Compares the deployed revision with the stack's values or its owner's, or with the last revision of others.

    What was added by hand with helm cannot be distinguished from a sync without the stack's values.
    Raises InputError when `stack_values` cannot be read.
    """
    if stack_values:
        return _beyond(release, read_stack(Path(stack_values), release.service), stack_values)
    if owner and owner.holds is not None and not owner.values_from:
        kept = owner.holds
        return OnTop(registries=tuple(r for r in release.stored if r not in kept), basis=owner.object)
    if not _ours(release):
        return OnTop(basis=_basis(history, release))
    for revision in reversed(history.revisions):
        if revision.number < release.revision and revision.status in SOUND:
            try:
                earlier = read_release(cluster, history, revision.number)
                if not _ours(earlier):
                    return _beyond(release, earlier.env, _basis(history, earlier))
            except ReleaseError:
                # Damaged, or of another shape: nothing to compare with.
                continue
    return OnTop()


def read_stack(path: Path, service: Service) -> Mapping[str, Any]:
    """The service's map of a values file. Raises InputError, which never quotes the file: it may hold passwords."""
    try:
        # Unlike Path's, it leaves the home of an unknown user as it is, which then is not found.
        values = yaml.safe_load(content(os.path.expanduser(path), MOST_OF_YAML))  # noqa: PTH111
        return read_env(values or {}, service)
    except OSError as error:
        raise InputError(f"stack_values {path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, ReleaseError, AttributeError, ValueError):
        # ValueError: a plain 2026-13-45 looks like a date to YAML.
        raise InputError(
            f"stack_values {path} is not a Helm values file: it is not a map, or has no map at {service.env}."
        ) from None


def _basis(history: History, release: Release) -> str:
    tool = writer_of(history.revision(release.revision))
    return f"revision {release.revision}{f', by {tool}' if tool else ''}"


def _ours(release: Release) -> bool:
    """Whether this collection wrote it. A rollback writes nothing new, so the stack's values are found further back."""
    return release.description.startswith((MARK, _ROLLBACK))


def _beyond(release: Release, env: Mapping[str, Any], basis: str) -> OnTop:
    kept = held(env, release.service)
    return OnTop(registries=tuple(r for r in release.stored if r not in kept), basis=basis)
