# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which certificates are trusted, and which are shown."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.tls import context_of, trusting
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ConnectionOptionsError
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import Authority, KeyPair
from cryptography.hazmat.primitives import serialization


@pytest.fixture
def client(tmp_path: Path) -> KeyPair:
    return Authority.create(tmp_path, "unit tests").client("client", "jane")


def of(cluster: dict[str, Any], user: dict[str, Any]) -> ssl.SSLContext:
    return context_of(cluster, user)


def test_what_stands_between_the_certificates_of_an_authority_is_passed_over(tmp_path: Path) -> None:
    Authority.create(tmp_path, "unit tests")
    certificate = (tmp_path / "ca.crt").read_bytes()
    broken = b"-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----\n"
    context = trusting("# Zürich\n".encode() + broken + certificate + b"\xff\n" + certificate + broken)
    assert len(context.get_ca_certs()) == 1


def test_an_authority_without_key_usage_and_an_intermediate_one_are_trusted() -> None:
    flags = trusting(None).verify_flags
    assert flags & ssl.VERIFY_X509_PARTIAL_CHAIN
    assert not flags & ssl.VERIFY_X509_STRICT


def test_without_an_authority_that_of_the_machine_counts() -> None:
    assert trusting(None).verify_mode == ssl.CERT_REQUIRED
    assert of({"insecure-skip-tls-verify": True}, {}).verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize(
    "authority",
    [
        {"certificate-authority-data": base64.b64encode(b"x").decode()},
        {"certificate-authority-data": "%%%"},
        {
            "certificate-authority-data": base64.b64encode(
                b"-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----"
            ).decode()
        },
        {"certificate-authority": "/gone"},
    ],
)
def test_an_authority_that_is_none_is_told(authority: dict[str, str]) -> None:
    with pytest.raises(ConnectionOptionsError, match="certificate-authority"):
        of(authority, {})


@pytest.mark.parametrize(
    "content,told",
    [
        (b"", "nothing"),
        (b"\x30\x82\x01\x00", "a certificate or key in DER format; PEM is required"),
        (b"-----BEGIN EC PRIVATE KEY-----", "a private key, but no certificate in PEM format"),
        (b"-----BEGIN CERTIFICATE-----", "a certificate, which is unreadable or not a key"),
        (b"words", "no readable PEM content"),
    ],
)
def test_a_file_that_holds_something_else_is_told_as_what_it_is(
    client: KeyPair, tmp_path: Path, content: bytes, told: str
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_bytes(content)
    with pytest.raises(ConnectionOptionsError, match=rf"ca_cert\): it contains {told}\."):
        of({"certificate-authority": str(wrong)}, {})
    field = "client-key" if b"CERTIFICATE" in content else "client-certificate"
    user = {"client-certificate": str(client.certificate), "client-key": str(client.key)} | {field: str(wrong)}
    with pytest.raises(ConnectionOptionsError, match=rf"cannot be used: {field} holds {told}\."):
        of({}, user)


def test_certificate_and_key_may_be_files_or_data(client: KeyPair) -> None:
    data = base64.b64encode(client.key.read_bytes()).decode()
    wrapped = "\n".join(data[i : i + 60] for i in range(0, len(data), 60))
    of({}, {"client-certificate": str(client.certificate), "client-key": str(client.key)})
    of({}, {"client-certificate": str(client.certificate), "client-key-data": wrapped})


@pytest.mark.parametrize("kind", ["another's", "with a password", "none"])
def test_a_key_that_can_not_be_used_is_told_and_nobody_asked(client: KeyPair, tmp_path: Path, kind: str) -> None:
    key = tmp_path / "key"
    if kind == "another's":
        (tmp_path / "other").mkdir()
        key = Authority.create(tmp_path / "other", "unit tests").client("client", "joe").key
    elif kind == "none":
        key.write_text("x", encoding="utf-8")
    else:
        plain = serialization.load_pem_private_key(client.key.read_bytes(), None)
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
        key.write_bytes(plain.private_bytes(*form, serialization.BestAvailableEncryption(b"word")))
    with pytest.raises(ConnectionOptionsError, match="cannot be used") as caught:
        of({}, {"client-certificate": str(client.certificate), "client-key": str(key)})
    assert ("has a password" in str(caught.value)) is (kind == "with a password")


def test_only_the_same_certificates_share_a_context(client: KeyPair, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Authority.create(tmp_path / "other", "unit tests").client("client", "jane")
    authority = {"certificate-authority": str(tmp_path / "ca.crt")}
    lax = {"insecure-skip-tls-verify": True}
    theirs = {"certificate-authority": str(tmp_path / "other" / "ca.crt")}
    users: list[dict[str, Any]] = [
        {},
        *({"client-certificate": str(pair.certificate), "client-key": str(pair.key)} for pair in (client, other)),
    ]
    made = [of(cluster, user) for cluster in (authority, theirs, lax) for user in users]
    assert len(set(map(id, made))) == len(made)
    assert [of(cluster, user) for cluster in (authority, theirs, lax) for user in users] == made


def test_a_certificate_that_is_renewed_in_its_file_is_shown(client: KeyPair, tmp_path: Path) -> None:
    user = {"client-certificate": str(client.certificate), "client-key": str(client.key)}
    before = of({}, user)
    (tmp_path / "other").mkdir()
    other = Authority.create(tmp_path / "other", "unit tests").client("client", "jane")
    client.certificate.write_bytes(other.certificate.read_bytes())
    client.key.write_bytes(other.key.read_bytes())
    assert of({}, user) is not before


def test_authorities_of_the_machine_are_those_that_the_environment_names_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Authority.create(tmp_path, "unit tests")
    before = of({}, {})
    with monkeypatch.context() as other:
        other.setenv("SSL_CERT_FILE", str(tmp_path / "ca.crt"))
        assert "unit tests" in str(of({}, {}).get_ca_certs())
    assert of({}, {}) is before
