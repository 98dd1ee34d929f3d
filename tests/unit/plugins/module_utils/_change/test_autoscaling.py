# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The number of pods that an autoscaler holds while helm runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change import autoscaling
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.autoscaling import Scaled, find_scaled, kept
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.release_handle import ReleaseHandle
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import Cluster, connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import KubernetesError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import (
    ConnectionOptions,
    HelmOptions,
    ReleaseOptions,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import deployment, workload
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import DEPLOYMENT

AUTOSCALERS = "/apis/autoscaling/v2/namespaces/nvcf/horizontalpodautoscalers"
SCALED = Scaled(pods=3, rendered=1, deployment="nvcf-api", autoscaler="mine")
RENDERED = workload({}, replicas=1)


class Answers:
    """An API server's answers to the few requests that there are."""

    def __init__(self, replicas: int, *targets: tuple[str, str, str]) -> None:
        self.replicas = replicas
        self.asked: list[str] = []
        self.patched: list[Any] = []
        self.refusal: KubernetesError | None = None
        self.items = [
            {"metadata": {"name": name}, "spec": {"scaleTargetRef": {"kind": kind, "name": target}}}
            for name, kind, target in targets
        ]

    def get(self, path: str) -> Any:
        self.asked.append(path)
        if path == DEPLOYMENT:
            return deployment(replicas=self.replicas)
        if self.refusal:
            raise self.refusal
        return {"items": self.items}

    def patch(self, path: str, body: Any) -> None:
        assert path == DEPLOYMENT
        if self.refusal:
            raise self.refusal
        self.patched.append(body)
        self.replicas = body["spec"]["replicas"]


@contextmanager
def handle(answers: Answers, monkeypatch: pytest.MonkeyPatch, warned: list[str]) -> Iterator[ReleaseHandle]:
    monkeypatch.setattr(Cluster, "get", answers.get)
    monkeypatch.setattr(Cluster, "patch", answers.patch)
    with connect(ConnectionOptions(host="http://127.0.0.1:1")) as cluster:
        yield ReleaseHandle(cluster=cluster, release=ReleaseOptions(), helm=HelmOptions(), warn=warned.append)


@pytest.mark.parametrize(
    "live,rendered,targets,found,asks",
    [
        pytest.param(3, 1, [("mine", "Deployment", "nvcf-api")], "mine", True, id="scaled up"),
        pytest.param(3, 1, [("a", "Deployment", "b"), ("mine", "Deployment", "nvcf-api")], "mine", True, id="second"),
        pytest.param(3, 1, [("a", "StatefulSet", "nvcf-api")], None, True, id="of another kind"),
        pytest.param(3, 1, [], None, True, id="by hand"),
        pytest.param(3, 3, [("mine", "Deployment", "nvcf-api")], None, False, id="as rendered"),
        pytest.param(1, 3, [("mine", "Deployment", "nvcf-api")], None, False, id="scaled down"),
        pytest.param(3, None, [("mine", "Deployment", "nvcf-api")], None, False, id="not rendered"),
    ],
)
def test_only_a_number_above_the_rendered_one_is_looked_into(
    monkeypatch: pytest.MonkeyPatch, live: int, rendered: int | None, targets: Any, found: str | None, *, asks: bool
) -> None:
    answers = Answers(live, *targets)
    with handle(answers, monkeypatch, []) as one:
        scaled = find_scaled(one, workload({}, replicas=rendered))
    assert (scaled.autoscaler if scaled else None) == found
    assert (AUTOSCALERS in answers.asked) is asks


@pytest.mark.parametrize("status", [403, 500])
def test_who_may_not_list_autoscalers_is_warned(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    answers, warned = Answers(3), list[str]()
    answers.refusal = KubernetesError("no", status=status)
    with handle(answers, monkeypatch, warned) as one:
        if status == 500:
            with pytest.raises(KubernetesError):
                find_scaled(one, RENDERED)
        else:
            assert find_scaled(one, RENDERED) is None
    assert [text.endswith("sets them to 1: no") for text in warned] == [True] * (status == 403)


@pytest.mark.parametrize("pause", [0.001, 1000], ids=["while helm runs", "after it"])
@pytest.mark.parametrize(
    "after,patched",
    [pytest.param(1, True, id="lowered"), pytest.param(5, False, id="raised"), pytest.param(0, False, id="stopped")],
)
def test_a_number_that_helm_has_lowered_is_set_back(
    monkeypatch: pytest.MonkeyPatch, pause: float, after: int, *, patched: bool
) -> None:
    monkeypatch.setattr(autoscaling, "POLL_SECONDS", pause)
    answers, warned = Answers(3), list[str]()
    with handle(answers, monkeypatch, warned) as one, kept(one, RENDERED, SCALED):
        answers.replicas = after
    assert answers.patched == [{"spec": {"replicas": 3}}] * patched
    assert (answers.replicas, warned) == (3 if patched else after, [])


def test_a_number_that_the_autoscaler_has_raised_meanwhile_is_the_one_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(4)
    with handle(answers, monkeypatch, []) as one, kept(one, RENDERED, SCALED):
        answers.replicas = 3
    assert answers.replicas == 4


def test_a_number_that_can_not_be_set_back_is_told_and_does_not_hide_what_helm_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers, warned = Answers(1), list[str]()
    answers.refusal = KubernetesError("refused", status=500)
    with handle(answers, monkeypatch, warned) as one, pytest.raises(ZeroDivisionError), kept(one, RENDERED, SCALED):
        raise ZeroDivisionError
    assert warned == ["deployment/nvcf-api was not set back to 3 pods: refused"]
