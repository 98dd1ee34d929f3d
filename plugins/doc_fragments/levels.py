# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that say what ought to be there, and how far to look."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  registries:
    description:
      - What ought to be there, or ought not to.
    type: list
    elements: dict
    suboptions:
      key:
        description: The map key.
        type: str
      name:
        description: What people call it.
        type: str
      hostname:
        description: The host.
        type: str
      artifact_type:
        description: What the registry holds.
        type: str
        default: CONTAINER
      allow_unvalidated:
        description: Whether a host of a service that NVCF validates itself is meant all the same.
        type: bool
        default: false
  state:
    description:
      - Whether O(registries) ought to be there, ought not to, or ought to be the only ones.
    type: str
    choices: [present, absent, exact]
    default: present
  ask_api:
    description:
      - Whether the API's own list is read as well.
    type: bool
    default: false
  probe:
    description:
      - Whether the API is also asked whether it would accept an image of each registry that is wanted or stored, with a
        question that creates nothing. For how it asks see O(fleetops.nvcf.function_smoke_test#module:method=probe).
      - It is the only proof that a registry works. A token with the rights to create functions or tasks is needed.
    type: bool
    default: false
  stack_values:
    description:
      - A values file of the stack that deploys the release, to tell which registries its next sync would drop.
      - Without it, the last revision that this collection did not write stands for the stack's values.
    type: path
  details:
    description:
      - Whether C(history) is told whole. Ansible keeps what each host returns until the last host of a task has ended.
    type: bool
    default: false
  options_from:
    description:
      - The name of a variable that holds further options as a map; those that the task gives itself win.
      - It may also hold a list of maps, for several services of one cluster for instance. The module then works with
        each of them and returns what it found in C(results), as a task with a loop does.
      - Where a task of M(fleetops.nvcf.look_ahead) that names the same variable has looked at this host's cluster
        before, its result is taken, once, and the variable is not even looked at.
      - Only for tasks that Ansible runs itself; a module that is called in another way knows no variables.
    type: str
  missing_ok:
    description:
      - Whether it is no error that the O(service) is not there. The result then has little more than C(missing)
        and changes nothing.
      - A release that something else deploys, Argo CD for instance, or that is in another namespace, is an error all
        the same.
    type: bool
    default: false
"""
