# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""How long a credential is good for, and how it is read and used."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.credentials import Credential, from_status


@pytest.mark.parametrize(
    "obtained,expires,now,due",
    [
        pytest.param(0, 3600, 3539, False, id="more than a minute left"),
        pytest.param(0, 3600, 3540, True, id="a minute left"),
        pytest.param(0, 40, 19, False, id="short life, first half"),
        pytest.param(0, 40, 20, True, id="short life, second half"),
        pytest.param(1000, 1040, 1019, False, id="short life at another time, first half"),
        pytest.param(1000, 1040, 1020, True, id="short life at another time, second half"),
        pytest.param(0, None, 10**9, False, id="does not say"),
        pytest.param(100, 90, 10**9, False, id="had run out when it came"),
        pytest.param(100, 100, 10**9, False, id="ran out when it came"),
    ],
)
def test_a_credential_is_renewed_before_it_runs_out(
    obtained: float, expires: float | None, now: float, *, due: bool
) -> None:
    assert Credential(token="t", obtained=obtained, expires=expires).due(now) is due


@pytest.mark.parametrize("expires,lasts", [(1000, True), (999, False), (None, False)])
def test_only_a_credential_that_says_so_is_known_to_last(expires: float | None, *, lasts: bool) -> None:
    assert Credential(token="t", obtained=0, expires=expires).outlives(900, now=100) is lasts


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-11-24T04:00:00Z",
        "2026-11-24T05:00:00+01:00",
        "2026-11-24T04:00:00.123456789Z",
        "2026-11-24T04:00:00",
    ],
)
def test_every_way_to_write_the_end_of_its_life_is_understood(timestamp: str) -> None:
    assert int(from_status({"token": "t", "expirationTimestamp": timestamp}, 5).expires or 0) == 1795492800


NOTHING = "its status contains neither token nor clientCertificateData"
HALF = "its status contains only one of clientCertificateData and clientKeyData"


@pytest.mark.parametrize(
    "status,told",
    [
        pytest.param({}, NOTHING, id="nothing"),
        pytest.param({"token": ""}, NOTHING, id="empty token"),
        pytest.param({"clientCertificateData": "canary"}, HALF, id="certificate without key"),
        pytest.param({"clientKeyData": "canary"}, HALF, id="key without certificate"),
        pytest.param({"token": ["canary"]}, "its status contains a value that is not a string", id="list"),
        pytest.param(
            {"token": "canary", "expirationTimestamp": "canary"}, "its expirationTimestamp is not a time", id="no time"
        ),
    ],
)
def test_a_status_that_is_no_credential_is_told_without_quoting_it(status: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}$") as caught:
        from_status(status, 0)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "status,fields",
    [
        ({"token": "t"}, {"token": "t"}),
        ({"clientCertificateData": "c", "clientKeyData": "k"}, {"certificate": "c", "key": "k"}),
        (
            {"token": "t", "clientCertificateData": "c", "clientKeyData": "k", "expirationTimestamp": None},
            {"token": "t", "certificate": "c", "key": "k"},
        ),
    ],
)
def test_a_credential_is_all_that_its_status_holds(status: dict[str, Any], fields: dict[str, Any]) -> None:
    assert from_status(status, 5) == Credential(obtained=5, **fields)


def test_a_token_takes_the_place_of_the_plugin() -> None:
    user = {"exec": {"command": "login"}, "as": "jane"}
    assert Credential(token="t", obtained=0).applied_to(user) == {"as": "jane", "token": "t"}


def test_a_certificate_takes_the_place_of_the_plugin_and_of_another_certificate() -> None:
    user = {"exec": {"command": "login"}, "client-certificate": "/c", "client-key-data": "eA=="}
    credential = Credential(certificate="cert", key="key", obtained=0)
    assert credential.applied_to(user) == {
        "client-certificate-data": base64.b64encode(b"cert").decode(),
        "client-key-data": base64.b64encode(b"key").decode(),
    }


def test_half_a_certificate_replaces_nothing() -> None:
    user = {"client-certificate": "/c", "client-key": "/k"}
    assert Credential(certificate="cert", obtained=0).applied_to(user) == user
    assert Credential(key="key", obtained=0).applied_to(user) == user


def test_no_secret_shows_in_a_repr() -> None:
    assert "canary" not in repr(Credential(token="canary", certificate="canary", key="canary", obtained=0))
