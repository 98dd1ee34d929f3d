# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One way to say which cluster and which user: a kubeconfig, variables, options, a network. Pure data.

Texts hold names between two @, which are replaced when the variant is run: `@east@` is the address of a server, `@ca@`
the path of its authority, `@token@` a token. `scene.py` lists them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

VISITOR = "system:serviceaccount:default:visitor"
"""Whose token `@token@` is. Nothing is granted to it, so that each refusal names it."""
ACTOR = "system:serviceaccount:default:actor"
"""Whose token `@actor.token@` is. It may impersonate, and nothing else."""
ADMINISTRATOR = "system:serviceaccount:default:administrator"
"""Whose token `@administrator.token@` is. It has all rights."""
POWERLESS = "powerless"
"""Whose client certificate `@cert@` is. Nothing is granted to it."""
ANONYMOUS = "system:anonymous"
USER, PASSWORD = "me", "pa55-canary"
"""What the proxy at `@hostile:password@` accepts, in the place of the visitor's token."""
BY_PASSWORD = {"username": USER, "password": PASSWORD}
SOMEBODY = "somebody"
"""Who is impersonated."""

CONFIG = "config"
"""The file of a variant's kubeconfig, in the variant's folder."""
Text = str | Mapping[str, Any]
"""A file's content; a map is written as JSON, which is YAML."""


class End(StrEnum):
    """What becomes of a variant."""

    CONNECTS = "connects"
    REFUSED = "refused"
    ONLY_KUBECTL = "refused, though kubectl connects"
    ONLY_OURS = "connects, though kubectl refuses"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is given, and what kubectl and the collection make of it."""

    name: str
    what: str
    """A sentence for an operator with a kubeconfig in front of him."""
    files: Mapping[str, Text] = field(default_factory=dict)
    """By their paths in the variant's folder."""
    environ: Mapping[str, str] = field(default_factory=lambda: {"KUBECONFIG": f"@folder@/{CONFIG}"})
    """Of kubectl and the collection alike, beside HOME and PATH."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of a module."""
    flags: Sequence[str] = ()
    """What says to kubectl what `options` say to a module."""
    kubectl_files: Mapping[str, Text] = field(default_factory=dict)
    """Files that kubectl has instead, where no flag says what an option says."""
    kubectl_environ: Mapping[str, str] = field(default_factory=dict)
    """Variables that kubectl has beside the others, for the same reason."""

    seconds: int = 5
    """How long a request may take."""

    end: End = End.CONNECTS
    identity: str = VISITOR
    """As whom, where it connects."""
    reached: frozenset[str] = frozenset({"east"})
    """All servers and proxies that get a connection, where it connects."""
    kubectl_reached: frozenset[str] | None = None
    """Those that kubectl reaches, where the collection means to reach fewer."""
    kubectl_varies: str = ""
    """Why kubectl has no say in it."""
    touched: frozenset[str] = frozenset()
    """Those that may get one before it is refused."""
    names: Sequence[str] = ()
    """What the collection's refusal has to name."""
    forward_too: bool = True
    """Whether a port-forward has the same end. The API server's own retries are not for a WebSocket."""
    helm_too: bool = True
    """Whether helm has the same end. By itself it goes wherever it is sent; the collection asks it nothing then."""
    differs: str = ""
    """Why the collection knowingly differs from kubectl."""

    def __post_init__(self) -> None:
        """A difference has a reason, and a refusal is told with a name in it."""
        assert bool(self.differs) == (self.end in (End.ONLY_KUBECTL, End.ONLY_OURS)), self.name
        assert self.names or not self.refused, self.name

    @property
    def ways(self) -> tuple[str, ...]:
        """How the collection is to be asked."""
        return ("rest", *(["forward"] if self.forward_too else []), *(["helm"] if self.helm_too else []))

    @property
    def refused(self) -> bool:
        """Whether the collection refuses."""
        return self.end in (End.REFUSED, End.ONLY_KUBECTL)

    @property
    def kubectl_refuses(self) -> bool:
        """Whether kubectl refuses."""
        return self.end in (End.REFUSED, End.ONLY_OURS)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Variants under one heading."""

    title: str
    note: str = ""
    """What all of them have in common."""
    variants: Sequence[Variant]


TOKEN = {"token": "@token@"}
CERTIFICATE = {"client-certificate": "@cert@", "client-key": "@key@"}
EAST = {"server": "@east@", "certificate-authority": "@ca@"}
WEST = {"server": "@west@", "certificate-authority": "@ca@"}
GUARD = frozenset({"hostile:password"})
GUARDED = {"server": "@hostile:password@", "certificate-authority": "@tls:good.ca@"}
"""Behind a proxy that accepts a login."""


def config(
    cluster: Mapping[str, Any] | None = None,
    user: Mapping[str, Any] | None = None,
    *,
    current: str | None = "east",
    **more: Any,
) -> dict[str, Any]:
    """A kubeconfig with one context; `more` replaces whole sections."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "east", "cluster": EAST if cluster is None else dict(cluster)}],
        "users": [{"name": "user", "user": TOKEN if user is None else dict(user)}],
        "contexts": [{"name": "east", "context": {"cluster": "east", "user": "user"}}],
        "current-context": current,
        **more,
    }


def two(current: str | None = "east") -> dict[str, Any]:
    """A kubeconfig with a context for each of the two servers."""
    return config(
        clusters=[{"name": "east", "cluster": EAST}, {"name": "west", "cluster": WEST}],
        contexts=[{"name": name, "context": {"cluster": name, "user": "user"}} for name in ("east", "west")],
        current=current,
    )


def case(
    name: str,
    what: str,
    cluster: Mapping[str, Any] | None = None,
    user: Mapping[str, Any] | None = None,
    *,
    files: Mapping[str, Text] | None = None,
    **more: Any,
) -> Variant:
    """A variant of one kubeconfig with one context."""
    return Variant(name=name, what=what, files={CONFIG: config(cluster, user), **(files or {})}, **more)


def written(text: Text) -> str:
    """A file's content as it is written, names still between @."""
    return text if isinstance(text, str) else json.dumps(text, indent=1)
