# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at a release: Helm's storage, the live objects, the pods and the API's own answer. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from .._change.deployer_values import on_top
from .._change.drift import find_drift
from .._change.owned import complete
from .._change.owner import Goal, owner_of
from .._change.revisions import is_healthy, last_good
from .._helm.manifest import Workload
from .._helm.storage import UNINSTALLED, History, Release, history_of, read_release
from .._kubernetes.api_client import Cluster, connect
from .._nvcf.asking import ask_hosts
from .._nvcf.client import NvcfApi
from .._nvcf.connect import open_api, with_gpu
from .._nvcf.question import Outcome, unknown
from .._nvcf.trial import Trial
from .._nvcf.workloads_by_host import leaving, refused, stranded
from .._registries.configured import HeldRegistry, held
from .._registries.levels import compare, unmet
from .._registries.plan import make_plan
from .._registries.wanted import JudgeOptions, State, Wanted
from .._rollout.assess import assess
from .._rollout.observed_state import LiveWorkload, read_workload
from .._runtime.claims import claim
from .._runtime.errors import AbsentError, ArgoCdError, InputError, NvcfApiError, PlanError
from .._runtime.operation import Host
from .._runtime.option_groups import ApiOptions, ConnectionOptions, ReleaseOptions
from .._runtime.options import group, option
from .._runtime.services import Service
from .elsewhere import recognized_elsewhere
from .state import ApiAnswer, DeployedState, Missing, ReleaseState


@dataclass(frozen=True, kw_only=True)
class LookOptions:
    """Where to look, and what to evaluate by."""

    connection: ConnectionOptions = group(ConnectionOptions)
    release: ReleaseOptions = group(ReleaseOptions)
    api: ApiOptions = group(ApiOptions)
    wanted: JudgeOptions = group(JudgeOptions)
    ask_api: bool = option(type="bool", default=False)
    probe: bool = option(type="bool", default=False)
    """Whether the API is asked what it would say to an image of each registry."""
    stack_values: str | None = option(type="path")
    """The values file of the stack that deploys the release."""
    missing_ok: bool = option(type="bool", default=False)
    """Whether a service that is not there is no error."""
    details: bool = option(type="bool", default=False)
    """Whether all is reported that was read."""
    options_from: str | None = option()
    """The variable that further options come from, for anyone who enters the operation."""
    short_failure: bool = option(type="bool", default=False)
    """Whether a failure is only summed up, for anyone who enters the operation."""


def read_state(host: Host, options: LookOptions, *, list_refused: bool = False) -> ReleaseState | Missing:
    """Reads one release and what happened to it.

    `list_refused` also lists all functions for those whose registry is not recognized: they may be many.
    Raises NvcfError; an API that cannot be asked is part of the state instead.
    """
    with connect(options.connection) as cluster:
        claim(host, cluster.server, options.release)
        try:
            history = history_of(cluster, options.release)
        except AbsentError:
            if options.missing_ok:
                return Missing(cluster=cluster.name)
            raise
        except ArgoCdError as error:
            complete(error, options.release.of, options.wanted.registries or (), options.wanted.state)
            raise
        if options.missing_ok and history.newest.status == UNINSTALLED:
            return Missing(cluster=cluster.name)
        if history.deployed is None:
            return ReleaseState(cluster=cluster.name, history=history)
        return _read_deployed(
            cluster, history, history.deployed.number, options, list_refused=list_refused, warn=host.warn
        )


def _read_deployed(
    cluster: Cluster,
    history: History,
    number: int,
    options: LookOptions,
    *,
    list_refused: bool,
    warn: Callable[[str], None],
) -> ReleaseState:
    release = read_release(cluster, history, number)
    wanted, state = options.wanted.compared_with, options.wanted.state
    stored, service = release.stored, release.service
    live = read_workload(cluster, release.workload)
    question = _Question(
        hosts=leaving(stored, wanted or (), state),
        list_refused=list_refused,
        probed=_hosts(wanted or (), stored) if options.probe else (),
        warn=lambda text: warn(f"cluster {cluster.name}: {text}"),
    )
    api = _ask(cluster, options, (release.workload, live), question)
    levels = compare(
        service,
        stored=stored,
        rendered=held(live.env, service),
        running=_running(live, service),
        recognized=api.recognized,
        accepted={host: found.accepted for host, found in api.asked.items()},
    )
    rollout = assess(cluster, release.workload, live)
    if owner := owner_of(cluster, history, release, live.deployment):
        owner = replace(owner, goal=_goal(owner.goal, release, wanted, state))
    good = last_good(cluster, history, release, healthy=is_healthy(cluster, history, (live, rollout)))
    deployed = DeployedState(
        release=release,
        stored=stored,
        levels=levels,
        # The benefit of the doubt is for pods; it proves nothing about what the API knows and the release does not.
        elsewhere=[] if live.ambiguous else recognized_elsewhere(levels, release, wanted, state),
        unmet=None if wanted is None else unmet(levels, wanted, state),
        rollout=rollout,
        drift=find_drift(release.workload, live.config_map, live.deployment),
        owner=owner,
        on_top=on_top(cluster, history, release, options.stack_values, owner),
        last_good_revision=good.revision if good else None,
    )
    return ReleaseState(cluster=cluster.name, history=history, api=api, deployed=deployed)


def _goal(as_is: Goal, release: Release, wanted: Sequence[Wanted] | None, state: State) -> Goal:
    """What the release would have after a change, where one could be made of it."""
    try:
        plan = make_plan(release.service, release.env, wanted or (), state=state, on_existing="replace")
    except (InputError, PlanError):
        return replace(as_is, known=False)
    return replace(as_is, after=plan.after, removed=plan.removed)


def _hosts(wanted: Sequence[Wanted], stored: Sequence[HeldRegistry]) -> list[str]:
    """All hosts that are wanted or stored, each once."""
    hosts = {entry.hostname for entry in wanted} | {registry.hostname for registry in stored}
    return sorted(host for host in hosts if host)


def _running(live: LiveWorkload, service: Service) -> tuple[HeldRegistry, ...] | None:
    """What the serving pods were started with; None when no one serves, or where they differ or that is not known."""
    serving = [pod.name for pod in live.pods if pod.serving]
    environments = [live.started_with.get(name) if name in live.stale else live.env for name in serving]
    found = {None if environment is None else held(environment, service) for environment in environments}
    return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, kw_only=True)
class _Question:
    """What is asked of the API beside its own list."""

    hosts: AbstractSet[str]
    """The hosts that would no longer be recognized, so that what is on them would be stranded."""
    list_refused: bool
    probed: Sequence[str]
    """The hosts of which it is asked what it would say to an image."""
    warn: Callable[[str], None]


def _ask(cluster: Cluster, options: LookOptions, seen: tuple[Workload, LiveWorkload], question: _Question) -> ApiAnswer:
    unasked = _no_answer(question, "the API is not asked (ask_api is false)")
    service = options.release.of
    if not (question.probed or (options.ask_api and (service.listed or question.hosts))):
        return ApiAnswer() if options.ask_api else unasked
    try:
        with open_api(cluster, options.release, options.api, seen) as api:
            if options.ask_api:
                unasked = _about_workloads(api, question, api.recognized() if service.listed else None)
            if not question.probed:
                return unasked
            return replace(unasked, asked=_probe(with_gpu(api, cluster, options.release, options.api), question))
    except NvcfApiError as error:
        # Where there is no list, nothing of what is wanted is left unverified.
        problem = str(error) if service.listed and options.ask_api else None
        asked = {host: unknown(host, str(error).removesuffix(".")) for host in question.probed}
        return replace(_no_answer(question, str(error)), problem=problem, asked=asked)


def _probe(api: NvcfApi, question: _Question) -> dict[str, Outcome]:
    return dict(ask_hosts(api, question.probed, Trial(image="", expect="accepted", warn=question.warn)))


def _about_workloads(api: NvcfApi, question: _Question, recognized: list[dict[str, str]] | None) -> ApiAnswer:
    """The answer with what is on the registries asked about. A token may be allowed less than all: no error either."""
    known = ApiAnswer(recognized=recognized)
    list_refused = question.list_refused and recognized is not None
    if not (list_refused or question.hosts):
        return known
    try:
        found = api.workloads()
    except NvcfApiError as error:
        unknown = replace(_no_answer(question, str(error)), recognized=recognized)
        return replace(unknown, functions_problem=str(error) if list_refused else None)
    return replace(
        known,
        stranded=stranded(found, question.hosts),
        refused=refused(found, recognized) if list_refused and recognized is not None else (),
    )


def _no_answer(question: _Question, reason: str) -> ApiAnswer:
    return ApiAnswer(stranded=None, stranded_problem=reason) if question.hosts else ApiAnswer()
