# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Bearer tokens: JSON Web Tokens signed with a secret that all processes of one cluster share."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ADMIN_SCOPES = frozenset(
    {
        "register_function",
        "update_function",
        "delete_function",
        "deploy_function",
        "list_functions",
        "list_functions_details",
        "manage_registry_credentials",
    }
)
ADMIN_LIFETIME = timedelta(hours=12)


ADMIN_ISSUER = "http://admin-token-issuer-proxy.api-keys.svc.cluster.local:8080"


class Rejected(Exception):
    """A token that the API does not believe; the text is the `error_description` of its answer."""


def mint(
    state: Path,
    *,
    scopes: Iterable[str] = ADMIN_SCOPES,
    lifetime: timedelta = ADMIN_LIFETIME,
    token_id: str = "",
    issuer: str = ADMIN_ISSUER,
    client: str = "nvcf-default",
) -> str:
    """Sign a token for the cluster whose state folder is `state`; a negative lifetime gives an expired one."""
    now = datetime.now(UTC)
    claims = {
        "iss": issuer,
        "sub": client,
        "jti": token_id or str(uuid.uuid4()),
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "scopes": sorted(scopes),
    }
    signed = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
    return f"{signed}.{_base64(_signature(state, signed))}"


def scopes_of(state: Path, token: str) -> frozenset[str]:
    """Return the scopes of a valid token; raise Rejected for any other."""
    return frozenset(claims_of(state, token)["scopes"])


def claims_of(state: Path, token: str) -> dict[str, Any]:
    """Return what a valid token says; raise Rejected for any other."""
    prefix = "An error occurred while attempting to decode the Jwt: "
    try:
        header, payload, signature = token.split(".")
        claims: dict[str, Any] = json.loads(_bytes(payload))
        given = _bytes(signature)
    except (ValueError, binascii.Error):
        raise Rejected(prefix + "Malformed token") from None
    if not hmac.compare_digest(given, _signature(state, f"{header}.{payload}")):
        raise Rejected(prefix + "Signed JWT rejected: Invalid signature")
    expiry = datetime.fromtimestamp(claims["exp"], UTC)
    if expiry <= datetime.now(UTC):
        raise Rejected(prefix + f"Jwt expired at {expiry:%Y-%m-%dT%H:%M:%SZ}")
    return claims


def _signature(state: Path, text: str) -> bytes:
    return hmac.digest(_secret(state), text.encode(), hashlib.sha256)


def _secret(state: Path) -> bytes:
    """Linking a finished file into place lets exactly one of several starting processes choose the secret."""
    path = state / "signing-secret"
    if not path.exists():
        state.mkdir(parents=True, exist_ok=True)
        scratch = state / f".signing-secret-{os.getpid()}-{secrets.token_hex(4)}"
        scratch.touch(mode=0o600)
        scratch.write_bytes(secrets.token_bytes(32))
        try:
            os.link(scratch, path)
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
    return path.read_bytes()


def _encode(value: object) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
