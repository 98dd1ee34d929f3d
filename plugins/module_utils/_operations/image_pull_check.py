# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module image_pull_check: can the cluster pull images of this registry?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._image_pull.credential_sources import assess, parse_image
from .._image_pull.probe import PullProbe
from .._image_pull.survey import read_survey
from .._kubernetes.api_client import Cluster, connect
from .._runtime.errors import NvcfError
from .._runtime.input_rules import label, subdomain
from .._runtime.operation import Host, Operation
from .._runtime.option_groups import SECONDS, ConnectionOptions
from .._runtime.options import group, option


class ImagePullError(NvcfError):
    """Nodes of the cluster did not pull the image. `facts` is the result, as if that were no failure."""

    def __init__(self, summary: str, result: Mapping[str, Any]) -> None:
        super().__init__(summary)
        self.facts = dict(result)


@dataclass(frozen=True, kw_only=True)
class Options:
    """The module's options."""

    connection: ConnectionOptions = group(ConnectionOptions)
    image: str = option(required=True)
    workload_namespace: str = option(default="nvcf-backend", rule=label)
    service_account: str = option(default="default", rule=subdomain)
    probe: bool = option(type="bool", default=False)
    probe_namespace: str | None = option(rule=label)
    probe_timeout: int = option(type="int", default=120, within=SECONDS)
    """Seconds."""
    required: bool = option(type="bool", default=True)


def run(host: Host, options: Options) -> dict[str, Any]:
    """Looks where credentials for the image can come from, and if asked to, lets a node pull it."""
    image = parse_image(options.image)
    with connect(options.connection) as cluster:
        survey = read_survey(cluster, namespace=options.workload_namespace, service_account=options.service_account)
        assessment = assess(image, survey)
        known = {"cluster": cluster.name, "image": image.reference, **assessment.facts()}
        if not options.probe:
            return {"changed": False, **known, "summary": assessment.explanation}
        if host.check_mode:
            summary = f"Check mode makes no pod, so no node was asked. {assessment.explanation}"
            return {"changed": False, **known, "summary": summary}
        return {"changed": False, **_probe(host, options, cluster, known)}


def _probe(host: Host, options: Options, cluster: Cluster, known: Mapping[str, Any]) -> dict[str, Any]:
    """What is known afterwards. Raises ImagePullError when the image was not pulled but has to be."""
    image = known["image"]
    namespace = options.probe_namespace or options.workload_namespace
    probe = PullProbe(
        cluster, namespace=namespace, service_account=options.service_account, timeout=options.probe_timeout
    )
    host.say(f"{cluster.name}: pulling {image} for pod {namespace}/{probe.pod}")
    outcome = probe.pull(image)
    result = {**known, **outcome.facts(), "leftovers_removed": probe.leftovers}
    if outcome.pulled:
        return {**result, "summary": f"Nodes can pull {image} for pods of namespace {namespace}."}
    said = f" The node says: {outcome.message.rstrip('.')}." if outcome.message else ""
    summary = (
        f"{image} could not be pulled for a pod of namespace {namespace} ({outcome.reason}): {outcome.meaning}.{said} "
        f"{known['explanation']}"
    )
    if options.required:
        raise ImagePullError(summary, result)
    return {**result, "summary": summary}


OPERATION = Operation(options=Options, run=run)
