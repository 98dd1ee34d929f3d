# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options for the desired state, and for how much is read."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  registries:
    description:
      - The registries that must be present or absent.
    type: list
    elements: dict
    suboptions:
      key:
        description: The map key.
        type: str
      name:
        description: What users call it.
        type: str
      hostname:
        description: The host.
        type: str
      artifact_type:
        description: What the registry holds.
        type: str
        default: CONTAINER
      allow_unvalidated:
        description: Whether a host of a service that NVCF validates itself is intended anyway.
        type: bool
        default: false
  state:
    description:
      - Whether O(registries) must be present, absent, or the only ones.
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
      - A values file of the stack that deploys the release, to show which registries its next sync would drop.
      - Without it, the last revision that this collection did not write stands for the stack's values.
    type: path
  details:
    description:
      - Whether C(history) contains all revisions. Ansible keeps the results of all hosts until a task has ended.
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
      - Whether it is not an error that the O(service) is not there. The result then has little more than C(missing)
        and changes nothing.
      - A release that something else deploys, Argo CD for instance, or that is in another namespace, is an
        error in any case.
    type: bool
    default: false
"""
