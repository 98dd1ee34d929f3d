# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a pod's status and events say about pulling its image."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.outcome import (
    CAUSES,
    Outcome,
    classify,
    evaluate,
    nowhere,
    refused_by_admission,
    undecided,
)

IMAGE = "ghcr.io/my-org/my-app:1.0"
RESOLVING = f'failed to pull and unpack image "{IMAGE}": failed to resolve reference "{IMAGE}": '


def pod(state: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    containers = [] if state is None else [{"name": "pull", "state": state}]
    spec = {"containers": [{"name": "pull", "image": IMAGE}]}
    return {"spec": spec, "status": {"phase": "Pending", "containerStatuses": containers, **status}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return pod({"waiting": {"reason": reason, "message": message}})


def event(reason: str, message: str = "", container: str = "pull") -> dict[str, Any]:
    return {"reason": reason, "message": message, "involvedObject": {"fieldPath": f"spec.containers{{{container}}}"}}


def judged(pod: dict[str, Any], *events: dict[str, Any]) -> Outcome | None:
    return evaluate(pod, events, container="pull")


def refused(pod: dict[str, Any], *events: dict[str, Any]) -> Outcome:
    outcome = judged(pod, *events)
    assert outcome is not None
    assert outcome.pulled is False
    return outcome


@pytest.mark.parametrize(
    "state",
    [
        {"running": {"startedAt": "2026-11-23T12:00:00Z"}},
        {"running": {}},
        {"terminated": {"exitCode": 128, "reason": "StartError"}},
        {"waiting": {"reason": "CreateContainerConfigError", "message": "image will run as root"}},
        {"waiting": {"reason": "CreateContainerError"}},
        {"waiting": {"reason": "RunContainerError"}},
    ],
)
def test_whatever_comes_after_pulling_shows_that_it_is_done(state: dict[str, Any]) -> None:
    outcome = judged(pod(state))
    assert outcome == Outcome(pulled=True, reason="pulled", message="", meaning="the image was pulled")


@pytest.mark.parametrize("open_pod", [pod(), pod({}), waiting("ContainerCreating"), {"spec": {}}])
def test_a_pod_that_has_not_begun_leaves_it_open(open_pod: dict[str, Any]) -> None:
    assert judged(open_pod) is None


def test_the_event_tells_before_the_status_does() -> None:
    outcome = judged(waiting("ContainerCreating"), event("Pulling"), event("Pulled"))
    assert outcome is not None
    assert outcome.pulled


def test_the_image_of_another_container_says_nothing() -> None:
    assert judged(waiting("PodInitializing"), event("Pulled", container="istio-proxy")) is None


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "RegistryUnavailable"])
def test_a_refusal_is_told_in_the_nodes_words(reason: str) -> None:
    message = f"{RESOLVING}{IMAGE}: not found"
    outcome = refused(waiting(reason, message))
    assert (outcome.reason, outcome.message) == ("not_found", message)
    assert outcome.meaning == classify(message, image=IMAGE)[1]


def test_the_cause_that_a_back_off_leaves_out_is_taken_from_the_last_event() -> None:
    first = event("Failed", f'Failed to pull image "{IMAGE}": i/o timeout')
    last = event("Failed", f'Failed to pull image "{IMAGE}": 401 Unauthorized')
    events = (first, first, last, event("BackOff"))
    outcome = refused(waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"'), *events)
    assert (outcome.reason, outcome.message) == ("unauthorized", "401 Unauthorized")


def test_the_first_refusal_and_the_back_off_after_it_are_told_alike() -> None:
    message = f"{RESOLVING}{IMAGE}: not found"
    backing_off = waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}": ErrImagePull: {message}')
    assert refused(backing_off) == refused(waiting("ErrImagePull", message))


def test_a_refusal_without_any_words_is_told_by_its_reason() -> None:
    outcome = refused(waiting("ErrImagePull"))
    assert (outcome.reason, outcome.message) == ("other", "ErrImagePull")
    assert outcome.meaning == "see the message of the node"


def test_an_image_that_is_none_is_told_as_such() -> None:
    outcome = refused(waiting("InvalidImageName", "couldn't parse image name"))
    assert (outcome.reason, outcome.meaning) == ("bad_image", "this is not an image reference that nodes understand")


@pytest.mark.parametrize("state", [None, {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}])
def test_a_pod_that_the_node_gave_up_has_pulled_nothing(state: dict[str, Any] | None) -> None:
    outcome = refused(pod(state, phase="Failed", reason="Evicted", message="The node was low on resource: memory."))
    assert (outcome.reason, outcome.message) == ("not_started", "Evicted: The node was low on resource: memory.")
    assert outcome.meaning == "the node stopped the pod before its image was pulled"


@pytest.mark.parametrize(
    "cause,reason",
    [
        (f"{IMAGE}: not found", "not_found"),
        ("manifest unknown", "not_found"),
        ("failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized", "unauthorized"),
        ("failed to fetch oauth token: unexpected status: 403 Forbidden", "unauthorized"),
        ("pull access denied, repository does not exist or may require authorization", "unauthorized"),
        ("authorization failed: no basic auth credentials", "unauthorized"),
        ("dial tcp: lookup ghcr.io on 10.0.0.10:53: no such host", "no_such_host"),
        ("dial tcp: lookup ghcr.io: Temporary failure in name resolution", "no_such_host"),
        ("dial tcp 140.82.121.33:443: i/o timeout", "unreachable"),
        ("net/http: TLS handshake timeout", "unreachable"),
        ("dial tcp 10.0.0.5:443: connect: connection refused", "unreachable"),
        ("context deadline exceeded", "unreachable"),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "tls"),
        ("http: server gave HTTP response to HTTPS client", "tls"),
        (
            "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit",
            "rate_limited",
        ),
        ("no match for platform in manifest: not found", "wrong_platform"),
        ("no space left on device", "other"),
    ],
)
def test_what_container_runtimes_say_is_understood(cause: str, reason: str) -> None:
    assert classify(RESOLVING + cause, image=IMAGE)[0] == reason


def test_the_name_of_the_image_is_no_cause() -> None:
    image = "ghcr.io/denied/timeout:x509"
    message = f'failed to pull "{image}": manifest unknown'
    assert classify(message, image=image)[0] == "not_found"
    named = waiting("ErrImagePull", message) | {"spec": {"containers": [{"name": "pull", "image": image}]}}
    assert refused(named).reason == "not_found"


def test_what_urls_carry_besides_the_address_is_left_out() -> None:
    message = 'Get "https://robot:s3cret@cdn.example/blob?X-Amz-Signature=s3cret": 403 Forbidden'
    assert refused(waiting("ErrImagePull", message)).message == 'Get "https://cdn.example/blob": 403 Forbidden'


@pytest.mark.parametrize(
    "url, left",
    [
        pytest.param("https://robot:p@s3cret@cdn.example/blob", "https://cdn.example/blob", id="password with an @"),
        pytest.param("https://cdn.example?sig=a@s3cret", "https://cdn.example", id="query with an @"),
        pytest.param("https://cdn.example/blob?a=1&sig=s3cret", "https://cdn.example/blob", id="query"),
        pytest.param("http://s3cret@cdn.example:5000", "http://cdn.example:5000", id="user"),
        pytest.param("https://cdn.example/a@sha256:0", "https://cdn.example/a@sha256:0", id="digest"),
        pytest.param("https://ghcr.io/v2/", "https://ghcr.io/v2/", id="nothing"),
    ],
)
def test_of_a_url_only_the_address_is_told(url: str, left: str) -> None:
    for message, told in (
        (f"Get {url} failed", f"Get {left} failed"),
        (f'"{url}": 403 {url}', f'"{left}": 403 {left}'),
    ):
        assert refused(waiting("ErrImagePull", message)).message == told
        assert undecided(pod({}), [event("Pulling", message)], seconds=5).message == told


@pytest.mark.parametrize("path", ["denied", "timeout-service", "tls:x509:", "unreachable"])
def test_the_path_of_an_image_in_a_url_is_no_cause(path: str) -> None:
    cause = f'unexpected status from HEAD request to "https://ghcr.io/v2/my/{path}/manifests/1.0": 404 Not Found'
    assert classify(cause, image=f"ghcr.io/my/{path}:1.0")[0] == "not_found"
    assert classify(cause.replace('"', ""), image=f"ghcr.io/my/{path}:1.0")[0] == "not_found"


def test_every_cause_tells_what_to_do_about_it() -> None:
    assert len({cause.reason for cause in CAUSES}) == len(CAUSES)
    for cause in CAUSES:
        assert cause.signs == tuple(sign.lower() for sign in cause.signs), "they are looked for in lower case"
        assert classify(cause.signs[0].upper(), image=IMAGE) == (cause.reason, cause.meaning)


@pytest.mark.parametrize(
    "status, told",
    [
        ({"reason": "Evicted"}, "Evicted: no message"),
        ({"message": "low on memory"}, "Failed: low on memory"),
        ({}, "Failed: no message"),
    ],
)
def test_a_pod_that_the_node_gave_up_is_told_with_what_there_is(status: dict[str, str], told: str) -> None:
    assert refused(pod(None, phase="Failed", **status)).message == told


def test_a_refusal_goes_before_the_end_of_the_pod() -> None:
    ended = pod({"waiting": {"reason": "ErrImagePull", "message": "manifest unknown"}}, phase="Failed")
    assert refused(ended).reason == "not_found"


def test_an_event_of_another_container_or_of_no_failure_is_no_cause() -> None:
    mine = event("Failed", "Error: ErrImagePull")
    other = event("Failed", f'Failed to pull image "{IMAGE}": 401 Unauthorized', container="proxy")
    outcome = refused(waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"'), other, mine)
    assert (outcome.reason, outcome.message) == ("other", "ImagePullBackOff")


def test_an_event_without_object_or_message_is_passed_over() -> None:
    bare: list[dict[str, Any]] = [{"reason": "Pulled"}, {"reason": "Pulled", "involvedObject": None}]
    assert judged(waiting("ContainerCreating"), *bare) is None
    assert (
        refused(waiting("ErrImagePull", "manifest unknown"), event("Failed") | {"message": None}).reason == "not_found"
    )


def test_only_what_may_be_shown_is_among_the_facts() -> None:
    assert refused(waiting("ErrImagePull", "manifest unknown")).facts() == {
        "pulled": False,
        "reason": "not_found",
        "message": "manifest unknown",
    }


@pytest.mark.parametrize("status", [{}, {"conditions": None}, {"conditions": []}])
def test_at_the_end_without_any_event_or_condition_nothing_is_quoted(status: dict[str, Any]) -> None:
    outcome = undecided({"status": status}, [], seconds=0.5)
    assert (outcome.reason, outcome.message) == ("undecided", "")
    assert "within 0.5 s" in outcome.meaning


def test_at_the_end_the_last_event_is_told() -> None:
    outcome = undecided(
        waiting("ContainerCreating"), [event("Scheduled"), event("Pulling", "Pulling image")], seconds=5
    )
    assert (outcome.pulled, outcome.reason, outcome.message) == (False, "undecided", "Pulling image")
    assert "within 5 s; increase probe_timeout" in outcome.meaning


def test_at_the_end_a_pod_that_no_node_took_is_told() -> None:
    unplaced = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    outcome = undecided(pod(conditions=[unplaced]), [event("Other", "other")], seconds=5)
    assert (outcome.message, outcome.meaning) == ("0/3 nodes are available", "the pod was not scheduled within 5 s")


FORBIDDEN = 'pods "fleetops-nvcf-pull-0" is forbidden: '
WEBHOOK = 'admission webhook "validate.kyverno.svc-fail" denied the request: policy Pod/work/x: no'


@pytest.mark.parametrize(
    "status,words,meaning",
    [
        pytest.param(403, f'{FORBIDDEN}violates PodSecurity "restricted:latest": runAsUser=0', "a policy", id="level"),
        pytest.param(403, f"{FORBIDDEN}exceeded quota: small, requested: pods=1", "a ResourceQuota", id="quota"),
        pytest.param(403, f"{FORBIDDEN}failed quota: q: must specify limits.cpu", "a ResourceQuota", id="no limits"),
        pytest.param(403, f"{FORBIDDEN}minimum cpu usage per Container is 10m", "a policy", id="LimitRange"),
        pytest.param(400, WEBHOOK, "a policy", id="Kyverno"),
        pytest.param(403, WEBHOOK.replace("kyverno.svc-fail", "gatekeeper.sh"), "a policy", id="Gatekeeper"),
        pytest.param(422, f"{FORBIDDEN}ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", "a policy"),
        pytest.param(500, 'Internal error occurred: failed calling webhook "a.b": EOF', "an admission webhook does"),
        pytest.param(403, f'{FORBIDDEN}pod rejected: RuntimeClass "nvidia" not found', "the cluster has no such Run"),
    ],
)
def test_a_pod_that_a_policy_refuses_is_told_in_its_words(status: int, words: str, meaning: str) -> None:
    found = refused_by_admission(status, words)
    assert found is not None
    assert (found.pulled, found.reason, found.message) == (False, "admission_refused", words)
    assert found.meaning.startswith(meaning)
    assert found.said == f" Message of the API server: {words}."


@pytest.mark.parametrize(
    "status,words",
    [
        (403, 'pods is forbidden: User "me" cannot create resource "pods" in API group "" in the namespace "work"'),
        (404, 'namespaces "work" not found'),
        (422, 'Pod "x" is invalid: spec.tolerations[0].operator: Unsupported value: "Is"'),
        (500, "etcdserver: request timed out"),
        (0, ""),
    ],
)
def test_a_missing_right_and_a_failing_server_are_no_policy(status: int, words: str) -> None:
    assert refused_by_admission(status, words) is None


def test_the_words_of_a_policy_are_told_without_secrets() -> None:
    words = f"{WEBHOOK} see https://robot:s3cret@wiki.example/?token=s3cret password=s3cret"
    found = refused_by_admission(400, words)
    assert found is not None
    assert "s3cret" not in found.message
    assert "https://wiki.example/" in found.message


def test_a_cluster_without_a_node_for_the_pod_has_pulled_nothing() -> None:
    meaning = (
        "no ready and schedulable node matches node_selector, architecture and tolerations; correct them, or start "
        "a node of the pool"
    )
    assert nowhere() == Outcome(pulled=False, reason="no_node", message="", meaning=meaning)
    assert nowhere().said == ""
