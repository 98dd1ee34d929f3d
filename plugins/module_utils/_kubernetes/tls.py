# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one TLS context of a connection. Every way to the API server takes it, so that they trust the same."""

from __future__ import annotations

import base64
import os
import re
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from .._runtime.errors import ConnectionOptionsError
from .._runtime.files import content
from .._runtime.private_files import readable

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class Resuming:
    """A context by which each connection to a server resumes the session of the one before, where the server lets it.

    That spares both sides the signatures and the look at the certificates, which have just been looked at. A server
    that does not know the session gets a whole handshake. urllib3 takes this for the context.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._sessions: dict[str | None, ssl.SSLSession] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def wrap_socket(self, sock: socket.socket, server_hostname: str | None = None) -> ssl.SSLSocket:
        """See `SSLContext`."""
        session = self._sessions.get(server_hostname)
        return self._context.wrap_socket(sock, server_hostname=server_hostname, session=session)

    def forget(self) -> bool:
        """Has the next handshake be a whole one. False where it would have been anyway."""
        known = bool(self._sessions)
        self._sessions.clear()
        return known

    def remember(self, connected: Any) -> None:
        """Keeps the session of a connection. In TLS 1.3 it has one once something was read from it."""
        # Asking for it costs a copy of all the certificates in it. TLS within that of a proxy has none.
        name = getattr(connected, "server_hostname", None)
        if name not in self._sessions and (session := getattr(connected, "session", None)):
            self._sessions[name] = session


def trusting(authority: bytes | None, *, verify: bool = True) -> ssl.SSLContext:
    """A context that trusts the certificates in `authority`, or with None those that this machine does.

    Raises ValueError where there is none in it that can be read.
    """
    if authority is None:
        context = ssl.create_default_context()
        for folder in filter(None, os.environ.get("SSL_CERT_DIR", "").split(os.pathsep)):
            # OpenSSL finds a certificate there by a name that is made of a hash; Go reads whatever lies there.
            for path in sorted(Path(folder).glob("*")):
                with suppress(OSError):
                    _trust(context, content(path))
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not _trust(context, authority):
            raise ValueError(f"it contains {_instead(authority)}")
    # As Go does, and Python in some releases: any certificate that is named is trusted, be it an intermediate one, and
    # an authority without key usage, which many clusters have, is one anyway.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.hostname_checks_common_name = False
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _trust(context: ssl.SSLContext, text: bytes) -> int:
    """Has it trust the certificates in the content, and returns how many.

    Not the whole at once: comments between them may have characters that the ssl module refuses, and one that is broken
    does not spoil the others.
    """
    trusted = 0
    for certificate in _CERTIFICATE.findall(text):
        with suppress(ssl.SSLError, ValueError):
            context.load_verify_locations(cadata=certificate.decode("ascii", errors="replace"))
            trusted += 1
    return trusted


def context_of(
    cluster: Mapping[str, Any], user: Mapping[str, Any], *, giver: str = "the kubeconfig's user"
) -> ssl.SSLContext:
    """The context for a kubeconfig's cluster and user. Raises ConnectionOptionsError, with who gave the certificate."""
    authority, verify = _authority(cluster), not cluster.get("insecure-skip-tls-verify")
    pair: tuple[bytes, bytes] | None = None
    try:
        if user.get("client-certificate") or user.get("client-certificate-data"):
            pair = _read(user, "client-certificate"), _read(user, "client-key")
    except (OSError, ValueError) as error:
        raise _unusable(giver, error) from None
    machine = tuple(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")) if authority is None else ()
    try:
        return _context(authority, machine, pair, verify=verify)
    except _PairError as error:
        raise _unusable(giver, error.reason) from None
    except ValueError as error:
        raise ConnectionOptionsError(
            f"certificate-authority of the kubeconfig's cluster (or the option ca_cert): {error}."
        ) from None


@lru_cache(maxsize=16)
def _context(
    authority: bytes | None, machine: tuple[str | None, ...], pair: tuple[bytes, bytes] | None, *, verify: bool
) -> ssl.SSLContext:
    """A context for the same contents is made once in a process, because OpenSSL takes long to read a key.

    So are the machine's authorities read once, for the variables in `machine` that name them, as Go does.
    """
    del machine
    context = trusting(authority, verify=verify)
    if pair:
        try:
            with readable(pair[0]) as certificate, readable(pair[1]) as key:
                context.load_cert_chain(certificate, key, password=_no_password)
        except (OSError, ValueError) as error:
            raise _PairError(error) from None
    return context


class _PairError(Exception):
    """A certificate and a key that do not go together."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _unusable(giver: str, error: Exception) -> ConnectionOptionsError:
    return ConnectionOptionsError(
        f"the client certificate of {giver} cannot be used: {_unloadable(error)}. It (client-certificate, "
        "client-key) must be a certificate and its key, in PEM format and without a password."
    )


def _instead(found: bytes) -> str:
    """What a file holds that does not hold what it was named for."""
    if not found.strip():
        return "nothing"
    if b"PRIVATE KEY-----" in found:
        return "a private key, but no certificate in PEM format"
    if b"BEGIN CERTIFICATE-----" in found:
        return "a certificate, which is unreadable or not a key"
    if found.startswith(b"\x30"):
        return "a certificate or key in DER format; PEM is required"
    return "no readable PEM content"


def _no_password() -> str:
    """Without this, OpenSSL would ask a person at the terminal."""
    raise ValueError("the key has a password")


def _unloadable(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return str(error.reason or "no PEM").replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error)


def _authority(cluster: Mapping[str, Any]) -> bytes | None:
    if data := cluster.get("certificate-authority-data"):
        return _decoded(data, "certificate-authority")
    if path := cluster.get("certificate-authority"):
        try:
            return content(path)
        except OSError as error:
            raise ConnectionOptionsError(f"certificate-authority {path} cannot be read: {error.strerror}.") from error
    return None


def _read(entry: Mapping[str, Any], stem: str) -> bytes:
    """The content of a certificate or its key. Raises OSError, ValueError with what it is instead."""
    data = entry.get(f"{stem}-data")
    found = _decoded(data, stem) if data else content(entry[stem])
    if (b"PRIVATE KEY-----" if stem == "client-key" else b"BEGIN CERTIFICATE-----") not in found:
        raise ValueError(f"{stem} holds {_instead(found)}")
    return found


def _decoded(data: Any, stem: str) -> bytes:
    """The content of a field whose name ends in `-data`. Raises ConnectionOptionsError."""
    try:
        return base64.b64decode("".join(str(data).split()), validate=True)
    except ValueError:
        raise ConnectionOptionsError(f"{stem}-data of the kubeconfig is not base64.") from None
