# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Certificates that servers show, each with what a client is told to trust; and further files with certificates."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ansible_collections.fleetops.nvcf.tests.conformance.certificates import NAMES, Certificate, authority, server
from ansible_collections.fleetops.nvcf.tests.conformance.fronts import serving
from cryptography.hazmat.primitives import serialization


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Paths of what a server shows, of its key, and of what is to be trusted."""

    chain: Path
    key: Path
    trusted: Path


Made = tuple[list[Certificate], Certificate]
"""What a server shows, its own first, and the anchor."""


@cache
def _common() -> Certificate:
    return authority("root")


def _of_common() -> Made:
    """Trusted wherever another one of these is: a token would follow a redirection there."""
    return [server(_common())], _common()


def _plain(**more: object) -> Made:
    root = authority("root")
    return [server(root, **more)], root  # type: ignore[arg-type] # the keywords of `server`


def _chain() -> Made:
    root = authority("root")
    middle = authority("middle", issuer=root)
    return [server(middle), middle], root


def _incomplete() -> Made:
    shown, root = _chain()
    return shown[:1], root


def _middle_trusted() -> Made:
    shown, _root = _chain()
    return shown, shown[1]


def _itself() -> Made:
    alone = server(None)
    return [alone], alone


def _leaf_trusted() -> Made:
    shown, _root = _plain()
    return shown, shown[0]


def _without_usage() -> Made:
    root = authority("root", usage=False)
    return [server(root)], root


def _expired_root() -> Made:
    root = authority("root", expired=True)
    return [server(root)], root


_MAKERS: Mapping[str, Callable[[], Made]] = {
    "good": _of_common,
    "tls12": _plain,
    "old": _plain,
    "elsewhere": _of_common,
    "chain": _chain,
    "incomplete": _incomplete,
    "middle-trusted": _middle_trusted,
    "itself": _itself,
    "leaf-trusted": _leaf_trusted,
    "without-usage": _without_usage,
    "expired-root": _expired_root,
    "expired": lambda: _plain(since=-10, until=-1),
    "not-yet": lambda: _plain(since=1),
    "other-name": lambda: _plain(names=("other.example",)),
    "wildcard": lambda: _plain(names=("*.east.example",)),
    "ip-only": lambda: _plain(names=("127.0.0.1",)),
    "no-name": lambda: _plain(names=(), common_name="127.0.0.1"),
    "east-only": lambda: _plain(names=("api.east.example",)),
    "west-only": lambda: _plain(names=("api.west.example",)),
}


@cache
def _shown(kind: str, folder: Path) -> Shown:
    chain, anchor = _MAKERS[kind]()
    paths = Shown(chain=folder / f"{kind}.pem", key=folder / f"{kind}.key", trusted=folder / f"{kind}-ca.pem")
    paths.chain.write_text("".join(one.pem for one in chain))
    paths.key.write_text(chain[0].key_pem())
    paths.trusted.write_text(anchor.pem)
    return paths


def _maker(kind: str) -> Callable[[Path], Shown]:
    return lambda folder: _shown(kind, folder)


KINDS: Mapping[str, Callable[[Path], Shown]] = {kind: _maker(kind) for kind in _MAKERS}


def context_by_name(usual: Shown, named: Shown) -> ssl.SSLContext:
    """A server that shows `named` to whoever asks for api.west.example."""
    context, other = (serving(str(one.chain), str(one.key)) for one in (usual, named))

    def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
        if name == NAMES[-1]:
            connection.context = other

    context.sni_callback = choose
    return context


def pems(folder: Path, ca: Path, key: Path) -> dict[str, Path]:
    """Files with the control plane's authority in them among other things, and keys that do not fit."""
    mine, others = ca.read_text(), authority("another user")
    broken = base64.encodebytes(b"no certificate at all").decode()
    contents: dict[str, bytes] = {
        "bundle": f"# The old one\n{others.pem}\nThe new one:\n{mine}".encode(),
        "umlaut": f"# Größe: zwölf Bäume\n{mine}".encode(),
        "latin1": b"# Gr\xf6\xdfe\n" + mine.encode(),
        "crlf": mine.replace("\n", "\r\n").encode(),
        "half-broken": f"-----BEGIN CERTIFICATE-----\n{broken}-----END CERTIFICATE-----\n{mine}".encode(),
        "twice": (mine + mine).encode(),
        "other": others.pem.encode(),
        "empty": b"",
        "garbage": b"This is not a certificate.\n",
        "der": ssl.PEM_cert_to_DER_cert(mine),
        "other-key": others.key_pem().encode(),
        "encrypted-key": _encrypted(key),
    }
    paths = {name: folder / f"{name}.pem" for name in contents}
    for name, path in paths.items():
        path.write_bytes(contents[name])
    return paths


def _encrypted(key: Path) -> bytes:
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    return loaded.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    )
