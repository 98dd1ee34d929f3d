# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key for the tasks API, which refuses the tokens of the control plane's issuer: made as `nvcf-cli` makes one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from .._kubernetes.api_client import Cluster
from .._runtime.errors import NvcfApiError, NvcfError
from .._runtime.option_groups import ApiOptions
from .._runtime.run_cache import once, run_folder
from .token_issuer import JSON, SHARED_SECONDS, Keys, issued_token, reach_keys, value_of, why_none
from .transport import Reply

SERVICE = "api-keys"
"""The Kubernetes Service that makes keys, beside that of the issuer."""
LIFETIME = timedelta(seconds=2 * SHARED_SECONDS)
DESCRIPTION = "fleetops-nvcf"
ISSUER = "nvidia-cloud-tasks-ncp-service-id-nvcttasks"
OWNER = "svc@nvct-api.local"
SCOPES = ("launch_task", "list_tasks", "task_details", "cancel_task", "delete_task")
KEYS = "/v1/keys"


@dataclass(frozen=True, kw_only=True)
class _Key:
    """A key, and the token that it was made with."""

    id: str
    value: str = field(repr=False)
    token: str = field(repr=False)


@contextmanager
def task_key(cluster: Cluster, api: ApiOptions) -> Iterator[str]:
    """A key that the steps of a run share for a while. Where no one shares it, it is deleted: an owner has few."""
    if run_folder() is not None:
        whose = [cluster.identity, api.api_keys_namespace, int(time.time()) // SHARED_SECONDS]
        yield once(f"task key {json.dumps(whose, default=str)}", lambda: _mint(cluster, api).value)
        return
    key = _mint(cluster, api)
    try:
        yield key.value
    finally:
        # What stays expires soon, and is deleted where it is in the way.
        with suppress(NvcfError), reach_keys(cluster, api, SERVICE) as keys:
            _delete(keys, key.token, key.id)


def _mint(cluster: Cluster, api: ApiOptions) -> _Key:
    token = issued_token(cluster, api)
    with reach_keys(cluster, api, SERVICE) as keys:
        reply = _create(keys, token)
        if reply.status == 400 and _forget_expired(keys, token):
            reply = _create(keys, token)
    if value := value_of(reply):
        return _Key(id=str(reply.document.get("id")), value=value, token=token)
    raise NvcfApiError(
        f"the API Keys service at {keys.where} returned no key for tasks: {why_none(reply, 'key')}. Set token or "
        "token_file to a key from `nvcf-cli api-key generate --for task`."
    )


def _create(keys: Keys, token: str) -> Reply:
    policy = {
        "aud": ISSUER,
        "auds": [ISSUER],
        "product": "nv-cloud-tasks",
        "resources": [{"id": "*", "type": "account-tasks"}],
        "scopes": SCOPES,
    }
    body = {
        "description": DESCRIPTION,
        "expires_at": (datetime.now(UTC) + LIFETIME).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "authorizations": {"policies": [policy]},
        "audience_service_ids": [ISSUER],
    }
    return keys.ask("POST", KEYS, headers=_headers(token), body=json.dumps(body).encode())


def _forget_expired(keys: Keys, token: str) -> bool:
    """Whether keys that earlier runs have made were deleted: expired ones count for days among the few there may be."""
    reply = keys.ask("GET", KEYS, headers=_headers(token))
    document = reply.document if reply.status == 200 else None
    rows = document.get("keys") if isinstance(document, dict) else None
    gone = [str(row.get("id")) for row in rows if _is_expired(row)] if isinstance(rows, list) else []
    for key_id in gone:
        _delete(keys, token, key_id)
    return bool(gone)


def _delete(keys: Keys, token: str, key_id: str) -> None:
    keys.ask("DELETE", f"{KEYS}/{key_id}", headers=_headers(token))


def _is_expired(row: Any) -> bool:
    if not isinstance(row, dict) or row.get("description") != DESCRIPTION:
        return False
    try:
        moment = datetime.fromisoformat(str(row.get("expires_at")))
    except ValueError:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) < datetime.now(UTC)


def _headers(token: str) -> Mapping[str, str]:
    own = {"Key-Issuer-Service": "nvct-api", "Key-Issuer-Id": ISSUER, "Key-Owner-Id": OWNER}
    return {**JSON, **own, "Authorization": f"Bearer {token}"}
