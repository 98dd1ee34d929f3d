# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: host_pattern
short_description: Give back a pattern for hosts that matches at least one
version_added: 0.1.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Returns a host pattern as it is, and fails where it matches no host, C(--limit) included, or where a part of it is
    neither a group nor matches a host of the inventory.
  - Ansible itself leaves out what matches none and ends successfully, so that a typing error in the name of a group
    looks like a fleet in good order. It also continues with an empty inventory where one cannot be read.
  - Meant for C(hosts) of a play. Nothing is checked where the play is only looked at, with C(--syntax-check),
    C(--list-tasks) or C(--list-tags).
options:
  _terms:
    description: One pattern, as C(hosts) of a play takes it, or a list of patterns.
    type: raw
    required: true
seealso:
  - plugin: ansible.builtin.inventory_hostnames
    plugin_type: lookup
  - name: Playbooks
    description: The playbooks of this collection, and the hosts that they run on.
    link: https://fleetops.github.io/ansible-nvcf/playbooks.html
"""

EXAMPLES = r"""
- name: Add registries in one region
  hosts: "{{ lookup('fleetops.nvcf.host_pattern', region | default('all')) }}"
  gather_facts: false
  roles:
    - fleetops.nvcf.registry_allowlist
"""

RETURN = r"""
_raw:
  description: The pattern.
  type: list
  elements: raw
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from ansible import context
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager, split_host_pattern
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.lookup import LookupBase

from ..module_utils._kubeconfig.inventory_hosts import some
from ..module_utils._runtime.errors import InputError

_LOOKED_AT = ("syntax", "listtasks", "listtags")


class LookupModule(LookupBase):
    def run(self, terms: Sequence[Any], variables: Mapping[str, Any] | None = None, **_options: Any) -> list[Any]:
        """See RETURN. Raises AnsibleError where no host is matched."""
        if any(context.CLIARGS.get(option) for option in _LOOKED_AT):
            return list(terms)
        try:
            self._check(terms, variables or {})
        except InputError as error:
            raise AnsibleError(str(error)) from error
        return list(terms)

    def _check(self, terms: Sequence[Any], known: Mapping[str, Any]) -> None:
        inventory = self._inventory(known.get("groups") or {})
        for pattern in terms:
            for part in split_host_pattern(pattern or []):
                if not part.startswith(("!", "&")) and part not in inventory.groups and not inventory.get_hosts(part):
                    _refuse(part, inventory, "")
        inventory.subset(known.get("ansible_limit") or None)
        for pattern in terms:
            if not inventory.get_hosts(pattern or []):
                limit = known.get("ansible_limit")
                _refuse(pattern, inventory, f" within --limit {limit}" if limit else "")

    def _inventory(self, groups: Mapping[str, Iterable[str]]) -> InventoryManager:
        inventory = InventoryManager(self._loader or DataLoader(), parse=False)
        for group, hosts in groups.items():
            inventory.add_group(group)
            for host in hosts:
                inventory.add_host(host, group=group)
        return inventory


def _refuse(pattern: Any, inventory: InventoryManager, limited: str) -> NoReturn:
    hosts = sorted(inventory.hosts)
    if not hosts:
        raise InputError(
            "The inventory holds no host: there is no cluster to work on. Give one with -i, and see whether Ansible "
            "could read it."
        )
    names = [*hosts, *inventory.groups]
    shown = pattern if isinstance(pattern, str) else ",".join(map(str, pattern or ()))
    near = difflib.get_close_matches(shown, names, 1)
    meant = f"Did you mean {near[0]}? " if near and near[0] != shown else ""
    raise InputError(
        f"hosts {shown[:200]!r} (nvcf_hosts in the playbooks of fleetops.nvcf) match no host of the inventory{limited}."
        f" {meant}{some(names)}"
    )
