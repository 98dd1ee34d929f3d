# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Tokens, passwords and client certificates."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.conformance.variant import (
    ADMINISTRATOR,
    ANONYMOUS,
    BY_PASSWORD,
    CERTIFICATE,
    GUARD,
    GUARDED,
    PASSWORD,
    POWERLESS,
    TOKEN,
    USER,
    End,
    Group,
    case,
)

_EAST = frozenset({"east"})
_ACTOR = {"token": "@actor.token@"}
_FILE = {"tokenFile": "token"}

TOKENS = [
    case("token", "The user has a token."),
    case(
        "administrator",
        "The user has a token, and all rights.",
        user={"token": "@administrator.token@"},
        identity=ADMINISTRATOR,
    ),
    case("token-file", "The user has a tokenFile.", user=_FILE, files={"token": "@token@"}),
    case("token-file-newline", "The file ends with a newline.", user=_FILE, files={"token": "@token@\n"}),
    case(
        "token-file-blanks",
        "There are spaces around the token in the file.",
        user=_FILE,
        files={"token": " \n@token@ \t\r\n"},
    ),
    case(
        "token-file-beside-token",
        "The user has a token that is good for nothing, and a tokenFile. The file wins.",
        user={"token": "no-token", "tokenFile": "token"},
        files={"token": "@token@"},
    ),
    case(
        "token-file-beside-token-missing",
        "The user has a token, and a tokenFile that is not there.",
        user={"token": "@token@", "tokenFile": "token"},
    ),
    case(
        "token-file-beside-token-empty",
        "The user has a token, and a tokenFile that is empty.",
        user={"token": "@token@", "tokenFile": "token"},
        files={"token": ""},
    ),
    case("token-file-missing", "The tokenFile is not there.", user=_FILE, end=End.REFUSED, names=["tokenFile"]),
    case(
        "token-file-empty",
        "The tokenFile is empty.",
        user=_FILE,
        files={"token": ""},
        end=End.REFUSED,
        names=["tokenFile"],
    ),
    case(
        "token-file-blank",
        "The tokenFile holds spaces only.",
        user=_FILE,
        files={"token": " \n"},
        end=End.REFUSED,
        names=["tokenFile"],
    ),
    case(
        "token-newline",
        "The token ends with a newline, as `|` in YAML leaves it.",
        user={"token": "@token@\n"},
        end=End.REFUSED,
        names=["token", "line"],
    ),
    case(
        "token-wrong",
        "The API server does not know the token.",
        user={"token": "no-token"},
        end=End.REFUSED,
        touched=_EAST,
        names=["credentials were rejected"],
    ),
    case("token-empty", "The token is empty.", user={"token": ""}, end=End.REFUSED, names=["no credential"]),
    case(
        "password",
        "The user has username and password.",
        user=BY_PASSWORD,
        identity=ANONYMOUS,
    ),
    case(
        "password-at-proxy",
        "The same, and a proxy in front of the API server accepts them.",
        GUARDED,
        BY_PASSWORD,
        reached=GUARD,
    ),
    case(
        "password-wrong",
        "The proxy does not accept them.",
        GUARDED,
        {**BY_PASSWORD, "password": "no-token"},
        end=End.REFUSED,
        touched=GUARD,
        names=["The username and the password were not accepted"],
    ),
    case("username-alone", "The user has a username alone.", user={"username": USER}, identity=ANONYMOUS),
    case(
        "password-alone",
        "The user has a password alone.",
        user={"password": PASSWORD},
        end=End.REFUSED,
        names=["no credential"],
    ),
    case(
        "password-beside-token",
        "The user has a token beside username and password.",
        user={**TOKEN, **BY_PASSWORD},
        end=End.REFUSED,
        names=["token", "username"],
    ),
    case(
        "password-beside-token-file",
        "The user has a tokenFile beside username and password.",
        user={**_FILE, **BY_PASSWORD},
        files={"token": "@token@"},
        end=End.REFUSED,
        names=["username"],
    ),
]

CERTIFICATES = [
    case(
        "certificate", "The user has a client certificate and its key, as files.", user=CERTIFICATE, identity=POWERLESS
    ),
    case(
        "certificate-data",
        "The user has both as data.",
        identity=POWERLESS,
        user={"client-certificate-data": "@cert.data@", "client-key-data": "@key.data@"},
    ),
    case(
        "certificate-mixed",
        "The certificate is a file, the key is data.",
        identity=POWERLESS,
        user={"client-certificate": "@cert@", "client-key-data": "@key.data@"},
    ),
    case(
        "certificate-twice",
        "The certificate is given as a file and as data.",
        user={**CERTIFICATE, "client-certificate-data": "@cert.data@"},
        end=End.REFUSED,
        names=["client-certificate"],
    ),
    case(
        "key-twice",
        "The key is given as a file and as data.",
        user={**CERTIFICATE, "client-key-data": "@key.data@"},
        end=End.REFUSED,
        names=["client-key"],
    ),
    case(
        "key-absent",
        "There is a certificate without a key.",
        user={"client-certificate": "@cert@"},
        end=End.REFUSED,
        names=["client-key"],
    ),
    case(
        "certificate-absent",
        "There is a key without a certificate.",
        user={"client-key": "@key@"},
        end=End.REFUSED,
        names=["no credential"],
    ),
    case(
        "certificate-missing",
        "The certificate's file is not there.",
        user={**CERTIFICATE, "client-certificate": "c"},
        end=End.REFUSED,
        names=["client-certificate"],
    ),
    case(
        "key-missing",
        "The key's file is not there.",
        user={**CERTIFICATE, "client-key": "k"},
        end=End.REFUSED,
        names=["client-key"],
    ),
    case(
        "key-wrong",
        "The key is another one's.",
        user={**CERTIFICATE, "client-key": "@pem:other-key@"},
        end=End.REFUSED,
        touched=_EAST,
        names=["client-key"],
    ),
    case(
        "key-encrypted",
        "The key is encrypted.",
        user={**CERTIFICATE, "client-key": "@pem:encrypted-key@"},
        end=End.REFUSED,
        touched=_EAST,
        names=["client-key"],
    ),
    case(
        "certificate-garbage",
        "The certificate's file holds none.",
        end=End.REFUSED,
        touched=_EAST,
        user={**CERTIFICATE, "client-certificate": "@pem:garbage@"},
        names=["client-certificate"],
    ),
    case(
        "certificate-no-base64",
        "The certificate's data is not base64.",
        end=End.REFUSED,
        user={"client-certificate-data": "%%%", "client-key-data": "@key.data@"},
        names=["client-certificate-data"],
    ),
    case(
        "certificate-beside-token",
        "The user has a certificate and a token. The certificate counts.",
        user={**CERTIFICATE, **TOKEN},
        identity=POWERLESS,
    ),
]

GROUPS = [
    Group(title="Tokens and passwords", variants=TOKENS),
    Group(title="Client certificates", variants=CERTIFICATES),
]
