# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The smoke test of the tasks API: a task is made and goes, whatever ICMS says, and nobody else's is touched."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.trial import LEFTOVER_SECONDS, PREFIX
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.function_smoke_test import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError, NvcfError
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import host, params_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.nvcf_fake import LOST, refusal
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response, serving

IMAGE = "ghcr.io/my-org/app:1"
TASKS = "/v1/nvct/tasks"
REFUSED = refusal(400, "Unsupported registry hostname ghcr.io for registry type CONTAINER")
ICMS_401 = refusal(401, "Upstream response from 'ICMS' with 4xx error 401")
ICMS_502 = refusal(502, "Failed to get response from 'ICMS' after retries.")


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


@dataclass
class TasksFake:
    """Creates, lists in slices of one and deletes tasks; each `*_answers` list takes precedence."""

    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    create_answers: list[Response] = field(default_factory=list)
    delete_answers: list[Response] = field(default_factory=list)
    makes_anyway: bool = False
    bodies: list[dict[str, Any]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __call__(self, request: Request) -> Response:
        if request.method == "GET":
            start = int(request.query.get("cursor", ["0"])[0])
            more = {"cursor": str(start + 1)} if start + 1 < len(self.tasks) else {}
            return Response(body={"tasks": list(self.tasks.values())[start : start + 1], **more})
        if request.method == "DELETE":
            if self.delete_answers:
                return self.delete_answers.pop(0)
            found = self.tasks.pop(request.path.rpartition("/")[2], None)
            return Response(status=204 if found else 404, body=b"")
        assert request.path == TASKS
        self.bodies.append(json.loads(request.body))
        answer = self.create_answers.pop(0) if self.create_answers else None
        if answer and not self.makes_anyway:
            return answer
        made = self.add(self.bodies[-1]["name"])
        return answer or Response(body={"task": made})

    def add(self, name: str, status: str = "QUEUED") -> dict[str, Any]:
        identity = f"t{next(self._numbers)}"
        self.tasks[identity] = {"id": identity, "name": name, "status": status, "containerImage": IMAGE}
        return self.tasks[identity]


def smoke(tasks: TasksFake, *, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    options = {"service": "tasks", "token": "key", "image": IMAGE, "gpu": "L40S", "instance_type": "x", **given}
    with serving(tasks) as server:
        params = params_of(OPERATION, api_url=server.url, **options)
        return OPERATION.start(host(check_mode=check_mode), params)


def refused(tasks: TasksFake, **given: Any) -> NvcfError:
    with pytest.raises(NvcfError) as caught:
        smoke(tasks, **given)
    return caught.value


def test_an_accepted_image_is_reported_with_the_task_that_proved_it() -> None:
    tasks = TasksFake()
    kept = tasks.add("somebody's")
    result = smoke(tasks)
    assert (result["outcome"], result["task"]["image"], result["leftovers_remaining"]) == ("accepted", IMAGE, [])
    assert list(tasks.tasks.values()) == [kept]
    (body,) = tasks.bodies
    assert (body["containerImage"], body["resultHandlingStrategy"]) == (IMAGE, "NONE")
    assert body["gpuSpecification"] == {"gpu": "L40S", "instanceType": "x"}
    assert "resources" not in body


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([ICMS_502, ICMS_401], id="ICMS"),
        pytest.param([refusal(401, "Not now")], id="in the words of ICMS"),
        pytest.param([refusal(500, "down"), refusal(429, "")], id="the API"),
    ],
)
def test_a_task_that_does_not_go_at_once_is_asked_to_go_again(answers: list[Response], pauses: list[float]) -> None:
    tasks = TasksFake(delete_answers=list(answers))
    assert smoke(tasks)["leftovers_remaining"] == []
    assert tasks.tasks == {}
    assert len(pauses) == len(answers)


@pytest.mark.parametrize("answers,tries", [([ICMS_502] * 5, 5), ([refusal(403, "Access Denied")], 1)])
def test_a_task_that_stays_is_told_and_decides_nothing(answers: list[Response], tries: int) -> None:
    tasks = TasksFake(delete_answers=list(answers))
    result = smoke(tasks)
    assert (result["outcome"], [row["id"] for row in result["leftovers_remaining"]]) == ("accepted", ["t0"])
    assert tasks.delete_answers == []
    assert len(answers) == tries


def test_what_earlier_tests_have_left_goes_even_when_it_has_ended_and_nothing_else() -> None:
    old = int(time.time()) - LEFTOVER_SECONDS - 60
    tasks = TasksFake()
    kept = [tasks.add("mine"), tasks.add(f"{PREFIX}-{int(time.time())}-ff", "RUNNING")]
    gone = [tasks.add(f"{PREFIX}-{old}-0a"), tasks.add(f"{PREFIX}-{old}-0b", "EXCEEDED_MAX_QUEUED_DURATION")]
    result = smoke(tasks)
    assert {row["id"] for row in result["leftovers_removed"]} == {task["id"] for task in gone}
    assert list(tasks.tasks.values()) == kept


@pytest.mark.parametrize("answer", [LOST, refusal(504, "timeout"), refusal(500, "down")])
def test_a_task_that_was_made_although_its_answer_got_lost_proves_it_and_is_deleted(answer: Response) -> None:
    tasks = TasksFake(create_answers=[answer], makes_anyway=True)
    assert smoke(tasks)["outcome"] == "accepted"
    assert tasks.tasks == {}


def test_a_refusal_is_what_it_is_in_either_way() -> None:
    for method in ("create", "probe"):
        assert (
            smoke(TasksFake(create_answers=[REFUSED]), method=method, expect="rejected")["outcome"] == "not_recognized"
        )


def test_a_question_to_which_a_task_is_made_shows_nothing_and_leaves_nothing() -> None:
    tasks = TasksFake()
    error = refused(tasks, method="probe")
    assert error.facts["outcome"] == "unknown"
    assert "NVCT_REGISTRIES_ARTIFACT_VALIDATION_EXCEPTION_HANDLING" in str(error)
    assert tasks.tasks == {}


def test_without_a_gpu_nothing_is_asked() -> None:
    tasks = TasksFake()
    error = refused(tasks, method="probe", gpu=None, instance_type=None)
    assert "set gpu and instance_type" in str(error)
    assert tasks.bodies == []


@pytest.mark.parametrize("method", ["create", "probe"])
def test_the_operators_client_knows_no_tasks_here(method: str) -> None:
    with pytest.raises(InputError, match="can only create a function"):
        smoke(TasksFake(), client="nvcf_cli", method=method)


def test_check_mode_makes_no_task() -> None:
    tasks = TasksFake()
    result = smoke(tasks, check_mode=True)
    assert (result["skipped"], tasks.bodies) == (True, [])
    assert "creates a task" in result["msg"]
