# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What every request handler works with, and the checks that come before any of them does anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from ansible_collections.fleetops.nvcf.tests.sandbox.behaviour import Behaviour

from . import tokens
from .binding import Registries
from .errors import Refusal, unauthorized
from .store import ACCOUNT, Store


@dataclass(frozen=True, kw_only=True)
class Context:
    """One API process: the registries are those of its environment, the rest is shared by the cluster."""

    registries: Registries
    state: Path
    behaviour_file: Path
    store: Store

    @property
    def behaviour(self) -> Behaviour:
        """The behaviour that holds now."""
        return Behaviour.load(self.behaviour_file)


CONTEXT = web.AppKey("context", Context)


def authorize(request: web.Request, *any_of: str) -> Context:
    """Check token, account and scope in this order; raise the Refusal of the first that fails."""
    context = request.app[CONTEXT]
    scopes = _scopes(request, context.state)
    if not _account_exists(context):
        raise Refusal(404, f"Unknown client_id '{ACCOUNT}'")
    if scopes.isdisjoint(any_of):
        raise Refusal(403, "Access Denied")
    return context


def _scopes(request: web.Request, state: Path) -> frozenset[str]:
    scheme, _unused, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorized(None)
    try:
        return tokens.scopes_of(state, token.strip())
    except tokens.Rejected as rejection:
        raise unauthorized(str(rejection)) from rejection


def _account_exists(context: Context) -> bool:
    match context.behaviour.account_bootstrapped:
        case "yes":
            return True
        case "no":
            return False
        case _:
            return context.store.bootstrapped
