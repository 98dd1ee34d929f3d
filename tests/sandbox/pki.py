# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A certificate authority per cluster, as short-lived PEM files."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = dt.timedelta(days=30)
LOOPBACK = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])


@dataclass(frozen=True)
class KeyPair:
    """Paths of a certificate and its private key."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates and writes each pair as `<stem>.crt` and `<stem>.key` (0600) into one folder."""

    def __init__(self, folder: Path, key: ec.EllipticCurvePrivateKey, name: x509.Name) -> None:
        self._folder = folder
        self._key = key
        self._name = name

    @classmethod
    def create(cls, folder: Path, common_name: str) -> Self:
        """Make a new authority; its own certificate is `ca.crt`."""
        key = ec.generate_private_key(ec.SECP256R1())
        authority = cls(folder, key, _name(common_name))
        authority._issue("ca", key, authority._name, x509.BasicConstraints(ca=True, path_length=0), _SIGNING, None)
        return authority

    def client(self, stem: str, user: str, group: str | None = None) -> KeyPair:
        """Issue a client certificate; Kubernetes reads the user from CN and the group from O."""
        return self._leaf(stem, _name(user, group), ExtendedKeyUsageOID.CLIENT_AUTH, None)

    def server(self, stem: str, common_name: str) -> KeyPair:
        """Issue a server certificate for localhost and 127.0.0.1."""
        return self._leaf(stem, _name(common_name), ExtendedKeyUsageOID.SERVER_AUTH, LOOPBACK)

    def _leaf(
        self, stem: str, subject: x509.Name, purpose: x509.ObjectIdentifier, names: x509.SubjectAlternativeName | None
    ) -> KeyPair:
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.ExtendedKeyUsage([purpose])
        return self._issue(stem, key, subject, x509.BasicConstraints(ca=False, path_length=None), usage, names)

    def _issue(
        self,
        stem: str,
        key: ec.EllipticCurvePrivateKey,
        subject: x509.Name,
        constraints: x509.BasicConstraints,
        usage: x509.KeyUsage | x509.ExtendedKeyUsage,
        names: x509.SubjectAlternativeName | None,
    ) -> KeyPair:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + LIFETIME)
            .add_extension(constraints, critical=True)
            # Python 3.13 verifies strictly: it wants key identifiers, and keyUsage on an authority.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(usage, critical=isinstance(usage, x509.KeyUsage))
        )
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        pair = KeyPair(self._folder / f"{stem}.crt", self._folder / f"{stem}.key")
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        _write_private(
            pair.key,
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            ),
        )
        return pair


_SIGNING = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _name(common_name: str, organization: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
