# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Looking for credentials with and without rights, and the life of the probe's pod."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull import probe
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.placement import MOST_POOLS
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.image_pull_check import (
    OPERATION,
    ImagePullError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    ConnectionOptionsError,
    InputError,
    KubernetesError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.interrupts import Interrupted
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import host, params_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response, not_found, serving

CORE = "/api/v1/namespaces/nvcf-backend"
ACCOUNT, SECRETS, PODS, EVENTS = (f"{CORE}/{it}" for it in ("serviceaccounts/default", "secrets", "pods", "events"))
KYVERNO = "/apis/kyverno.io/v1"
IMAGE = "ghcr.io/my-org/my-app:1.0"
JSON_TYPE = "kubernetes.io/dockerconfigjson"
FORBIDDEN = Response(status=403, body={"reason": "Forbidden", "message": "not for you"})
NOW = "2026-11-23T12:00:00Z"


def pull_secret(name: str, *registries: str) -> dict[str, Any]:
    auths = {registry: {"username": "robot-7", "password": "s3cret", "auth": "YTpi"} for registry in registries}
    content = base64.b64encode(json.dumps({"auths": auths}).encode()).decode()
    return {"metadata": {"name": name}, "type": JSON_TYPE, "data": {".dockerconfigjson": content}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


RUNNING = {"running": {"startedAt": NOW}}


@dataclass
class Cluster:
    """An API server with one namespace, whose pods are in the next of `states` each time somebody looks."""

    referenced: tuple[str, ...] = ("ghcr",)
    secrets: list[dict[str, Any]] = field(default_factory=lambda: [pull_secret("ghcr", "ghcr.io")])
    states: list[dict[str, Any]] = field(default_factory=lambda: [waiting("ContainerCreating"), RUNNING])
    pods: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[tuple[str, str], Response | Callable[[], Response]] = field(default_factory=dict)
    """What else is answered, by method and path."""
    requests: list[Request] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        if special := self.answers.get((request.method, request.path)):
            return special if isinstance(special, Response) else special()
        if request.method == "DELETE":
            gone = self.pods.pop(request.path.removeprefix(f"{PODS}/"), None)
            return Response(body=gone) if gone else not_found(request.path)
        known = {
            ("GET", ACCOUNT): self._account,
            ("GET", SECRETS): self._secrets,
            ("GET", EVENTS): self._events,
            ("GET", PODS): self._listed,
            ("POST", PODS): self._made,
        }
        answer = known.get((request.method, request.path))
        return answer(request) if answer else not_found(request.path)

    def _account(self, _request: Request) -> Response:
        return Response(
            body={"metadata": {"name": "default"}, "imagePullSecrets": [{"name": name} for name in self.referenced]}
        )

    def _secrets(self, request: Request) -> Response:
        [only] = request.query["fieldSelector"]
        return Response(body={"items": [secret for secret in self.secrets if f"type={secret['type']}" == only]})

    def _events(self, _request: Request) -> Response:
        named = [{"metadata": {"name": f"event-{number}"}} | event for number, event in enumerate(self.events)]
        return Response(body={"items": named})

    def _made(self, request: Request) -> Response:
        pod = json.loads(request.body)
        pod["metadata"] |= {"uid": "u", "creationTimestamp": NOW}
        self.pods[pod["metadata"]["name"]] = pod
        self.together = max(self.together, len(self.pods))
        return Response(status=201, body=pod)

    def _listed(self, request: Request) -> Response:
        if request.query.get("watch"):
            return Response(body=b"")
        found = list(self.pods.values())
        if only := request.query.get("fieldSelector"):
            found = [pod for pod in found if f"metadata.name={pod['metadata']['name']}" in only]
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            for pod in found:
                pod["status"] = {"containerStatuses": [{"name": "pull", "state": state}]}
        return Response(body={"metadata": {"resourceVersion": "7"}, "items": found})

    warned: list[str] = field(default_factory=list)
    together: int = 0
    """The most pods that were there at the same time."""

    def run(self, *, check_mode: bool = False, **given: Any) -> dict[str, Any]:
        with serving(self) as server:
            image = {} if "images" in given else {"image": IMAGE}
            params = params_of(OPERATION, host=server.url, **{**image, **given})
            return OPERATION.start(host(check_mode=check_mode, say=self.said.append, warn=self.warned.append), params)

    @property
    def sent(self) -> list[str]:
        """Methods of all requests."""
        return [request.method for request in self.requests]


def test_looking_writes_nothing_and_returns_no_secret() -> None:
    cluster = Cluster()
    result = cluster.run()
    assert result["sources"] == [{"kind": "Secret", "name": "ghcr", "host": "ghcr.io", "used": True}]
    assert (result["verdict"], result["changed"]) == ("likely", False)
    assert set(cluster.sent) == {"GET"}
    assert not any(word in json.dumps(result) for word in ("robot-7", "s3cret", "YTpi"))


def test_without_the_right_to_list_the_secrets_in_use_are_read_one_by_one() -> None:
    cluster = Cluster(referenced=("ghcr", "hidden", "gone"))
    cluster.answers |= {
        ("GET", SECRETS): FORBIDDEN,
        ("GET", f"{SECRETS}/ghcr"): Response(body=pull_secret("ghcr", "ghcr.io")),
        ("GET", f"{SECRETS}/hidden"): FORBIDDEN,
    }
    result = cluster.run()
    assert result["verdict"] == "likely"
    told = result["explanation"]
    assert (
        "Not checked because of missing permissions: Secrets of namespace nvcf-backend, Secret nvcf-backend/hidden."
        in told
    )
    assert "names gone, behind which there is no readable pull secret" in told


def test_without_any_right_the_check_ends_well_and_claims_nothing() -> None:
    cluster = Cluster()
    cluster.answers |= {("GET", ACCOUNT): FORBIDDEN, ("GET", SECRETS): FORBIDDEN}
    cluster.answers[("GET", KYVERNO)] = Response(body={"kind": "APIResourceList", "resources": []})
    cluster.answers[("GET", f"{KYVERNO}/clusterpolicies")] = FORBIDDEN
    result = cluster.run()
    assert (result["verdict"], result["sources"]) == ("unknown", [])
    assert "ServiceAccount nvcf-backend/default, Secrets of namespace nvcf-backend, Kyverno's clusterpolicies" in str(
        result["explanation"]
    )


def test_a_failing_api_server_is_no_missing_right() -> None:
    cluster = Cluster(answers={("GET", SECRETS): Response(status=500, body={"message": "etcd is away"})})
    with pytest.raises(KubernetesError, match="etcd is away"):
        cluster.run()


def test_kyvernos_policies_are_named_and_those_without_a_source_left_out() -> None:
    rule = {"generate": {"kind": "Secret", "namespace": "{{request.object.metadata.name}}"}}
    policies = [
        {"metadata": {"name": "sync"}, "spec": {"rules": [rule]}},
        {"metadata": {"name": "labels"}, "spec": {"rules": [{"validate": {}}]}},
    ]
    cluster = Cluster(referenced=(), secrets=[])
    cluster.answers[("GET", KYVERNO)] = Response(body={"kind": "APIResourceList", "resources": []})
    cluster.answers[("GET", f"{KYVERNO}/clusterpolicies")] = Response(body={"items": policies})
    result = cluster.run()
    assert result["sources"] == [{"kind": "ClusterPolicy", "name": "sync", "host": None, "used": None}]


def test_where_no_functions_run_is_told_with_what_to_set() -> None:
    cluster = Cluster(answers={("GET", ACCOUNT): not_found(ACCOUNT)})
    with pytest.raises(KubernetesError, match=r"no ServiceAccount nvcf-backend/default\. Set workload_namespace"):
        cluster.run()


def test_a_probe_that_pulls_is_told_and_its_pod_is_gone() -> None:
    cluster = Cluster()
    result = cluster.run(probe=True)
    assert (result["pulled"], result["reason"], result["changed"]) == (True, "pulled", False)
    assert result["summary"] == f"Nodes can pull {IMAGE} for pods of namespace nvcf-backend."
    assert cluster.pods == {}
    [line] = cluster.said
    assert f"pulling {IMAGE} for pod nvcf-backend/fleetops-nvcf-pull-" in line


def test_the_pod_is_one_that_restricted_namespaces_take_and_that_runs_nothing() -> None:
    cluster = Cluster()
    cluster.run(probe=True, service_account="default", probe_timeout=30)
    [made] = [json.loads(request.body) for request in cluster.requests if request.method == "POST"]
    spec, [container] = made["spec"], made["spec"]["containers"]
    assert made["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "fleetops.nvcf"
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == ("default", False)
    assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert (container["image"], container["imagePullPolicy"]) == (IMAGE, "Always")
    assert (spec["restartPolicy"], spec["activeDeadlineSeconds"]) == ("Never", 90)


def test_check_mode_makes_no_pod_and_says_so() -> None:
    cluster = Cluster()
    result = cluster.run(probe=True, check_mode=True)
    assert "pulled" not in result
    assert result["summary"].startswith("Check mode makes no pod, so no node was tried.")
    assert set(cluster.sent) == {"GET"}


REFUSED = [waiting("ErrImagePull", f'failed to resolve reference "{IMAGE}": 401 Unauthorized')]


def test_an_image_that_is_refused_fails_the_task_with_what_is_known() -> None:
    cluster = Cluster(states=REFUSED, referenced=())
    with pytest.raises(ImagePullError) as failure:
        cluster.run(probe=True)
    assert str(failure.value).startswith(
        f"{IMAGE} could not be pulled for a pod of namespace nvcf-backend (unauthorized)"
    )
    assert "does not name it: add it to the account's imagePullSecrets." in str(failure.value)
    facts = failure.value.result()
    assert (facts["pulled"], facts["reason"], facts["verdict"]) == (False, "unauthorized", "unknown")
    assert facts["msg"].startswith("cluster http://127.0.0.1")
    assert cluster.pods == {}


def test_a_refused_image_that_is_not_required_is_only_told() -> None:
    result = Cluster(states=REFUSED).run(probe=True, required=False)
    assert (result["pulled"], result["reason"]) == (False, "unauthorized")


def test_events_that_may_not_be_read_are_done_without() -> None:
    assert Cluster(answers={("GET", EVENTS): FORBIDDEN}).run(probe=True)["pulled"]


def test_a_pull_that_does_not_end_is_given_up_and_the_pod_is_gone() -> None:
    cluster = Cluster(states=[waiting("ContainerCreating")])
    result = cluster.run(probe=True, required=False, probe_timeout=1)
    assert result["reason"] == "undecided"
    assert cluster.pods == {}


def test_an_interrupted_probe_takes_its_pod_away(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster()

    def interrupt(*_args: Any, **_kwargs: Any) -> None:
        assert cluster.pods
        raise Interrupted(15)

    monkeypatch.setattr(probe, "wait_for_event", interrupt)
    with pytest.raises(Interrupted):
        cluster.run(probe=True)
    assert cluster.pods == {}


def test_a_lost_answer_to_the_creation_leaves_no_pod() -> None:
    cluster = Cluster()

    def lost() -> Response:
        cluster._made(cluster.requests[-1])
        return Response(status=504, body={"message": "gateway timeout"})

    cluster.answers[("POST", PODS)] = lost
    with pytest.raises(KubernetesError, match="gateway timeout"):
        cluster.run(probe=True)
    assert cluster.pods == {}


def test_a_creation_that_the_user_has_no_right_to_is_told_as_it_is_and_nothing_is_deleted() -> None:
    words = 'pods is forbidden: User "me" cannot create resource "pods" in API group "" in the namespace "x"'
    cluster = Cluster(answers={("POST", PODS): Response(status=403, body={"reason": "Forbidden", "message": words})})
    with pytest.raises(KubernetesError, match="cannot create resource"):
        cluster.run(probe=True)
    assert "DELETE" not in cluster.sent


def test_a_pod_that_admission_refuses_is_an_outcome_and_nothing_is_deleted() -> None:
    quota = Response(status=403, body={"reason": "Forbidden", "message": 'pods "x" is forbidden: exceeded quota: q'})
    cluster = Cluster(answers={("POST", PODS): quota})
    result = cluster.run(probe=True, required=False)
    assert (result["pulled"], result["reason"]) == (False, "admission_refused")
    assert 'Message of the API server: pods "x" is forbidden: exceeded quota: q.' in result["summary"]
    assert "DELETE" not in cluster.sent


def test_a_pod_that_can_not_be_removed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "DELETE_TRIES", 1)
    cluster = Cluster(pods={"old": old_pod("old", created="2026-11-23T11:00:00Z")})
    cluster.answers[("DELETE", f"{PODS}/old")] = Response(status=500, body={"message": "etcd is away"})
    with pytest.raises(
        KubernetesError, match=r"pod nvcf-backend/old of the check could not be deleted: .*etcd is away"
    ):
        cluster.run(probe=True)
    assert list(cluster.pods) == ["old"], "its own pod is gone anyway"


def test_a_removal_that_fails_is_tried_again() -> None:
    cluster = Cluster(pods={"old": old_pod("old", created="2026-11-23T11:00:00Z")})

    def once() -> Response:
        del cluster.answers["DELETE", f"{PODS}/old"]
        return Response(status=500, body={"message": "etcd is away"})

    cluster.answers["DELETE", f"{PODS}/old"] = once
    assert cluster.run(probe=True)["leftovers_removed"] == ["old"]
    assert cluster.pods == {}


def old_pod(name: str, *, created: str, deadline: int = 180) -> dict[str, Any]:
    metadata = {"name": name, "creationTimestamp": created}
    return {"metadata": metadata, "spec": {"activeDeadlineSeconds": deadline, "containers": []}}


def test_what_killed_checks_have_left_is_removed_and_what_may_still_run_is_not() -> None:
    cluster = Cluster()
    for pod in (
        old_pod("fleetops-nvcf-pull-old", created="2026-11-23T11:40:00Z"),
        old_pod("fleetops-nvcf-pull-young", created="2026-11-23T11:50:00Z"),
        old_pod("fleetops-nvcf-pull-patient", created="2026-11-23T11:40:00Z", deadline=3600),
    ):
        cluster.pods[pod["metadata"]["name"]] = pod
    result = cluster.run(probe=True)
    assert result["leftovers_removed"] == ["fleetops-nvcf-pull-old"]
    assert sorted(cluster.pods) == ["fleetops-nvcf-pull-patient", "fleetops-nvcf-pull-young"]
    [listed] = [r.query["labelSelector"] for r in cluster.requests if "labelSelector" in r.query]
    assert "app.kubernetes.io/managed-by=fleetops.nvcf" in listed[0]


def test_a_pod_that_somebody_else_deletes_is_told() -> None:
    cluster = Cluster(states=[waiting("ContainerCreating")])

    def delete() -> Response:
        cluster.pods.clear()
        return Response(body={"items": []})

    cluster.answers["GET", EVENTS] = delete
    with pytest.raises(KubernetesError, match="was deleted by another user or tool"):
        cluster.run(probe=True)


@pytest.mark.parametrize("given", [{"image": "my-app:1"}, {"probe_timeout": 0}])
def test_options_that_can_not_be_right_are_refused_before_the_cluster_is_asked(given: dict[str, Any]) -> None:
    cluster = Cluster()
    with pytest.raises(InputError):
        cluster.run(**given)
    assert cluster.requests == []


def failure(message: str, **times: str) -> dict[str, Any]:
    """An event of the kubelet about the probe's container."""
    text = f'Failed to pull image "{IMAGE}": {message}'
    return {"involvedObject": {"fieldPath": "spec.containers{pull}"}, "reason": "Failed", "message": text, **times}


@pytest.mark.parametrize("clock", ["lastTimestamp", "eventTime"])
def test_the_latest_attempt_tells_the_cause_in_whatever_order_events_are_listed(clock: str) -> None:
    events = [
        failure("401 Unauthorized", **{clock: "2026-11-23T12:00:09Z"}),
        failure("no such host", **{clock: "2026-11-23T12:00:01Z"}),
        failure("connection refused"),
    ]
    cluster = Cluster(states=[waiting("ImagePullBackOff")], events=events)
    assert cluster.run(probe=True, required=False)["reason"] == "unauthorized"


def test_events_that_an_api_server_in_trouble_does_not_give_are_not_done_without() -> None:
    cluster = Cluster(answers={("GET", EVENTS): Response(status=500, body={"message": "etcd is away"})})
    with pytest.raises(KubernetesError, match="etcd is away"):
        cluster.run(probe=True)
    assert cluster.pods == {}, "its pod is gone anyway"


@pytest.mark.parametrize("status,removed", [(400, False), (409, False), (499, False), (500, True), (504, True)])
def test_after_a_creation_that_failed_a_pod_is_looked_for_only_if_there_may_be_one(
    status: int, *, removed: bool
) -> None:
    cluster = Cluster(answers={("POST", PODS): Response(status=status, body={"message": "no"})})
    with pytest.raises(KubernetesError):
        cluster.run(probe=True)
    assert ("DELETE" in cluster.sent) is removed


MANY = [f"ghcr.io/my-org/app-{number}:1" for number in range(10)]


def test_many_images_are_pulled_side_by_side_but_not_all_at_once() -> None:
    cluster = Cluster()
    result = cluster.run(images=MANY, probe=True)
    assert [row["image"] for row in result["results"]] == MANY
    assert result["pulled"] is True
    assert "image" not in result
    assert cluster.together == probe.AT_ONCE
    assert cluster.pods == {}


def test_an_interrupt_takes_every_pod_away(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(states=[waiting("ContainerCreating")])

    def interrupt(*_args: Any, **_kwargs: Any) -> None:
        assert len(cluster.pods) == 3
        raise Interrupted(15)

    monkeypatch.setattr(probe, "wait_for_event", interrupt)
    with pytest.raises(Interrupted):
        cluster.run(images=MANY[:3], probe=True)
    assert cluster.pods == {}


def test_an_error_about_one_pod_is_a_row_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "DELETE_TRIES", 1)
    cluster = Cluster()
    posts = iter([Response(status=500, body={"message": "etcd is away"})])

    def once() -> Response:
        return next(posts, None) or cluster._made(cluster.requests[-1])

    cluster.answers["POST", PODS] = once
    result = cluster.run(images=MANY[:2], probe=True, required=False)
    assert [(row["pulled"], row["reason"]) for row in result["results"]] == [(False, "cluster_error"), (True, "pulled")]
    assert "etcd is away" in result["results"][0]["msg"]


NODES = "/api/v1/nodes"


def kinds_of_nodes(count: int) -> Response:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    labels = [{"node.kubernetes.io/instance-type": f"type-{number:02}"} for number in range(count)]
    names = [{"name": f"n{number}", "labels": label} for number, label in enumerate(labels)]
    return Response(body={"items": [{"metadata": name, "spec": {}, "status": ready} for name in names]})


def test_of_too_many_kinds_of_nodes_some_are_tried_and_the_rest_is_told() -> None:
    cluster = Cluster(answers={("GET", NODES): kinds_of_nodes(MOST_POOLS + 5)})
    result = cluster.run(probe=True, each_pool=True)
    assert len(result["results"]) == MOST_POOLS
    [warning] = cluster.warned
    assert warning.startswith(f"5 of {MOST_POOLS + 5} node pools of cluster http")
    made = [json.loads(request.body)["spec"]["affinity"] for request in cluster.requests if request.method == "POST"]
    assert len({json.dumps(affinity) for affinity in made}) == MOST_POOLS


def test_what_is_said_about_nodes_is_in_the_pod() -> None:
    cluster = Cluster()
    tolerations = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    cluster.run(
        probe=True, tolerations=tolerations, node_selector={"gpu": "yes"}, runtime_class="nvidia", architecture="arm64"
    )
    [made] = [json.loads(request.body)["spec"] for request in cluster.requests if request.method == "POST"]
    assert made["tolerations"] == tolerations
    assert made["nodeSelector"] == {"gpu": "yes", "kubernetes.io/arch": "arm64"}
    assert made["runtimeClassName"] == "nvidia"
    assert "affinity" not in made


def test_an_architecture_that_the_selector_contradicts_is_refused_before_anything_is_asked() -> None:
    cluster = Cluster()
    with pytest.raises(InputError, match="no node can have both"):
        cluster.run(architecture="arm64", node_selector={"kubernetes.io/arch": "amd64"})
    with pytest.raises(InputError, match="images is empty"):
        cluster.run(images=[])
    assert cluster.requests == []
    assert cluster.run(architecture="arm64", node_selector={"kubernetes.io/arch": "arm64"})["verdict"] == "likely"


def test_no_credential_of_the_task_is_sent_to_a_cluster_that_is_named() -> None:
    other = Cluster()
    with serving(other) as server:
        mine = Cluster()
        mine.run(clusters=[{"host": server.url}], api_key="of-the-control-plane", impersonate_user="jane")
    assert mine.requests == []
    assert other.requests
    for request in other.requests:
        assert not request.headers.keys() & {"authorization", "impersonate-user"}


def test_a_cluster_that_no_option_leads_to_is_told_as_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "gone"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ConnectionOptionsError) as failure:
        OPERATION.start(host(), params_of(OPERATION, image=IMAGE))
    assert failure.value.result()["msg"].startswith("No cluster is configured")


def test_an_error_has_no_remedy_and_names_its_cluster() -> None:
    cluster = Cluster(referenced=(), secrets=[], answers={("POST", PODS): Response(status=500, body={"message": "no"})})
    with pytest.raises(KubernetesError) as failure:
        cluster.run(probe=True)
    assert failure.value.result()["msg"].startswith("cluster http://127.0.0.1")
    rows = cluster.run(probe=True, images=MANY[:2], required=False)["results"]
    assert [(row["reason"], row["remedy"]) for row in rows] == [("cluster_error", None)] * 2
