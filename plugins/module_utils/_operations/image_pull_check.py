# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module image_pull_check: can the cluster pull images of this registry?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._image_pull.check import Found, Question, check
from .._image_pull.credential_sources import parse_image
from .._image_pull.placement import ARCHITECTURE, Placement
from .._image_pull.row import summary
from .._runtime.errors import InputError, NvcfError
from .._runtime.input_rules import label, refuse, selector, subdomain
from .._runtime.operation import Host, Operation
from .._runtime.option_groups import SECONDS, ConnectionOptions
from .._runtime.options import argument_spec, group, option, parse


class ImagePullError(NvcfError):
    """An image was not pulled, or a cluster could not be asked. `facts` is the result, as if that were not failure."""

    def __init__(self, reported: str, result: Mapping[str, Any]) -> None:
        super().__init__(reported)
        self.facts = dict(result)


def _clusters(given: Sequence[Mapping[str, Any]]) -> tuple[ConnectionOptions, ...]:
    return tuple(parse(ConnectionOptions, one) for one in given)


_CLUSTERS: Mapping[str, Any] = {
    "type": "list",
    "elements": "dict",
    "options": argument_spec(ConnectionOptions),
    "required_one_of": [["context", "host", "kubeconfig"]],
    "convert": _clusters,
}
_TOLERATIONS: Mapping[str, Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "key": {"no_log": False},
        "operator": {"choices": ["Exists", "Equal"]},
        "value": {},
        "effect": {"choices": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
        "tolerationSeconds": {"type": "int"},
    },
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """The module's options."""

    connection: ConnectionOptions = group(ConnectionOptions)
    clusters: tuple[ConnectionOptions, ...] | None = option(**_CLUSTERS)
    """None or empty: that of `connection`."""
    image: str | None = option()
    images: tuple[str, ...] | None = option(type="list", elements="str")
    workload_namespace: str = option(default="nvcf-backend", rule=label)
    service_account: str = option(default="default", rule=subdomain)
    probe: bool = option(type="bool", default=False)
    probe_namespace: str | None = option(rule=label)
    probe_timeout: int = option(type="int", default=120, within=SECONDS)
    """Seconds."""
    tolerations: tuple[Mapping[str, Any], ...] | None = option(**_TOLERATIONS)
    node_selector: Mapping[str, str] | None = option(type="dict", rule=selector)
    runtime_class: str | None = option(rule=subdomain)
    architecture: str | None = option(rule=label)
    each_pool: bool = option(type="bool", default=False)
    required: bool = option(type="bool", default=True)

    @property
    def placement(self) -> Placement:
        """Where a probe's pod may run. Raises InputError where two options contradict each other."""
        selected = dict(self.node_selector or {})
        if self.architecture and selected.setdefault(ARCHITECTURE, self.architecture) != self.architecture:
            reason = f"node_selector requires {ARCHITECTURE}={selected[ARCHITECTURE]}, and no node can have both"
            raise refuse("architecture", self.architecture, reason, "Give one of them")
        given = [{name: value for name, value in one.items() if value is not None} for one in self.tolerations or ()]
        return Placement(tolerations=given, node_selector=selected, runtime_class=self.runtime_class)

    @property
    def connections(self) -> Sequence[ConnectionOptions]:
        """The clusters to ask. A context is looked for in the task's own kubeconfig, unless it has another."""
        return [
            one if one.kubeconfig or one.host else replace(one, kubeconfig=self.connection.kubeconfig)
            for one in self.clusters or ()
        ] or [self.connection]


def run(host: Host, options: Options) -> dict[str, Any]:
    """Looks where credentials for the images can come from, and if asked to, lets nodes pull them."""
    if options.images is not None and not options.images:
        raise InputError("images is empty: set at least one image, as host/path:tag.")
    probing = options.probe and not host.check_mode
    question = Question(
        images=[parse_image(one) for one in ([options.image] if options.image else options.images or ())],
        namespace=options.workload_namespace,
        service_account=options.service_account,
        probe_namespace=(options.probe_namespace or options.workload_namespace) if probing else None,
        timeout=options.probe_timeout,
        placement=options.placement,
        each_pool=options.each_pool,
    )
    found = check(question, options.connections, host.say)
    for cluster, (untried, pools) in found.untried.items():
        host.warn(
            f"{untried} of {pools} node pools of cluster {cluster} were not tried. Narrow them with node_selector."
        )
    result = _result(question, found, single=len(question.images) * len(options.connections) == 1)
    if options.probe and host.check_mode:
        result["summary"] = f"Check mode makes no pod, so no node was tried. {result['summary']}"
    _raise_failure(found, result, required=options.required)
    return result


def _raise_failure(found: Found, result: Mapping[str, Any], *, required: bool) -> None:
    """Nothing of a single cluster that could not be asked is worth a result."""
    only = found.rows[0].cluster if len(found.rows) == 1 else None
    failure: NvcfError | None = found.rows[0].error if only else None
    if failure is None and required and any(row.failed for row in found.rows):
        facts = {name: value for name, value in result.items() if name not in ("summary", "changed")}
        failure = ImagePullError(result["summary"], facts)
        failure.cluster = only
    if failure:
        raise failure


def _result(question: Question, found: Found, *, single: bool) -> dict[str, Any]:
    """With `single`, what is known of one image on one cluster is there without its row as well."""
    rows = [row.facts() for row in found.rows]
    shown = next((row for row in rows if row["pulled"] is False), rows[0])
    result: dict[str, Any] = {"changed": False, "results": rows}
    if single:
        result |= {k: v for k, v in shown.items() if k not in ("pool", "failed", "msg") and v is not None}
    if question.probe_namespace:
        result |= {"pulled": all(row["pulled"] for row in rows), "leftovers_removed": found.leftovers}
    return result | {"summary": summary(found.rows)}


OPERATION = Operation(
    options=Options,
    run=run,
    constraints={"mutually_exclusive": [["image", "images"]], "required_one_of": [["image", "images"]]},
    shorthands={"clusters": "context"},
)
