# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module image_pull_check: can the cluster pull images of this registry?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._image_pull.credential_sources import assess, parse_image
from .._image_pull.probe import PullProbe
from .._image_pull.survey import read_survey
from .._kubernetes.api_client import Cluster, connect
from .._runtime import argument_specs
from .._runtime.errors import InputError, NvcfError
from .._runtime.operation import Host, Operation


class ImagePullError(NvcfError):
    """Nodes of the cluster did not pull the image. `facts` is the result, as if that were no failure."""

    def __init__(self, summary: str, result: Mapping[str, Any]) -> None:
        super().__init__(summary)
        self.facts = dict(result)


def run(host: Host) -> dict[str, Any]:
    """Looks where credentials for the image can come from, and if asked to, lets a node pull it."""
    params = host.params
    image = parse_image(params["image"])
    if params["probe_timeout"] <= 0:
        raise InputError(f"probe_timeout {params['probe_timeout']} is no time to wait. Give seconds.")
    with connect(params) as cluster:
        survey = read_survey(cluster, namespace=params["workload_namespace"], service_account=params["service_account"])
        assessment = assess(image, survey)
        known = {"cluster": cluster.name, "image": image.reference, **assessment.facts()}
        if not params["probe"]:
            return {"changed": False, **known, "summary": assessment.explanation}
        if host.check_mode:
            summary = f"Check mode makes no pod, so no node was asked. {assessment.explanation}"
            return {"changed": False, **known, "summary": summary}
        return {"changed": False, **_probe(host, cluster, known)}


def _probe(host: Host, cluster: Cluster, known: Mapping[str, Any]) -> dict[str, Any]:
    """What is known afterwards. Raises ImagePullError when the image was not pulled but has to be."""
    params, image = host.params, known["image"]
    namespace = params["probe_namespace"] or params["workload_namespace"]
    account, timeout = params["service_account"], params["probe_timeout"]
    probe = PullProbe(cluster, namespace=namespace, service_account=account, timeout=timeout)
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
    if params["required"]:
        raise ImagePullError(summary, result)
    return {**result, "summary": summary}


OPERATION = Operation(
    run=run,
    argument_spec={
        **argument_specs.CLUSTER,
        "image": {"required": True},
        "workload_namespace": {"default": "nvcf-backend"},
        "service_account": {"default": "default"},
        "probe": {"type": "bool", "default": False},
        "probe_namespace": {},
        "probe_timeout": {"type": "int", "default": 120},
        "required": {"type": "bool", "default": True},
    },
)
