# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the names between @ in a variant stand for: servers, proxies, files and credentials of one control plane.

| name | stands for |
|---|---|
| `east`, `west` | addresses that lead to the API server, which ends TLS itself |
| `KIND.host`, `KIND.port` | of any server or proxy |
| `tls:KIND` | an address where another certificate is shown; only tokens get through (`servers.py`) |
| `tls:KIND.ca` | the path of what is to be trusted there |
| `hostile:KIND` | an address where the answer is another, with the certificate of `tls:good` |
| `http`, `ipv6` | the API server without TLS, and on ::1 |
| `proxy:KIND` | `host:port` of a proxy: http, http-login, https, https-login, socks5, socks5-login |
| `ca`, `cert`, `key`, `WHO.token` | paths and tokens of the control plane |
| `NAME.data` | the content of the file NAME in base64 |
| `NAME.raw`, `NAME.text` | the content itself, and as JSON writes it between quotes |
| `pem:NAME` | the path of a further file (`_pems`) |
| `folder` | the variant's own folder |
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.fleetops.nvcf.tests.conformance import hostile
from ansible_collections.fleetops.nvcf.tests.conformance.fronts import Address, Front, Treatment, serving
from ansible_collections.fleetops.nvcf.tests.conformance.proxies import LOGIN, Proxies
from ansible_collections.fleetops.nvcf.tests.conformance.servers import KINDS, Shown, context_by_name, pems
from ansible_collections.fleetops.nvcf.tests.conformance.variant import PASSWORD, USER
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster

_NAME = re.compile(r"@([a-z][a-z0-9:.-]*)@")
RBAC = "rbac.authorization.k8s.io"


@dataclass
class Scene:
    """Everything that variants run against. Servers begin when they are first named."""

    cluster: Cluster
    folder: Path
    fronts: dict[str, Front] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """Who was impersonated at `hostile:noting`."""
    proxies: Proxies = field(default_factory=Proxies)

    def filled(self, text: str, folder: Path) -> str:
        """A variant's text with its names replaced."""
        return _NAME.sub(lambda found: self._value(found[1], folder), text)

    def counts(self) -> dict[str, int]:
        """Connections by the name of the server or proxy. The next request is each one's first."""
        self.notes.clear()
        for front in self.fronts.values():
            front.settle()
            front.number = 0
        return {name: front.connections for name, front in self.fronts.items()}

    @property
    def secrets(self) -> list[str]:
        """What no message may quote."""
        return [*self._tokens.values(), LOGIN, "p%40ss", "no-token", PASSWORD]

    def close(self) -> None:
        """Ends all listeners."""
        for front in self.fronts.values():
            front.close()
        self.proxies.close()

    def set_up(self) -> None:
        """The users."""
        self.proxies.start()
        for name in ("visitor", "actor", "administrator"):
            self.cluster.api.apply(
                f"/api/v1/namespaces/default/serviceaccounts/{name}",
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}},
            )
        rule = {
            "apiGroups": ["", "authentication.k8s.io"],
            "resources": ["users", "groups", "uids", "userextras/scopes", "userextras/example.org/level%"],
            "verbs": ["impersonate"],
        }
        self.cluster.api.apply(
            f"/apis/{RBAC}/v1/clusterroles/actor",
            {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": "actor"}, "rules": [rule]},
        )
        for name, role in (("actor", "actor"), ("administrator", "cluster-admin")):
            self.cluster.api.apply(
                f"/apis/{RBAC}/v1/clusterrolebindings/{name}",
                {
                    "apiVersion": f"{RBAC}/v1",
                    "kind": "ClusterRoleBinding",
                    "metadata": {"name": name},
                    "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
                    "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "default"}],
                },
            )

    def _value(self, name: str, folder: Path) -> str:
        kind, _dot, part = name.rpartition(".")
        if part == "data":
            return base64.b64encode(Path(self._value(kind, folder)).read_bytes()).decode()
        if part == "raw":
            return Path(self._value(kind, folder)).read_text()
        if part == "text":
            return json.dumps(Path(self._value(kind, folder)).read_text())[1:-1]
        if part == "token":
            return self._token(kind or "visitor")
        if part in ("host", "port"):
            front = self._front(kind)
            return front.address if part == "host" else str(front.port)
        return str(self._path(name, folder) or self._address(name))

    def _path(self, name: str, folder: Path) -> Path | None:
        kind, _colon, what = name.partition(":")
        if kind == "pem":
            return self._pems[what]
        if kind == "tls" and what.endswith(".ca"):
            return self._shown(what.removesuffix(".ca")).trusted
        return {**self._files, "folder": folder}.get(name)

    def _address(self, name: str) -> str:
        front = self._front(name)
        host = f"[{front.address}]" if ":" in front.address else front.address
        if name.startswith("proxy:"):
            return f"{host}:{front.port}"
        return f"{'http' if name == 'http' else 'https'}://{host}:{front.port}"

    def _front(self, name: str) -> Front:
        if name not in self.fronts:
            self.fronts[name] = self._begun(name)
        return self.fronts[name]

    def _begun(self, name: str) -> Front:
        kind, _colon, what = name.partition(":")
        if kind == "hostile":
            return self._hostile(what)
        if kind == "proxy":
            scheme, dash, login = what.partition("-")
            behind = ("http" if scheme == "https" else scheme) + dash + login
            tls = self._serving("good") if scheme == "https" else None
            return Front(onward=("127.0.0.1", self.proxies.ports[behind]), tls=tls)
        begin: Mapping[str, Callable[[], Front]] = {
            "east": lambda: Front(onward=self._api),
            "west": lambda: Front(onward=self._api),
            "http": lambda: Front(onward=self._api, onward_tls=self._onward),
            "ipv6": lambda: self._ending_tls("good", address="::1"),
            "tls": lambda: self._ending_tls(what),
        }
        return begin[kind]()

    def _ending_tls(self, shown: str, **more: Any) -> Front:
        return Front(onward=self._api, tls=self._serving(shown), onward_tls=self._onward, **more)

    def _hostile(self, what: str) -> Front:
        if what == "reset":
            return Front(onward=self._api, treatment=hostile.reset)
        treatments: Mapping[str, Callable[[], Treatment]] = {
            "429-once": lambda: hostile.overloaded("429 Too Many Requests", times=1),
            "503-once": lambda: hostile.overloaded("503 Service Unavailable", times=1),
            "503": lambda: hostile.overloaded("503 Service Unavailable", times=None),
            "below": lambda: hostile.below(b"/clusters/east"),
            "noting": lambda: hostile.noting(self.notes),
            "page": lambda: hostile.page,
            "password": lambda: hostile.password(USER, PASSWORD, self._token("visitor")),
            "redirect": lambda: hostile.redirect(lambda: self._address("tls:elsewhere")),
            "truncated": lambda: hostile.truncated,
            "stalled": lambda: hostile.stalled,
        }
        return Front(onward=self._api, tls=self._serving("good"), onward_tls=self._onward, treatment=treatments[what]())

    def _serving(self, kind: str) -> ssl.SSLContext:
        if kind == "by-name":
            return context_by_name(self._shown("east-only"), self._shown("west-only"))
        shown = self._shown(kind)
        context = serving(str(shown.chain), str(shown.key))
        if kind == "old":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        if kind == "tls12":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _shown(self, kind: str) -> Shown:
        return KINDS[kind](self.folder)

    @cached_property
    def _api(self) -> Address:
        address = urlsplit(self.cluster.server)
        return str(address.hostname), int(address.port or 443)

    @cached_property
    def _onward(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.cluster.ca_file))

    @cached_property
    def _files(self) -> dict[str, Path]:
        user = self.cluster.control_plane.powerless
        return {"ca": self.cluster.ca_file, "cert": user.certificate, "key": user.key}

    @cached_property
    def _pems(self) -> dict[str, Path]:
        return pems(self.folder, self._files["ca"], self._files["key"])

    def _token(self, who: str) -> str:
        if who not in self._tokens:
            path = f"/api/v1/namespaces/default/serviceaccounts/{who}/token"
            answer = self.cluster.api.post(path, {"spec": {"expirationSeconds": 36000}})
            self._tokens[who] = str(answer["status"]["token"])
        return self._tokens[who]

    @cached_property
    def _tokens(self) -> dict[str, str]:
        return {}
