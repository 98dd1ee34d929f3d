# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the virtual node decides: fit, image pulls, back-off, logs, status."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.container import backoff_seconds, describe_seconds
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.images import Image
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.logs import ContainerLog
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.quantity import quantity
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.scheduling import unschedulable
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.status import ContainerStatus, Phase, PodStatus


@pytest.mark.parametrize(
    "text, expected",
    [
        ("250m", "0.25"),
        ("2", "2"),
        ("1Ki", "1024"),
        ("64Mi", "67108864"),
        ("3k", "3000"),
        ("1e3", "1000"),
        ("1E", "1e18"),
    ],
)
def test_quantities(text: str, expected: str) -> None:
    assert quantity(text) == Decimal(expected)


@pytest.mark.parametrize("text", ["", "one", "5X", "1 Gi"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        quantity(text)


def node(**spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"zone": "a"}},
        "spec": spec,
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "2"}},
    }


def pod(cpu: str | None = None, **spec: Any) -> dict[str, Any]:
    resources = {"requests": {"cpu": cpu}} if cpu else {}
    return {"spec": {"containers": [{"resources": resources}], **spec}}


@pytest.mark.parametrize(
    "wanted, placed, reason",
    [
        (pod(), [], None),
        (pod("4"), [], None),
        (pod("4001m"), [], "1 Insufficient cpu."),
        (pod("2"), [pod("3")], "1 Insufficient cpu."),
        (pod(), [pod(), pod()], "1 Too many pods."),
        (pod(nodeSelector={"zone": "a"}), [], None),
        (pod(nodeSelector={"gpu": "yes"}), [], "1 node(s) didn't match Pod's node affinity/selector."),
    ],
)
def test_a_pod_is_placed_only_where_it_fits(
    wanted: dict[str, Any], placed: list[dict[str, Any]], reason: str | None
) -> None:
    message = unschedulable(wanted, node(), placed)
    if reason is None:
        assert message is None
    else:
        assert message is not None
        assert message.startswith(f"0/1 nodes are available: {reason}")


def test_a_cordoned_node_takes_no_pod() -> None:
    assert "unschedulable" in (unschedulable(pod(), node(unschedulable=True), []) or "")


@pytest.mark.parametrize(
    "reference, host, name",
    [
        ("registry.example.test/nvidia/nvcf-api:1.14.1", "registry.example.test", "nvcf-api"),
        ("registry.example.test:5000/nvcf-api@sha256:00", "registry.example.test:5000", "nvcf-api"),
        ("localhost/a", "localhost", "a"),
        ("library/busybox:1", "docker.io", "busybox"),
        ("busybox", "docker.io", "busybox"),
    ],
)
def test_parts_of_an_image_reference(reference: str, host: str, name: str) -> None:
    assert (Image(reference).host, Image(reference).name) == (host, name)


def test_a_host_that_cannot_exist_is_never_found() -> None:
    failure = Image("no.such.invalid/a/b:7").pull_failure(())
    assert failure is not None
    assert failure.endswith(
        'Head "https://no.such.invalid/v2/a/b/manifests/7": dial tcp: lookup no.such.invalid: no such host'
    )


def test_only_the_named_hosts_refuse_to_hand_out_images() -> None:
    assert "authorization failed" in (Image("ghcr.io/a/b").pull_failure(("ghcr.io",)) or "")
    assert Image("quay.io/a/b").pull_failure(("ghcr.io",)) is None


def test_the_back_off_doubles_up_to_five_minutes() -> None:
    assert [backoff_seconds(failures) for failures in range(1, 8)] == [10, 20, 40, 80, 160, 300, 300]
    assert backoff_seconds(10_000) == 300


def test_durations_are_written_as_in_the_kubelets_messages() -> None:
    assert [describe_seconds(seconds) for seconds in (10, 80, 300)] == ["10s", "1m20s", "5m0s"]


def test_the_log_keeps_the_current_and_the_previous_run() -> None:
    log = ContainerLog()
    assert log.read() is None
    for run in ("first", "second", "third"):
        log.begin()
        log.write(f"{run} a")
        log.write(f"{run} b")
    assert log.read() == "third a\nthird b\n"
    assert log.read(previous=True) == "second a\nsecond b\n"
    assert log.read(tail=1) == "third b\n"
    assert log.read(tail=0) == ""


def test_there_is_no_previous_log_before_the_first_restart() -> None:
    log = ContainerLog()
    log.begin()
    assert log.read() == ""
    assert log.read(previous=True) is None


def test_a_restart_keeps_how_the_last_run_ended() -> None:
    status = ContainerStatus("c", "x/y:1")
    status.run()
    assert status.restarts == 0
    status.end(1)
    status.wait("CrashLoopBackOff", "back-off 10s")
    assert status.last_state["terminated"]["exitCode"] == 1
    status.run()
    assert (status.restarts, status.last_state["terminated"]["exitCode"]) == (1, 1)


def test_waiting_before_the_first_run_is_no_restart() -> None:
    status = ContainerStatus("c", "x/y:1")
    status.wait("CreateContainerConfigError", "missing")
    status.run()
    assert (status.restarts, status.last_state) == (0, {})


def condition(status: PodStatus, kind: str) -> str:
    return str(next(entry["status"] for entry in status.manifest()["conditions"] if entry["type"] == kind))


def test_a_pod_being_terminated_is_not_ready_although_its_containers_still_are() -> None:
    status = PodStatus([{"name": "c", "image": "x"}], [], host_ip="127.0.0.1", pod_ip="127.1.0.1")
    status.phase = Phase.RUNNING
    status.containers["c"].run()
    status.containers["c"].ready = True
    assert (condition(status, "ContainersReady"), condition(status, "Ready")) == ("True", "True")
    status.terminating = True
    assert (condition(status, "ContainersReady"), condition(status, "Ready")) == ("True", "False")


def test_a_pod_is_initialized_once_all_its_init_containers_have_succeeded() -> None:
    spec = {"name": "c", "image": "x"}
    status = PodStatus([spec], [{**spec, "name": "i"}], host_ip="127.0.0.1", pod_ip="127.1.0.1")
    assert status.containers["c"].state["waiting"]["reason"] == "PodInitializing"
    for code, initialized in ((1, "False"), (0, "True")):
        status.init["i"].run()
        status.init["i"].end(code)
        assert condition(status, "Initialized") == initialized
