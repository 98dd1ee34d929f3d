# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What every request handler works with, and the checks that come before any of them does anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from ansible_collections.fleetops.nvcf.tests.sandbox.behavior import Behavior

from . import tokens
from .binding import Registries
from .errors import Refusal, unauthorized
from .store import ACCOUNT, Store


@dataclass(frozen=True, kw_only=True)
class Context:
    """One API process: the registries are those of its environment, the rest is shared by the cluster."""

    registries: Registries
    state: Path
    behavior_file: Path
    store: Store
    lenient: bool = False
    """Whether an artifact that is not accepted is a line of the log and no refusal."""

    @property
    def behavior(self) -> Behavior:
        """The behavior that holds now."""
        return Behavior.load(self.behavior_file)


CONTEXT = web.AppKey("context", Context)


def authorize(request: web.Request, *any_of: str) -> Context:
    """Check token, account and scope in this order; raise the Refusal of the first that fails."""
    context = request.app[CONTEXT]
    scopes = _scopes(request, context.state)
    if not account_exists(context):
        raise Refusal(404, f"Unknown client_id '{ACCOUNT}'")
    if scopes.isdisjoint(any_of):
        raise Refusal(403, "Access Denied")
    return context


def bearer(request: web.Request) -> str:
    """Return the token of the request; raise the Refusal when it has none."""
    scheme, _unused, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorized(None)
    return token.strip()


def _scopes(request: web.Request, state: Path) -> frozenset[str]:
    token = bearer(request)
    try:
        return tokens.scopes_of(state, token)
    except tokens.Rejected as rejection:
        raise unauthorized(str(rejection)) from rejection


def account_exists(context: Context) -> bool:
    """Whether the account is there, or the behavior says that it is."""
    match context.behavior.account_bootstrapped:
        case "yes":
            return True
        case "no":
            return False
        case _:
            return context.store.bootstrapped
