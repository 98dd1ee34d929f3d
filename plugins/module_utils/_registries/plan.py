# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen to one release's recognized registries. Pure: no I/O, no Ansible, no clock.

The one plan feeds the check-mode answer, the diff and the real change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .._runtime.errors import InputError, PlanError
from .._runtime.input_rules import shown
from .._runtime.services import Service
from .configured import HeldIndex, HeldRegistry, held, problems
from .rules import RecognizedRegistry, bare_host, check_hostname
from .wanted import OnExisting, State, Wanted, check_wanted, whole

_CURE = "Set on_existing to 'replace' to overwrite it, or to 'keep' to leave it unchanged, or remove it first."
_NATIVE_CURE = (
    "This key configures a registry that NVCF validates itself, and is never replaced as a side effect: use that "
    "entry for the host, or remove it first by its key with state absent."
)


@dataclass(frozen=True, kw_only=True)
class RegistryPlan:
    """The change of one service's map of variables."""

    service: Service
    env_before: Mapping[str, Any] = field(repr=False)
    env_after: Mapping[str, Any] = field(repr=False)
    """The whole maps: what is not a registry's is in both, untouched, and may be secret."""
    kept: tuple[HeldRegistry, ...] = ()
    """What was left although something else was wanted (`on_existing: keep`)."""
    warnings: tuple[str, ...] = ()
    """What can only be reported with the release at hand."""

    @property
    def changed(self) -> bool:
        return self.env_before != self.env_after

    @cached_property
    def before(self) -> tuple[HeldRegistry, ...]:
        return held(self.env_before, self.service)

    @cached_property
    def after(self) -> tuple[HeldRegistry, ...]:
        return held(self.env_after, self.service)

    @cached_property
    def added(self) -> tuple[HeldRegistry, ...]:
        before = set(self.before)
        return tuple(registry for registry in self.after if registry not in before)

    @cached_property
    def removed(self) -> tuple[HeldRegistry, ...]:
        after = set(self.after)
        return tuple(registry for registry in self.before if registry not in after)

    @property
    def summary(self) -> str:
        """One line for users and for Helm's history: `add GHCR=ghcr.io, remove OLD=old.example.com`."""
        added = {registry.key for registry in self.added}
        words = [f"add {registry}" for registry in self.added]
        words += [f"remove {registry}" for registry in self.removed if registry.key not in added]
        return ", ".join(words) or "nothing to change"


def make_plan(
    service: Service, env: Mapping[str, Any], wanted: Sequence[Wanted], *, state: State, on_existing: OnExisting
) -> RegistryPlan:
    """From what the release holds and what is wanted to the change between them.

    Raises InputError for what is wrong in itself, PlanError for what contradicts `env`.
    """
    check_wanted(wanted, state)
    kept: tuple[HeldRegistry, ...] = ()
    warnings: tuple[str, ...] = ()
    before = held(env, service)
    if state == "absent":
        warnings = tuple(_missed(before, wanted))
        after = _without(env, _selected(before, wanted))
    else:
        registries = [whole(entry) for entry in wanted]
        base = env if state == "present" else _without(env, _strangers(before, registries))
        after, kept = _with(service, base, registries, "replace" if state == "exact" else on_existing)
    plan = RegistryPlan(service=service, env_before=env, env_after=after, kept=kept, warnings=warnings)
    _refuse_fatal(plan)
    return plan


def _selected(before: Iterable[HeldRegistry], wanted: Sequence[Wanted]) -> list[HeldRegistry]:
    selected, index = [], HeldIndex(before)
    for entry in wanted:
        for registry in index.having(entry.mark):
            # A missing half is not a contradiction: removing is how a half pair is healed.
            for field_name, found in registry.said.items():
                asked = getattr(entry, field_name)
                if asked is not None and asked != found:
                    raise PlanError(
                        f"registry {registry.key} is to be removed with {field_name} {shown(asked)}, but the release "
                        f"has {found!r} under this key. To remove the entry in any case, give only the key.",
                        found=[registry.facts()],
                    )
            selected.append(registry)
    return selected


def _missed(before: Iterable[HeldRegistry], wanted: Sequence[Wanted]) -> Iterator[str]:
    """Warns of hostnames that no registry can have and none has; they would else be taken for removed.

    Raises PlanError where the host that was intended is held. A useless hostname that is held goes by its exact text.
    """
    index = HeldIndex(before)
    for entry in wanted:
        hostname = entry.hostname
        if hostname is None or index.having(entry.mark):
            continue
        for registry in index.having(("hostname", bare_host(hostname))):
            if entry.key is None:
                raise PlanError(
                    f"registries: no entry has the hostname {shown(hostname)} that is to be removed, but the release "
                    f"has {registry.key} with {registry.hostname!r}. Give that hostname, or the key.",
                    found=[registry.facts()],
                )
        try:
            check_hostname(hostname)
        except InputError as error:
            yield f"registries: this entry is invalid and matches nothing: {error}"


def _strangers(before: Iterable[HeldRegistry], registries: Sequence[RecognizedRegistry]) -> list[HeldRegistry]:
    """What exact takes away; not what configures a built-in kind, which is the stack's affair."""
    keys = {registry.key for registry in registries}
    return [registry for registry in before if registry.key not in keys and not registry.native]


def _without(env: Mapping[str, Any], registries: Sequence[HeldRegistry]) -> dict[str, Any]:
    # Removed from the map, never set to null: Helm renders a null that is not a chart default as an empty value.
    gone = {variable for registry in registries for variable in registry.variables}
    return {variable: value for variable, value in env.items() if variable not in gone}


def _with(
    service: Service, env: Mapping[str, Any], registries: Sequence[RecognizedRegistry], on_existing: OnExisting
) -> tuple[dict[str, Any], tuple[HeldRegistry, ...]]:
    after, index = dict(env), HeldIndex(held(env, service))
    kept: dict[HeldRegistry, None] = {}
    for wanted in registries:
        near = index.having(
            ("key", wanted.key.lower()), ("listed name", wanted.name), ("listed hostname", wanted.hostname)
        )
        others = [found for found in near if _in_the_way(found, wanted)]
        native = [found for found in others if found.native]
        if others and (on_existing == "fail" or (native and on_existing == "replace")):
            found = (native or others)[0]
            raise PlanError(
                f"registry {wanted.key} with hostname {wanted.hostname!r} and name {wanted.name!r} cannot be added: "
                f"the release already has {found.key} with hostname {found.hostname!r} and name {found.name!r}. "
                + (_NATIVE_CURE if native else _CURE),
                wanted=[wanted.facts()],
                found=[other.facts() for other in others],
            )
        if others and on_existing == "keep":
            kept |= dict.fromkeys(others)
            continue
        for other in others:
            index.remove(other)
            for variable in other.variables:
                after.pop(variable, None)
        # What reads the same already stays as it is, a number for instance: its text would be a change of nothing.
        whole_one = HeldRegistry(service=service, key=wanted.key, name=wanted.name, hostname=wanted.hostname)
        if index.get(wanted.key) != whole_one:
            after |= whole_one.items()
            index.add(whole_one)
    return after, tuple(kept)


def _in_the_way(found: HeldRegistry, wanted: RecognizedRegistry) -> bool:
    """Whether `found` and `wanted` cannot both be, or are not one and the same. A half that agrees is completed."""
    if found.key == wanted.key:
        return not found.said.items() <= wanted.facts().items()
    name, hostname = found.listed
    return found.key.lower() == wanted.key.lower() or name == wanted.name or hostname == wanted.hostname


def _refuse_fatal(plan: RegistryPlan) -> None:
    fatal = [problem for problem in problems(plan.after) if problem.fatal]
    if fatal:
        reported = "; ".join(f"{problem.key}: {problem.text}" for problem in fatal)
        raise PlanError(
            f"with the resulting values, the API would not start ({reported}). Give the complete entries in "
            "registries, or remove them with state absent.",
            problems=[problem.facts() for problem in fatal],
        )
