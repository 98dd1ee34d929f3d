#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: look_ahead
short_description: Read the clusters of all hosts of a wave at once
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Runs M(fleetops.nvcf.recognized_registry_audit) or M(fleetops.nvcf.recognized_registry_info) for all hosts of a
    wave, in a few processes instead of one per host. The results are kept in memory, and the next task of that module
    uses the result of its host.
  - If there is no result for a host, its own task reads the cluster, and fails for its host only. This task never fails
    because of a cluster.
  - Skips hosts whose tasks do not run on the controller, or run as another user, a single host, and all hosts with the
    strategies V(free) and V(host_pinned). Their own tasks read the clusters.
  - Reads as many clusters at the same time as Ansible has forks.
attributes:
  action:
    description: Has an action plugin, which runs on the controller.
    support: full
    details: There is no module for a target.
  async:
    description: Can run in the background with C(async).
    support: none
  become:
    description: Can run as another user with C(become).
    support: none
    details: Hosts whose tasks run as another user are skipped.
  check_mode:
    description: Can run with C(--check), and changes nothing then.
    support: full
    details: Never changes anything.
  connection:
    description: Runs where the connection of the host leads, for example on a bastion.
    support: none
    details: Hosts whose tasks do not run on the controller are skipped.
  diff_mode:
    description: Shows what is changed with C(--diff).
    support: none
    details: There is nothing to compare.
  facts:
    description: Sets facts of the host.
    support: none
  platform:
    description: Operating systems of the machine on which the task runs.
    platforms: posix
    support: full
options:
  module:
    description: The module whose task follows.
    type: str
    choices: [recognized_registry_audit, recognized_registry_info]
    required: true
  options_from:
    description:
      - The name of the variable that contains the module's options as a map, or a list of such maps. It is read with
        the variables of each host. The next task of the module names it in its own C(options_from).
    type: str
    required: true
requirements:
  - Python >= 3.12
notes:
  - Use it in tasks with C(run_once).
seealso:
  - module: fleetops.nvcf.recognized_registry_audit
  - module: fleetops.nvcf.recognized_registry_info
"""

EXAMPLES = r"""
- name: Audit a thousand clusters
  hosts: nvcf_control_planes
  gather_facts: false
  vars:
    nvcf_audit:
      context: "{{ inventory_hostname }}"
      ask_api: true
      registries:
        - key: GHCR
          name: GitHub Container Registry
          hostname: ghcr.io
  tasks:
    - name: Read all clusters of the wave
      fleetops.nvcf.look_ahead:
        module: recognized_registry_audit
        options_from: nvcf_audit
      run_once: true

    - name: Audit each cluster
      fleetops.nvcf.recognized_registry_audit:
        options_from: nvcf_audit
"""

RETURN = r"""
hosts:
  description: How many hosts were looked at; 0 where it would save nothing.
  returned: success
  type: int
  sample: 100
"""
