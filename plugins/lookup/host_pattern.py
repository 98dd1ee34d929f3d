# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: host_pattern
short_description: Give back a pattern for hosts that matches at least one
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Returns a host pattern as it is, and fails where it matches no host, C(--limit) included, or where a part of it is
    neither a group nor matches a host of the inventory.
  - Without a pattern it returns that of the variable C(nvcf_hosts), and without this variable the group
    C(nvcf_control_planes). It never returns V(all) by itself, because an inventory may hold other machines. All
    playbooks of this collection choose their hosts so.
  - Ansible itself leaves out what matches none and ends successfully, so that a typing error in the name of a group
    looks like a fleet in good order. It also continues with an empty inventory where one cannot be read.
  - Meant for C(hosts) of a play. Nothing is checked where the play is only looked at, with C(--syntax-check),
    C(--list-tasks) or C(--list-tags).
options:
  _terms:
    description: One pattern, as C(hosts) of a play takes it, or a list of patterns. An empty one is refused.
    type: raw
  at_most:
    description:
      - How many hosts the pattern may match, C(--limit) included. For what must not be done on many by mistake.
      - In the playbook C(fleetops.nvcf.release_rollback) it is the variable C(nvcf_max_hosts).
    type: int
seealso:
  - plugin: ansible.builtin.inventory_hostnames
    plugin_type: lookup
  - name: Playbooks
    description: The playbooks of this collection, and the hosts that they run on.
    link: https://fleetops.github.io/ansible-nvcf/playbooks.html
"""

EXAMPLES = r"""
- name: Add registries on the hosts of nvcf_hosts, or else of the group nvcf_control_planes
  hosts: "{{ lookup('fleetops.nvcf.host_pattern') }}"
  gather_facts: false
  roles:
    - fleetops.nvcf.registry_allowlist

- name: Add registries in one region
  hosts: "{{ lookup('fleetops.nvcf.host_pattern', region | default('nvcf_control_planes')) }}"
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
from ..module_utils._runtime.input_rules import shown

VARIABLE = "nvcf_hosts"
GROUP = "nvcf_control_planes"
_LOOKED_AT = ("syntax", "listtasks", "listtags")


class LookupModule(LookupBase):
    def run(self, terms: Sequence[Any], variables: Mapping[str, Any] | None = None, **options: Any) -> list[Any]:
        """See RETURN. Raises AnsibleError where no host is matched, or more than are allowed."""
        known = variables or {}
        looked_at = any(context.CLIARGS.get(option) for option in _LOOKED_AT)
        inventory = self._inventory(known.get("groups") or {})
        try:
            patterns = list(terms) or [self._chosen(known, inventory, looked_at=looked_at)]
            if not looked_at:
                _check(patterns, inventory, known.get("ansible_limit") or None, _number(options.get("at_most")))
        except InputError as error:
            raise AnsibleError(str(error)) from error
        return patterns

    def _chosen(self, known: Mapping[str, Any], inventory: InventoryManager, *, looked_at: bool) -> Any:
        if VARIABLE in known and self._templar is not None:
            return self._templar.template(known[VARIABLE])
        if inventory.hosts and GROUP not in inventory.groups and not looked_at:
            raise InputError(
                "No hosts are chosen: the inventory has no group nvcf_control_planes, and nvcf_hosts is not set. Put "
                "the clusters into this group, or choose hosts with nvcf_hosts, for example -e nvcf_hosts=all if all "
                f"hosts of the inventory are control planes. {some([*inventory.hosts, *inventory.groups])}"
            )
        return GROUP

    def _inventory(self, groups: Mapping[str, Iterable[str]]) -> InventoryManager:
        inventory = InventoryManager(self._loader or DataLoader(), parse=False)
        for group, hosts in groups.items():
            inventory.add_group(group)
            for host in hosts:
                inventory.add_host(host, group=group)
        return inventory


def _number(at_most: Any) -> int | None:
    """Raises InputError for what is not a number of hosts."""
    if at_most is None or (isinstance(at_most, int) and at_most >= 1):
        return at_most
    if not str(at_most).strip().isdecimal() or int(at_most) < 1:
        raise InputError(f"nvcf_max_hosts {shown(at_most)}: it is not a number of hosts. Give 1 or more, or omit it.")
    return int(at_most)


def _check(patterns: Sequence[Any], inventory: InventoryManager, limit: str | None, at_most: int | None) -> None:
    for pattern in patterns:
        parts = split_host_pattern(pattern or [])
        if not any(part.strip() for part in parts):
            # Ansible would take all hosts.
            _refuse(pattern, inventory, "")
        for part in parts:
            if not part.startswith(("!", "&")) and part not in inventory.groups and not inventory.get_hosts(part):
                _refuse(part, inventory, "")
    inventory.subset(limit)
    matched: dict[str, None] = {}
    for pattern in patterns:
        hosts = inventory.get_hosts(pattern or [])
        if not hosts:
            _refuse(pattern, inventory, f" within --limit {limit}" if limit else "")
        matched |= dict.fromkeys(host.name for host in hosts)
    if at_most is not None and len(matched) > at_most:
        names = list(matched)
        raise InputError(
            f"hosts {shown(','.join(map(_text, patterns)))} match {len(names)} hosts, and at most {at_most} may be "
            "worked on here, because what is asked for depends on the cluster. Choose one with --limit, for example "
            f"--limit {names[0]}, or allow more with -e nvcf_max_hosts={len(names)}. {some(names)} Nothing was read or "
            "written."
        )


def _refuse(pattern: Any, inventory: InventoryManager, limited: str) -> NoReturn:
    hosts = sorted(inventory.hosts)
    if not hosts:
        raise InputError(
            "The inventory holds no host: there is no cluster to work on. Give one with -i, and see whether Ansible "
            "could read it."
        )
    names = [*hosts, *inventory.groups]
    text = _text(pattern)
    near = difflib.get_close_matches(text, names, 1)
    meant = f"Did you mean {near[0]}? " if near and near[0] != text else ""
    raise InputError(
        f"hosts {shown(text)} ({VARIABLE} in the playbooks of fleetops.nvcf) match no host of the inventory{limited}."
        f" {meant}{some(names)}"
    )


def _text(pattern: Any) -> str:
    return pattern if isinstance(pattern, str) else ",".join(map(str, pattern or ()))
