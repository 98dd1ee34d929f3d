# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One request and its plain answer, in whatever pieces it comes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.exchange import (
    MOST_OF_HEAD,
    Answer,
    Buffered,
    NotPlainError,
    exchange,
)

HEADERS = [("Accept", "application/json")]
LENGTH = b"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 5\r\n\r\nhello"
CHUNKS = (
    b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n003 ;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n"
)
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
OLD = b"HTTP/1.0 200 OK\r\n\r\nhello"


@dataclass
class Pieces:
    """A socket that gives what is to be read in these pieces, and then nothing."""

    pieces: list[bytes]
    sent: bytes = b""
    after: Iterator[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.after = iter(self.pieces)

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def recv(self, most: int) -> bytes:
        piece = next(self.after, b"")
        assert len(piece) <= most
        return piece


def answered(*pieces: bytes) -> Answer:
    return exchange(Buffered(Pieces(list(pieces))), "a:6443", "/api", HEADERS)


@pytest.mark.parametrize("answer,status", [(LENGTH, 200), (CHUNKS, 404), (OLD, 200)], ids=["length", "chunks", "old"])
def test_an_answer_is_read_wherever_it_is_cut(answer: bytes, status: int) -> None:
    for cut in range(1, len(answer)):
        found = answered(answer[:cut], answer[cut:])
        assert (found.status, found.data) == (status, b"hello"), cut


@pytest.mark.parametrize("first", [LENGTH, CHUNKS, EMPTY], ids=["length", "chunks", "empty"])
def test_what_comes_behind_an_answer_is_kept_for_the_next_one(first: bytes) -> None:
    connected = Buffered(Pieces([first + LENGTH + b"more"]))
    exchange(connected, "a", "/api", HEADERS)
    found = exchange(connected, "a", "/api", HEADERS)
    assert (found.data, found.headers["date"]) == (b"hello", "now")
    assert connected.recv(2) + connected.recv(9) + connected.recv(9) == b"more"


def test_the_request_is_what_a_server_expects() -> None:
    sending = Pieces([EMPTY])
    exchange(
        Buffered(sending),
        "a:6443",
        "/api?x=%20",
        [*HEADERS, ("Impersonate-Group", "a"), ("Impersonate-Group", "b\xe4")],
    )
    assert sending.sent == (
        b"GET /api?x=%20 HTTP/1.1\r\nHost: a:6443\r\nAccept: application/json\r\n"
        b"Impersonate-Group: a\r\nImpersonate-Group: b\xe4\r\n\r\n"
    )


@pytest.mark.parametrize("target", ["/a b", "/a\r\nX: y", "", "http://other/", "/ä"])
def test_a_target_that_needs_thought_is_left_to_others(target: str) -> None:
    sending = Pieces([EMPTY])
    with pytest.raises(NotPlainError):
        exchange(Buffered(sending), "a", target, HEADERS)
    assert sending.sent == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n0123456789",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n",
    ],
)
def test_an_answer_that_needs_thought_is_left_to_others(answer: bytes) -> None:
    with pytest.raises(NotPlainError):
        answered(answer)


def test_a_head_without_an_end_is_not_read_for_ever() -> None:
    with pytest.raises(NotPlainError):
        answered(b"HTTP/1.1 200 OK\r\n", *[b"x: " + b"y" * 9000] * (MOST_OF_HEAD // 9000 + 2))


@pytest.mark.parametrize("answer", [LENGTH, CHUNKS], ids=["length", "chunks"])
def test_an_answer_that_breaks_off_is_none(answer: bytes) -> None:
    for end in range(len(answer)):
        with pytest.raises(ConnectionResetError, match="in the middle of an answer"):
            answered(answer[:end])


def test_what_is_to_be_read_is_seen_in_the_buffer_and_in_the_socket() -> None:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        connected = Buffered(ours)
        assert not connected.waiting
        theirs.sendall(b"ab")
        assert connected.waiting
        assert connected.recv(1) == b"a"
        # Nothing is left in the kernel.
        assert connected.waiting
        assert connected.recv(1) == b"b"
        assert not connected.waiting
        theirs.shutdown(socket.SHUT_WR)
        assert connected.waiting


def test_what_tls_has_decrypted_already_is_seen() -> None:
    class Decrypted(Pieces):
        def pending(self) -> int:
            return 1

    assert Buffered(Decrypted([])).waiting
