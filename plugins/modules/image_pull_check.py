#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_pull_check
short_description: Tell whether a cluster can pull images of a registry
version_added: 0.1.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Recognising a registry makes the NVCF API accept its images. Pulling them is the business of the cluster's nodes,
    and a failure shows only later, on the pods of a function.
  - Looks where credentials for O(image) can come from. That is the pull secrets of O(workload_namespace), which of them
    O(service_account) gives to its pods, and Kyverno's policies that make Secrets or put pull secrets on pods. Entries
    of pull secrets are compared with the image as the kubelet does it.
  - With O(probe) one pod with the image is made, watched until its image is pulled or refused, and removed. No program
    of the image is run.
  - Of a Secret only the names of the registries in it are looked at, and nothing else of it is returned.
  - Where functions run on another cluster than the API, this asks the cluster that the connection options lead to.
extends_documentation_fragment:
  - fleetops.nvcf.cluster
attributes:
  check_mode:
    description: Looks as always, and leaves the probe out.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
options:
  image:
    description:
      - The image, as host/path:tag. With O(probe) it has to exist.
    type: str
    required: true
  workload_namespace:
    description:
      - Namespace that pods of functions run in.
    type: str
    default: nvcf-backend
  service_account:
    description:
      - ServiceAccount that pods of functions run with.
    type: str
    default: default
  probe:
    description:
      - Whether a node is made to pull the image.
    type: bool
    default: false
  probe_namespace:
    description:
      - Namespace of the probe's pod, O(workload_namespace) if not set. The pod is given the pull secrets of
        O(service_account) there.
    type: str
  probe_timeout:
    description:
      - Seconds that the pull may take. A refusal is told as soon as a node reports it.
      - From V(1) to V(86400).
    type: int
    default: 120
  required:
    description:
      - Whether the task fails when the probe has not pulled the image.
    type: bool
    default: true
seealso:
  - module: fleetops.nvcf.function_smoke_test
"""

EXAMPLES = r"""
- name: Where would credentials for ghcr.io come from?
  fleetops.nvcf.image_pull_check:
    context: east-1
    image: ghcr.io/my-org/my-app:1.0

- name: Can nodes pull the image?
  fleetops.nvcf.image_pull_check:
    context: east-1
    image: ghcr.io/my-org/my-app:1.0
    probe: true
"""

RETURN = r"""
cluster:
  description: Name of the context, or address of the API server.
  returned: success
  type: str
  sample: east-1
image:
  description: The image.
  returned: success, or when a probe has not pulled it
  type: str
  sample: ghcr.io/my-org/my-app:1.0
sources:
  description:
    - Objects that credentials can come from, each with its kind, V(Secret), V(ClusterPolicy) or V(Policy), and
      name.
    - C(host) is the entry of the Secret that fits the image. C(used) tells whether the ServiceAccount names the Secret,
      and is null where that is not known.
  returned: success, or when a probe has not pulled the image
  type: list
  elements: dict
  sample: [{kind: Secret, name: ghcr, host: ghcr.io, used: true}]
verdict:
  description:
    - V(likely) when the ServiceAccount gives its pods a Secret with an entry for the image, else V(unknown), for nodes
      may have credentials of their own and public images need none.
  returned: success, or when a probe has not pulled the image
  type: str
explanation:
  description: The reasons of the verdict, what is amiss, and what the user may not look at.
  returned: success, or when a probe has not pulled the image
  type: str
pulled:
  description: Whether the image was pulled.
  returned: when a probe was made
  type: bool
reason:
  description:
    - V(pulled), or why not, one of V(unauthorized), V(not_found), V(no_such_host), V(unreachable), V(tls),
      V(rate_limited), V(wrong_platform), V(bad_image), V(not_started), V(undecided) when the time was up, and V(other).
  returned: when a probe was made
  type: str
message:
  description: The node's own words.
  returned: when a probe was made
  type: str
leftovers_removed:
  description: Pods of earlier, killed probes that were removed.
  returned: when a probe was made
  type: list
  elements: str
summary:
  description: The result in a sentence or two.
  returned: success
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._operations.image_pull_check import OPERATION
from ..module_utils._runtime.module_entry import run_module


def main() -> None:
    run_module(AnsibleModule(**OPERATION.module_kwargs()), OPERATION)


if __name__ == "__main__":
    main()
