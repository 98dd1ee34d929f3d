# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules of this collection have in common beside their options."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  action:
    description: Has an action plugin, which runs on the controller.
    support: full
    details:
      - With a local connection and without C(become), C(async) and C(environment), the task runs inside Ansible, and no
        process is started for it. Otherwise the module runs on the target. The results are the same.
  action_group:
    description: Use C(group/fleetops.nvcf.NAME) in C(module_defaults) to set options of all modules of a group at once.
    support: full
  async:
    description: Can run in the background with C(async).
    support: full
  become:
    description: Can run as another user with C(become), whose kubeconfig and environment are used.
    support: full
  check_mode:
    description: Can run with C(--check), and changes nothing then.
  connection:
    description: Runs where the connection of the host leads, for example on a bastion.
    support: full
  delegation:
    description: Can run on another host with C(delegate_to).
    support: full
  diff_mode:
    description: Shows what is changed with C(--diff).
  facts:
    description: Sets facts of the host.
    support: none
  idempotent:
    description: A second run with the same options changes nothing and reports no change.
    support: full
  platform:
    description: Operating systems of the machine on which the task runs.
    platforms: posix
    support: full
"""
