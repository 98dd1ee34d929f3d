# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operation may ask of whoever runs it: an AnsibleModule or an action plugin, it can't tell which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Host:
    """The runner's side of one operation on one cluster."""

    params: Mapping[str, Any] = field(repr=False)
    """The validated options."""
    check_mode: bool
    warn: Callable[[str], None]
    say: Callable[[str], None]
    """Shows one line of progress to whoever watches, if anybody does."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of the collection, however it is entered."""

    run: Callable[[Host], dict[str, Any]]
    argument_spec: Mapping[str, Mapping[str, Any]]
    constraints: Mapping[str, Any] = field(default_factory=dict)
    """`mutually_exclusive`, `required_together`, `required_if`, ... as AnsibleModule takes them."""
    supports_check_mode: bool = True

    def module_kwargs(self) -> dict[str, Any]:
        """The arguments for AnsibleModule."""
        return {
            "argument_spec": dict(self.argument_spec),
            "supports_check_mode": self.supports_check_mode,
            **self.constraints,
        }
