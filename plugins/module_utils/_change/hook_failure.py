# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is behind a helm that gave up: its hook waits for the API, or a pod of the hook does not run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._helm.manifest import hook_objects
from .._helm.storage import Release
from .._kubernetes.api_client import Cluster, path_of
from .._rollout.assess import assess
from .._rollout.observed_state import read_workload
from .._rollout.pod_status import read_pod
from .._runtime.errors import HelmError, NvcfError

_WAITED = re.compile(r"hook|timed out|deadline exceeded|did not end within", re.IGNORECASE)


def explain_wait(cluster: Cluster, base: Release, error: HelmError) -> None:
    """Adds to the error which pods are not ready, and why, where helm has waited for some."""
    if not _WAITED.search(str(error)):
        return
    try:
        error.more = " ".join([*_told_of_api(cluster, base), *_told_of_hooks(cluster, base)])
    except NvcfError:
        # The first cause is reported anyway.
        return


def _told_of_api(cluster: Cluster, base: Release) -> Iterator[str]:
    live = read_workload(cluster, base.workload)
    verdict = assess(cluster, base.workload, live)
    if verdict.kind != "done":
        yield f"The hook waits for the API: {verdict.text.removesuffix('.')}."
        yield verdict.unready


def _told_of_hooks(cluster: Cluster, base: Release) -> Iterator[str]:
    for identity in hook_objects(base.hooks, base.namespace):
        if identity.kind != "Job":
            continue
        selector = f"batch.kubernetes.io/job-name={identity.name}"
        path = path_of("api/v1/namespaces", identity.namespace, "pods", labelSelector=selector)
        for item in cluster.get(path)["items"]:
            pod = read_pod(item, item["spec"]["containers"][0]["name"])
            if pod.trouble and not pod.ready:
                reason = f"{pod.trouble.reason}: {pod.trouble.message.removesuffix('.')}"
                yield f"Pod {pod.name} of the hook {identity.name}: {reason}."
