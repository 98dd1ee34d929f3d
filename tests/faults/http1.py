# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages of HTTP/1.1, read from a socket as bytes and kept as bytes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field


class Ended(OSError):
    """The other side has closed the connection."""


@dataclass(frozen=True)
class Head:
    """The first line and the headers of a request or a response, with the empty line that ends them."""

    raw: bytes

    @property
    def start(self) -> list[str]:
        """The words of the first line: method, target, version; or version, status, reason."""
        return self.raw.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)

    def header(self, name: str) -> str:
        """A header's value, empty where there is none."""
        for line in self.raw.decode("latin-1").split("\r\n")[1:]:
            found, _colon, value = line.partition(":")
            if found.lower() == name:
                return value.strip()
        return ""

    @property
    def status(self) -> int:
        """A response's status code."""
        return int(self.start[1])


@dataclass
class Reader:
    """What comes from a socket, by lines and by counted bytes."""

    socket: socket.socket
    buffered: bytes = field(default=b"", init=False)

    def some(self) -> bytes:
        """What is there, at least a byte. Raises Ended."""
        if not self.buffered:
            self.buffered = self.socket.recv(65536)
            if not self.buffered:
                raise Ended
        found, self.buffered = self.buffered, b""
        return found

    def until(self, end: bytes) -> bytes:
        """Everything up to and including `end`."""
        while end not in self.buffered:
            more = self.socket.recv(65536)
            if not more:
                raise Ended
            self.buffered += more
        found, _end, self.buffered = self.buffered.partition(end)
        return found + end

    def exactly(self, size: int) -> bytes:
        """So many bytes."""
        while len(self.buffered) < size:
            more = self.socket.recv(65536)
            if not more:
                raise Ended
            self.buffered += more
        found, self.buffered = self.buffered[:size], self.buffered[size:]
        return found

    def head(self) -> Head:
        """The next message's head."""
        return Head(self.until(b"\r\n\r\n"))

    def body(self, head: Head, *, answer_to: str = "") -> Iterator[bytes]:
        """The body in the pieces in which it arrives; `answer_to` is the method that a response answers."""
        if answer_to and (answer_to == "HEAD" or head.status in (204, 304)):
            return
        if head.header("transfer-encoding").lower() == "chunked":
            yield from self._chunks()
        elif length := head.header("content-length"):
            left = int(length)
            while left:
                piece = self.exactly(min(left, 65536))
                left -= len(piece)
                yield piece
        elif answer_to:
            try:
                while True:
                    yield self.some()
            except Ended:
                return

    def _chunks(self) -> Iterator[bytes]:
        while True:
            line = self.until(b"\r\n")
            size = int(line.split(b";")[0], 16)
            yield line + self.exactly(size + 2)
            if not size:
                return


def joined(pieces: Iterator[bytes], head: Head) -> bytes:
    """A whole body, without the chunks' frames."""
    if head.header("transfer-encoding").lower() != "chunked":
        return b"".join(pieces)
    return b"".join(piece.split(b"\r\n", 1)[1][:-2] for piece in pieces)
