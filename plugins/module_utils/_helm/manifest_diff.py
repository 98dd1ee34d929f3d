# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an upgrade would change beside the recognized registries. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._registries.configured import HeldRegistry, held, variables
from .._runtime.errors import PlanError
from .manifest import ObjectId, Workload

Place = tuple[Any, ...]

_CHECKSUM = ("spec", "template", "metadata", "annotations", "checksum/config-env")
_HOOK_NOISE = (_CHECKSUM, _CHECKSUM[2:])
"""All that a change of registries explains in a hook: the charts' own take nothing from the values' map."""
_ORIGIN = ("helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace")
"""Labels that Flux adds after rendering, to find the objects of its HelmRelease. It sets them again."""
_CONFIG_MAP = {"apiVersion", "kind", "metadata", "data"}
_ABSENT = object()


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One place in which two manifests differ. It names the place only: a value could be a password."""

    object: ObjectId
    place: Place
    """Keys and indices from the object's top; empty when the whole object comes or goes."""
    change: str
    """added, removed or changed."""
    hook: bool = False
    """Whether the object is one that helm makes and waits for beside the release's own."""

    def __str__(self) -> str:
        return " ".join(filter(None, ("hook" if self.hook else "", str(self.object), shown(self.place), self.change)))


def shown(place: Place) -> str:
    """A place for users: `spec.containers[0]`."""
    return "".join(map(_step, place)).lstrip(".")


def _step(key: Any) -> str:
    word = isinstance(key, str) and key.isidentifier()
    return f".{key}" if word else f"[{json.dumps(key, default=str)}]"


def differences(
    before: Mapping[ObjectId, Any], after: Mapping[ObjectId, Any], *, hook: bool = False
) -> list[Difference]:
    """All places in which two sets of objects differ, in order."""
    found: list[Difference] = []
    for identity in sorted({*before, *after}):
        if identity not in after:
            found.append(Difference(object=identity, place=(), change="removed", hook=hook))
        elif identity not in before:
            found.append(Difference(object=identity, place=(), change="added", hook=hook))
        else:
            places = _compare(before[identity], after[identity], ())
            found += [Difference(object=identity, place=place, change=change, hook=hook) for place, change in places]
    return found


def at(items: Mapping[ObjectId, Any], difference: Difference) -> Any:
    """What is at the place of a difference in one of the two sets."""
    found = items[difference.object]
    for step in difference.place:
        found = found[step]
    return found


def _compare(before: Any, after: Any, place: Place) -> Iterator[tuple[Place, str]]:
    # A map that comes or goes is reported entry by entry: one of them may be explained, and the next one not.
    if _nothing(before) and isinstance(after, Mapping) and after:
        before = {}
    elif _nothing(after) and isinstance(before, Mapping) and before:
        after = {}
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}, key=str):
            yield from _compare(before.get(key, _ABSENT), after.get(key, _ABSENT), (*place, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _compare(old, new, (*place, index))
    elif after is _ABSENT:
        yield place, "removed"
    elif before is _ABSENT:
        yield place, "added"
    elif before != after or type(before) is not type(after):
        yield place, "changed"


def _nothing(value: Any) -> bool:
    return value is _ABSENT or value is None


def others(found: list[Difference], before: Workload, after: Workload) -> list[Difference]:
    """The differences that a change of recognized registries does not explain.

    With the first variable of all the chart makes the ConfigMap and the reference to it; with the last one both go.
    """

    def ours(difference: Difference) -> bool:
        if difference.change == "removed" and difference.place in [("metadata", "labels", label) for label in _ORIGIN]:
            return True
        if difference.hook:
            return difference.place in _HOOK_NOISE
        if difference.object == _identity("ConfigMap", after) or difference.object == _identity("ConfigMap", before):
            return _of_config_map(difference, after if difference.change == "added" else before)
        return difference.object == _identity("Deployment", after) and (
            difference.place == _CHECKSUM or _of_env_from(difference, before, after)
        )

    return [difference for difference in found if not ours(difference)]


def _identity(kind: str, workload: Workload) -> ObjectId:
    if kind == "ConfigMap":
        return ObjectId(kind=kind, namespace=workload.namespace, name=workload.config_map)
    return ObjectId(kind=kind, namespace=workload.namespace, name=workload.deployment, group="apps")


def _of_config_map(difference: Difference, workload: Workload) -> bool:
    match difference.place:
        case ():
            # One that comes or goes whole may hold nothing else.
            ours = set(variables(workload.env, workload.service))
            return workload.rendered.keys() <= _CONFIG_MAP and ours == set(workload.env)
        case ("data",):
            # It comes and goes with the first and the last variable; what was in it is reported by itself.
            return True
        case ("data", str() as variable):
            return bool(variables([variable], workload.service))
    return False


def _of_env_from(difference: Difference, before: Workload, after: Workload) -> bool:
    """Whether it is the reference to the ConfigMap, which comes or goes with it, as all that `envFrom` holds."""
    match difference.place:
        case ("spec", "template", "spec", "containers", int(), "envFrom"):
            there, other = (after, before) if difference.change == "added" else (before, after)
            only = [{"configMapRef": {"name": there.config_map}}]
            return not other.config_map and not other.env_from and there.env_from == only
    return False


def check_rendered(workload: Workload, wanted: tuple[HeldRegistry, ...]) -> None:
    """Raises PlanError when the rendered environment does not hold exactly the wanted registries.

    It happens when the chart's defaults hold some of their own, or when a template drops the values' map.
    """
    rendered = held(workload.env, workload.service)
    if rendered != wanted:
        names = ", ".join(map(str, rendered)) or "none"
        expected = ", ".join(map(str, wanted)) or "none"
        raise PlanError(
            f"the chart would render the registries {names} into ConfigMap {workload.namespace}/{workload.env_object}, "
            f"where {expected} are expected. The chart's defaults or templates contain registries of their own.",
            rendered=[registry.facts() for registry in rendered],
            wanted=[registry.facts() for registry in wanted],
        )
