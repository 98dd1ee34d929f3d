#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recognized_registry_audit
short_description: Audit the recognized registries of an NVCF control plane
version_added: 0.1.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Reads the same as M(fleetops.nvcf.recognized_registry_info), returns findings with a next step for each, and fails
    according to O(fail_on). Nothing is ever written.
  - A cluster that cannot be reached is a finding too, so it is a row in the report and does not end the run.
extends_documentation_fragment:
  - fleetops.nvcf.cluster
  - fleetops.nvcf.release
  - fleetops.nvcf.nvcf_api
  - fleetops.nvcf.levels
attributes:
  check_mode:
    description: Never changes anything.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
options:
  report_as:
    description:
      - The name, usually C(inventory_hostname), that is added to the statistics C(nvcf_drifted), C(nvcf_unreadable) or
        C(nvcf_unreachable), according to the RV(verdict), if the task does not fail. See
        M(ansible.builtin.set_stats).
    type: str
  fail_on:
    description:
      - The severity of findings from which the task fails. V(error) means that the cluster is not in the desired state.
        V(never) reports findings and does not fail.
    type: str
    choices: [error, warning, never]
    default: error
seealso:
  - module: fleetops.nvcf.recognized_registry
  - module: fleetops.nvcf.recognized_registry_info
"""

EXAMPLES = r"""
- name: Audit with a desired registry
  fleetops.nvcf.recognized_registry_audit:
    context: east-1
    registries:
      - key: GHCR
        name: GitHub Container Registry
        hostname: ghcr.io
    ask_api: true
"""

RETURN = r"""
service:
  description: The value of O(service).
  returned: always
  type: str
elapsed:
  description: Seconds that the look took, where M(fleetops.nvcf.look_ahead) has taken it.
  returned: when it was taken ahead
  type: float
  sample: 0.412
missing:
  description: Whether the service is not there, with O(missing_ok).
  returned: success
  type: bool
cluster:
  description: Name of the context, or address of the API server.
  returned: always
  type: str
  sample: east-1
verdict:
  description:
    - V(ok) without findings, V(warning) with warnings only, V(drifted) with an error in what was read,
      V(unreachable) when the cluster did not answer.
    - V(unreadable) when it did and the release could not be read, for lack of rights for instance, when the pods are in
      order and the NVCF API could not be asked, and when the input was refused or the task ended unexpectedly.
  returned: always
  type: str
  sample: drifted
wanted:
  description:
    - Whether a desired state was given. Without O(registries) only the release itself is checked, and V(ok) does not
      mean that any registry is recognized.
  returned: always
  type: bool
findings:
  description: What was found, errors first.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description:
        - What it is about. Errors are V(unreachable), V(unreadable), V(unmet), V(disagreement), V(problem), V(drift),
          V(pending), V(uninstalled), V(rollout) and V(api). Warnings are V(failed_revision), V(stranded), V(refused),
          V(functions), V(accepted), V(credential_missing) and V(next_sync_drops).
      type: str
    severity:
      description: V(error) or V(warning).
      type: str
    text:
      description: What was found.
      type: str
    next_step:
      description: What to do about it.
      type: str
next_steps:
  description: What to do about the errors, each once and at most three, with O(short_failure).
  returned: failure
  type: list
  elements: str
refused:
  description:
    - With O(ask_api), functions whose image is on a host that the API does not recognize. They were created when it
      still was, and cannot be deployed again until the registry is back.
  returned: when the cluster could be read
  type: list
  elements: dict
  sample: [{id: 0a1b, version_id: 2c3d, name: my-function, image: "ghcr.io/my-org/my-app:1.0"}]
functions_problem:
  description: Why the functions could not be listed though the registries could; null when they could, or need not be.
  returned: when the cluster could be read
  type: str
release:
  description:
    - The last deployed revision; null when there is none. This and all else that
      M(fleetops.nvcf.recognized_registry_info) returns is there when the cluster could be read.
  returned: when the cluster could be read
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._operations.recognized_registry_audit import OPERATION
from ..module_utils._runtime.module_entry import run_module


def main() -> None:
    run_module(AnsibleModule(**OPERATION.module_kwargs()), OPERATION)


if __name__ == "__main__":
    main()
