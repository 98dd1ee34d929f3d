# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: module_options
short_description: Give the modules of this collection those options for which there is a variable
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Returns the options of one or more groups as a dictionary, each taken from the variable that is called like the
    option, with a prefix. An option without such a variable is left out, so that the module's own default holds.
  - The variables of C(username) and C(password) end with C(kube_username) and C(kube_password), because a role may
    have other logins, for example for the chart's registry.
  - Meant for C(module_defaults), in a role that has a variable for each option that its users may want to set.
  - Naming each option with the filter C(default) and C(omit) does the same, at a price. Ansible compiles each
    expression anew for every task of every host, and a thousand clusters pay for each of them.
options:
  _terms:
    description:
      - V(cluster), V(release) and V(api) are the action groups of those names. V(wanted) is C(registries),
        C(state) and C(stack_values) of M(fleetops.nvcf.recognized_registry_audit). V(helm) and V(chart) are
        the options of M(fleetops.nvcf.recognized_registry) about the helm program and the chart.
    type: list
    elements: str
    choices: [cluster, release, api, wanted, helm, chart]
    required: true
  prefix:
    description:
      - What the variables' names begin with.
    type: str
    required: true
  or_context:
    description:
      - The C(context) of group V(cluster) where there is a variable neither for C(context) nor for C(host), or these
        are omitted or empty, as a template leaves them that finds nothing. An empty context would be the current one of
        the kubeconfig, and so one cluster for all hosts.
    type: str
  service:
    description:
      - The service of NVCF that the options are for, returned as the option of that name. Of any but V(functions) the
        variables may have its name and an underscore after the prefix, and then win, so that C(my_role_tasks_release)
        is what C(my_role_release) is for functions.
      - The variables without it are for all services, but those that cannot be the same for two. These are C(release),
        C(chart_ref), C(chart_version), C(api_url), C(api_host_header), C(token), C(token_file) and C(stack_values).
    type: str
    choices: [functions, tasks]
  services:
    description:
      - Services instead of O(service), as a list or as text with commas between them. The options of each are then an
        item of what is returned, in the order in which a role changes them. It fails for one that there is not and
        where none is named, because a role that works on nothing would find everything in order.
      - V(auto) means all, and those but V(functions) then have C(missing_ok) as well.
    type: raw
  known:
    description:
      - All variables with the prefix that there are, without it. With it, a variable that is
        not among them fails if one of them is nearly called so, and is warned of if not. One that continues the name of
        one of them after an underscore is taken for what it is made of.
      - As one text with commas between the names it costs a fleet less than as a list.
    type: list
    elements: str
notes:
  - All other keyword arguments are options too, for values under other names or without a variable. They are returned
    unchanged, and take precedence.
requirements:
  - Python >= 3.12
seealso:
  - module: fleetops.nvcf.recognized_registry
"""

EXAMPLES = r"""
- name: Read the cluster of the role's variables
  module_defaults:
    group/fleetops.nvcf.cluster: "{{ lookup('fleetops.nvcf.module_options', 'cluster', prefix='my_role_',
      or_context=inventory_hostname) }}"
    group/fleetops.nvcf.release: "{{ lookup('fleetops.nvcf.module_options', 'release', prefix='my_role_') }}"
  block:
    - name: Verify one cluster
      fleetops.nvcf.recognized_registry_info:
"""

RETURN = r"""
_raw:
  description:
    - One dictionary, from the options of all groups that were named, and all others given, to their values. With
      O(services) one for each of them.
  type: list
  elements: dict
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ..module_utils._runtime.errors import InputError
from ..module_utils._runtime.given import is_blank
from ..module_utils._runtime.option_groups import (
    ApiOptions,
    ChartOptions,
    ConnectionOptions,
    HelmOptions,
    ReleaseOptions,
)
from ..module_utils._runtime.options import argument_spec
from ..module_utils._runtime.services import FUNCTIONS, OWN_OPTIONS, SERVICES, named, optional

GROUPS: Mapping[str, Sequence[str]] = {
    "cluster": tuple(argument_spec(ConnectionOptions)),
    "release": tuple(argument_spec(ReleaseOptions)),
    "api": tuple(argument_spec(ApiOptions)),
    "wanted": ("registries", "state", "stack_values"),
    "helm": tuple(argument_spec(HelmOptions)),
    "chart": tuple(argument_spec(ChartOptions)),
}
VARIABLES = {"username": "kube_username", "password": "kube_password"}
"""What the ends of variables are called, where a role may have more than one of that name."""
_WHICH = frozenset({"context", "host"})
"""Options that say which cluster it is."""


class LookupModule(LookupBase):
    def run(self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, **options: Any) -> list[Any]:
        """See RETURN. Raises AnsibleError for a group that there is not, and for a variable that is misspelled."""
        prefix, or_context = options.pop("prefix", None), options.pop("or_context", None)
        services = options.pop("services", None)
        if self._templar is None or not isinstance(prefix, str):
            raise AnsibleError("module_options is a lookup for templates, and wants a prefix.")
        if unknown := [term for term in terms if term not in GROUPS]:
            raise AnsibleError(f"there is no group of options {unknown[0]!r}: choose from {', '.join(GROUPS)}.")
        given, known = variables or {}, options.pop("known", ())
        try:
            self._name_strangers(given, prefix, known)
            each = [options] if services is None else [options | more for more in _of_each(services)]
        except InputError as error:
            raise AnsibleError(str(error)) from error
        names = [name for group in terms for name in GROUPS[group]]
        found = []
        for one in each:
            if (service := one.get("service", FUNCTIONS.name)) not in SERVICES:
                raise AnsibleError(f"there is no service {service!r}: name one of {', '.join(SERVICES)}.")
            there = {name: variable for name in names if (variable := _variable(prefix, name, service, given))}
            # All at once: a value that is omitted drops out of a dictionary, and would be an error by itself.
            of_variables = self._templar.template({name: given[there[name]] for name in there})
            if or_context and "cluster" in terms:
                of_variables = _with_context(of_variables, or_context)
            found.append(of_variables | one)
        return found

    def _name_strangers(self, given: Mapping[str, Any], prefix: str, known: Sequence[str] | str) -> None:
        # A list of Ansible's makes each of its items anew each time that one is compared.
        known = tuple(known.replace(" ", "").split(",") if isinstance(known, str) else known)
        for name in (name.removeprefix(prefix) for name in given if known and name.startswith(prefix)):
            if name in known or any(name.startswith(f"{one}_") for one in known):
                continue
            if near := difflib.get_close_matches(name, known, 1, cutoff=0.75):
                raise InputError(
                    f"there is no variable {prefix}{name}, so it would change nothing. Did you mean {prefix}{near[0]}? "
                    "Rename it. Nothing was written."
                )
            self._display.warning(f"there is no variable {prefix}{name}, so it changes nothing.")


def _of_each(services: object) -> list[dict[str, Any]]:
    missing_ok = optional(services)
    return [{"service": name} | ({"missing_ok": True} if name in missing_ok else {}) for name in named(services)]


def _with_context(options: dict[str, Any], context: str) -> dict[str, Any]:
    given = {name: value for name, value in options.items() if name not in _WHICH or not is_blank(value)}
    return given if given.keys() & _WHICH else given | {"context": context}


def _variable(prefix: str, option: str, service: str, given: Mapping[str, Any]) -> str | None:
    """The variable that says what an option is for a service; None where there is none."""
    own = service != FUNCTIONS.name
    end = VARIABLES.get(option, option)
    names = ([f"{prefix}{service}_{end}"] if own else []) + ([] if own and option in OWN_OPTIONS else [prefix + end])
    return next((name for name in names if name in given), None)
