# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From connection options to one kubeconfig with one context.

The Python client and the helm program are both given this same document, so they cannot end up at different clusters,
and neither ever sees the other contexts of a large merged file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .._runtime.errors import ConnectionOptionsError
from .._runtime.input_rules import shown
from .._runtime.option_groups import ConnectionOptions
from .context_cache import contexts
from .contexts import Kubeconfig, joined, without_login
from .environment import refuse_another_context, refuse_another_user, with_environment
from .proxies import Proxy, bypassed, parse_proxy, proxy_of_environment
from .validity import check

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_KUBECONFIG = "~/.kube/config"


@dataclass(frozen=True, kw_only=True)
class Access:
    """All that is decided of a connection before anything is sent."""

    kubeconfig: Kubeconfig
    options: ConnectionOptions
    """Those of the task, completed by the environment."""
    proxy: Proxy | None
    """The one before the API server."""

    @property
    def identity(self) -> str:
        """Equal for connections to one server over one way as one user, and revealing nothing."""
        own = self.kubeconfig
        parts = [own.name, own.cluster, own.user, self.proxy and self.proxy.url, self.options.proxy_headers]
        return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()[:40]

    def cluster_for_programs(self) -> dict[str, Any]:
        """The kubeconfig's cluster for another program, with the proxy that was decided on in the form of client-go."""
        fields = {name: value for name, value in self.kubeconfig.cluster.items() if name != "proxy-url"}
        return fields | ({"proxy-url": self.proxy.url} if self.proxy else {})

    def environment_for_programs(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment for another program, in which nothing leads it to a proxy that was decided against."""
        if self.proxy:
            return dict(environ)
        host = urlsplit(self.kubeconfig.server).hostname or ""
        lists = {name: ",".join(filter(None, (environ.get(name), host))) for name in ("NO_PROXY", "no_proxy")}
        return {**environ, **lists}


def resolve(given: ConnectionOptions, environ: Mapping[str, str]) -> Access:
    """What the connection options of a task lead to.

    Order: `host` alone needs no file; else `kubeconfig`, the variable KUBECONFIG, ~/.kube/config, the service account
    of the pod that this runs in. Single options overlay what the file says.

    Raises ConnectionOptionsError.
    """
    options = with_environment(given, environ)
    base = _base(options, environ, given)
    refuse_another_user(given, options, base)
    kubeconfig = _overlay(base, options)
    check(kubeconfig)
    named = kubeconfig.cluster.get("proxy-url")
    if named:
        proxy: Proxy | None = parse_proxy(str(named))
    else:
        proxy = proxy_of_environment(kubeconfig.server, environ, no_proxy=options.no_proxy)
    login = (options.proxy_headers or {}).get("proxy_basic_auth")
    if proxy and login:
        username, _colon, password = login.partition(":")
        proxy = replace(proxy, username=username, password=password)
    return Access(kubeconfig=kubeconfig, options=options, proxy=proxy)


def _base(connection: ConnectionOptions, environ: Mapping[str, str], given: ConnectionOptions) -> Kubeconfig:
    explicit = connection.kubeconfig
    paths = split_paths(explicit or environ.get("KUBECONFIG") or "")
    if explicit and (missing := [str(p) for p in paths if not p.is_file()]):
        raise ConnectionOptionsError(f"kubeconfig {', '.join(missing)} does not exist or is not a file.")
    if not paths and (connection.context or not connection.host):
        paths = [Path(DEFAULT_KUBECONFIG).expanduser()]
    # A folder is one that cannot be read, which is reported, and no file that is not there.
    present = [path for path in paths if path.exists()]
    if present and (explicit or connection.context or not connection.host):
        found = contexts(present)
        refuse_another_context(given, connection, found.current)
        return found.kubeconfig(connection.context)
    if connection.context:
        raise ConnectionOptionsError(
            f"context {shown(connection.context)} is set, but there is no kubeconfig file at {joined(paths)}."
        )
    if connection.host:
        return Kubeconfig(name=without_login(connection.host), cluster={}, user={})
    return _in_cluster(environ, paths)


def split_paths(text: str) -> list[Path]:
    """The paths that kubectl reads out of the variable KUBECONFIG."""
    return [Path(path).expanduser() for path in text.split(os.pathsep) if path]


def _in_cluster(environ: Mapping[str, str], looked_at: Sequence[Path]) -> Kubeconfig:
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (SERVICE_ACCOUNT / "token").is_file():
        raise ConnectionOptionsError(
            f"No cluster is configured, and there is no kubeconfig file at {joined(looked_at)}: set kubeconfig (and "
            "context), or host and api_key, or the variables K8S_AUTH_KUBECONFIG, K8S_AUTH_CONTEXT, K8S_AUTH_HOST."
        )
    address = f"[{host}]" if ":" in host else host
    return Kubeconfig(
        name="in-cluster",
        cluster={
            "server": f"https://{address}:{port}",
            "certificate-authority": str(SERVICE_ACCOUNT / "ca.crt"),
        },
        user={"tokenFile": str(SERVICE_ACCOUNT / "token")},
    )


def _overlay(base: Kubeconfig, connection: ConnectionOptions) -> Kubeconfig:
    cluster, user = dict(base.cluster), dict(base.user)
    if host := connection.host:
        cluster["server"] = host if "://" in host else f"https://{host}"
        # The name that another server proves, as with kubectl's --server.
        cluster.pop("tls-server-name", None)
    if connection.ca_cert:
        # Anyone who gives an authority wants it to be asked, whatever the file says.
        cluster.pop("insecure-skip-tls-verify", None)
        cluster.pop("certificate-authority-data", None)
        cluster["certificate-authority"] = connection.ca_cert
    if connection.validate_certs is not None:
        cluster["insecure-skip-tls-verify"] = not connection.validate_certs
        if not connection.validate_certs:
            # client-go refuses an authority beside it; the option is the last word.
            cluster.pop("certificate-authority", None)
            cluster.pop("certificate-authority-data", None)
    if connection.proxy:
        cluster["proxy-url"] = connection.proxy
    if connection.no_proxy and bypassed(str(cluster.get("server")), connection.no_proxy):
        cluster.pop("proxy-url", None)
    _refuse_halves(connection)
    if connection.api_key:
        user = {"token": connection.api_key}
    if connection.username:
        user = {"username": connection.username, "password": connection.password}
    if connection.client_cert:
        user = {k: v for k, v in user.items() if k not in ("client-certificate-data", "client-key-data")}
        user |= {"client-certificate": connection.client_cert, "client-key": connection.client_key}
    if connection.impersonate_user:
        user["as"] = connection.impersonate_user
    if connection.impersonate_groups:
        user["as-groups"] = list(connection.impersonate_groups)
    return replace(base, cluster=cluster, user=user)


def _refuse_halves(connection: ConnectionOptions) -> None:
    for one, other in (("username", "password"), ("client_cert", "client_key")):
        if bool(getattr(connection, one)) != bool(getattr(connection, other)):
            raise ConnectionOptionsError(f"{one} and {other} must be set together: one of them is missing.")
    if connection.api_key and connection.username:
        raise ConnectionOptionsError("api_key and username are both set: keep one.")
