# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Whom to trust: authorities, certificates of servers, names in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.fleetops.nvcf.tests.conformance.variant import CONFIG, EAST, End, Group, Variant, case

_EAST = frozenset({"east"})
_CA = "certificate-authority"


def trusting(name: str, what: str, pem: str, **more: Any) -> Variant:
    """The API server itself, trusted by another file."""
    return case(name, what, {**EAST, _CA: f"@pem:{pem}@"}, **more)


def shown(name: str, what: str, kind: str, extra: Mapping[str, Any] | None = None, **more: Any) -> Variant:
    """A server that shows another certificate."""
    cluster = {"server": f"@tls:{kind}@", _CA: f"@tls:{kind}.ca@", **(extra or {})}
    where = frozenset({f"tls:{kind}"})
    if more.get("end"):
        return case(name, what, {k: v for k, v in cluster.items() if v is not None}, touched=where, **more)
    return case(name, what, {k: v for k, v in cluster.items() if v is not None}, reached=where, **more)


def bad(name: str, what: str, kind: str, extra: Mapping[str, Any] | None = None, **more: Any) -> Variant:
    """A server that nobody trusts."""
    return shown(name, what, kind, extra, end=End.REFUSED, names=more.pop("names", ["certificate"]), **more)


AUTHORITIES = [
    case("ca-data", "The authority is given as data.", {"server": "@east@", "certificate-authority-data": "@ca.data@"}),
    case(
        "ca-twice",
        "The authority is given as a file and as data.",
        {**EAST, "certificate-authority-data": "@ca.data@"},
        end=End.REFUSED,
        names=[_CA],
    ),
    case(
        "ca-missing",
        "The authority's file is not there.",
        {**EAST, _CA: "none.crt"},
        end=End.REFUSED,
        names=[_CA, "none.crt"],
    ),
    case(
        "ca-no-base64",
        "The authority's data is not base64.",
        {"server": "@east@", "certificate-authority-data": "%%%"},
        end=End.REFUSED,
        names=["certificate-authority-data"],
    ),
    case(
        "ca-pem-as-data",
        "The authority's data is the file itself, not base64 of it.",
        {"server": "@east@", "certificate-authority-data": "@ca.text@"},
        end=End.REFUSED,
        names=["certificate-authority-data"],
    ),
    trusting("ca-bundle", "The file holds several authorities and remarks.", "bundle"),
    trusting("ca-umlaut", "A remark in the file is not ASCII.", "umlaut"),
    trusting("ca-latin1", "A remark in the file is not even UTF-8.", "latin1"),
    trusting("ca-crlf", "The file has the line ends of Windows.", "crlf"),
    trusting("ca-twice-in-file", "The file holds the same authority twice.", "twice"),
    trusting("ca-half-broken", "The file holds a certificate that is none before the good one.", "half-broken"),
    trusting(
        "ca-other",
        "The file holds another user's authority.",
        "other",
        end=End.REFUSED,
        touched=_EAST,
        names=["certificate"],
    ),
    trusting("ca-empty", "The file is empty.", "empty", end=End.REFUSED, touched=_EAST, names=[_CA]),
    trusting("ca-garbage", "The file holds no certificate.", "garbage", end=End.REFUSED, touched=_EAST, names=[_CA]),
    trusting("ca-der", "The file is DER, not PEM.", "der", end=End.REFUSED, touched=_EAST, names=[_CA]),
    case(
        "ca-none",
        "No authority is given, and the system does not know it.",
        {"server": "@east@"},
        end=End.REFUSED,
        touched=_EAST,
        names=["certificate"],
    ),
    case(
        "ca-system",
        "No authority is given. SSL_CERT_FILE names the system's, and it is there.",
        {"server": "@east@"},
        environ={"KUBECONFIG": f"@folder@/{CONFIG}", "SSL_CERT_FILE": "@ca@"},
    ),
    case(
        "ca-system-folder",
        "No authority is given. SSL_CERT_DIR names a folder of the system's, and it is there, in a file of any name.",
        {"server": "@east@"},
        files={"certs/any-name.pem": "@ca.raw@"},
        environ={"KUBECONFIG": f"@folder@/{CONFIG}", "SSL_CERT_DIR": "@folder@/certs"},
    ),
    case(
        "ca-system-beside",
        "An authority is given. SSL_CERT_FILE does not matter then.",
        environ={"KUBECONFIG": f"@folder@/{CONFIG}", "SSL_CERT_FILE": "@pem:other@"},
    ),
    case(
        "insecure",
        "insecure-skip-tls-verify is true, and there is no authority.",
        {"server": "@east@", "insecure-skip-tls-verify": True},
    ),
    case("insecure-false", "insecure-skip-tls-verify is false.", {**EAST, "insecure-skip-tls-verify": False}),
    case(
        "insecure-beside-ca",
        "insecure-skip-tls-verify is true beside an authority.",
        {**EAST, "insecure-skip-tls-verify": True},
        end=End.REFUSED,
        names=["insecure-skip-tls-verify", _CA],
    ),
    case(
        "insecure-text",
        'insecure-skip-tls-verify is the text "true".',
        {"server": "@east@", "insecure-skip-tls-verify": "true"},
        end=End.REFUSED,
        names=["insecure-skip-tls-verify"],
    ),
]

CERTIFICATES = [
    shown("tls12", "The server speaks TLS 1.2.", "tls12"),
    bad("tls11", "The server speaks TLS 1.1 at most.", "old", names=["SSL"]),
    shown("chain", "The server's certificate comes from an intermediate authority, which it shows too.", "chain"),
    bad("chain-incomplete", "The server does not show the intermediate authority.", "incomplete"),
    shown("middle-trusted", "The file holds the intermediate authority alone.", "middle-trusted"),
    shown("leaf-trusted", "The file holds the server's own certificate alone.", "leaf-trusted"),
    shown("self-signed", "The server's certificate signed itself, and the file holds it.", "itself"),
    shown("ca-without-usage", "The authority does not say what its key is for.", "without-usage"),
    bad("ca-expired", "The authority has run out.", "expired-root"),
    bad("expired", "The server's certificate has run out.", "expired"),
    bad("not-yet", "The server's certificate is not valid yet.", "not-yet"),
    bad("other-name", "The server's certificate is for another name.", "other-name"),
    bad("common-name", "The server's name is in the certificate's CN only.", "no-name"),
    shown("ip", "The server's certificate is for its IP address only.", "ip-only"),
    bad(
        "ip-by-name",
        "The same, and the server is named localhost.",
        "ip-only",
        {"server": "https://localhost:@tls:ip-only.port@"},
    ),
    shown(
        "insecure-expired",
        "The certificate has run out, and insecure-skip-tls-verify is true.",
        "expired",
        {_CA: None, "insecure-skip-tls-verify": True},
    ),
    shown(
        "insecure-other-name",
        "It is for another name, and insecure-skip-tls-verify is true.",
        "other-name",
        {_CA: None, "insecure-skip-tls-verify": True},
    ),
    shown(
        "server-name",
        "It is for another name, which is given as tls-server-name.",
        "other-name",
        {"tls-server-name": "other.example"},
    ),
    shown(
        "server-name-sni",
        "The server shows another certificate to who asks for the tls-server-name.",
        "by-name",
        {"tls-server-name": "api.west.example", _CA: "@tls:west-only.ca@"},
    ),
    shown(
        "server-name-wildcard",
        "The certificate is for `*.east.example`, tls-server-name for api.east.example.",
        "wildcard",
        {"tls-server-name": "api.east.example"},
    ),
    bad(
        "server-name-deep",
        "The certificate is for `*.east.example`, tls-server-name for a.b.east.example.",
        "wildcard",
        {"tls-server-name": "a.b.east.example"},
    ),
    bad(
        "server-name-wrong",
        "The tls-server-name is not in the certificate.",
        "good",
        {"tls-server-name": "api.north.example"},
    ),
    shown(
        "server-name-insecure",
        "insecure-skip-tls-verify is true, and the tls-server-name not in the certificate.",
        "good",
        {"tls-server-name": "api.north.example", _CA: None, "insecure-skip-tls-verify": True},
    ),
]

GROUPS = [
    Group(title="The authority", variants=AUTHORITIES),
    Group(title="The server's certificate", variants=CERTIFICATES),
]
