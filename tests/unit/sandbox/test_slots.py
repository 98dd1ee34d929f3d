# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Sharing out ports and pod addresses between sandboxes."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox import slots
from ansible_collections.fleetops.nvcf.tests.sandbox.slots import LOOPBACK, SLOTS, Slot, can_bind, claimed, try_claim


def test_no_two_slots_share_a_port_or_a_pod_address() -> None:
    everything = [Slot(number) for number in range(SLOTS)]
    ports = [port for slot in everything for port in (*slot.ports, slot.claim_port)]
    assert len(set(ports)) == len(ports)
    assert all(not before.pods.overlaps(after.pods) for before, after in itertools.pairwise(everything))


def test_all_pod_addresses_are_loopback_and_all_ports_below_the_ephemeral_range() -> None:
    last = Slot(SLOTS - 1)
    assert Slot(0).pods[0].is_loopback
    assert last.pods[-1].is_loopback
    assert last.claim_port < 32768


def test_two_claims_at_once_get_different_slots() -> None:
    with claimed(2) as first, claimed(2) as second:
        numbers = [claim.slot.number for claim in (*first, *second)]
    assert len(set(numbers)) == 4


def test_a_slot_is_free_again_after_the_block() -> None:
    with claimed(1) as (claim,):
        slot = claim.slot
        assert try_claim(slot) is None
    again = try_claim(slot)
    assert again is not None
    again.socket.close()


def test_a_child_keeps_the_slot_after_its_parent_let_go() -> None:
    reading, writing = os.pipe()
    with claimed(1) as (claim,):
        child = subprocess.Popen(
            [sys.executable, "-c", f"import os; os.read({reading}, 1)"], pass_fds=[claim.socket.fileno(), reading]
        )
    assert try_claim(claim.slot) is None
    os.write(writing, b"x")
    child.wait()
    os.close(reading)
    os.close(writing)
    again = try_claim(claim.slot)
    assert again is not None
    again.socket.close()


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_slot_with_a_port_in_use_is_passed_over(index: int) -> None:
    with claimed(1) as (claim,):
        slot = claim.slot
    with socket.create_server((LOOPBACK, slot.ports[index])):
        assert try_claim(slot) is None


def test_too_few_free_slots_is_an_error_and_keeps_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with claimed(1) as (claim,):
        first = claim.slot.number
    monkeypatch.setattr(slots, "SLOTS", first + 1)
    with pytest.raises(OSError, match=r"only \d of 5 port blocks are free"), claimed(5):
        pass
    again = try_claim(Slot(first))
    assert again is not None
    again.socket.close()


def test_a_listener_makes_an_address_unusable() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        assert not can_bind(LOOPBACK, port)
    assert can_bind(LOOPBACK, port)
