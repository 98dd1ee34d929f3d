# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the NVCF API that the collection needs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode

from .._runtime import services
from .._runtime.errors import NoAnswerError, NvcfApiError
from .bodies import function_body
from .responses import Answer, understand
from .transport import Reply, Service

FUNCTIONS = "/v2/nvcf/functions"
TASKS = "/v1/nvct/tasks"
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
class OnImage:
    """What a service runs an image for."""

    id: str
    name: str
    image: str
    """Empty where it has none: a Helm chart's."""
    noun: ClassVar[str]

    @property
    def order(self) -> tuple[str, str]:
        """By name, which several may have."""
        return self.name, self.id

    def facts(self) -> dict[str, str]:
        """For results and reports."""
        return {"id": self.id, "name": self.name, "image": self.image}


@dataclass(frozen=True, kw_only=True)
class Function(OnImage):
    """One version of a function."""

    version_id: str
    tags: tuple[str, ...] = ()
    created: datetime | None = None
    """By the API's clock; None where it does not tell."""
    noun: ClassVar[str] = services.FUNCTIONS.noun

    @property
    def order(self) -> tuple[str, str]:
        """By name, and then by version: all of one function have its id."""
        return self.name, self.version_id

    def facts(self) -> dict[str, str]:
        """For results and reports."""
        return {"id": self.id, "version_id": self.version_id, "name": self.name, "image": self.image}


@dataclass(frozen=True, kw_only=True)
class Task(OnImage):
    """One task."""

    status: str
    noun: ClassVar[str] = services.TASKS.noun

    def facts(self) -> dict[str, str]:
        """For results and reports."""
        return {"id": self.id, "name": self.name, "image": self.image, "status": self.status}


@dataclass(frozen=True, kw_only=True)
class NvcfApi:
    """The API of one service of a control plane, with a token."""

    of: services.Service = services.FUNCTIONS
    service: Service
    token: str = field(repr=False)
    cluster: str | None = None
    """What people call the cluster, where that is known."""

    def recognized(self) -> list[dict[str, str]]:
        """The container registries that the running API lists: `[{"name", "hostname"}]`, by host.

        Listed is not accepted: an entry whose host can never match is listed too.
        """
        reply = self.ask("/v2/nvcf/recognized-registries")
        return self._read(reply, "list the recognised registries", _registries)

    def functions(self) -> list[Function]:
        """All functions of the account. One that the API lists without an id has an empty one."""
        return self._read(self.ask(FUNCTIONS), "list functions", _functions)

    def tasks(self) -> list[Task]:
        """All tasks of the account that have not ended."""
        found: list[Task] = []
        cursor = ""
        for _page in range(PAGES):
            reply = self.ask(f"{TASKS}?{urlencode({'limit': PAGE} | ({'cursor': cursor} if cursor else {}))}")
            tasks, cursor = self._read(reply, "list tasks", _tasks)
            found += tasks
            if not cursor:
                break
        return [task for task in found if task.status not in ENDED]

    def workloads(self) -> Sequence[OnImage]:
        """What of its service's is on images: functions, or tasks that have not ended."""
        return self.tasks() if self.of is services.TASKS else self.functions()

    def create(self, *, name: str, image: str) -> tuple[Answer, Function | None]:
        """Asks for a function on `image`; nothing is pulled or deployed by it. A refusal is an answer, no error.

        Raises NvcfApiError when there is no answer, or a success that names no function: a gateway's page for instance.
        """
        reply = self.send("POST", FUNCTIONS, function_body(name, image))
        answer = understand(reply)
        if answer.kind != "accepted":
            return answer, None
        return answer, self.created(reply)

    def created(self, reply: Reply) -> Function:
        """The function that a success names. Raises NvcfApiError for another document."""
        return self._read(reply, "create a function", _created)

    def delete(self, function: Function) -> Answer:
        """Asks for the deletion of one version; an answer of kind other and status 404 means that it is gone.

        Raises NvcfApiError when there is no answer, or a success that is not the API's: a gateway's page for instance.
        """
        reply = self.send("DELETE", f"{FUNCTIONS}/{function.id}/versions/{function.version_id}")
        answer = understand(reply)
        if answer.kind == "accepted" and reply.body.strip():
            self._read(reply, "delete a function", _object)
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
        failed = f"the NVCF API at {self.service.where} did not {what}"
        answer = understand(reply)
        if answer.kind != "accepted":
            raise NvcfApiError(f"{failed}: {answer.explanation}.", **answer.facts())
        try:
            return parse(reply.document)
        except _ShapeError as error:
            raise NvcfApiError(
                f"{failed}: it answered {reply.status}, but not with the document that the NVCF API answers with: "
                f"{error}. Check api_url and api_host_header: something else may answer there.",
                outcome="other",
                status=reply.status,
            ) from None


class _ShapeError(Exception):
    """A document that is not what the API answers with: says where and what it is, never what is in it."""


def _registries(document: Any) -> list[dict[str, str]]:
    rows = _rows(_object(_object(document).get("recognizedRegistries"), "recognizedRegistries"), "CONTAINER")
    pairs = [{part: _text(row, part, required=True) for part in ("name", "hostname")} for row in rows]
    return sorted(pairs, key=lambda pair: pair["hostname"])


def _functions(document: Any) -> list[Function]:
    # None at all may be a null; a document without the key is something else's.
    empty = _object(document).get("functions", ()) is None
    return [] if empty else [_function(row) for row in _rows(document, "functions")]


def _tasks(document: Any) -> tuple[list[Task], str]:
    rows = _rows(_object(document), "tasks")
    tasks = [
        Task(
            id=_text(row, "id"),
            name=_text(row, "name"),
            image=_text(row, "containerImage"),
            status=_text(row, "status"),
        )
        for row in rows
    ]
    return tasks, _text(document, "cursor")


def _created(document: Any) -> Function:
    row = _object(_object(document).get("function"), "function")
    for part in ("id", "versionId"):
        _text(row, part, required=True)
    return _function(row)


def _function(row: Mapping[str, Any]) -> Function:
    return Function(
        id=_text(row, "id"),
        version_id=_text(row, "versionId"),
        name=_text(row, "name"),
        image=_text(row, "containerImage"),
        tags=tuple(tag for tag in _list(row.get("tags") or [], "tags") if isinstance(tag, str)),
        created=_moment(row.get("createdAt")),
    )


def _object(value: Any, what: str = "the document") -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _ShapeError(f"{what} is {_type(value)}, not an object")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise _ShapeError(f"{what} is {_type(value)}, not a list")
    return value


def _rows(document: Mapping[str, Any], part: str) -> list[Mapping[str, Any]]:
    return [_object(row, f"a row of {part}") for row in _list(document.get(part), part)]


def _text(row: Mapping[str, Any], part: str, *, required: bool = False) -> str:
    value = row.get(part)
    if isinstance(value, str) and (value or not required):
        return value
    if value is None and not required:
        return ""
    raise _ShapeError(f"{part} is {'empty' if value == '' else _type(value)}, not a text")


def _type(value: Any) -> str:
    """What came, in the words of JSON; a body that is no JSON at all counts as nothing."""
    if value is None:
        return "null or missing"
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    return names.get(type(value), "a number")


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _retry_after(reply: Reply) -> float:
    """Seconds; 0 where nothing is said, or a date, which would need both clocks to agree."""
    text = reply.headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdigit() else 0.0
