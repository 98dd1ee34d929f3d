# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From connection options to one kubeconfig with one context.

The Python client and the helm program are both given this same document, so they can't end up at different clusters,
and neither ever sees the other contexts of a large merged file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .._runtime.errors import ConnectionOptionsError
from .._runtime.option_groups import ConnectionOptions
from .context_cache import contexts
from .contexts import FILE_FIELDS, Kubeconfig, without_login

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_KUBECONFIG = "~/.kube/config"


def resolve(connection: ConnectionOptions, environ: Mapping[str, str]) -> Kubeconfig:
    """The cluster that the connection options lead to.

    Order: `host` alone needs no file; else `kubeconfig`, the variable KUBECONFIG, ~/.kube/config, the service account
    of the pod that this runs in. Single options overlay what the file says.

    Raises ConnectionOptionsError.
    """
    return _overlay(_base(connection, environ), connection)


def _base(connection: ConnectionOptions, environ: Mapping[str, str]) -> Kubeconfig:
    explicit = connection.kubeconfig
    paths = split_paths(explicit or environ.get("KUBECONFIG") or "")
    if explicit and (missing := [str(p) for p in paths if not p.is_file()]):
        raise ConnectionOptionsError(f"kubeconfig {', '.join(missing)} does not exist or is no file.")
    if not paths and not connection.host:
        paths = [Path(DEFAULT_KUBECONFIG).expanduser()]
    present = [path for path in paths if path.is_file()]
    if present and (explicit or connection.context or not connection.host):
        return contexts(present).kubeconfig(connection.context)
    if connection.context:
        raise ConnectionOptionsError(f"context {connection.context!r} was asked for, but there is no kubeconfig file.")
    if connection.host:
        return Kubeconfig(name=without_login(connection.host), cluster={}, user={})
    return _in_cluster(environ)


def split_paths(text: str) -> list[Path]:
    """The paths that kubectl reads out of the variable KUBECONFIG."""
    return [Path(path).expanduser() for path in text.split(os.pathsep) if path]


def _in_cluster(environ: Mapping[str, str]) -> Kubeconfig:
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (SERVICE_ACCOUNT / "token").is_file():
        raise ConnectionOptionsError(
            "No cluster was named: set kubeconfig (and context), or host and api_key, "
            "or the variables K8S_AUTH_KUBECONFIG, K8S_AUTH_CONTEXT, K8S_AUTH_HOST."
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
    if connection.ca_cert:
        # Whoever gives an authority wants it to be asked, whatever the file says.
        cluster.pop("insecure-skip-tls-verify", None)
        cluster.pop("certificate-authority-data", None)
        cluster["certificate-authority"] = connection.ca_cert
    if connection.validate_certs is not None:
        cluster["insecure-skip-tls-verify"] = not connection.validate_certs
    if cluster.get("insecure-skip-tls-verify"):
        # client-go refuses a CA beside it; the option is the last word.
        cluster.pop("certificate-authority", None)
        cluster.pop("certificate-authority-data", None)
    if connection.proxy:
        cluster["proxy-url"] = connection.proxy
    if connection.api_key:
        user = {"token": connection.api_key}
    if connection.client_cert or connection.client_key:
        if not (connection.client_cert and connection.client_key):
            raise ConnectionOptionsError("client_cert and client_key go together: one of them is missing.")
        user = {k: v for k, v in user.items() if k not in ("client-certificate-data", "client-key-data")}
        user |= {"client-certificate": connection.client_cert, "client-key": connection.client_key}
    if connection.impersonate_user:
        user["as"] = connection.impersonate_user
    if connection.impersonate_groups:
        user["as-groups"] = list(connection.impersonate_groups)
    for option in FILE_FIELDS:
        path = cluster.get(option) or user.get(option)
        if path and not Path(path).expanduser().is_file():
            raise ConnectionOptionsError(f"{option} {path} does not exist or is no file.")
    return Kubeconfig(name=base.name, cluster=cluster, user=user)
