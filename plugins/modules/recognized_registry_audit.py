#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recognized_registry_audit
short_description: Audit the recognized registries of an NVCF control plane
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Reads the same as M(fleetops.nvcf.recognized_registry_info), returns findings with a next step for each, and fails
    according to O(fail_on). Nothing is ever written.
  - A cluster that cannot be reached is a finding too, so it is a row in the report and does not end the run.
extends_documentation_fragment:
  - fleetops.nvcf.attributes
  - fleetops.nvcf.cluster
  - fleetops.nvcf.release
  - fleetops.nvcf.nvcf_api
  - fleetops.nvcf.levels
attributes:
  action_group:
    membership: [fleetops.nvcf.cluster, fleetops.nvcf.release, fleetops.nvcf.api]
  async:
    support: partial
    details: Not with several maps of options in the variable that O(options_from) names.
  check_mode:
    details: Never changes anything.
    support: full
  diff_mode:
    details: There is nothing to compare.
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
  returned: when it is known
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
owner:
  description:
    - The controller to which the release belongs, as M(fleetops.nvcf.recognized_registry_info) returns it, with the
      registries as a patch. Also returned if the release could not be read because Argo CD deploys the API without one.
  returned: when the cluster could be read, and if Argo CD deploys the API
  type: dict
release:
  description:
    - The last deployed revision; null when there is none. This and all else that
      M(fleetops.nvcf.recognized_registry_info) returns is there when the cluster could be read, also if the task
      fails because of O(fail_on).
  returned: when the cluster could be read
  type: dict
field:
  description: The option that was refused.
  returned: failure because of an option
  type: str
  sample: request_timeout
value:
  description: The value that was refused, without a login. It is missing for secrets and for values of a wrong type.
  returned: failure because of an option
  type: raw
  sample: 0
reason:
  description: Why it was refused.
  returned: failure because of an option
  type: str
  sample: it is not between 1 and 86400 seconds
cure:
  description: What to do about it.
  returned: failure because of an option
  type: str
  sample: Give a number in this range
server:
  description: Address of the Kubernetes API server.
  returned: failure because of the Kubernetes API
  type: str
  sample: https://east-1.example.com:6443
no_answer:
  description: V(true) if the cluster did not answer, or the connection options lead to none. Nothing is known about it.
  returned: failure without an answer of the cluster
  type: bool
results:
  description: The result for each map, if the variable in O(options_from) contains a list of several.
  returned: with several maps of options
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._operations.recognized_registry_audit import OPERATION
from ..module_utils._runtime.module_entry import run_module


def main() -> None:
    run_module(AnsibleModule(**OPERATION.module_kwargs()), OPERATION)


if __name__ == "__main__":
    main()
