# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which contexts of which kubeconfig files are hosts of the inventory, and what is said of each: nothing secret."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .._runtime.errors import ConnectionOptionsError, InputError
from .contexts import ContextFacts, joined
from .resolve import DEFAULT_KUBECONFIG, split_paths

Source = tuple[Path, ...]
"""One file, or several that are merged as kubectl does."""
Found = Sequence[tuple[Source, Sequence[ContextFacts]]]
"""The contexts of each source."""
_TEMPLATE = re.compile(r"\{[{%#]|#jinja2:")
"""Where a template may begin, and where a text says that its templates begin otherwise."""


def may_be_template(text: str) -> bool:
    """Whether Ansible may find a template in the text."""
    return _TEMPLATE.search(text) is not None


def sources(patterns: Sequence[str], base: Path, environ: Mapping[str, str]) -> list[Source]:
    """The files to read: each that matches one of `patterns` for itself, or without any what kubectl would read.

    Raises ConnectionOptionsError when there is no file, or none for one of the patterns.
    """
    if patterns:
        # As keys, because a file may match several patterns.
        return [(path,) for path in dict.fromkeys(path for pattern in patterns for path in _matching(pattern, base))]
    own = environ.get("K8S_AUTH_KUBECONFIG")
    named = own or environ.get("KUBECONFIG") or DEFAULT_KUBECONFIG
    paths = [path.absolute() for path in split_paths(named)]
    present = tuple(path for path in paths if path.is_file())
    # A task takes the files from the same variable, and refuses a K8S_AUTH_KUBECONFIG of which a file is missing.
    if not present or (own and len(present) < len(paths)):
        raise ConnectionOptionsError(f"there is no kubeconfig at {named}: set the option kubeconfig.")
    return [present]


def _matching(pattern: str, base: Path) -> list[Path]:
    path = base.absolute() / Path(os.path.expandvars(pattern)).expanduser()
    if not glob.has_magic(str(path)):
        if not path.is_file():
            raise ConnectionOptionsError(f"kubeconfig {path} does not exist or is not a file.")
        return [path]
    found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True)) if Path(name).is_file()]  # noqa: PTH207
    if not found:
        raise ConnectionOptionsError(f"no file matches kubeconfig {path}.")
    return found


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which contexts become hosts, and under which names."""

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    hostname: str = "context"
    """`context`, or `file` for the file's name without its ending."""
    on_duplicate: str = "fail"
    """`fail`, or `first` to leave out what comes later."""
    named: bool = True
    """Whether the files were named. Else tasks find them as they were found here, on whichever machine they run."""

    def hosts(self, found: Found) -> dict[str, dict[str, str]]:
        """The variables of each host.

        Raises InputError when a pattern or a name is wrong, ConnectionOptionsError for a context that leads nowhere.
        """
        _refuse_empty(found)
        names = [facts.name for _source, contexts in found for facts in contexts]
        for pattern in self.unmatched(self.include, names):
            raise InputError(f"include pattern {pattern!r} matches no context. {some(names)}")
        hosts: dict[str, tuple[Source, ContextFacts]] = {}
        for source, facts in self._chosen(found):
            name = source[0].stem if self.hostname == "file" else facts.name
            _refuse_unusable(name, source, facts)
            if name not in hosts:
                hosts[name] = source, facts
            elif self.on_duplicate == "fail":
                raise InputError(_duplicate(name, hosts[name], (source, facts)))
        if not hosts:
            raise InputError(f"no context is left: exclude removes all included contexts. {some(names)}")
        return {name: self._variables(*one) for name, one in hosts.items()}

    def _variables(self, source: Source, facts: ContextFacts) -> dict[str, str]:
        """What Ansible knows of a host. A path is given only where another machine cannot find the file without it."""
        files = joined(source)
        return {
            "nvcf_context": facts.name,
            "nvcf_cluster": facts.cluster,
            "nvcf_server": facts.server,
            "nvcf_user": facts.user,
            "nvcf_context_namespace": facts.namespace,
            "registry_allowlist_context": facts.name,
            **({"nvcf_kubeconfig": files, "registry_allowlist_kubeconfig": files} if self.named else {}),
        }

    def _chosen(self, found: Found) -> Iterator[tuple[Source, ContextFacts]]:
        included = [_matcher(pattern) for pattern in self.include or ["*"]]
        excluded = [_matcher(pattern) for pattern in self.exclude]
        for source, contexts in found:
            for facts in contexts:
                if any(fits(facts.name) for fits in included) and not any(fits(facts.name) for fits in excluded):
                    yield source, facts

    def unmatched(self, patterns: Sequence[str], names: Sequence[str]) -> list[str]:
        """The patterns that none of the names fits."""
        return [pattern for pattern in patterns if not any(map(_matcher(pattern), names))]


def same_cluster(hosts: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """A sentence for each API server to which several hosts lead: each of them would be the same cluster."""
    servers: dict[str, list[str]] = {}
    for host, variables in hosts.items():
        servers.setdefault(variables["nvcf_server"].rstrip("/").lower(), []).append(host)
    for server, names in servers.items():
        if len(names) > 1:
            shown = ", ".join([*names[:10], *(["..."] if len(names) > 10 else [])])
            yield (
                f"hosts {shown} lead to the same API server {server}, so they are one cluster: "
                "the first host processes it, and the report counts it several times. Exclude all but one, unless "
                "each has a release of its own."
            )


def _matcher(pattern: str) -> Callable[[str], object]:
    """A shell pattern for a whole name; after a tilde a regular expression for its beginning, as in Ansible's own."""
    try:
        return re.compile(pattern[1:] if pattern.startswith("~") else fnmatch.translate(pattern)).match
    except re.error as error:
        raise InputError(f"pattern {pattern!r} is not a regular expression: {error}.") from error


def _refuse_unusable(host: str, source: Source, facts: ContextFacts) -> None:
    if facts.problem:
        raise ConnectionOptionsError(f"{facts.problem} Repair the file, or exclude the context.")
    # ansible-core before 2.19 would run what a file's author put into a name, and so would a later one that is
    # given it by a program.
    for text in (joined(source), facts.name, facts.cluster, facts.server, facts.user, facts.namespace, host):
        if may_be_template(text):
            raise InputError(
                f"kubeconfig {joined(source)}: context {facts.name!r} contains {text!r}, which Ansible would treat "
                "as a template. Rename it, or exclude the context."
            )


def _duplicate(name: str, first: tuple[Source, ContextFacts], second: tuple[Source, ContextFacts]) -> str:
    one, other = (f"context {facts.name!r} of {joined(source)}" for source, facts in (first, second))
    return (
        f"host {name!r} would be both {one} and {other}. Rename or exclude a context, take hosts' names from the files "
        "(hostname: file), or keep the first one (on_duplicate: first)."
    )


def _refuse_empty(found: Found) -> None:
    for source, contexts in found:
        if not contexts:
            raise ConnectionOptionsError(f"kubeconfig {joined(source)} has no contexts.")


def some(names: Sequence[str]) -> str:
    """What there is instead of a name that there is not, in a sentence."""
    return f"There are: {', '.join(names[:10])}{f' and {len(names) - 10} more' if len(names) > 10 else ''}."
