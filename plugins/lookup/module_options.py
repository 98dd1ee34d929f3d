# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: module_options
short_description: Give the modules of this collection those options for which there is a variable
version_added: 0.1.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Returns the options of one or more groups as a dictionary, each taken from the variable that is called like the
    option, with a prefix. An option without such a variable is left out, so that the module's own default holds.
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
      - The C(context) of group V(cluster) where there is a variable neither for C(context) nor for C(host).
    type: str
notes:
  - All other keyword arguments are options as well, for what is called otherwise or is no variable. They are returned
    as they are, and win.
requirements:
  - Python >= 3.12
seealso:
  - module: fleetops.nvcf.recognized_registry
"""

EXAMPLES = r"""
- name: Work on the cluster that variables like my_role_context and my_role_kubeconfig lead to
  module_defaults:
    group/fleetops.nvcf.cluster: "{{ lookup('fleetops.nvcf.module_options', 'cluster', prefix='my_role_',
      or_context=inventory_hostname) }}"
    group/fleetops.nvcf.release: "{{ lookup('fleetops.nvcf.module_options', 'release', prefix='my_role_') }}"
  block:
    - name: Look at one cluster
      fleetops.nvcf.recognized_registry_info:
"""

RETURN = r"""
_raw:
  description: One dictionary, from the options of all groups that were named, and all others given, to their values.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ..module_utils._runtime.option_groups import (
    ApiOptions,
    ChartOptions,
    ConnectionOptions,
    HelmOptions,
    ReleaseOptions,
)
from ..module_utils._runtime.options import argument_spec

GROUPS: Mapping[str, Sequence[str]] = {
    "cluster": tuple(argument_spec(ConnectionOptions)),
    "release": tuple(argument_spec(ReleaseOptions)),
    "api": tuple(argument_spec(ApiOptions)),
    "wanted": ("registries", "state", "stack_values"),
    "helm": tuple(argument_spec(HelmOptions)),
    "chart": tuple(argument_spec(ChartOptions)),
}


class LookupModule(LookupBase):
    def run(self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, **options: Any) -> list[Any]:
        """See RETURN. Raises AnsibleError for a group that there is not."""
        prefix, or_context = options.pop("prefix", None), options.pop("or_context", None)
        if self._templar is None or not isinstance(prefix, str):
            raise AnsibleError("module_options is a lookup for templates, and wants a prefix.")
        if unknown := [term for term in terms if term not in GROUPS]:
            raise AnsibleError(f"there is no group of options {unknown[0]!r}: name some of {', '.join(GROUPS)}.")
        known = variables or {}
        names = [name for group in terms for name in GROUPS[group] if prefix + name in known]
        if or_context and "cluster" in terms and not {"context", "host"} & set(names):
            options = {"context": or_context} | options
        # All at once: a value that is omitted drops out of a dictionary, and would be an error by itself.
        return [self._templar.template({name: known[prefix + name] for name in names}) | options]
