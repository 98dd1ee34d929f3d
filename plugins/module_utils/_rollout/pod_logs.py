# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a pod's log without secrets, and why the API did not start according to it.

Spring's report of a configuration that does not bind is dozens of lines; what the operator needs is the key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlencode

from .._helm.manifest import Workload
from .._helm.storage import read_history, read_release
from .._kubernetes.api_client import Cluster, path_of
from .._runtime.errors import KubernetesError, ReleaseError
from .._runtime.redaction import Redactor, without_credentials
from .verdict import Verdict

LOG_LINES = 300
"""Of a log are looked through: a stack trace pushes the cause far up."""
LOG_BYTES = 256 * 1024
"""At most. A line may be of any length."""
MASKED_REVISIONS = 10
"""As many as Helm keeps. A pod may print what an older revision had started it with."""

_PROPERTY = re.compile(r"Property: \w+\.registries\.recognized\.container\.(?P<key>[^.\s]+)\.(?P<part>name|hostname)")
_DUPLICATE = re.compile(r"Duplicate key (?P<value>.+?) \(attempted merging values")


def explain(log: Sequence[str]) -> str:
    """The cause in plain words with the cure, empty when the log holds none that is known."""
    text = "\n".join(log)
    if match := _PROPERTY.search(text):
        key, part = match["key"].upper(), match["part"].upper()
        return (
            f"The registry with key {key} has no {part}, and the API does not start with an incomplete entry. Add it "
            f"completely with recognized_registry, or remove {key} with state absent."
        )
    if match := _DUPLICATE.search(text):
        return (
            f"Two recognized registries share {match['value']!r} as name or hostname, so the API does not start. "
            "Remove one of them with recognized_registry and state absent."
        )
    return ""


def read_log(cluster: Cluster, workload: Workload, verdict: Verdict) -> list[str]:
    """The last lines of the log of the container's previous run if it ends, or of this one where there was none before.

    A program that fails to start may well print what it was started with, so the release's values are taken out. Where
    they cannot be read, nothing is shown.
    """
    text = _log_text(cluster, workload, verdict)
    if not text:
        return []
    try:
        redact = _redactor(cluster, workload)
    except (KubernetesError, ReleaseError):
        return []
    return [line for line in without_credentials(redact(text)).splitlines() if line.strip()]


def _log_text(cluster: Cluster, workload: Workload, verdict: Verdict) -> str:
    container = verdict.container or workload.container
    path = path_of("api/v1/namespaces", workload.namespace, "pods", verdict.pod, "log")
    for previous in ("true", "false") if verdict.trouble else ("false",):
        query = urlencode(
            {"container": container, "tailLines": LOG_LINES, "limitBytes": LOG_BYTES, "previous": previous}
        )
        try:
            text = whole_lines(cluster.raw(f"{path}?{query}", accept="text/plain, */*"))
        except KubernetesError:
            continue
        if text.strip():
            return text
    return ""


def whole_lines(log: bytes) -> str:
    """A log without the line that its limit cuts through: half a secret would not be recognized."""
    whole = log if len(log) < LOG_BYTES else log[: log.rfind(b"\n") + 1]
    return whole.decode(errors="replace")


def _redactor(cluster: Cluster, workload: Workload) -> Redactor:
    history = read_history(cluster, workload.service, release=workload.release, namespace=workload.namespace)
    releases = [read_release(cluster, history, r.number) for r in history.revisions[-MASKED_REVISIONS:]]
    registries = [registry for release in releases for registry in release.rendered]
    values = [release.values for release in releases]
    return Redactor(values, public={text for registry in registries for text in registry.public})
