# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a request at the moment of a fault."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.fleetops.nvcf.tests.faults.proxy import Request, Reset, Response

Ask = Callable[[], Response]


@dataclass(frozen=True, kw_only=True)
class Treated:
    """A way to treat requests, with its name for the table."""

    name: str
    treat: Callable[[Request, Ask], bytes | None]


def message(body: bytes, *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """A response; `length` for one that lies about it."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}"
    head += f"Content-Length: {len(body) if length is None else length}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def answers(name: str, response: bytes, *, applied: bool = False) -> Treated:
    """Answer with that; `applied` when the API server has done what was asked all the same."""

    def treat(_request: Request, ask: Ask) -> bytes:
        if applied:
            ask()
        return response

    return Treated(name=f"{name}, request applied" if applied else name, treat=treat)


def refuses(code: int, reason: str, *, applied: bool = False, headers: str = "") -> Treated:
    """An error of the API server."""
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"fault: {reason}",
        "reason": reason,
        "code": code,
    }
    response = message(json.dumps(status).encode(), status=f"{code} {reason}", headers=headers)
    return answers(f"{code} {reason}", response, applied=applied)


def _reset_before(_request: Request, _ask: Ask) -> bytes:
    raise Reset


def _reset_after(_request: Request, ask: Ask) -> bytes:
    ask()
    raise Reset


def delays(seconds: float) -> Treated:
    """Pass the request on, but late."""

    def treat(_request: Request, _ask: Ask) -> None:
        time.sleep(seconds)

    return Treated(name=f"delay of {seconds:g} s", treat=treat)


def hangs(seconds: float) -> Treated:
    """No answer for so long, then a reset."""

    def treat(_request: Request, _ask: Ask) -> bytes:
        time.sleep(seconds)
        raise Reset

    return Treated(name=f"no answer for {seconds:g} s", treat=treat)


def _cut(_request: Request, ask: Ask) -> bytes:
    body = ask().body
    return message(body[: len(body) // 2], length=len(body))


def _half(_request: Request, ask: Ask) -> bytes:
    body = ask().body
    return message(body[: len(body) // 2])


RESET = Treated(name="reset, request lost", treat=_reset_before)
LOST_ANSWER = Treated(name="reset, request applied", treat=_reset_after)
CUT = Treated(name="connection cut in the answer", treat=_cut)
HALF = Treated(name="half of the JSON", treat=_half)
HTML = answers("HTML with 200", message(b"<html><body>Sign in</body></html>"))
EMPTY = answers("`{}`", message(b"{}"))
NO_ITEMS = answers('`{"items": null}`', message(b'{"items": null}'))
EMPTY_ITEM = answers('`{"items":[{}]}`', message(b'{"items":[{}]}'))
NULL = answers("`null`", message(b"null"))
LIST = answers("`[]`", message(b"[]"))
GARBAGE = answers("broken gzip", message(gzip.compress(b"{}")[:12], headers="Content-Encoding: gzip\r\n"))
REDIRECT = answers(
    "redirect to a login page", message(b"", status="302 Found", headers="Location: https://127.0.0.1:9/login\r\n")
)
TOO_MANY = refuses(429, "TooManyRequests", headers="Retry-After: 1\r\n")
INTERNAL = refuses(500, "InternalError")
INTERNAL_APPLIED = refuses(500, "InternalError", applied=True)
BAD_GATEWAY = answers("502 of a load balancer", message(b"<html>502</html>", status="502 Bad Gateway"))
UNAVAILABLE = refuses(503, "ServiceUnavailable")
TIMEOUT = refuses(504, "Timeout", applied=True)
UNAUTHORIZED = refuses(401, "Unauthorized")
FORBIDDEN = refuses(403, "Forbidden")
CONFLICT = refuses(409, "Conflict")
