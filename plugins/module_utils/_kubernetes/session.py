# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One user's session with one API server: the connection and the credential, made anew when the credential is."""

from __future__ import annotations

import os
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

try:
    import urllib3
except ImportError:  # reported where a cluster is connected
    pass

from .._kubeconfig.resolve import Access
from .._runtime.errors import ConnectionOptionsError
from .._runtime.files import content
from .connection import Route, basic, impersonation
from .credentials import Credential
from .exec_login import credential_of
from .exec_plugin import plugin_of
from .tls import context_of

ANONYMOUS = "system:anonymous"
"""Whom an API server takes everyone for who proves nothing that it looks at."""
_HEADER = re.compile("[\\t -~\\x80-\\xff]*")
"""What an HTTP header may hold."""


class Session:
    """What a kubeconfig's user has with the API server of its cluster."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._kubeconfig = access.kubeconfig
        self._credential: Credential | None = None
        self._route: Route | None = None

    @property
    def route(self) -> Route:
        """The way to the server, with a credential that is good now. Raises ConnectionOptionsError."""
        if self._route is None:
            return self._open(self._obtain(refused=None))
        if self._credential is not None and self._credential.due(time.time()):
            return self._renewed(self._credential)
        return self._route

    def _renewed(self, former: Credential) -> Route:
        try:
            return self._open(self._obtain(refused=None))
        except ConnectionOptionsError:
            # A plugin that fails for a moment is not a reason to stop in the middle of a rollout.
            if self._route is None or not former.outlives(0, time.time()):
                raise
            return self._route

    def headers(self) -> urllib3.HTTPHeaderDict:
        """Who asks: authorization and impersonation. In plain HTTP nothing proves it, as with client-go."""
        route = self.route
        result = urllib3.HTTPHeaderDict()
        if route.tls and (authorization := self._authorization()):
            result["Authorization"] = authorization
        for name, value in impersonation(self._kubeconfig.user):
            # Names go out in UTF-8, and http.client makes Latin-1 of each header.
            result.add(name, value.encode().decode("latin-1"))
        for name, value in result.iteritems():
            if not _HEADER.fullmatch(value):
                whose = "the token" if name == "Authorization" else "an impersonated name"
                raise ConnectionOptionsError(
                    f"the request to the API server could not be built: {whose} contains a line break or a character "
                    "that is not allowed in an HTTP header. Give it on one line."
                )
        return result

    def _authorization(self) -> str | None:
        user = self._kubeconfig.user
        if user.get("username"):
            return basic(user["username"], user.get("password") or "")
        token = _token(self._kubeconfig.user) if self._credential is None else self._credential.token
        return f"Bearer {token}" if token else None

    def ignored_login(self, status: int, message: str) -> str:
        """What to do about a username and a password that were not accepted; empty where that is not why."""
        if not self._kubeconfig.user.get("username") or not (status == 401 or ANONYMOUS in message):
            return ""
        return (
            " The username and the password were not accepted. API servers accept none, only an authenticating proxy "
            "in front of one does. Correct them, or use a token or a client certificate."
        )

    def renew(self) -> bool:
        """Obtains another credential after the server has refused this one; False if there is no other."""
        if self._credential is None:
            return False
        credential = self._obtain(refused=self._credential)
        if credential is None or _proof(credential) == _proof(self._credential):
            return False
        self._open(credential)
        return True

    def document(self, lasting: float) -> dict[str, Any]:
        """The kubeconfig, in which a plugin is replaced by its credential if that is known to last so many seconds.

        Else anyone who reads it asks the plugin, and can do so again in the middle of its work.
        """
        if "exec" in self._kubeconfig.user and self._route is None:
            self._open(self._obtain(refused=None))
        user = self._kubeconfig.user
        if self._credential is not None and self._credential.outlives(lasting, time.time()):
            user = self._credential.applied_to(user)
        return replace(self._kubeconfig, cluster=self._access.cluster_for_programs(), user=user).document

    def _context(self, user: Mapping[str, Any], *, plugin: bool) -> ssl.SSLContext:
        giver = (
            f"the credential plugin {self._kubeconfig.user['exec']['command']!r}" if plugin else "the kubeconfig's user"
        )
        return context_of(self._kubeconfig.cluster, user, giver=giver)

    def close(self) -> None:
        """Closes the connections, if any was made."""
        if self._route is not None:
            self._route.close()

    def _obtain(self, *, refused: Credential | None) -> Credential | None:
        if not self._kubeconfig.secure:
            return None
        plugin = plugin_of(self._kubeconfig.user, self._kubeconfig.cluster, os.environ)
        return None if plugin is None else credential_of(plugin, refused=refused)

    def _open(self, credential: Credential | None) -> Route:
        user = self._kubeconfig.user
        effective = user if credential is None else credential.applied_to(user)
        tls = self._context(effective, plugin=credential is not None) if self._kubeconfig.secure else None
        self.close()
        self._credential = credential
        self._route = Route(
            server=self._kubeconfig.server,
            tls=tls,
            tls_name=self._kubeconfig.cluster.get("tls-server-name") or None,
            proxy=self._access.proxy,
            proxy_headers=_proxy_headers(self._access.options.proxy_headers or {}),
        )
        return self._route


def _token(user: Mapping[str, Any]) -> str:
    """The user's token: that of the file, which is renewed by others while we work, before the one beside it."""
    beside = str(user.get("token") or "")
    path = user.get("tokenFile")
    if not path:
        return beside
    try:
        token = content(path).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        if beside:
            return beside
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConnectionOptionsError(f"tokenFile {path} cannot be read: {reason}.") from None
    if not (token or beside):
        raise ConnectionOptionsError(f"tokenFile {path} is empty.")
    return token or beside


def _proxy_headers(reported: Mapping[str, str | None]) -> dict[str, str]:
    """What the proxy is sent beside the login for it."""
    username, _colon, password = (reported.get("basic_auth") or "").partition(":")
    found = {
        "authorization": basic(username, password) if username else None,
        "user-agent": reported.get("user_agent"),
    }
    return {name: value for name, value in found.items() if value}


def _proof(credential: Credential) -> tuple[str | None, ...]:
    return credential.token, credential.certificate, credential.key
