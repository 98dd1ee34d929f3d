# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Small valid things for tests to vary: registries, releases, manifests, pods, options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.deployer_values import OnTop
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.manifest import Workload
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import History, Release, Revision
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.workloads import Function
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import HeldRegistry
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.levels import Levels
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.rules import RecognizedRegistry
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.wanted import Wanted
from ansible_collections.fleetops.nvcf.plugins.module_utils._release_state.state import (
    ApiAnswer,
    DeployedState,
    ReleaseState,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.observed_state import LiveWorkload
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.pod_status import PodState, Trouble
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.verdict import Verdict
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.operation import Host, Operation
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.options import parse
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS

PREFIX = FUNCTIONS.variable_prefix

Options = TypeVar("Options")

GHCR: dict[str, Any] = {"key": "GHCR", "name": "GitHub Container Registry", "hostname": "ghcr.io"}
QUAY: dict[str, Any] = {"key": "QUAY", "name": "Quay", "hostname": "quay.io"}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def registry(**changes: str) -> RecognizedRegistry:
    """GHCR with `changes`."""
    return RecognizedRegistry(**{**GHCR, **changes})


def wanted(**changes: Any) -> Wanted:
    """GHCR as the option `registries` gives it, with `changes`."""
    return Wanted(**{**GHCR, **changes})


def held_registry(**changes: str | None) -> HeldRegistry:
    """GHCR as a release holds it, with `changes`."""
    return HeldRegistry(service=FUNCTIONS, **{**GHCR, **changes})


def pair(key: str, name: str | None, hostname: str | None) -> dict[str, str]:
    """The variables of one key; None leaves a half out."""
    halves = {"NAME": name, "HOSTNAME": hostname}
    return {f"{PREFIX}{key}_{part}": value for part, value in halves.items() if value is not None}


def env_of(*registries: Mapping[str, str]) -> dict[str, str]:
    """The variables of whole registries."""
    return {variable: value for one in registries for variable, value in pair(**one).items()}


def params_of(operation: Operation[Any], **given: Any) -> dict[str, Any]:
    """What Ansible makes of the options that a task gives to `operation`."""
    validation = ArgumentSpecValidator(dict(operation.argument_spec), **operation.constraints).validate(given)
    assert not validation.error_messages, validation.error_messages
    return dict(validation.validated_parameters)


def options_of(operation: Operation[Options], **given: Any) -> Options:
    """The same, parsed."""
    return parse(operation.options, params_of(operation, **given))


def host(
    *,
    check_mode: bool = False,
    warn: Callable[[str], None] = lambda _text: None,
    say: Callable[[str], None] = lambda _line: None,
    name: str | None = None,
) -> Host:
    """A runner that listens to nothing unless told."""
    return Host(check_mode=check_mode, warn=warn, say=say, name=name)


def levels(registry: HeldRegistry, **known: bool | None) -> Levels:
    """A registry that is at all levels, but for `known`."""
    everywhere: dict[str, Any] = {"stored": True, "rendered": True, "running": True, "recognized": True}
    return Levels(registry=registry, **(everywhere | known))


def function(**changes: Any) -> Function:
    """A function on an image of GHCR, with `changes`."""
    fields: dict[str, Any] = {"id": "0a1b", "version_id": "2c3d", "name": "mine", "image": "ghcr.io/a/b:1"}
    return Function(**(fields | changes))


def revisions(*statuses: str) -> History:
    """A history with these statuses from revision 1 on, all of them last written at noon."""
    found = [Revision(number=n, status=status, modified=NOON) for n, status in enumerate(statuses, start=1)]
    return History(service=FUNCTIONS, name="api", namespace="nvcf", revisions=tuple(found))


def release_state(*, api: ApiAnswer | None = None, history: History | None = None, **deployed: Any) -> ReleaseState:
    """What a look finds at a release on which all is well and nothing was wanted, but for what is given."""
    calm: dict[str, Any] = {
        "release": Release(
            service=FUNCTIONS,
            name="api",
            namespace="nvcf",
            revision=1,
            status="deployed",
            values={},
            chart={},
            manifest="",
        ),
        "stored": (),
        "levels": (),
        "unmet": None,
        "rollout": Verdict(kind="done", text="1 of 1 pods ready"),
        "drift": (),
        "on_top": OnTop(),
        "last_good_revision": 1,
    }
    return ReleaseState(
        cluster="east-1",
        history=history or revisions("deployed"),
        api=api or ApiAnswer(),
        deployed=DeployedState(**(calm | deployed)),
    )


def deployment(*, replicas: int = 1, generation: int = 2, **status: Any) -> dict[str, Any]:
    """The API's Deployment, rolled out unless `status` says otherwise."""
    container = {"name": "helm-nvcf-api", "envFrom": [{"configMapRef": {"name": "nvcf-api-env"}}]}
    return {
        "metadata": {
            "name": "nvcf-api",
            "namespace": "nvcf",
            "uid": "d",
            "generation": generation,
            "resourceVersion": "5",
            "creationTimestamp": "2026-11-23T10:00:00Z",
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "api"}},
            "template": {"spec": {"containers": [container]}},
        },
        "status": {"observedGeneration": generation, "availableReplicas": replicas, **status},
    }


def replica_set(uid: str, revision: int) -> dict[str, Any]:
    """A ReplicaSet of that Deployment."""
    return {
        "metadata": {
            "name": f"nvcf-api-{uid}",
            "uid": uid,
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
            "ownerReferences": [{"uid": "d", "controller": True}],
        }
    }


def pod_object(name: str = "api-1", *, owner: str = "new", ready: bool = True, **container: Any) -> dict[str, Any]:
    """A pod as the API server returns it, running since noon unless `container` says otherwise."""
    status = {
        "name": "helm-nvcf-api",
        "ready": ready,
        "restartCount": 0,
        "state": {"running": {"startedAt": "2026-11-23T12:00:00Z"}},
    }
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": "2026-11-23T12:00:00Z",
            "ownerReferences": [{"uid": owner, "controller": True}],
        },
        "spec": {"containers": [{"name": "helm-nvcf-api"}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [status | container],
        },
    }


def pod_state(**changes: Any) -> PodState:
    """A serving pod of the newest ReplicaSet, with `changes`."""
    healthy: dict[str, Any] = {
        "name": "api-1",
        "owner": "new",
        "ready": True,
        "terminating": False,
        "gone": False,
        "made": NOON,
        "started": NOON,
        "restarts": 0,
        "trouble": None,
    }
    return PodState(**{**healthy, **changes})


def trouble(kind: str, reason: str, message: str = "reported by the kubelet", **fields: Any) -> Trouble:
    """What keeps a pod from becoming ready."""
    return Trouble(kind=kind, reason=reason, message=message, **fields)


def workload(env: Mapping[str, str], **fields: Any) -> Workload:
    """The API as a revision with this environment renders it."""
    rendered: dict[str, Any] = {
        "service": FUNCTIONS,
        "release": "api",
        "namespace": "nvcf",
        "deployment": "nvcf-api",
        "container": "helm-nvcf-api",
        "config_map": "nvcf-api-env",
        "env": env,
        "container_env": {},
        "env_from": [{"configMapRef": {"name": "nvcf-api-env"}}],
    }
    return Workload(**(rendered | fields))


def live_workload(*pods: PodState, **changes: Any) -> LiveWorkload:
    """One look at a rolled-out Deployment with `pods`, with `changes`."""
    look: dict[str, Any] = {
        "deployment": deployment(),
        "replica_sets": (replica_set("old", 1), replica_set("new", 2)),
        "pods": pods,
        "watchable": {"deployment": ("/apis/apps/v1/namespaces/nvcf/deployments", "5"), "pods": ("/pods", "7")},
        "env": env_of(GHCR),
        "env_written": NOON,
        "stale": frozenset(),
    }
    return LiveWorkload(**{**look, **changes})
