# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What client-go refuses in a kubeconfig, refused before anything is sent. Pure.

Anyone who reads the fields one by one would send a request anyway: as another user, anonymously, or to a server
whose certificate no one has looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, NewType
from urllib.parse import SplitResult, urlsplit

from .._runtime.errors import ConnectionOptionsError
from .contexts import Kubeconfig, without_login
from .proxies import parse_proxy

EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
Problem = NewType("Problem", str)
"""What is wrong with an entry, reported without what is secret in it."""
PROOFS = ("token", "tokenFile", "username", "exec", "client-certificate", "client-certificate-data")
"""Fields of a user that prove who it is."""
FLAGS = ("insecure-skip-tls-verify", "disable-compression")
TEXTS = (
    *("server", "tls-server-name", "proxy-url", "certificate-authority", "certificate-authority-data"),
    *("token", "tokenFile", "username", "password", "as", "as-uid"),
    *("client-certificate", "client-certificate-data", "client-key", "client-key-data"),
)


def check(kubeconfig: Kubeconfig) -> None:
    """Raises ConnectionOptionsError that names the entries and the first thing that is wrong with them."""
    problems = [*_kinds({**kubeconfig.cluster, **kubeconfig.user})]
    problems += [*_server(kubeconfig.cluster), *_trust(kubeconfig.cluster)]
    problems += [*_login(kubeconfig.user), *_impersonation(kubeconfig.user)] if kubeconfig.secure else []
    if problems:
        raise ConnectionOptionsError(f"{kubeconfig.source or 'the connection options'}: {problems[0]}")


def _kinds(fields: Mapping[str, Any]) -> Iterator[Problem]:
    """A `"false"` in quotes would count as true, and a token of digits has lost its leading zeros."""
    for name in TEXTS:
        if not isinstance(fields.get(name, ""), (str, NoneType)):
            yield Problem(f"{name} is not a string. Put it in quotes.")
    if not _is_list(fields.get("as-groups") or []):
        yield Problem("as-groups is not a list of strings.")
    extra = fields.get("as-user-extra") or {}
    if not isinstance(extra, Mapping) or not all(map(_is_list, extra.values())):
        yield Problem("as-user-extra is not a map of lists of strings.")
    for name in FLAGS:
        if not isinstance(fields.get(name, False), (bool, NoneType)):
            yield Problem(f"{name} is neither true nor false. Remove its quotes.")


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _server(cluster: Mapping[str, Any]) -> Iterator[Problem]:
    server = cluster.get("server")
    url = _url(server)
    if url is None or url.scheme not in ("http", "https") or not url.hostname:
        yield Problem(f"server {without_login(str(server))!r} is not a URL of the form https://host:port.")
    elif url.username is not None:
        yield Problem("server contains a login, which would be sent instead of the user's credential. Remove it.")
    if cluster.get("proxy-url"):
        try:
            parse_proxy(str(cluster["proxy-url"]))
        except ValueError as error:
            yield Problem(f"proxy-url (or the option proxy) cannot be used: {error}.")


def _url(text: Any) -> SplitResult | None:
    try:
        url = urlsplit(text if isinstance(text, str) else "")
        return url if url.port != 0 else None
    except ValueError:
        return None


def _trust(cluster: Mapping[str, Any]) -> Iterator[Problem]:
    authority = "certificate-authority"
    given = [name for name in (authority, f"{authority}-data") if cluster.get(name)]
    if len(given) > 1:
        yield Problem(f"{' and '.join(given)} are both set: keep one.")
    if given and cluster.get("insecure-skip-tls-verify"):
        yield Problem(f"insecure-skip-tls-verify and {given[0]} are both set: keep one.")
    yield from _readable(cluster, authority)


def _login(user: Mapping[str, Any]) -> Iterator[Problem]:
    if user.get("auth-provider"):
        provider = user["auth-provider"]
        name = provider.get("name") if isinstance(provider, Mapping) else None
        yield Problem(
            f"the user has an auth-provider ({name}), which Kubernetes no longer supports. Put its credential plugin "
            "into the kubeconfig (an exec section: gke-gcloud-auth-plugin, kubelogin), or set api_key."
        )
    for token, other in (("token", "username"), ("token", "password"), ("tokenFile", "username")):
        if user.get(token) and user.get(other):
            yield Problem(f"{token} and {other} are both set: keep one.")
    if not any(user.get(name) for name in PROOFS):
        yield Problem(
            "the user has no credential, so the API server would treat its requests as anonymous. Give the user a "
            "token, a client certificate or an exec section, or set api_key to a token of the Kubernetes API."
        )
    if user.get("tokenFile") and not user.get("token"):
        yield from _readable(user, "tokenFile")
    yield from _certificate(user)
    if user.get("exec"):
        yield from _plugin(user["exec"])


def _certificate(user: Mapping[str, Any]) -> Iterator[Problem]:
    if not (user.get("client-certificate") or user.get("client-certificate-data")):
        return
    for stem in ("client-certificate", "client-key"):
        given = [name for name in (stem, f"{stem}-data") if user.get(name)]
        if len(given) > 1:
            yield Problem(f"{' and '.join(given)} are both set: keep one.")
        if not given:
            yield Problem(f"client-certificate is set without {stem}.")
        yield from _readable(user, stem)


def _plugin(section: Any) -> Iterator[Problem]:
    if not isinstance(section, Mapping):
        return
    version, mode = section.get("apiVersion"), section.get("interactiveMode")
    if isinstance(version, str) and version not in EXEC_VERSIONS:
        yield Problem(
            f"exec has apiVersion {version}, but {' or '.join(EXEC_VERSIONS)} is required. Update the plugin."
        )
    if mode is None and version == EXEC_VERSIONS[0]:
        yield Problem("exec has no interactiveMode, which its apiVersion requires: Never, IfAvailable or Always.")
    elif mode not in (None, "Never", "IfAvailable", "Always"):
        yield Problem(f"exec has interactiveMode {mode!r}, but Never, IfAvailable or Always is required.")


def _impersonation(user: Mapping[str, Any]) -> Iterator[Problem]:
    if not user.get("as") and any(user.get(name) for name in ("as-uid", "as-groups", "as-user-extra")):
        yield Problem("as-uid, as-groups, as-user-extra (impersonate_groups) require as (impersonate_user).")


def _readable(entry: Mapping[str, Any], name: str) -> Iterator[Problem]:
    if entry.get(name) and not Path(str(entry[name])).is_file():
        yield Problem(f"{name} {entry[name]} does not exist or is not a file.")
