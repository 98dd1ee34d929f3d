#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recognized_registry_info
short_description: Get the container registries that a self-hosted NVCF API recognizes
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Reads the Helm release, the live ConfigMap, the pods and, with O(ask_api), the API's own list, and returns for each
    registry at which of these levels it is. After an incomplete change, the levels differ.
  - Uses the Kubernetes API only. Neither helm nor the chart is needed.
extends_documentation_fragment:
  - fleetops.nvcf.attributes
  - fleetops.nvcf.cluster
  - fleetops.nvcf.release
  - fleetops.nvcf.nvcf_api
  - fleetops.nvcf.levels
options:
  fail_when:
    description:
      - The conditions for which the task fails. The result contains all findings in any case.
      - With a condition that precedes a change, O(registries) must be valid for a change, and an error says that
        nothing was written.
      - V(unmet) is for after a change. It fails if an entry of O(registries) does not match O(state) at every level,
        or if the API could not be asked.
      - V(unverifiable) is for before a change. It fails if the API runs but cannot be asked.
      - V(recognized_elsewhere) is for before a change. It fails if the API recognizes a host or name of O(registries)
        from another source than C(api.env), so that a change of the release cannot reach O(state), or the API would
        not start after it. This is only known with O(ask_api).
      - V(stranded) is for before a removal. It fails if functions would be stranded, or if that is unknown. Without
        this condition, that is a warning.
    type: list
    elements: str
    choices: [unmet, unverifiable, recognized_elsewhere, stranded]
    default: []
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
seealso:
  - module: fleetops.nvcf.recognized_registry
  - module: fleetops.nvcf.recognized_registry_audit
"""

EXAMPLES = r"""
- name: Verify one cluster
  fleetops.nvcf.recognized_registry_info:
    context: east-1
  register: info

- name: Verify that the API recognizes a registry
  fleetops.nvcf.recognized_registry_info:
    context: east-1
    ask_api: true
    fail_when: unmet
    registries:
      - {key: GHCR, name: GitHub Container Registry, hostname: ghcr.io}

- name: Fail if the levels differ
  ansible.builtin.assert:
    that: info.disagreements | length == 0
    fail_msg: "{{ info.disagreements | join('; ') }}"
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
  returned: when the cluster could be read
  type: bool
cluster:
  description: Name of the context, or address of the API server.
  returned: when it is known
  type: str
  sample: east-1
release:
  description:
    - The last deployed revision; null when there is none. If there is no such release, only the name and namespace that
      were searched for.
  returned: when the cluster could be read, and failure because there is no such release
  type: dict
history:
  description: The stored revisions, newest first. Without O(details) only the newest one and the deployed one.
  returned: when the cluster could be read
  type: list
  elements: dict
  sample: [{revision: 3, status: deployed, modified: "2026-11-23T12:00:00+00:00"}]
pending:
  description: The newest revision when it is pending, else null.
  returned: when the cluster could be read
  type: dict
registries:
  description: Each registry that any level knows, the API's built-in ones left out.
  returned: when the cluster could be read
  type: list
  elements: dict
  contains:
    key:
      description: The map key; empty for what only the API knows.
      type: str
    name:
      description: What users call it; null when this half is missing.
      type: str
    hostname:
      description: The host; null when this half is missing.
      type: str
    stored:
      description: Whether the deployed revision's values hold it.
      type: bool
    rendered:
      description: Whether the live ConfigMap holds it.
      type: bool
    running:
      description: Whether the serving pods were started with it; null when that is not known.
      type: bool
    recognized:
      description: Whether the API lists it; null without O(ask_api).
      type: bool
    accepted:
      description: Whether the API accepts images of its host; null without O(probe), and where that is not known.
      type: bool
problems:
  description: Held registries that do not work as their author meant.
  returned: when the cluster could be read
  type: list
  elements: dict
disagreements:
  description: One sentence for each registry that is at one level and not at another.
  returned: when the cluster could be read
  type: list
  elements: str
recognized_elsewhere:
  description:
    - With O(ask_api), registries that the API recognizes from elsewhere than the pairs in C(api.env), and the place as
      far as the release reports it. Empty when it is not known what the API's pods were started with.
  returned: when the cluster could be read
  type: list
  elements: dict
  sample: [{name: GitHub Container Registry, hostname: ghcr.io, source: api.env.SPRING_APPLICATION_JSON}]
unmet:
  description: One sentence for each of O(registries) that is not, at every level, what O(state) says.
  returned: when the cluster could be read
  type: list
  elements: str
settled:
  description:
    - Whether all levels that were asked are what O(state) of O(registries) says, with no revision pending or failed and
      nothing to repair. A change would find nothing to do. V(false) without O(registries).
  returned: when the cluster could be read
  type: bool
api_problem:
  description: Why the API could not be asked; null when it could, or was not to be.
  returned: when the cluster could be read
  type: str
stranded:
  description:
    - With O(ask_api), functions on hosts that would no longer be recognized if O(state) of O(registries) came true.
      They stay, but cannot be deployed again until the registry is back.
    - Null when there may be some and no one could say which.
  returned: when the cluster could be read
  type: list
  elements: dict
  sample: [{id: 0a1b, version_id: 2c3d, name: my-function, image: "ghcr.io/my-org/my-app:1.0"}]
stranded_problem:
  description: Why it is not known which functions are stranded; null when it is.
  returned: when the cluster could be read
  type: str
last_good_revision:
  description:
    - The revision to return to if a change made now does not hold. The deployed one unless its own pods have failed,
      then the newest earlier one with which the API can start; null when there is none.
  returned: when the cluster could be read
  type: int
  sample: 3
drift:
  description:
    - What is live not as the release says, without values. The C(kind) is V(variable) for a variable, V(other) for
      C(envFrom), C(image) and C(replicas) of the API's Deployment, and V(kept) for what the cluster itself, by an
      admission policy or webhook, adds to every write or pins in it.
  returned: when the cluster could be read
  type: list
  elements: dict
rollout:
  description: The state of the API's pods, V(done), V(stale), V(waiting) or V(failed), and a text.
  returned: when the cluster could be read
  type: dict
  sample: {state: done, text: 1 of 1 pods ready with the current environment}
owner:
  description:
    - The controller to which the release belongs. A change of a release of Flux is refused, except while Flux is
      suspended; then there is a warning, as in other cases. See
      U(https://github.com/fleetops/ansible-nvcf/blob/main/docs/gitops.md).
    - Null if none is known.
  returned: when the cluster could be read. On failure also if Argo CD deploys the API without a release
  type: dict
  contains:
    tool:
      description: V(Flux) or V(Argo CD).
      type: str
    object:
      description: The object that defines the release.
      type: str
      sample: HelmRelease flux-system/nvcf-api
    state:
      description: V(reconciling), V(suspended), V(not on this cluster), or that it is unknown.
      type: str
    patch:
      description:
        - The registries of the release after the change that O(registries) ask for, as YAML to merge into this object.
          It contains nothing else, and is empty if there are none.
      type: str
    remove:
      description: Variables that must be removed from the values of this object.
      type: list
      elements: str
on_top:
  description:
    - The registries that the next sync of the stack would drop, and the C(basis) on which this is known, a file
      or a revision; the basis is null when all revisions that are left were written by this collection.
  returned: when the cluster could be read
  type: dict
  sample: {basis: revision 1, registries: [{key: GHCR, name: GitHub Container Registry, hostname: ghcr.io}]}
values_fragment:
  description: The registries of the deployed revision as Helm values, for the stack that deploys the release.
  returned: when the cluster could be read
  type: str
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

from ..module_utils._operations.recognized_registry_info import OPERATION
from ..module_utils._runtime.module_entry import run_module


def main() -> None:
    run_module(AnsibleModule(**OPERATION.module_kwargs()), OPERATION)


if __name__ == "__main__":
    main()
