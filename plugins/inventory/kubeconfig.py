# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: kubeconfig
short_description: Clusters of kubeconfig files as hosts
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Makes a host of each context of one or many kubeconfig files.
  - The inventory file's name ends in C(kubeconfig.yml) or C(kubeconfig.yaml), for example C(fleet.kubeconfig.yml).
  - No cluster is asked and no credential plugin is run. Tokens, keys, passwords and what a credential plugin is given
    never become variables, and are not cached.
  - A large kubeconfig is parsed once in a run, however many hosts it has; tasks of this collection then read what was
    found. Ansible's temporary folder of the run (C(local_tmp)) holds it until the run ends, readable by its user only.
requirements:
  - Python >= 3.12
  - PyYAML >= 6
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Says that the file is for this plugin.
    type: str
    required: true
    choices: [fleetops.nvcf.kubeconfig]
  kubeconfig:
    description:
      - Paths of kubeconfig files. They may hold shell patterns, C(**) for folders at any depth, a leading tilde and
        environment variables; relative ones start at the folder of the inventory file.
      - Every file is taken for itself. Users and clusters of the same name in different files are not mixed up, as they
        are when C(kubectl) merges files.
      - Tasks read the file at the same absolute path, so it must exist there on each machine that runs them.
      - Without it the files that E(K8S_AUTH_KUBECONFIG) or E(KUBECONFIG) names, joined by C(:), are merged as by
        C(kubectl); without these it is C(~/.kube/config). Tasks find them in the same way on the machine that runs
        them, so the path may differ there.
    type: list
    elements: str
    default: []
  include:
    description:
      - Shell patterns of names of contexts. After a leading C(~) it is a regular expression for the beginning of the
        name, as in Ansible's own patterns.
      - A pattern that matches no context is an error.
    type: list
    elements: str
    default: ['*']
  exclude:
    description:
      - Patterns of names of contexts that are left out, written as in O(include).
      - A pattern that matches no context is warned of.
    type: list
    elements: str
    default: []
  hostname:
    description:
      - What a host is called, V(context) for the name of its context, V(file) for the name of its file without the
        ending.
      - V(file) is for one file per cluster, in which the contexts often have the same name.
    type: str
    choices: [context, file]
    default: context
  on_duplicate:
    description:
      - What to do when two contexts would be the same host. V(fail), or take the V(first).
    type: str
    choices: [fail, first]
    default: fail
notes:
  - Variables of a host are C(nvcf_context), C(nvcf_cluster), C(nvcf_server) (without a login in it), C(nvcf_user) (its
    name) and C(nvcf_context_namespace), and for the role C(fleetops.nvcf.registry_allowlist)
    C(registry_allowlist_context). Only with O(kubeconfig), which names the files, there are also C(nvcf_kubeconfig) and
    C(registry_allowlist_kubeconfig), the absolute path of the file.
  - C(ansible_connection) is C(local). C(ansible_python_interpreter) is a template that becomes the Python that runs
    Ansible, C(ansible_playbook_python), on each machine.
  - Without O(kubeconfig) no variable depends on the machine, so what C(ansible-inventory --list --export) prints in one
    container can be used in another. AWX does this, so leave O(kubeconfig) out there and let the credential set
    E(K8S_AUTH_KUBECONFIG).
  - A name in which Ansible would find a template is refused. What O(compose) makes of names is never evaluated as a
    template.
  - Contexts that lead to the same API server are hosts, and warned of. They are one cluster.
  - With O(cache), what was found is used again as long as no file has changed.
  - Ansible continues without an inventory that cannot be read. Set C(any_unparsed_is_failed = true) in section
    C([inventory]) of ansible.cfg, so that it stops instead of working on a part of the fleet.
  - Ansible splits host patterns at colons and commas. A context with a colon in its name can be chosen by a group or by
    a regular expression, for example C(--limit '~.*prod-1$').
seealso:
  - name: GPU clusters
    description: Image pull checks, and GPU clusters in the inventory.
    link: https://fleetops.github.io/ansible-nvcf/gpu-clusters.html
  - name: Connections
    description: Kubeconfigs, proxies, certificates and logins that work.
    link: https://fleetops.github.io/ansible-nvcf/connections.html
"""

EXAMPLES = r"""
# fleet.kubeconfig.yml: every context of ~/.kube/config, or of what KUBECONFIG names. All are control planes, and the
# playbooks work on the group nvcf_control_planes.
plugin: fleetops.nvcf.kubeconfig
groups:
  nvcf_control_planes: true
---
# Some contexts of one large file, in groups by their region: region_east, region_west
plugin: fleetops.nvcf.kubeconfig
kubeconfig:
  - ~/fleet/merged.config
include:
  - east-*
  - '~west-[0-9]+$'
exclude:
  - '*-retired'
keyed_groups:
  - key: nvcf_context.split('-') | first
    prefix: region
groups:
  nvcf_control_planes: true
  staging: "'stage' in nvcf_cluster"
compose:
  registry_allowlist_namespace: nvcf_context_namespace or 'nvcf'
---
# Control planes and GPU clusters by the names of their contexts. Which GPU clusters belong to a control plane, its
# variable registry_allowlist_workload_clusters says.
plugin: fleetops.nvcf.kubeconfig
groups:
  nvcf_control_planes: nvcf_context.startswith('cp-')
  nvcf_gpu_clusters: nvcf_context is match('gpu-')
---
# One file per cluster, each with a context called default: the host is called like the file
plugin: fleetops.nvcf.kubeconfig
kubeconfig:
  - clusters/*.kubeconfig
hostname: file
groups:
  nvcf_control_planes: true
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible-inventory
"""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils._kubeconfig.context_cache import contexts, fingerprint
from ..module_utils._kubeconfig.contexts import ContextFacts
from ..module_utils._kubeconfig.inventory_hosts import Choice, Found, Source, same_cluster, sources
from ..module_utils._runtime.errors import NvcfError
from ..module_utils._runtime.run_cache import sharing
from ..plugin_utils._template_trust import plain, trusted

LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
"""Of each host. The Python is that of the machine that runs the tasks, which need not be the one that runs this."""


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Adds the chosen contexts to the inventory."""

    NAME = "fleetops.nvcf.kubeconfig"

    def verify_file(self, path: str) -> bool:
        """Whether the file is for this plugin, by its name."""
        return bool(super().verify_file(path)) and path.endswith(("kubeconfig.yml", "kubeconfig.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:  # noqa: FBT001, FBT002 - Ansible's
        """Reads the files and adds a host for each context."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        names = ("include", "exclude", "hostname", "on_duplicate")
        choice = Choice(named=bool(self.get_option("kubeconfig")), **{name: self.get_option(name) for name in names})
        try:
            files = sources(self.get_option("kubeconfig"), Path(path).parent, os.environ)
            found = self._found(files, self.get_cache_key(path), read_cache=cache)
            hosts = choice.hosts(found)
            for host, variables in hosts.items():
                self._add(host, variables)
        except NvcfError as error:
            raise AnsibleParserError(str(error)) from error
        for reported in same_cluster(hosts):
            self.display.warning(f"{path}: {reported}")
        for pattern in choice.unmatched(choice.exclude, [facts.name for _source, held in found for facts in held]):
            self.display.warning(f"{path}: exclude pattern {pattern!r} matches no context.")

    def _found(self, files: list[Source], key: str, *, read_cache: bool) -> Found:
        """What the files hold, from the cache if no file has changed since."""
        caching = self.get_option("cache")
        state = [[list(of_file) for of_file in fingerprint(source) or []] for source in files]
        kept = self._cache.get(key) if caching and read_cache and key in self._cache else None
        if kept and kept["state"] == state:
            held = [[ContextFacts(**facts) for facts in of_source] for of_source in kept["contexts"]]
            return list(zip(files, held, strict=True))
        # A task that needs a large file later finds there what is read here.
        with sharing(constants.DEFAULT_LOCAL_TMP):  # type: ignore[attr-defined] # set from Ansible's list of settings
            read = [(source, contexts(source).facts()) for source in files]
        if caching:
            self._cache[key] = {
                "state": state,
                "contexts": [[asdict(facts) for facts in of_source] for _source, of_source in read],
            }
        return read

    def _add(self, host: str, variables: dict[str, str]) -> None:
        self._populate_host_vars([host], plain(variables) | {name: trusted(text) for name, text in LOCAL.items()})
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)

    def _compose(self, *args: Any, **options: Any) -> Any:
        """What an expression of the inventory's author makes of the variables. It may contain what they contain."""
        return plain(super()._compose(*args, **options))
