# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Kubeconfig files over several clusters."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.kubeconfig import Access, kubeconfig, write_kubeconfig
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import Authority
from cryptography import x509
from cryptography.x509.oid import NameOID


@pytest.fixture
def accesses(tmp_path: Path) -> list[Access]:
    found = []
    for name in ("east-1", "east-2"):
        folder = tmp_path / name
        folder.mkdir()
        user = Authority.create(folder, name).client("admin", "admin", "system:masters")
        found.append(Access(context=name, server=f"https://{name}", ca_file=folder / "ca.crt", user=user))
    return found


def test_each_context_leads_to_its_own_server_authority_and_user(accesses: list[Access]) -> None:
    config = kubeconfig(accesses)
    clusters = {entry["name"]: entry["cluster"] for entry in config["clusters"]}
    users = {entry["name"]: entry["user"] for entry in config["users"]}
    for access, entry in zip(accesses, config["contexts"], strict=True):
        context = entry["context"]
        assert entry["name"] == access.context
        assert clusters[context["cluster"]]["server"] == access.server
        embedded = base64.b64decode(clusters[context["cluster"]]["certificate-authority-data"])
        assert embedded == access.ca_file.read_bytes()
        assert base64.b64decode(users[context["user"]]["client-key-data"]) == access.user.key.read_bytes()


def test_the_first_context_is_the_current_one(accesses: list[Access]) -> None:
    assert kubeconfig(accesses)["current-context"] == "east-1"


def test_the_file_is_readable_by_its_owner_only(accesses: list[Access], tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path / "kubeconfig", accesses)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == kubeconfig(accesses)


def test_private_keys_are_readable_by_their_owner_only(accesses: list[Access]) -> None:
    assert {stat.S_IMODE(access.user.key.stat().st_mode) for access in accesses} == {0o600}


def test_a_client_certificate_names_user_and_group_and_its_own_authority(accesses: list[Access]) -> None:
    certificate = x509.load_pem_x509_certificate(accesses[0].user.certificate.read_bytes())
    own = x509.load_pem_x509_certificate(accesses[0].ca_file.read_bytes())
    other = x509.load_pem_x509_certificate(accesses[1].ca_file.read_bytes())
    names = {attribute.oid: attribute.value for attribute in certificate.subject}
    assert names == {NameOID.COMMON_NAME: "admin", NameOID.ORGANIZATION_NAME: "system:masters"}
    certificate.verify_directly_issued_by(own)
    with pytest.raises(ValueError, match="Issuer"):
        certificate.verify_directly_issued_by(other)
