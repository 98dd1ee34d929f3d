# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A real cluster with a virtual node: what happens to pods, users and objects."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.rest import ApiError, RestClient
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox
from ansible_collections.fleetops.nvcf.tests.sandbox.state import SandboxState
from kubernetes import client, config
from kubernetes.stream import portforward

Eventually = Callable[[Callable[[], bool], str], None]

IMAGE = "registry.example.test/some/program:1"
API_IMAGE = "registry.example.test/nvidia/nvcf-api:1.14.1"
HALF_A_PAIR = {"name": "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME", "value": "GitHub"}

_numbers = itertools.count(1)


@pytest.fixture
def cluster(sandbox: Sandbox) -> Cluster:
    return sandbox.cluster("east-1")


class Namespace:
    """A namespace of one test, with shortcuts."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster = cluster
        self.name = name
        self.api = cluster.api
        self.core = f"/api/v1/namespaces/{name}"
        self.deployments = f"/apis/apps/v1/namespaces/{name}/deployments"

    def deploy(self, image: str = IMAGE, *, pod: dict[str, Any] | None = None, **container: Any) -> None:
        """Create the Deployment `app` of one pod."""
        template = {
            "metadata": {"labels": {"app": "app"}},
            "spec": {"containers": [{"name": "main", "image": image, **container}], **(pod or {})},
        }
        selector = {"matchLabels": {"app": "app"}}
        self.api.post(
            self.deployments, {"metadata": {"name": "app"}, "spec": {"selector": selector, "template": template}}
        )

    @property
    def pods(self) -> list[dict[str, Any]]:
        pods: list[dict[str, Any]] = self.api.get(f"{self.core}/pods")["items"]
        return pods

    @property
    def container(self) -> dict[str, Any]:
        """The status of the only container, empty as long as there is none."""
        statuses = [status for pod in self.pods for status in pod["status"].get("containerStatuses", [])]
        return statuses[0] if statuses else {}

    def waits_for(self, reason: str) -> bool:
        return bool(self.container.get("state", {}).get("waiting", {}).get("reason") == reason)

    @property
    def available(self) -> bool:
        status = self.api.get(f"{self.deployments}/app")["status"]
        return bool(status.get("availableReplicas") == 1)

    def log(self, query: str = "") -> str:
        return self.api.text(f"{self.core}/pods/{self.pods[0]['metadata']['name']}/log{query}")

    def events(self, reason: str) -> list[str]:
        listed = self.api.get(f"{self.core}/events")["items"]
        return [event["message"] for event in listed if event["reason"] == reason]


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[Namespace]:
    name = f"test-{next(_numbers)}"
    cluster.api.post("/api/v1/namespaces", {"metadata": {"name": name}})
    yield Namespace(cluster, name)
    cluster.api.delete(f"/api/v1/namespaces/{name}")


def test_a_user_without_rights_is_let_in_but_may_not_read_anything(sandbox: Sandbox, cluster: Cluster) -> None:
    nobody = RestClient(cluster.server, cluster.ca_file, cluster.control_plane.powerless)
    with pytest.raises(ApiError, match=r'User \\"powerless\\" cannot list resource') as caught:
        nobody.get("/api/v1/namespaces/default/pods")
    assert caught.value.status == 403
    contexts, _unused = config.list_kube_config_contexts(str(sandbox.powerless_kubeconfig))
    assert [context["name"] for context in contexts] == ["east-1", "east-2"]


def test_clusters_share_neither_objects_nor_trust(sandbox: Sandbox) -> None:
    one, two = sandbox.cluster("east-1"), sandbox.cluster("east-2")
    one.api.post("/api/v1/namespaces", {"metadata": {"name": "only-here"}})
    assert "only-here" not in {item["metadata"]["name"] for item in two.api.get("/api/v1/namespaces")["items"]}
    stranger = RestClient(two.server, two.ca_file, one.control_plane.admin)
    with pytest.raises(ApiError) as caught:
        stranger.get("/api/v1/namespaces")
    assert caught.value.status == 401


def test_an_api_pod_gets_exactly_its_environment_and_becomes_ready(
    namespace: Namespace, eventually: Eventually
) -> None:
    namespace.api.post(
        f"{namespace.core}/configmaps",
        {
            "metadata": {"name": "settings"},
            "data": {
                "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME": "GitHub",
                "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_HOSTNAME": "ghcr.io",
            },
        },
    )
    namespace.deploy(API_IMAGE, envFrom=[{"configMapRef": {"name": "settings"}}])
    eventually(lambda: namespace.available, "the API's pod is ready")
    assert "Started NvcfApiApplication" in namespace.log()


def test_a_pod_is_not_ready_before_its_probes_have_had_their_time(namespace: Namespace, eventually: Eventually) -> None:
    with namespace.cluster.behaving(ready_seconds=3600):
        namespace.deploy(API_IMAGE)
        eventually(lambda: "GET /health 200" in _log_or_nothing(namespace), "the API answers")
        assert "running" in namespace.container["state"]
        assert not namespace.container["ready"]


def _log_or_nothing(namespace: Namespace) -> str:
    try:
        return namespace.log() if namespace.pods else ""
    except ApiError:
        return ""


def test_an_image_that_cannot_be_pulled_is_reported_until_it_can(namespace: Namespace, eventually: Eventually) -> None:
    with namespace.cluster.behaving(pull_failures=["registry.example.test"], backoff_scale=0.01):
        namespace.deploy()
        eventually(lambda: namespace.waits_for("ImagePullBackOff"), "pulling backs off")
        assert "authorization failed" in namespace.container["state"]["waiting"]["message"]
        assert "Error: ErrImagePull" in namespace.events("Failed")
        namespace.cluster.behave(pull_failures=[])
        eventually(lambda: namespace.available, "the image is pulled in the end")
    assert namespace.container["restartCount"] == 0


def test_a_missing_config_map_holds_the_container_back_until_it_exists(
    namespace: Namespace, eventually: Eventually
) -> None:
    with namespace.cluster.behaving(backoff_scale=0.01):
        namespace.deploy(envFrom=[{"configMapRef": {"name": "late"}}])
        eventually(lambda: namespace.waits_for("CreateContainerConfigError"), "the container cannot be created")
        assert namespace.container["state"]["waiting"]["message"] == 'configmap "late" not found'
        with pytest.raises(ApiError, match="is waiting to start: CreateContainerConfigError"):
            namespace.log()
        namespace.api.post(f"{namespace.core}/configmaps", {"metadata": {"name": "late"}, "data": {}})
        eventually(lambda: namespace.available, "the container starts")


def test_an_api_that_does_not_start_crash_loops_and_its_previous_log_says_why(
    namespace: Namespace, eventually: Eventually
) -> None:
    with namespace.cluster.behaving(failing_start_seconds=0.1, backoff_scale=0.1):
        namespace.deploy(API_IMAGE, env=[HALF_A_PAIR])
        eventually(lambda: namespace.waits_for("CrashLoopBackOff"), "the container crash-loops")
        container = namespace.container
    assert container["restartCount"] >= 1
    assert container["lastState"]["terminated"]["exitCode"] == 1
    assert container["lastState"]["terminated"]["reason"] == "Error"
    assert "Reason: Registry hostname is required" in namespace.log("?previous=true")
    assert "APPLICATION FAILED TO START" in namespace.log("?tailLines=30")
    assert any(
        message.startswith("Back-off restarting failed container main") for message in namespace.events("BackOff")
    )


def test_a_log_of_a_run_before_the_first_is_refused(namespace: Namespace, eventually: Eventually) -> None:
    namespace.deploy()
    eventually(lambda: namespace.available, "the pod is ready")
    with pytest.raises(ApiError, match="previous terminated container") as caught:
        namespace.log("?previous=true")
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "pod, container, reason",
    [
        ({"nodeSelector": {"accelerator": "none-such"}}, {}, "didn't match Pod's node affinity/selector"),
        ({}, {"resources": {"requests": {"cpu": "1000"}}}, "Insufficient cpu"),
    ],
)
def test_a_pod_that_fits_nowhere_stays_pending_and_says_why(
    namespace: Namespace, eventually: Eventually, pod: dict[str, Any], container: dict[str, Any], reason: str
) -> None:
    namespace.deploy(pod=pod, **container)
    eventually(lambda: bool(namespace.events("FailedScheduling")), "scheduling fails")
    assert reason in namespace.events("FailedScheduling")[0]
    (status,) = [pod["status"] for pod in namespace.pods]
    (condition,) = [condition for condition in status["conditions"] if condition["type"] == "PodScheduled"]
    assert (status["phase"], condition["status"], condition["reason"]) == ("Pending", "False", "Unschedulable")


def test_a_pod_is_placed_once_its_node_fits(namespace: Namespace, eventually: Eventually) -> None:
    namespace.deploy(pod={"nodeSelector": {"accelerator": "yes"}})
    eventually(lambda: bool(namespace.events("FailedScheduling")), "scheduling fails")
    namespace.api.patch("/api/v1/nodes/sandbox", {"metadata": {"labels": {"accelerator": "yes"}}})
    eventually(lambda: namespace.available, "the pod runs")
    namespace.api.patch("/api/v1/nodes/sandbox", {"metadata": {"labels": {"accelerator": None}}})


def test_a_quota_that_is_used_up_refuses_the_pod_and_the_replica_set_says_so(
    namespace: Namespace, eventually: Eventually
) -> None:
    namespace.api.post(
        f"{namespace.core}/resourcequotas", {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    )
    namespace.deploy()
    eventually(lambda: bool(namespace.events("FailedCreate")), "the pod is refused")
    assert "exceeded quota: none" in namespace.events("FailedCreate")[0]


def test_a_job_runs_to_its_end_and_is_removed_with_its_pods(namespace: Namespace, eventually: Eventually) -> None:
    jobs = f"/apis/batch/v1/namespaces/{namespace.name}/jobs"
    spec = {"restartPolicy": "Never", "containers": [{"name": "main", "image": IMAGE, "command": ["true"]}]}
    namespace.api.post(
        jobs, {"metadata": {"name": "once"}, "spec": {"ttlSecondsAfterFinished": 0, "template": {"spec": spec}}}
    )
    eventually(lambda: not namespace.api.get(jobs)["items"] and not namespace.pods, "job and pod are gone")
    assert "Job completed" in namespace.events("Completed")


def test_a_failed_pod_fails_its_job(namespace: Namespace, eventually: Eventually) -> None:
    job = f"/apis/batch/v1/namespaces/{namespace.name}/jobs/once"
    spec = {"restartPolicy": "Never", "containers": [{"name": "main", "image": IMAGE, "command": ["false"]}]}
    namespace.api.post(
        job.rpartition("/")[0], {"metadata": {"name": "once"}, "spec": {"backoffLimit": 0, "template": {"spec": spec}}}
    )
    eventually(lambda: bool(namespace.api.get(job)["status"].get("failed")), "the job fails")
    assert namespace.container["state"]["terminated"]["exitCode"] == 1


def test_a_deleted_pod_is_not_ready_at_once_but_may_finish(namespace: Namespace, eventually: Eventually) -> None:
    namespace.deploy(API_IMAGE)
    eventually(lambda: namespace.available, "the pod is ready")
    name = namespace.pods[0]["metadata"]["name"]
    with namespace.cluster.behaving(stop_seconds=2):
        namespace.api.delete(f"{namespace.core}/pods/{name}")
        deleted = namespace.api.get(f"{namespace.core}/pods/{name}")
        assert deleted["metadata"]["deletionGracePeriodSeconds"] == 30
        eventually(lambda: not _ready(namespace, name), "the pod is not ready any more")
        assert "running" in _named(namespace, name)[0]["status"]["containerStatuses"][0]["state"]
        eventually(lambda: not _named(namespace, name), "the pod no longer exists")


def _named(namespace: Namespace, name: str) -> list[dict[str, Any]]:
    return [pod for pod in namespace.pods if pod["metadata"]["name"] == name]


def _ready(namespace: Namespace, name: str) -> bool:
    conditions = [condition for pod in _named(namespace, name) for condition in pod["status"]["conditions"]]
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def test_a_port_is_forwarded_for_the_python_client(
    sandbox: Sandbox, namespace: Namespace, eventually: Eventually
) -> None:
    namespace.deploy(API_IMAGE)
    eventually(lambda: namespace.available, "the pod is ready")
    name = namespace.pods[0]["metadata"]["name"]
    with config.new_client_from_config(str(sandbox.kubeconfig), context="east-1") as api_client:
        forward = client.CoreV1Api(api_client).connect_get_namespaced_pod_portforward
        tunnel = portforward(forward, name, namespace.name, ports="8080,8181")
        with closing(tunnel.socket(8080)) as connection, closing(tunnel.socket(8181)) as closed:
            connection.setblocking(True)
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
            closed.setblocking(True)
            assert closed.recv(1) == b""
        eventually(lambda: not _forwarding(), "the client's thread has ended")
        tunnel.websocket.shutdown()  # the client itself forgets to, when the other side has closed first
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert tunnel.error(8080) is None
    assert "failed to connect to port 8181" in str(tunnel.error(8181))


def _forwarding() -> bool:
    return any(thread.name.startswith("Kubernetes port forward") for thread in threading.enumerate())


def test_custom_resources_can_be_defined_and_used(cluster: Cluster, eventually: Eventually) -> None:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    definition = {
        "metadata": {"name": "things.example.test"},
        "spec": {
            "group": "example.test",
            "scope": "Cluster",
            "names": {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    cluster.api.post(definitions, definition)

    def served() -> bool:
        try:
            return bool(cluster.api.get("/apis/example.test/v1/things"))
        except ApiError:
            return False

    eventually(served, "the resource is served")
    thing = {"apiVersion": "example.test/v1", "kind": "Thing", "metadata": {"name": "one"}, "color": "red"}
    cluster.api.post("/apis/example.test/v1/things", thing)
    assert cluster.api.get("/apis/example.test/v1/things/one")["color"] == "red"
    cluster.api.delete(f"{definitions}/things.example.test")


def test_controllers_that_are_killed_come_back(namespace: Namespace, cluster: Cluster, eventually: Eventually) -> None:
    cluster.restart_controllers()
    namespace.deploy()
    eventually(lambda: namespace.container.get("ready", False), "the pod runs")


def test_an_api_server_that_is_killed_comes_back_with_all_that_it_held(
    sandbox: Sandbox, namespace: Namespace, eventually: Eventually
) -> None:
    namespace.deploy()
    eventually(lambda: namespace.container.get("ready", False), "the pod runs")
    [before] = namespace.pods
    cluster, old = namespace.cluster, SandboxState.load(sandbox.folder)
    cluster.restart_api_server()
    cluster.wait_for_api_server()
    assert [pod["metadata"]["uid"] for pod in namespace.pods] == [before["metadata"]["uid"]]
    namespace.api.patch(f"{namespace.deployments}/app", {"spec": {"replicas": 2}})
    eventually(
        lambda: sum(pod["status"]["phase"] == "Running" for pod in namespace.pods) == 2, "controllers and node go on"
    )
    new = SandboxState.load(sandbox.folder)
    assert old is not None
    assert new is not None
    replaced = [one.name for one, other in zip(old.processes, new.processes, strict=True) if one != other]
    assert (replaced, new.running) == (["east-1-apiserver"], True)
