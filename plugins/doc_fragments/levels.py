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
        description: The type of artifacts.
        type: str
        default: CONTAINER
      allow_unvalidated:
        description: Whether a host of a service that NVCF validates itself is allowed.
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
      - Whether to read the API's own list too.
    type: bool
    default: false
  probe:
    description:
      - Whether to verify that the API accepts an image of each desired or stored registry, with a request that
        creates nothing. See O(fleetops.nvcf.function_smoke_test#module:method=probe).
      - Only this proves that a registry works. It requires a token with the scopes to create functions or tasks.
    type: bool
    default: false
  stack_values:
    description:
      - The values file of the deployer, to find the registries that its next deployment would remove.
      - By default the last revision that this collection did not create is used instead.
    type: path
  details:
    description:
      - Whether C(history) contains all revisions. Ansible keeps the results of all hosts until a task has ended.
    type: bool
    default: false
  options_from:
    description:
      - The name of a variable that contains further options as a map. Options of the task itself take precedence.
      - It may also contain a list of maps, for example for several services of one cluster. The module then runs
        with each of them and returns C(results), like a task with a loop.
      - If a task of M(fleetops.nvcf.look_ahead) with the same variable has read this host's cluster, its result is
        used once, and the variable is not read.
      - Only for tasks that Ansible runs itself. A module that is called in another way has no variables.
    type: str
  short_failure:
    description:
      - Whether the result of a failed task contains only the message, the verdict and C(next_steps), so that Ansible
        does not print all that was read. The callback P(fleetops.nvcf.fleet_report#callback) still reports all of it.
      - Only for tasks that Ansible runs itself.
    type: bool
    default: false
  missing_ok:
    description:
      - Whether a missing O(service) is not an error. The result then contains C(missing), and nothing is changed.
      - A release that another tool deploys, for example Argo CD, or that is in another namespace, is an error in
        any case.
    type: bool
    default: false
"""
