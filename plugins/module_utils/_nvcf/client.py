# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the NVCF API that the collection needs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from .._runtime import services
from .._runtime.errors import NoAnswerError, NvcfApiError
from .bodies import function_body, task_body
from .documents import ShapeError, a_list, an_object, moment, rows, text
from .gpus import Gpu
from .responses import Answer, understand
from .transport import Reply, Service
from .workloads import Function, OnImage, Task

PAGE = 100
"""Tasks that are asked for at a time."""
PAGES = 100
"""At most: an API that always has another one would be asked for ever."""
ENDED = frozenset({"COMPLETED", "ERRORED", "CANCELED", "EXCEEDED_MAX_RUNTIME_DURATION", "EXCEEDED_MAX_QUEUED_DURATION"})
"""Statuses of tasks that nothing comes after."""
PAUSES = (0.5, 1.0, 2.0)
"""Seconds before a question is asked again, for as long as the API or the way to it is away."""
PATIENCE_SECONDS = 20.0
"""Not longer after the first time than this, whatever the API asks for with Retry-After."""

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, kw_only=True)
class NvcfApi:
    """The API of one service of a control plane, with a token."""

    of: services.Service = services.FUNCTIONS
    service: Service
    token: str = field(repr=False)
    cluster: str | None = None
    """What users call the cluster, where that is known."""
    gpu: Gpu = field(default_factory=Gpu)
    """What a task is asked for with."""

    def recognized(self) -> list[dict[str, str]]:
        """The container registries that the running API lists: `[{"name", "hostname"}]`, by host.

        Listed is not accepted: an entry whose host can never match is listed too.
        """
        reply = self.ask("/v2/nvcf/recognized-registries")
        return self._read(reply, "list the recognized registries", _registries)

    def functions(self) -> list[Function]:
        """All functions of the account. One that the API lists without an id has an empty one."""
        return self._read(self.ask(services.FUNCTIONS.path), "list functions", _functions)

    def tasks(self, *, ended: bool = False) -> list[Task]:
        """All tasks of the account, those that have ended only if asked for."""
        found: list[Task] = []
        cursor = ""
        for _page in range(PAGES):
            query = urlencode({"limit": PAGE} | ({"cursor": cursor} if cursor else {}))
            reply = self.ask(f"{services.TASKS.path}?{query}")
            tasks, cursor = self._read(reply, "list tasks", _tasks)
            found += tasks
            if not cursor:
                break
        return [task for task in found if ended or task.status not in ENDED]

    def workloads(self, *, ended: bool = False) -> Sequence[OnImage]:
        """What of its service's is on images: functions, or tasks."""
        return self.tasks(ended=ended) if self.of is services.TASKS else self.functions()

    def gpus(self) -> list[Gpu]:
        """The GPUs of the account's cluster groups, each with each type of its instances, the usual one first."""
        return self._read(self.ask("/v2/nvcf/clusterGroups"), "list cluster groups", _gpus)

    def body(self, name: str, image: str) -> dict[str, Any]:
        """What a function or task on `image` is asked for with."""
        return task_body(name, image, self.gpu) if self.of is services.TASKS else function_body(name, image)

    def create(self, *, name: str, image: str) -> tuple[Answer, OnImage | None]:
        """Asks for a function or task on `image`; a refusal is an answer, no error.

        Nothing is pulled or deployed for a function; a task is queued for a GPU instance.
        Raises NvcfApiError when there is no answer, or a success that names none: a gateway's page for instance.
        """
        reply = self.send("POST", self.of.path, self.body(name, image))
        answer = understand(reply)
        return answer, self.created(reply) if answer.kind == "accepted" else None

    def created(self, reply: Reply) -> OnImage:
        """What a success names. Raises NvcfApiError for another document."""
        return self._read(reply, f"create a {self.of.noun}", _task if self.of is services.TASKS else _created)

    def delete(self, made: OnImage) -> Answer:
        """Asks for its deletion; an answer of kind other and status 404 means that it is gone.

        Raises NvcfApiError when there is no answer, or a success that is not the API's: a gateway's page for instance.
        """
        reply = self.send("DELETE", made.path)
        answer = understand(reply)
        if answer.kind == "accepted" and reply.body.strip():
            self._read(reply, f"delete a {made.noun}", an_object)
        return answer

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        """The answer to a question, a GET without a body, which may be sent again because it changes nothing.

        A moment in which the API, or the way to it, is away would otherwise undo a good change.
        """
        deadline, method = time.monotonic() + PATIENCE_SECONDS, "GET" if body is None else "POST"
        for pause in PAUSES:
            wait = pause
            try:
                reply = self.send(method, path, body)
            except NoAnswerError as error:
                if error.lasting or time.monotonic() + wait > deadline:
                    raise
            else:
                wait = max(pause, _retry_after(reply))
                if not (reply.status == 429 or reply.status >= 500) or time.monotonic() + wait > deadline:
                    return reply
            time.sleep(wait)
        return self.send(method, path, body)

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        """One request, one answer of whatever status. Raises NoAnswerError when there is none."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if body is None:
            return self.service.send(method, path, headers=headers)
        data = json.dumps(body).encode()
        return self.service.send(method, path, headers={**headers, "Content-Type": "application/json"}, body=data)

    def _read(self, reply: Reply, what: str, parse: Callable[[Any], Parsed]) -> Parsed:
        """What `parse` makes of a success's document. Raises NvcfApiError for a refusal and for another document."""
        failed = f"the {self.of.title} at {self.service.where} did not {what}"
        answer = understand(reply)
        if answer.kind != "accepted":
            raise NvcfApiError(f"{failed}: {answer.explanation}.", **answer.facts())
        try:
            return parse(reply.document)
        except ShapeError as error:
            raise NvcfApiError(
                f"{failed}: it answered {reply.status}, but not with an NVCF API document: "
                f"{error}. Check api_url and api_host_header: another server may answer there.",
                outcome="other",
                status=reply.status,
            ) from None


def _registries(document: Any) -> list[dict[str, str]]:
    listed = an_object(an_object(document).get("recognizedRegistries"), "recognizedRegistries")
    pairs = [
        {part: text(row, part, required=True) for part in ("name", "hostname")} for row in rows(listed, "CONTAINER")
    ]
    return sorted(pairs, key=lambda pair: pair["hostname"])


def _functions(document: Any) -> list[Function]:
    # None at all may be a null; a document without the key is something else's.
    empty = an_object(document).get("functions", ()) is None
    return [] if empty else [_function(row) for row in rows(document, "functions")]


def _tasks(document: Any) -> tuple[list[Task], str]:
    return [_one_task(row) for row in rows(an_object(document), "tasks")], text(document, "cursor")


def _one_task(row: Mapping[str, Any]) -> Task:
    return Task(
        id=text(row, "id"),
        name=text(row, "name"),
        image=text(row, "containerImage"),
        status=text(row, "status"),
        tags=_tags(row),
        created=moment(row.get("createdAt")),
    )


def _task(document: Any) -> Task:
    row = an_object(an_object(document).get("task"), "task")
    text(row, "id", required=True)
    return _one_task(row)


def _gpus(document: Any) -> list[Gpu]:
    found = [gpu for group in rows(an_object(document), "clusterGroups") for gpu in rows(group, "gpus")]
    kinds = [(text(gpu, "name"), kind) for gpu in found for kind in rows(gpu, "instanceTypes")]
    kinds.sort(key=lambda pair: pair[1].get("default") is not True)
    return [Gpu(name=name, instance_type=text(kind, "name")) for name, kind in kinds]


def _tags(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(tag for tag in a_list(row.get("tags") or [], "tags") if isinstance(tag, str))


def _created(document: Any) -> Function:
    row = an_object(an_object(document).get("function"), "function")
    for part in ("id", "versionId"):
        text(row, part, required=True)
    return _function(row)


def _function(row: Mapping[str, Any]) -> Function:
    return Function(
        id=text(row, "id"),
        version_id=text(row, "versionId"),
        name=text(row, "name"),
        image=text(row, "containerImage"),
        tags=_tags(row),
        created=moment(row.get("createdAt")),
    )


def _retry_after(reply: Reply) -> float:
    """Seconds; 0 where nothing is said, or a date, which would need both clocks to agree."""
    after = reply.headers.get("retry-after", "").strip()
    return float(after) if after.isascii() and after.isdigit() else 0.0
