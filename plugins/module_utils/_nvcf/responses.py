# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer of the NVCF API means. Pure.

Builds differ in the shape of their errors (problem+json with or without `type`, `requestStatus`) and in their words;
one wraps a whole problem document inside the text of another. So the meaning is looked for in all text of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from .transport import Reply

Kind = Literal[
    "accepted",
    "not_recognized",
    "credential_missing",
    "quota",
    "bad_image",
    "unauthenticated",
    "forbidden",
    "no_account",
    "other_issuer",
    "key_refused",
    "no_gpu",
    "upstream",
    "rate_limited",
    "unavailable",
    "other",
]

_MEANINGS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("credential_missing", re.compile(r"Missing CONTAINER registry credential for hostname")),
    ("not_recognized", re.compile(r"Missing CONTAINER registry for hostname")),
    ("not_recognized", re.compile(r"Unsupported registry hostname \S+ for registry type CONTAINER")),
    ("quota", re.compile(r"Reached or exceeded the max limit for the number of functions allowed")),
    ("bad_image", re.compile(r"Invalid registry URL|Failed to read request")),
    ("no_account", re.compile(r"Unknown client_id|Client '[^']*' is not found and may not be onboarded")),
    ("other_issuer", re.compile(r"Invalid issuer")),
    ("key_refused", re.compile(r"Authorization failed|Forbidden to create task|Insufficient resource access")),
    ("no_gpu", re.compile(r"Missing cluster-groups in|Invalid (GPU|InstanceType|Backend) '|gpuSpecification")),
    ("upstream", re.compile(r"Upstream response from '|Failed to get response from '")),
)
DETAIL_LENGTH = 500
"""How much of the API's words is shown; the meaning is looked for in all of them."""
_STATUSES: dict[int, Kind] = {401: "unauthenticated", 403: "forbidden", 429: "rate_limited"}

EXPLANATIONS: dict[Kind, str] = {
    "accepted": "the API accepts images of this registry",
    "not_recognized": "the API does not recognize this registry",
    "credential_missing": "the API recognizes the host as a built-in registry for which no credential is registered; "
    "allowlisting does not apply: register a credential in NVCF",
    "quota": "the account's function limit is reached, which the API checks before the registry: delete functions or "
    "raise the limit, then run again",
    "bad_image": "the API cannot read the image reference: check it for ports on IP addresses and underscores",
    "unauthenticated": "the token was rejected (expired, or signed by another issuer): get a new one",
    "forbidden": "the token lacks a scope: use a token with register_function, delete_function and list_functions for "
    "functions, or with launch_task, delete_task and list_tasks for tasks",
    "other_issuer": "the token is from an issuer that this API does not accept: the tasks API takes a task API key "
    "(`nvcf-cli api-key generate --for task`), the functions API a token of its control plane's issuer",
    "key_refused": "the API key is unknown or expired, or has no right to all tasks (resource account-tasks): create a "
    "new one with `nvcf-cli api-key generate --for task`",
    "no_gpu": "the API finds no such GPU in a registered GPU cluster, and without one it does not check the "
    "registry: set gpu and instance_type to those of a registered GPU cluster",
    "upstream": "a service behind the API failed or rejected the request: check that service and its log",
    "no_account": "the API has no account for this token's client yet: the account bootstrap Job has not succeeded",
    "rate_limited": "the API limits the request rate: wait and run again",
    "unavailable": "the API is not ready or a service behind it is down: check its pods and its log",
    "other": "the API returned an unknown answer",
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An API answer, understood."""

    kind: Kind
    status: int
    """0 when the answer was lost, and what it must have been is known otherwise."""
    detail: str
    """The API's own words, on one line of at most DETAIL_LENGTH characters."""

    @property
    def explanation(self) -> str:
        """Meaning first, then the evidence."""
        evidence = [f"HTTP {self.status}"] if self.status else []
        return f"{EXPLANATIONS[self.kind]} ({': '.join([*evidence, *([self.detail] if self.detail else [])])})"

    def facts(self) -> dict[str, Any]:
        """For results and reports: `outcome`, `status`, `detail`."""
        return {"outcome": self.kind, "status": self.status, "detail": self.detail}


def understand(reply: Reply) -> Answer:
    """The meaning of `reply`."""
    if 200 <= reply.status < 300:
        return Answer(kind="accepted", status=reply.status, detail="")
    reported = words(reply)
    detail = reported[:DETAIL_LENGTH]
    for kind, pattern in _MEANINGS:
        if pattern.search(reported):
            return Answer(kind=kind, status=reply.status, detail=detail)
    fallback: Kind = "unavailable" if reply.status >= 500 else "other"
    return Answer(kind=_STATUSES.get(reply.status, fallback), status=reply.status, detail=detail)


def words(reply: Reply) -> str:
    """All that an error says, on one line."""
    texts = list(_texts(reply.document)) or [reply.body.decode(errors="replace")]
    texts.append(reply.headers.get("www-authenticate", ""))
    return " ".join(" ".join(texts).split())


def _texts(document: Any) -> Iterator[str]:
    """The prose in an error document: not its ids, types and paths."""
    if isinstance(document, dict):
        for key in ("detail", "cause", "statusDescription", "message", "error", "requestStatus"):
            if key in document:
                yield from _texts(document[key])
    elif isinstance(document, str):
        yield document
