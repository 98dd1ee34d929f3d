#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_rollback
short_description: Roll back the release of a self-hosted NVCF API to a good revision
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Runs C(helm rollback) to a given revision, or to the last one with which the API ran, and waits until the API's pods
    run with it.
  - C(helm rollback) without a revision returns to the previous one even if that failed. This module never does. It
    refuses failed, pending and deleted revisions.
  - A rollback does not run the account bootstrap Job, which is a hook of installations and upgrades only. If a chart
    has hooks for rollbacks, helm runs them. If one fails, the task fails, and the new revision remains pending.
  - Repairs a release whose helm process was killed, if the pending revision is older than O(pending_min_age).
  - Rolls nothing back if another user changes the release before helm starts.
  - If the release already matches the target, helm is not run and no revision is created. It does not match if a
    variable of a recognized registry was edited manually, or left in the ConfigMap by a failed upgrade.
extends_documentation_fragment:
  - fleetops.nvcf.attributes
  - fleetops.nvcf.cluster
  - fleetops.nvcf.release
  - fleetops.nvcf.release.helm
  - fleetops.nvcf.release.rollout
attributes:
  action_group:
    membership: [fleetops.nvcf.cluster, fleetops.nvcf.release]
  check_mode:
    details: Reports the target revision, and changes nothing.
    support: full
  diff_mode:
    details: The values of a release may contain secrets.
    support: none
options:
  revision:
    description:
      - The revision to return to.
      - By default the newest one that helm completed and with which the API can start. The deployed revision is skipped
        if its pods failed, because the Helm status C(deployed) does not mean healthy.
      - From V(1) to V(2147483647).
    type: int
  expected_revision:
    description:
      - The newest revision, deployed or not, at the time of your decision. If it is another one now, another user has
        changed the release. The task then fails, reports what is known, and rolls nothing back.
      - From V(1) to V(2147483647).
    type: int
  mark:
    description:
      - The RV(fleetops.nvcf.recognized_registry#module:mark) of a change. Only the revision with this mark is rolled
        back, and only if it is the newest one. If there is none, helm ended before it stored anything, and nothing is
        done.
    type: str
seealso:
  - module: fleetops.nvcf.recognized_registry
"""

EXAMPLES = r"""
- name: Roll back to the last good revision
  fleetops.nvcf.release_rollback:
    context: east-1

- name: Roll back one change unless it was built upon
  fleetops.nvcf.release_rollback:
    context: east-1
    revision: 3
    expected_revision: 4

- name: Roll back to a chosen revision
  fleetops.nvcf.release_rollback:
    context: east-1
    revision: 3
"""

RETURN = r"""
service:
  description: The value of O(service).
  returned: always
  type: str
cluster:
  description: Name of the context, or address of the API server.
  returned: when it is known
  type: str
  sample: east-1
target_revision:
  description: The revision whose content was returned to.
  returned: success
  type: int
  sample: 3
from_revision:
  description: The newest revision as it was found.
  returned: success
  type: dict
newest_revision:
  description: The newest revision as this run has left it, where that is known.
  returned: failure after something was written
  type: int
  sample: 5
mark:
  description: What the revision bears that this run has made, or was making when it was cut off.
  returned: failure after something was written
  type: str
written:
  description: Whether this run has written to the release, or may have.
  returned: failure
  type: bool
release:
  description:
    - The release afterwards. Helm gives what it returns to a new number. If there is no such release, only the name and
      namespace that were searched for.
  returned: success, and failure because there is no such release
  type: dict
summary:
  description: What happened to the release, or in check mode would happen, in a sentence.
  returned: success
  type: str
owner:
  description:
    - The controller to which the release belongs. A change of a release of Flux is refused, except while Flux is
      suspended; then there is a warning, as in other cases. See
      U(https://github.com/fleetops/ansible-nvcf/blob/main/docs/gitops.md).
  returned: when a controller owns the release, and failure because of it
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
        - The registries of the release after the rollback, as YAML to merge into this object.
          It contains nothing else, and is empty if there are none.
      type: str
    remove:
      description: Variables that must be removed from the values of this object.
      type: list
      elements: str
pods:
  description: The API's pods afterwards.
  returned: success, not in check mode
  type: list
  elements: dict
history:
  description: The stored revisions, newest first.
  returned: failure because of the state of the release
  type: list
  elements: dict
  sample: [{revision: 3, status: deployed, modified: "2026-11-23T12:00:00+00:00"}]
helm:
  description: The helm command that failed, without values, with its exit code C(rc) and its error C(stderr).
  returned: failure of helm
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
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._operations.release_rollback import OPERATION
from ..module_utils._runtime.module_entry import run_module


def main() -> None:
    run_module(AnsibleModule(**OPERATION.module_kwargs()), OPERATION)


if __name__ == "__main__":
    main()
