# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""API keys: what a person's program asks of the API Keys service, and what the tasks API makes of a key."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .errors import Refusal
from .store import Store

PREFIX = "nvapi-nvcf-stg-"
"""Keys are no JSON Web Tokens: they say nothing by themselves."""

TASKS_SERVICE = "nvidia-cloud-tasks-ncp-service-id-nvcttasks"
SERVICES = ("nvidia-cloud-functions-ncp-service-id-aketm", TASKS_SERVICE)
KEYS_PER_OWNER = 8
_DESCRIPTION = re.compile(r"[a-zA-Z0-9\s_-]{1,64}")
_KIND = "api-key"

Policy = Mapping[str, Any]


def create(store: Store, headers: Mapping[str, str], body: object) -> dict[str, Any]:
    """Keep a new key and return it as it is shown this once, with its value."""
    service, owner = _issuer(headers)
    if not isinstance(body, dict):
        raise Refusal(400, "Failed to read request")
    if not _DESCRIPTION.fullmatch(str(body.get("description"))):
        raise Refusal(400, "description is invalid")
    expires = _moment(body.get("expires_at"))
    if expires is None or expires <= datetime.now(UTC):
        raise Refusal(400, "expires_at must be in the future and not more than 365 days from now")
    audience = body.get("audience_service_ids", [service])
    if audience != [service]:
        raise Refusal(400, f"service '{service}' cannot use audiences: {audience}")
    if len(listed(store, headers)) >= KEYS_PER_OWNER:
        raise Refusal(400, "Actor reached maximum allowed number of keys in service")
    key = {
        "id": str(uuid.uuid4()),
        "value": PREFIX + secrets.token_urlsafe(32),
        "status": "ACTIVE",
        "owner_type": "USER",
        "owner_id": owner,
        "issuer_service_id": service,
        "audience_service_ids": audience,
        "description": body["description"],
        "created_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "expires_at": body["expires_at"],
        "authorizations": body.get("authorizations") or {},
    }
    store.put(_KIND, key)
    return key


def listed(store: Store, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the keys of this issuer and owner, expired ones too, without their values."""
    mine = [key for key in store.all(_KIND) if (key["issuer_service_id"], key["owner_id"]) == _issuer(headers)]
    return [{**key, "value": None, "status": "ACTIVE" if _live(key) else "EXPIRED"} for key in mine]


def delete(store: Store, headers: Mapping[str, str], key_id: str) -> None:
    """Forget a key of this issuer and owner."""
    service, owner = _issuer(headers)
    for key in store.all(_KIND):
        if (key["id"], key["issuer_service_id"], key["owner_id"]) == (key_id, service, owner):
            store.drop(_KIND, key_id)
            return
    raise Refusal(404, "API key not found")


def policies(store: Store, value: str) -> list[Policy]:
    """Return what the key allows at the tasks API; none when it is unknown, of another service, or expired."""
    for key in store.all(_KIND):
        if secrets.compare_digest(key["value"], value) and TASKS_SERVICE in key["audience_service_ids"]:
            return list(key["authorizations"].get("policies", [])) if _live(key) else []
    return []


def _live(key: Mapping[str, Any]) -> bool:
    expires = _moment(key["expires_at"])
    return expires is not None and expires > datetime.now(UTC)


def _issuer(headers: Mapping[str, str]) -> tuple[str, str]:
    service, owner = headers.get("Key-Issuer-Id", ""), headers.get("Key-Owner-Id", "")
    if not owner:
        raise Refusal(400, "Key-Owner-Id is not set")
    if service not in SERVICES:
        raise Refusal(403, "Access Denied")
    return service, owner


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
