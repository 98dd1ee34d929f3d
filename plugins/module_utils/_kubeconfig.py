# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From connection options to one kubeconfig with one context.

The Python client and the helm program are both given this same document, so they can't end up at different clusters,
and neither ever sees the other contexts of a large merged file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

try:
    import yaml
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML without libyaml, or no PyYAML at all; the latter is reported when a client is made
    try:
        from yaml import SafeLoader as Loader  # type: ignore[assignment]
    except ImportError:
        pass

from ._errors import ConnectionOptionsError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_KUBECONFIG = "~/.kube/config"
_SECTIONS = {"contexts": "context", "clusters": "cluster", "users": "user"}
_FILE_FIELDS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


@dataclass(frozen=True, kw_only=True)
class Kubeconfig:
    """One cluster, one user, one context."""

    name: str
    """What people call the cluster: the context's name, or the server's address where there is none."""
    cluster: Mapping[str, Any] = field(repr=False)
    user: Mapping[str, Any] = field(repr=False)

    @property
    def document(self) -> dict[str, Any]:
        """The kubeconfig file's content, with an anonymous context."""
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "cluster",
            "clusters": [{"name": "cluster", "cluster": dict(self.cluster)}],
            "users": [{"name": "user", "user": dict(self.user)}],
            "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": "user"}}],
        }


def resolve(params: Mapping[str, Any], environ: Mapping[str, str]) -> Kubeconfig:
    """The cluster that the options in `params` lead to.

    Order: `host` alone needs no file; else `kubeconfig`, the variable KUBECONFIG, ~/.kube/config, the service account
    of the pod that this runs in. Single options overlay what the file says.

    Raises ConnectionOptionsError.
    """
    base = _base(params, environ)
    return _overlay(base, params)


def _base(params: Mapping[str, Any], environ: Mapping[str, str]) -> Kubeconfig:
    explicit = params.get("kubeconfig")
    paths = [Path(p).expanduser() for p in (explicit or environ.get("KUBECONFIG") or "").split(os.pathsep) if p]
    if explicit and (missing := [str(p) for p in paths if not p.is_file()]):
        raise ConnectionOptionsError(f"kubeconfig {', '.join(missing)} does not exist or is no file.")
    if not paths and not params.get("host"):
        paths = [Path(DEFAULT_KUBECONFIG).expanduser()]
    present = [path for path in paths if path.is_file()]
    if present and (explicit or params.get("context") or not params.get("host")):
        return _from_files(present, params.get("context"))
    if params.get("context"):
        raise ConnectionOptionsError(f"context {params['context']!r} was asked for, but there is no kubeconfig file.")
    if params.get("host"):
        return Kubeconfig(name=params["host"], cluster={}, user={})
    return _in_cluster(environ)


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


def _from_files(paths: Iterable[Path], context: str | None) -> Kubeconfig:
    documents = [(path, _load(path)) for path in paths]
    shown = os.pathsep.join(str(path) for path, _document in documents)
    wanted = context or next((str(d["current-context"]) for _path, d in documents if d.get("current-context")), None)
    if wanted is None:
        raise ConnectionOptionsError(f"kubeconfig {shown} names no current-context: set the option context.")
    entry = _named(documents, "contexts", "context", wanted)
    if entry is None:
        raise ConnectionOptionsError(
            f"kubeconfig {shown} holds no context {wanted!r}. {_known(documents)}",
        )
    cluster = _named(documents, "clusters", "cluster", str(entry.get("cluster")))
    if cluster is None or not cluster.get("server"):
        raise ConnectionOptionsError(
            f"kubeconfig {shown}: context {wanted!r} points to cluster {entry.get('cluster')!r}, "
            "which is not there or has no server."
        )
    user = _named(documents, "users", "user", str(entry.get("user"))) if entry.get("user") else {}
    if user is None:
        raise ConnectionOptionsError(
            f"kubeconfig {shown}: context {wanted!r} points to user {entry.get('user')!r}, which is not there."
        )
    return Kubeconfig(name=wanted, cluster=cluster, user=user)


def _known(documents: Iterable[tuple[Path, Mapping[str, Any]]]) -> str:
    names = [str(entry.get("name")) for _path, document in documents for entry in document.get("contexts") or []]
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return f"It holds: {shown}." if names else "It holds no context at all."


def _load(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as stream:
            document = yaml.load(stream, Loader=Loader)
    except OSError as error:
        raise ConnectionOptionsError(f"kubeconfig {path} can't be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        # The parser's own text may quote the file, and with it a key.
        raise ConnectionOptionsError(f"kubeconfig {path} is not YAML{where}.") from None
    if not isinstance(document, Mapping):
        raise ConnectionOptionsError(f"kubeconfig {path} is not a kubeconfig: its top level is not a map.")
    for section, part in _SECTIONS.items():
        if not _named_maps(document.get(section), part):
            raise ConnectionOptionsError(
                f"kubeconfig {path} is not a kubeconfig: {section} is not a list of maps with name and {part}."
            )
    return document


def _named_maps(entries: Any, part: str) -> bool:
    """Whether a section has the shape that the rest relies on; a section or part that is null counts as empty."""
    return entries is None or (
        isinstance(entries, list)
        and all(isinstance(entry, Mapping) and isinstance(entry.get(part) or {}, Mapping) for entry in entries)
    )


def _named(
    documents: Iterable[tuple[Path, Mapping[str, Any]]], section: str, part: str, name: str
) -> dict[str, Any] | None:
    """The first entry of that name, as kubectl merges files, with its relative paths made absolute."""
    for path, document in documents:
        for entry in document.get(section) or []:
            if entry.get("name") == name:
                return dict(_absolute(entry.get(part) or {}, path.parent.absolute()))
    return None


def _absolute(entry: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, Any]]:
    for key, value in entry.items():
        if key in _FILE_FIELDS and value:
            yield key, str(folder / Path(str(value)).expanduser())
        elif key == "exec" and isinstance(value, Mapping) and os.sep in str(value.get("command", "")):
            yield key, {**value, "command": str(folder / str(value["command"]))}
        else:
            yield key, value


def _overlay(base: Kubeconfig, params: Mapping[str, Any]) -> Kubeconfig:
    cluster, user = dict(base.cluster), dict(base.user)
    if host := params.get("host"):
        cluster["server"] = host if "://" in host else f"https://{host}"
    if params.get("ca_cert"):
        # Whoever gives an authority wants it to be asked, whatever the file says.
        cluster.pop("insecure-skip-tls-verify", None)
        cluster.pop("certificate-authority-data", None)
        cluster["certificate-authority"] = params["ca_cert"]
    if params.get("validate_certs") is not None:
        cluster["insecure-skip-tls-verify"] = not params["validate_certs"]
    if cluster.get("insecure-skip-tls-verify"):
        # client-go refuses a CA beside it; the option is the last word.
        cluster.pop("certificate-authority", None)
        cluster.pop("certificate-authority-data", None)
    if params.get("proxy"):
        cluster["proxy-url"] = params["proxy"]
    if params.get("api_key"):
        user = {"token": params["api_key"]}
    if params.get("client_cert") or params.get("client_key"):
        if not (params.get("client_cert") and params.get("client_key")):
            raise ConnectionOptionsError("client_cert and client_key go together: one of them is missing.")
        user = {k: v for k, v in user.items() if k not in ("client-certificate-data", "client-key-data")}
        user |= {"client-certificate": params["client_cert"], "client-key": params["client_key"]}
    if params.get("impersonate_user"):
        user["as"] = params["impersonate_user"]
    if params.get("impersonate_groups"):
        user["as-groups"] = list(params["impersonate_groups"])
    for option in _FILE_FIELDS:
        path = cluster.get(option) or user.get(option)
        if path and not Path(path).expanduser().is_file():
            raise ConnectionOptionsError(f"{option} {path} does not exist or is no file.")
    return Kubeconfig(name=base.name, cluster=cluster, user=user)
