# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operation may ask of anyone who runs it: an AnsibleModule or an action plugin, it does not know which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from .errors import NvcfError
from .options import Spec, argument_spec, parse
from .unforeseen import adding

Options = TypeVar("Options")


@dataclass(frozen=True, kw_only=True)
class Host:
    """The runner's side of one operation on one cluster."""

    check_mode: bool
    warn: Callable[[str], None]
    say: Callable[[str], None]
    """Shows one line of progress to anyone who watches, if anyone does."""
    name: str | None = None
    """The inventory's name of the host whose cluster it is; None where that is not known."""


@dataclass(frozen=True, kw_only=True)
class Operation(Generic[Options]):
    """One operation of the collection, however it is entered."""

    options: type[Options]
    """A dataclass of `option` and `group` fields."""
    run: Callable[[Host, Options], dict[str, Any]]
    constraints: Mapping[str, Any] = field(default_factory=dict)
    """`mutually_exclusive`, `required_together`, `required_if`, ... as AnsibleModule takes them."""
    shorthands: Mapping[str, str] = field(default_factory=dict)
    """By the name of an option that is a list of maps, which part of an entry a mere text is."""
    failing: Mapping[str, Any] = field(default_factory=dict)
    """What the result of every failure has that says nothing else there."""
    closing: Callable[[Mapping[str, Any]], str] = field(default=lambda _given: "")
    """The sentence with which a failure ends, by the options as they were given; nothing where there is none."""

    @cached_property
    def argument_spec(self) -> Spec:
        """What AnsibleModule needs to know about the options."""
        return argument_spec(self.options)

    def module_kwargs(self) -> dict[str, Any]:
        """The arguments for AnsibleModule."""
        return {"argument_spec": dict(self.argument_spec), "supports_check_mode": True, **self.constraints}

    def start(self, host: Host, params: Mapping[str, Any]) -> dict[str, Any]:
        """Runs with the options in `params`, which Ansible has checked. Raises NvcfError."""
        with adding(lambda error: self.close(error, params)):
            result = self.run(host, parse(self.options, params))
        return {**self._about(params), **result}

    def close(self, error: NvcfError, given: Mapping[str, Any]) -> None:
        """Ends the error with what is known of every failure with such options."""
        error.more = error.more or self.closing(given)
        error.facts = self._about(given) | dict(self.failing) | error.facts

    def _about(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Of which service a result is, where the operation is about one."""
        if "service" not in self.argument_spec:
            return {}
        return {"service": given.get("service") or self.argument_spec["service"]["default"]}
