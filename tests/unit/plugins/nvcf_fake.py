# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The few calls of the NVCF API that the collection makes, answered as a test says."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response

FUNCTIONS = "/v2/nvcf/functions"
LOST = Response(headers={"Content-Length": "1000"}, body=b"{")
"""An answer that breaks off."""


def refusal(status: int, detail: str) -> Response:
    """problem+json."""
    return Response(status=status, body={"title": "x", "status": status, "detail": detail})


NOT_RECOGNIZED = refusal(400, "Missing CONTAINER registry for hostname 'ghcr.io'")
ACCEPTED = refusal(
    400, "Account 'a', Function 'f', Version 'v': Missing RESOURCE registry for hostname 'probe.invalid'"
)
"""Nothing else is wrong with the request."""


@dataclass
class NvcfFake:
    """Creates, lists and deletes functions; each `*_answers` list takes precedence over what it would say itself."""

    functions: dict[str, dict[str, Any]] = field(default_factory=dict)
    create_answers: list[Response] = field(default_factory=list)
    """An answer here does not keep a function from being made, if `makes_anyway`."""
    makes_anyway: bool = False
    list_answers: list[Response] = field(default_factory=list)
    delete_answers: list[Response] = field(default_factory=list)
    deletes_anyway: bool = False
    probe_answers: list[Response] = field(default_factory=list)
    """What is said to requests with an artifact that no API knows."""
    lenient: bool = False
    """Whether such requests create something too."""
    asked: list[str] = field(default_factory=list)
    """Paths of such requests."""
    recognized: list[dict[str, str]] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __call__(self, request: Request) -> Response:
        self.tokens.add(request.header("Authorization"))
        if request.path.endswith("/recognized-registries"):
            return Response(body={"recognizedRegistries": {"HELM": [], "CONTAINER": self.recognized}})
        if request.method == "POST":
            body = json.loads(request.body)
            return self._probe(request.path, body) if body.get("resources") else self._create(body)
        if request.method == "GET":
            return self._scripted(self.list_answers) or Response(body={"functions": list(self.functions.values())})
        return self._delete(request.path)

    def _create(self, body: dict[str, Any]) -> Response:
        answer = self._scripted(self.create_answers)
        if answer and not self.makes_anyway:
            return answer
        made = self.add(body["name"], image=body["containerImage"], tags=body.get("tags"))
        return answer or Response(body={"function": made})

    def _probe(self, path: str, body: dict[str, Any]) -> Response:
        self.asked.append(path)
        made = self.add(body["name"], image=body["containerImage"]) if self.lenient else None
        return self._scripted(self.probe_answers) or (Response(body={"function": made}) if made else ACCEPTED)

    def add(self, name: str, *, image: str = "ghcr.io/a/b:1", tags: list[str] | None = None) -> dict[str, Any]:
        """A function of the account."""
        identity = f"id{next(self._numbers)}"
        made = {"id": identity, "versionId": "v", "name": name, "containerImage": image, "tags": tags or []}
        self.functions[identity] = made
        return made

    def _delete(self, path: str) -> Response:
        identity = path.removeprefix(f"{FUNCTIONS}/").partition("/")[0]
        answer = self._scripted(self.delete_answers)
        if answer is None or self.deletes_anyway:
            found = self.functions.pop(identity, None)
            return answer or Response(status=204 if found else 404, body=b"")
        return answer

    @staticmethod
    def _scripted(answers: list[Response]) -> Response | None:
        return answers.pop(0) if answers else None
