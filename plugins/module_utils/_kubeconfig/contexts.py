# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contexts that kubeconfig files hold, each with its cluster and its user."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError:  # reported when a client is made
    pass

from .._runtime.errors import ConnectionOptionsError
from .._runtime.files import MOST_OF_YAML, content
from .._runtime.input_rules import shown

FILE_FIELDS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
_SECTIONS = {"contexts": "context", "clusters": "cluster", "users": "user"}
_NOT_IN_JSON = {f"tag:yaml.org,2002:{kind}" for kind in ("timestamp", "binary", "set", "omap", "pairs")}

Documents = Sequence[tuple[Path, Mapping[str, Any]]]
Entries = Mapping[str, tuple[Mapping[str, Any], Path]]
"""Of each name its entry, and the folder that relative paths in it start at."""


@dataclass(frozen=True, kw_only=True)
class Kubeconfig:
    """One cluster, one user, one context."""

    name: str
    """What users call the cluster: the context's name, or the server's address where there is none."""
    cluster: Mapping[str, Any] = field(repr=False)
    user: Mapping[str, Any] = field(repr=False)
    source: str = ""
    """For users: the files and the names of the entries. An empty text where all comes from options."""

    @property
    def server(self) -> str:
        """The API server's URL, without what client-go takes off it."""
        written = str(self.cluster.get("server") or "").partition("#")[0].partition("?")[0].rstrip("/")
        scheme, separator, rest = written.partition("://")
        host, slash, prefix = rest.partition("/")
        return f"{scheme.lower()}{separator}{host.lower()}{slash}{prefix}"

    @property
    def secure(self) -> bool:
        """Whether the API server is spoken to over TLS, without which no credential is sent."""
        return self.server.startswith("https://")

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


@dataclass(frozen=True, kw_only=True)
class ContextFacts:
    """What anyone may know of a context. An empty text where it does not say."""

    name: str
    cluster: str
    user: str
    namespace: str
    server: str
    """Without a login that may be in it."""
    problem: str
    """Why it leads to no cluster."""


class Contexts(ABC):
    """The contexts of one kubeconfig, or of several that are merged as kubectl does."""

    shown: str
    """The files' paths."""

    @property
    @abstractmethod
    def current(self) -> str | None:
        """The current context's name."""

    @abstractmethod
    def facts(self) -> Sequence[ContextFacts]:
        """All contexts in the files' order."""

    @abstractmethod
    def _found(self, name: str) -> Kubeconfig | None:
        """The context of that name. Raises ConnectionOptionsError when it leads nowhere."""

    def kubeconfig(self, name: str | None) -> Kubeconfig:
        """The context of that name, or the current one. Raises ConnectionOptionsError."""
        wanted = name or self.current
        if wanted is None:
            raise ConnectionOptionsError(f"kubeconfig {self.shown} has no current-context: set the option context.")
        found = self._found(wanted)
        if found is None:
            raise ConnectionOptionsError(f"kubeconfig {self.shown} has no context {shown(wanted)}. {self._known()}")
        return found

    def _known(self) -> str:
        names = [facts.name for facts in self.facts()]
        shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
        return f"Its contexts: {shown}." if names else "It has no contexts."


class ParsedContexts(Contexts):
    """Contexts of files that were read whole."""

    def __init__(self, documents: Documents) -> None:
        self.shown = joined([path for path, _document in documents])
        self._current = next((str(d["current-context"]) for _path, d in documents if d.get("current-context")), None)
        self._contexts, self._clusters, self._users = (
            _first_of_each_name(documents, section, part) for section, part in _SECTIONS.items()
        )

    @property
    def current(self) -> str | None:
        return self._current

    def facts(self) -> list[ContextFacts]:
        return [self._facts(name, entry) for name, (entry, _folder) in self._contexts.items()]

    def _facts(self, name: str, entry: Mapping[str, Any]) -> ContextFacts:
        cluster, _folder = self._clusters.get(_text(entry.get("cluster")), ({}, None))
        return ContextFacts(
            name=name,
            cluster=_text(entry.get("cluster")),
            user=_text(entry.get("user")),
            namespace=_text(entry.get("namespace")),
            server=without_login(_text(cluster.get("server"))),
            problem=self._problem(name, entry),
        )

    def _problem(self, name: str, entry: Mapping[str, Any]) -> str:
        where = f"kubeconfig {self.shown}: context {name!r} points to"
        cluster, user = entry.get("cluster"), entry.get("user")
        if not self._clusters.get(_text(cluster), ({}, None))[0].get("server"):
            return f"{where} cluster {cluster!r}, which does not exist or has no server."
        if user and _text(user) not in self._users:
            return f"{where} user {user!r}, which does not exist."
        return ""

    def _found(self, name: str) -> Kubeconfig | None:
        if name not in self._contexts:
            return None
        entry, _folder = self._contexts[name]
        if problem := self._problem(name, entry):
            raise ConnectionOptionsError(problem)
        cluster = self._clusters[_text(entry["cluster"])]
        user = self._users[_text(entry["user"])] if entry.get("user") else ({}, Path())
        return Kubeconfig(
            name=name,
            cluster=dict(_absolute(*cluster)),
            user=dict(_absolute(*user)),
            source=f"kubeconfig {self.shown}: cluster {entry['cluster']!r} and user {entry.get('user') or ''!r}",
        )


def read(paths: Sequence[Path]) -> ParsedContexts:
    """Reads the files whole. Raises ConnectionOptionsError for what is not a kubeconfig."""
    return ParsedContexts([(path, _load(path)) for path in paths])


def joined(paths: Sequence[Path]) -> str:
    """Several paths as kubectl writes them."""
    return os.pathsep.join(map(str, paths))


def without_login(server: str) -> str:
    """An address without user, password and query, however it is written."""
    scheme, separator, rest = server.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2].partition('?')[0].partition('#')[0]}"


def _load(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.load(content(path, MOST_OF_YAML), Loader=_loader())  # noqa: S506 - it constructs less than the safe one
    except OSError as error:
        raise ConnectionOptionsError(f"kubeconfig {path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        # The parser's own text may quote the file, and with it a key.
        raise ConnectionOptionsError(f"kubeconfig {path} is not YAML{where}.") from None
    if not isinstance(document, Mapping):
        raise ConnectionOptionsError(f"kubeconfig {path} is not a kubeconfig: its top level is not a map.")
    for name, only in (("apiVersion", "v1"), ("kind", "Config")):
        if document.get(name) not in (None, "", only):
            raise ConnectionOptionsError(f"kubeconfig {path} is not a kubeconfig: its {name} is not {only}.")
    for section, part in _SECTIONS.items():
        if not _named_maps(document.get(section), part):
            raise ConnectionOptionsError(
                f"kubeconfig {path} is not a kubeconfig: {section} is not a list of maps with name and {part}."
            )
        if twice := _named_twice(document.get(section) or []):
            raise ConnectionOptionsError(
                f"kubeconfig {path} has two entries named {twice!r} in {section}: rename one. kubectl "
                "refuses this file too."
            )
    return document


@cache
def _loader() -> Any:
    """A loader for what JSON can say, as kubectl has it: an unquoted time stays the text that it is."""

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # with libyaml where there is one
        pass

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_IN_JSON]
        for first, resolvers in Loader.yaml_implicit_resolvers.items()
    }
    Loader.yaml_constructors = {
        tag: constructor for tag, constructor in Loader.yaml_constructors.items() if tag not in _NOT_IN_JSON
    }
    return Loader


def _named_maps(entries: Any, part: str) -> bool:
    """Whether a section has the shape that the rest relies on; a section or part that is null counts as empty."""
    return entries is None or (
        isinstance(entries, list)
        and all(isinstance(entry, Mapping) and isinstance(entry.get(part) or {}, Mapping) for entry in entries)
    )


def _named_twice(entries: Sequence[Mapping[str, Any]]) -> str | None:
    counted = Counter(_text(entry.get("name")) for entry in entries)
    return next((name for name, count in counted.items() if count > 1), None)


def _first_of_each_name(documents: Documents, section: str, part: str) -> Entries:
    """The entries by name; the first of a name wins, as when kubectl merges files."""
    found: dict[str, tuple[Mapping[str, Any], Path]] = {}
    for path, document in documents:
        for entry in document.get(section) or []:
            found.setdefault(_text(entry.get("name")), (entry.get(part) or {}, path.parent.absolute()))
    found.pop("", None)
    return found


def _text(value: Any) -> str:
    """A name, which YAML treats as a number where it consists of digits."""
    return "" if value is None else str(value)


def _absolute(entry: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, Any]]:
    """An entry with its relative paths made absolute."""
    for key, value in entry.items():
        if key in FILE_FIELDS and value:
            yield key, str(folder / Path(str(value)).expanduser())
        elif key == "exec" and isinstance(value, Mapping) and os.sep in str(value.get("command", "")):
            yield key, {**value, "command": str(folder / str(value["command"]))}
        else:
            yield key, value
