# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict on one look, with what the logs of containers that have ended say about it."""

from __future__ import annotations

from .._helm.manifest import Workload
from .._kubernetes.api_client import Cluster
from .observed_state import LiveWorkload
from .pod_logs import explain, read_log
from .pod_status import Trouble
from .verdict import Verdict, evaluate, suspects

Read = dict[tuple[str, int], str]
"""The known cause, or nothing, that a log named: by pod and how often its container had ended."""


def assess(cluster: Cluster, workload: Workload, live: LiveWorkload, read: Read | None = None) -> Verdict:
    """Evaluates a look. A log is read once for each exit as long as the same `read` is given."""
    read = {} if read is None else read
    causes: dict[str, str] = {}
    for pod in suspects(live):
        run = (pod.name, pod.trouble.exits if pod.trouble else 0)
        if run not in read and (log := read_log(cluster, workload, _about(pod.name, pod.trouble))):
            read[run] = explain(log)
        causes[pod.name] = read.get(run, "")
    return evaluate(live, causes)


def _about(pod: str, trouble: Trouble | None) -> Verdict:
    return Verdict(kind="waiting", text="", pod=pod, trouble=trouble)
