# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Port-forwarding over WebSocket, protocol `v4.channel.k8s.io`.

Each message starts with a channel byte. The n-th port has channel 2n for data and 2n+1 for errors; on both the first
message is the port number, little-endian.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence

from aiohttp import WSMsgType, web

PROTOCOL = "v4.channel.k8s.io"
CHUNK = 32768


async def forward(socket: web.WebSocketResponse, address: str, ports: Sequence[int]) -> None:
    """Relay between the socket and the pod's ports until either side has finished."""
    writers: dict[int, asyncio.StreamWriter] = {}
    relays: list[asyncio.Task[None]] = []
    try:
        for index, port in enumerate(ports):
            data, error = 2 * index, 2 * index + 1
            for channel in (data, error):
                await socket.send_bytes(struct.pack("<BH", channel, port))
            try:
                reader, writers[data] = await asyncio.open_connection(address, port)
            except OSError as refusal:
                await socket.send_bytes(bytes([error]) + f"failed to connect to port {port}: {refusal}".encode())
                continue
            relays.append(asyncio.create_task(_to_socket(socket, data, reader)))
        closing = asyncio.create_task(_close_after(socket, relays))
        await _from_socket(socket, writers)
        closing.cancel()
    finally:
        for relay in relays:
            relay.cancel()
        for writer in writers.values():
            writer.close()


async def _to_socket(socket: web.WebSocketResponse, channel: int, reader: asyncio.StreamReader) -> None:
    while data := await reader.read(CHUNK):
        await socket.send_bytes(bytes([channel]) + data)


async def _close_after(socket: web.WebSocketResponse, relays: Sequence[asyncio.Task[None]]) -> None:
    """Close the socket when the pod has closed every connection, or none could be made."""
    await asyncio.gather(*relays, return_exceptions=True)
    await socket.close()


async def _from_socket(socket: web.WebSocketResponse, writers: dict[int, asyncio.StreamWriter]) -> None:
    async for message in socket:
        if message.type is not WSMsgType.BINARY or not message.data:
            continue
        if writer := writers.get(message.data[0]):
            try:
                writer.write(message.data[1:])
                await writer.drain()
            except ConnectionError:
                return
