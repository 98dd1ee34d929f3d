#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: api_rollout
short_description: Wait for the rollout of an NVCF API
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Waits for the rollout of the API's Deployment. The rollout is complete when the pods of the new ReplicaSet are ready
    and no pod of an older ReplicaSet is left.
  - If running pods were started before their environment was last changed, restarts them like C(kubectl rollout
    restart), new pods first. That happens with charts that have no checksum annotation, and after manual edits of the
    ConfigMap. Pods are never deleted.
  - Fails as soon as an image cannot be pulled, a pod cannot be configured, scheduled or created, or the progress
    deadline is missed, and names the pod, the reason and the end of its log.
  - If a container exits, waits for its restart, unless its log shows a cause that a restart cannot fix, or it has
    exited three times.
extends_documentation_fragment:
  - fleetops.nvcf.attributes
  - fleetops.nvcf.cluster
  - fleetops.nvcf.release
  - fleetops.nvcf.release.rollout
attributes:
  action_group:
    membership: [fleetops.nvcf.cluster, fleetops.nvcf.release]
  check_mode:
    details: Reports whether a restart is needed. Waits for a rollout that is in progress, and restarts nothing.
    support: full
  diff_mode:
    details: There is nothing to compare.
    support: none
seealso:
  - module: fleetops.nvcf.recognized_registry
"""

EXAMPLES = r"""
- name: Wait for the new pods
  fleetops.nvcf.api_rollout:
    context: east-1
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
deployment:
  description: Name of the API's Deployment.
  returned: success
  type: str
  sample: nvcf-api
namespace:
  description: Its namespace.
  returned: success
  type: str
  sample: nvcf
restarted:
  description: Whether the pods had to be restarted, or would have to be in check mode.
  returned: success
  type: bool
pods:
  description: The API's pods afterwards.
  returned: success
  type: list
  elements: dict
  sample: [{name: nvcf-api-7d9c5b8f6d-x2x7p, ready: true, restarts: 0}]
rollout:
  description: The state at the moment of the failure; its C(log) holds the end of the pod's log.
  returned: failure
  type: dict
history:
  description: The stored revisions, newest first.
  returned: failure because of the state of the release
  type: list
  elements: dict
  sample: [{revision: 3, status: deployed, modified: "2026-11-23T12:00:00+00:00"}]
release:
  description: The name and namespace that were searched for.
  returned: failure because there is no such release
  type: dict
  sample: {name: api, namespace: nvcf}
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

from ..module_utils._operations.api_rollout import OPERATION
from ..module_utils._runtime.module_entry import run_module


def main() -> None:
    run_module(AnsibleModule(**OPERATION.module_kwargs()), OPERATION)


if __name__ == "__main__":
    main()
