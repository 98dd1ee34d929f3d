# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request and its answer on a connection that is kept, as an API server plainly gives it.

urllib3 and http.client spend twice as much on that as TLS does, and websocket-client reads an answer byte by byte, each
through TLS. Whatever is not plain here is left to them: a request that changes nothing is then asked once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from select import POLLIN, poll
from typing import Any

CHUNK = 1 << 14
"""Bytes; TLS has no more in one record."""
MOST_OF_HEAD = 1 << 16
_STATUS = re.compile(r"HTTP/1\.([01]) (\d{3})(?: .*)?")
_TARGET = re.compile("/[!-~]*")
_LENGTH = re.compile("[0-9]{1,12}")
_SIZE = re.compile("([0-9a-fA-F]{1,8})(?:[ ;].*)?")


CHUNKED, CLOSE = "chunked", "close"


class NotPlainError(Exception):
    """This is for a library that knows all of HTTP."""

    def __init__(self) -> None:
        super().__init__("what it answers is not plain HTTP/1.1")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    data: bytes = field(repr=False)


class Buffered:
    """A connected socket from which as much is read as there is."""

    def __init__(self, connected: Any) -> None:
        self._socket = connected
        self._rest = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def recv(self, most: int) -> bytes:
        """Like the socket's: something, or nothing at its end."""
        content: bytes = self._rest or self._socket.recv(CHUNK)
        self._rest = content[most:]
        return content[:most]

    @property
    def waiting(self) -> bool:
        """Whether something is to be read, the end as well. The kernel knows nothing of what was taken from it."""
        within = getattr(self._socket, "pending", None)
        if self._rest or (within and within()):
            return True
        waiting = poll()
        waiting.register(self._socket, POLLIN)
        return bool(waiting.poll(0))

    def ask(self, host: str, target: str, headers: Iterable[tuple[str, str]]) -> None:
        """Sends a request that has no body. What its headers hold has been looked at before."""
        if not _TARGET.fullmatch(target):
            raise NotPlainError
        lines = [f"GET {target} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers), "", ""]
        self._socket.sendall("\r\n".join(lines).encode("latin-1"))

    def head(self) -> tuple[int, dict[str, str]]:
        """The status of an answer and its headers. Raises NotPlainError, OSError."""
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        found = _STATUS.fullmatch(first)
        if not found:
            raise NotPlainError
        fields = (line.partition(":") for line in reversed(lines))
        told = {name.lower(): value.strip(" \t") for name, _colon, value in fields}
        if found[1] == "0":
            told.setdefault("connection", CLOSE)
        return int(found[2]), told

    def body(self, headers: Mapping[str, str]) -> bytes:
        """The content of an answer with these headers. Raises NotPlainError, OSError."""
        if "content-encoding" in headers or headers.get("transfer-encoding", CHUNKED).lower() != CHUNKED:
            raise NotPlainError
        if "transfer-encoding" not in headers:
            if "content-length" in headers:
                return b"".join(self._exactly(_number(_LENGTH, headers["content-length"], 10)))
            if not closes(headers):
                raise NotPlainError
            return b"".join(iter(lambda: self.recv(CHUNK), b""))
        pieces: list[bytes] = []
        while size := _number(_SIZE, self._until(b"\r\n").decode("latin-1"), 16):
            pieces += self._exactly(size)
            self._until(b"\r\n")
        while self._until(b"\r\n"):
            pass
        return b"".join(pieces)

    def _until(self, end: bytes) -> bytes:
        """What comes before `end`, which is taken too."""
        found = b""
        while (place := found.find(end)) < 0:
            if len(found) > MOST_OF_HEAD:
                raise NotPlainError
            found += self._some(CHUNK)
        self._rest = found[place + len(end) :] + self._rest
        return found[:place]

    def _exactly(self, length: int) -> Iterator[bytes]:
        while length:
            yield (piece := self._some(length))
            length -= len(piece)

    def _some(self, most: int) -> bytes:
        if not (piece := self.recv(most)):
            raise ConnectionResetError("it has ended the connection in the middle of an answer")
        return piece


def closes(headers: Mapping[str, str]) -> bool:
    """Whether the connection of an answer with these headers takes no other request."""
    return headers.get("connection", "").lower() == CLOSE


def _number(form: re.Pattern[str], text: str, base: int) -> int:
    found = form.fullmatch(text)
    if not found:
        raise NotPlainError
    return int(found[found.re.groups], base)


def exchange(connected: Buffered, host: str, target: str, headers: Iterable[tuple[str, str]]) -> Answer:
    """The answer to one request. Raises NotPlainError, OSError: the connection takes no other one then."""
    connected.ask(host, target, headers)
    status, told = connected.head()
    if status < 200:
        raise NotPlainError
    return Answer(status=status, headers=told, data=connected.body(told))
