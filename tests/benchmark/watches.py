# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What it costs to read one event of a watch: by chunks, as the collection does, and by bytes.

`python -m ansible_collections.fleetops.nvcf.tests.benchmark.watches` prints both, and their ratio.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import urllib3

LINE = b'{"type":"MODIFIED","object":{"metadata":{"name":"' + b"a" * 12_000 + b'"}}}\n'
TIMES = 20


def by_chunk(reply: urllib3.BaseHTTPResponse) -> bytes:
    """As `_kubernetes/watch.py`."""
    return next(reply.stream(1 << 16))


def by_byte(reply: urllib3.BaseHTTPResponse) -> bytes:
    """As a file is read."""
    return reply.readline()


@contextmanager
def watched() -> Iterator[str]:
    """A server that tells everybody of one event, and goes on as an API server does."""
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(LINE), LINE)

    def serve(listening: socket.socket) -> None:
        for _client in range(2 * TIMES):
            connection, _address = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)
                connection.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def cost(url: str, read: Callable[[urllib3.BaseHTTPResponse], bytes]) -> float:
    """CPU milliseconds of this thread for one event."""
    spent = 0.0
    for _time in range(TIMES):
        reply = urllib3.PoolManager().request("GET", url, preload_content=False)
        begin = time.thread_time()
        line = read(reply)
        spent += time.thread_time() - begin
        if line != LINE:
            raise SystemExit(f"{read.__name__} has read something else")
        reply.close()
    return spent / TIMES * 1000


def main() -> None:
    """Measures both in one run."""
    with watched() as url:
        chunks, single = cost(url, by_chunk), cost(url, by_byte)
    print(
        f"an event of {len(LINE)} bytes: {chunks:.2f} ms by chunks, {single:.1f} ms by bytes, 1/{single / chunks:.0f}"
    )


if __name__ == "__main__":
    main()
