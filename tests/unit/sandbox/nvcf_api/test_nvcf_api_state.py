# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Tokens and the database, which all processes of a cluster share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.tokens import ADMIN_SCOPES, Rejected, mint, scopes_of


def test_a_token_carries_its_scopes(tmp_path: Path) -> None:
    assert scopes_of(tmp_path, mint(tmp_path)) == ADMIN_SCOPES
    assert scopes_of(tmp_path, mint(tmp_path, scopes=["list_functions"])) == {"list_functions"}


def test_an_expired_token_is_rejected_with_its_time(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"Jwt expired at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"):
        scopes_of(tmp_path, mint(tmp_path, lifetime=timedelta(seconds=-1)))


def test_a_token_of_another_cluster_is_rejected(tmp_path: Path) -> None:
    foreign = mint(tmp_path / "other")
    with pytest.raises(Rejected, match="Invalid signature"):
        scopes_of(tmp_path, foreign)


def test_a_token_with_more_scopes_than_were_signed_is_rejected(tmp_path: Path) -> None:
    header, _unused, signature = mint(tmp_path, scopes=["list_functions"]).split(".")
    _unused, payload, _unused = mint(tmp_path).split(".")
    with pytest.raises(Rejected, match="Invalid signature"):
        scopes_of(tmp_path, f"{header}.{payload}.{signature}")


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "é.é.é"])
def test_what_is_no_token_is_rejected(tmp_path: Path, token: str) -> None:
    with pytest.raises(Rejected, match="Malformed token"):
        scopes_of(tmp_path, token)


def test_the_secret_is_for_its_owner_only(tmp_path: Path) -> None:
    mint(tmp_path)
    (secret,) = tmp_path.iterdir()
    assert secret.stat().st_mode & 0o777 == 0o600


def test_the_account_is_created_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert not store.bootstrapped
    assert store.bootstrap(["nvcr.io"]) is True
    assert store.bootstrap(["docker.io"]) is False
    assert store.bootstrapped
    assert store.credentials == {"nvcr.io"}


def test_functions_outlive_the_process_that_made_them(tmp_path: Path) -> None:
    first = {"id": "f", "versionId": "1", "status": "INACTIVE"}
    second = {"id": "f", "versionId": "2", "status": "INACTIVE"}
    Store(tmp_path).save(first)
    Store(tmp_path).save(second)
    later = Store(tmp_path)
    assert later.functions() == [first, second]
    later.save({**second, "status": "DEPLOYING"})
    assert later.find("f", "2") == {**second, "status": "DEPLOYING"}
    assert later.find("g", "2") is None
    assert later.delete("f", "1") is True
    assert later.delete("f", "1") is False
    assert [function["versionId"] for function in later.functions()] == ["2"]
