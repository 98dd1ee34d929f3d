#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: look_ahead
short_description: Look at the clusters of all hosts of a batch at once
version_added: 0.1.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Does what a task of M(fleetops.nvcf.recognized_registry_audit) or M(fleetops.nvcf.recognized_registry_info) would do
    on each host of the batch, in a few processes instead of one for each host. What is found is kept in memory, and
    the task of that module that follows takes what is its host's own.
  - That task looks itself where nothing was found for its host, and fails for its host only. This one never fails
    because of a cluster.
  - Hosts whose tasks run elsewhere than on the controller, or as another user, are left to their own task. So is a
    single host, for which nothing would be saved, and so are all with the strategies V(free) and V(host_pinned).
  - Looks at as many clusters at the same time as Ansible has forks.
attributes:
  action:
    description: Runs on the controller only.
    support: full
  check_mode:
    description: Changes nothing, in check mode or not.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
options:
  module:
    description: The module whose task follows.
    type: str
    choices: [recognized_registry_audit, recognized_registry_info]
    required: true
  options_from:
    description:
      - The name of the variable that holds that module's options as a map, or several such maps as a list. It is
        looked up with the variables of each host. The task that follows names it in its own C(options_from).
    type: str
    required: true
requirements:
  - Python >= 3.12
notes:
  - Meant for tasks with C(run_once).
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
    - name: Look at all clusters at once
      fleetops.nvcf.look_ahead:
        module: recognized_registry_audit
        options_from: nvcf_audit
      run_once: true

    - name: Evaluate each
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
