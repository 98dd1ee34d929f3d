# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Addresses on this machine's loopback, shared out between all sandboxes of all users.

A slot is a few TCP ports on 127.0.0.1 and a network of pod addresses. It is claimed by binding its last port without
listening on it. The processes that use the slot inherit that socket, so the kernel gives the slot back at the moment
the last of them ends, however it ends: no lock file can be left behind.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass

FIRST_PORT = 16384
PORTS_PER_SLOT = 4
SLOTS = 2048  # 16384 + 4 * 2048 = 24576, well below the ports that the kernel hands out by itself
LOOPBACK = "127.0.0.1"
POD_PREFIX = 20


@dataclass(frozen=True)
class Slot:
    """Three usable ports and up to 4094 pod addresses."""

    number: int

    @property
    def ports(self) -> tuple[int, int, int]:
        """The ports to listen on."""
        first = FIRST_PORT + PORTS_PER_SLOT * self.number
        return first, first + 1, first + 2

    @property
    def claim_port(self) -> int:
        """The port that is bound as the sign of possession."""
        return FIRST_PORT + PORTS_PER_SLOT * self.number + 3

    @property
    def pods(self) -> ipaddress.IPv4Network:
        """The pod network; it starts at 127.1.0.0, clear of the addresses that people use by hand."""
        size = 2 ** (32 - POD_PREFIX)
        start = int(ipaddress.IPv4Address("127.1.0.0")) + self.number * size
        return ipaddress.IPv4Network((start, POD_PREFIX))


@dataclass(frozen=True)
class Claim:
    """A slot that is ours for as long as the socket is open here or in a child."""

    slot: Slot
    socket: socket.socket


@contextlib.contextmanager
def claimed(count: int) -> Iterator[tuple[Claim, ...]]:
    """Hold that many free slots while the block runs, so that children can inherit the claims. OSError if too few."""
    with contextlib.ExitStack() as stack:
        claims: list[Claim] = []
        for number in range(SLOTS):
            if len(claims) == count:
                break
            if claim := try_claim(Slot(number)):
                stack.enter_context(claim.socket)
                claims.append(claim)
        if len(claims) < count:
            raise OSError(errno.EADDRNOTAVAIL, f"only {len(claims)} of {count} port blocks are free on {LOOPBACK}")
        yield tuple(claims)


def try_claim(slot: Slot) -> Claim | None:
    """Claim the slot, or return None when somebody holds it or one of its ports is in use."""
    sign = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sign.bind((LOOPBACK, slot.claim_port))
    except OSError:
        sign.close()
        return None
    if all(can_bind(LOOPBACK, port) for port in slot.ports):
        return Claim(slot, sign)
    sign.close()
    return None


def can_bind(address: str, port: int) -> bool:
    """Whether a server could listen there now. Closed connections that linger do not count: servers ignore them too."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True
