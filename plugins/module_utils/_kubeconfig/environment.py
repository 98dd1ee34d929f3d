# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the variables K8S_AUTH_* may add to the connection options of a task. Pure.

They are those of the collection kubernetes.core. The environment is the same for all hosts of a run, so it never takes
a host that names its cluster to another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._runtime.errors import ConnectionOptionsError, InputError
from .._runtime.option_groups import PROXY_HEADERS, ConnectionOptions
from .._runtime.options import argument_spec, parse
from .contexts import Kubeconfig
from .validity import PROOFS

PREFIX = "K8S_AUTH_"
HEADERS = f"{PREFIX}PROXY_HEADERS_"
VARIABLES = {
    one.name: PREFIX + one.metadata["variable"] for one in fields(ConnectionOptions) if "variable" in one.metadata
}
"""Of each option the variable that may complete it."""
LOGIN = ("api_key", "username", "password", "client_cert", "client_key")
"""Options that say who asks."""
TRUST = ("validate_certs", "ca_cert")
"""Options that say which server is believed."""


def with_environment(given: ConnectionOptions, environ: Mapping[str, str]) -> ConnectionOptions:
    """The options of a task, completed by the variables. Raises ConnectionOptionsError for one that has no value."""
    reported = _told(environ)
    if given.kubeconfig or given.context or given.host:
        if reported.host and _address(reported.host) != _address(given.host or ""):
            # What goes with another server is for no other one, and least of all its credential.
            reported = _without(reported, "host", *LOGIN, *TRUST)
        reported = _without(reported, "host", *(("kubeconfig", "context") if given.host else ()))
    if any(getattr(given, name) for name in LOGIN):
        reported = _without(reported, *LOGIN)
    missing = {name: getattr(reported, name) for name in VARIABLES if getattr(given, name) is None}
    return replace(given, **missing)


def refuse_another_context(given: ConnectionOptions, effective: ConnectionOptions, current: str | None) -> None:
    """Raises ConnectionOptionsError where only a variable leads away from the current context of a named file."""
    if given.kubeconfig and not given.context and effective.context and effective.context != current:
        raise ConnectionOptionsError(
            f"the variable {PREFIX}CONTEXT asks for context {effective.context!r} of kubeconfig {given.kubeconfig}, "
            f"whose current context is {current!r}. Set the option context, or unset the variable."
        )


def refuse_another_user(given: ConnectionOptions, effective: ConnectionOptions, named: Kubeconfig) -> None:
    """Raises ConnectionOptionsError where a variable holds a credential and the context that is named has its own."""
    own = set(PROOFS) & named.user.keys()
    if not own or not (given.kubeconfig or given.context):
        return
    for name in LOGIN:
        if getattr(effective, name) and not getattr(given, name):
            raise ConnectionOptionsError(
                f"{named.source}: the variable {VARIABLES[name]} is a different credential than the user's own "
                f"({', '.join(sorted(own))}). Unset it, or give it as the option {name}."
            )


def _told(environ: Mapping[str, str]) -> ConnectionOptions:
    values: dict[str, Any] = {
        name: reported for name, variable in VARIABLES.items() if (reported := environ.get(variable))
    }
    if headers := {part: reported for part in PROXY_HEADERS if (reported := environ.get(f"{HEADERS}{part.upper()}"))}:
        values["proxy_headers"] = headers
    if not values:
        return ConnectionOptions()
    checked = ArgumentSpecValidator(argument_spec(ConnectionOptions)).validate(values)
    if checked.error_messages:
        raise ConnectionOptionsError(f"a variable {PREFIX}* has an invalid value: {checked.error_messages[0]}.")
    try:
        return parse(ConnectionOptions, checked.validated_parameters)
    except InputError as error:
        raise ConnectionOptionsError(f"a variable {PREFIX}* has an invalid value: {error}") from None


def _address(host: str) -> str:
    return host.lower().removeprefix("https://").rstrip("/")


def _without(options: ConnectionOptions, *names: str) -> ConnectionOptions:
    nothing: dict[str, Any] = dict.fromkeys(names)
    return replace(options, **nothing)
