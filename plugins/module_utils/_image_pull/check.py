# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether some clusters can pull some images: what is seen of their credentials, and pods that try it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

from .._kubeconfig.environment import with_environment
from .._kubernetes.api_client import Cluster, connect, path_of
from .._runtime.errors import NvcfError
from .._runtime.option_groups import ConnectionOptions
from .credential_sources import Assessment, Image, assess
from .outcome import nowhere
from .placement import MOST_POOLS, Placement, Pool, pools_of
from .probe import PullProbe, pull_all
from .remedy import Kubectl, Remedy, lacks_credential, remedy
from .row import Row
from .survey import read_survey


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of each cluster."""

    images: Sequence[Image]
    namespace: str
    service_account: str
    probe_namespace: str | None
    """Where pods are made; None for no pods."""
    timeout: float
    placement: Placement
    each_pool: bool


@dataclass(kw_only=True)
class Found:
    """What came of it."""

    rows: list[Row] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    untried: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By the cluster, how many of its node pools were not tried, and how many there are."""


@dataclass(frozen=True, kw_only=True)
class _Try:
    """A row, and what completes it."""

    row: Row
    probe: PullProbe | None = None
    give: Callable[[Assessment], Remedy] | None = None
    """What gives pods a credential for the image."""


def check(question: Question, connections: Sequence[ConnectionOptions], say: Callable[[str], None]) -> Found:
    """The rows of all clusters, in their order. One that cannot be asked has a row with the error."""
    found, tries = Found(), list[_Try]()
    with ExitStack() as stack:
        for connection in connections:
            cluster: Cluster | None = None
            try:
                cluster = stack.enter_context(connect(connection))
                tries += _tries(question, cluster, _kubectl(connection, cluster), found)
            except NvcfError as error:
                error.cluster = cluster.name if cluster else None
                name = (
                    error.cluster or connection.context or connection.host or connection.kubeconfig or "without a name"
                )
                tries.append(_Try(row=Row(cluster=name, namespace=question.namespace, error=error)))
        probes = [one.probe for one in tries if one.probe]
        pull_all(probes, say)
    found.rows = [_completed(one) for one in tries]
    found.leftovers = [name for probe in probes for name in probe.leftovers]
    return found


def _tries(question: Question, cluster: Cluster, kubectl: Kubectl, found: Found) -> list[_Try]:
    """Those of one cluster, one for each image and kind of nodes."""
    survey = read_survey(cluster, namespace=question.namespace, service_account=question.service_account)
    pools = _pools(question, cluster, found)
    tries = []
    for image in question.images:
        row = Row(
            cluster=cluster.name, namespace=question.namespace, image=image.reference, assessment=assess(image, survey)
        )
        give = partial(remedy, image, survey, kubectl)
        if question.probe_namespace is None:
            tries.append(_Try(row=row, give=give))
            continue
        row = replace(row, namespace=question.probe_namespace)
        if not pools:
            tries.append(_Try(row=replace(row, outcome=nowhere()), give=give))
        for pool in pools:
            probe = PullProbe(
                cluster,
                image.reference,
                namespace=question.probe_namespace,
                service_account=question.service_account,
                timeout=question.timeout,
                placement=question.placement,
                pool=pool,
            )
            tries.append(_Try(row=replace(row, pool=pool), probe=probe, give=give))
    return tries


def _pools(question: Question, cluster: Cluster, found: Found) -> Sequence[Pool | None]:
    """The kinds of nodes to try; None stands for whichever the scheduler takes."""
    if not question.each_pool or question.probe_namespace is None:
        return [None]
    pools = pools_of(cluster.get(path_of("api/v1/nodes"))["items"], question.placement)
    if (untried := len(pools) - MOST_POOLS) > 0:
        found.untried[cluster.name] = untried, len(pools)
    return pools[:MOST_POOLS]


def _kubectl(connection: ConnectionOptions, cluster: Cluster) -> Kubectl:
    options = with_environment(connection, os.environ)
    # Neither an address nor the service account of this very pod is a context.
    named = cluster.name not in (options.host, cluster.server, "in-cluster")
    server = cluster.server if options.host else None
    return Kubectl(kubeconfig=options.kubeconfig, context=cluster.name if named else None, server=server)


def _completed(one: _Try) -> Row:
    row = one.row
    result = one.probe.result if one.probe else row.outcome
    if isinstance(result, NvcfError):
        result.cluster = row.cluster
        return replace(row, outcome=None, error=result)
    row = replace(row, outcome=result)
    if one.give and row.assessment and lacks_credential(row.outcome, row.assessment):
        row = replace(row, remedy=one.give(row.assessment))
    return row
