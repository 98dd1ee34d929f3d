#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_pull_check
short_description: Report whether clusters can pull images of a registry
version_added: 0.1.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Recognizing a registry makes the NVCF API accept its images. Pulling them is the business of the nodes that pods of
    functions and tasks run on, often those of other clusters than the control plane's (O(clusters)). A failure shows
    only later, on the pods of a function.
  - Looks where credentials for an image can come from. That is the pull secrets of O(workload_namespace), which of them
    O(service_account) gives to its pods, and Kyverno's policies that make Secrets or put pull secrets on pods. Entries
    of pull secrets are compared with the image as the kubelet does it.
  - With O(probe) one pod with each image is made, watched until its image is pulled or refused, and removed. No program
    of the image is run. Up to four pods are there at a time.
  - Of a Secret only the names of the registries in it are looked at, and nothing else of it is returned.
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
  clusters:
    description:
      - The clusters to ask, where it is not the one that the task's own connection options lead to. An entry is the
        name of a context, or a map of connection options.
      - A context is looked for in the task's O(kubeconfig), unless the entry has one of its own. None of the task's
        other connection options holds for an entry, so that no credential is sent to another cluster.
      - A cluster that cannot be asked does not keep the others from being asked; it has a row in RV(results).
      - A task that asks one cluster fails where that cannot be asked. One that asks several fails then if O(required).
    type: list
    elements: dict
    suboptions:
      kubeconfig:
        description: As the task's O(kubeconfig).
        type: path
      context:
        description:
          - As the task's O(context). At least one of this, O(clusters[].host) and O(clusters[].kubeconfig) is needed.
        type: str
      host:
        description: As the task's O(host).
        type: str
      api_key:
        description: As the task's O(api_key).
        type: str
      validate_certs:
        description: As the task's O(validate_certs).
        type: bool
        aliases: [verify_ssl]
      ca_cert:
        description: As the task's O(ca_cert).
        type: path
        aliases: [ssl_ca_cert]
      client_cert:
        description: As the task's O(client_cert).
        type: path
        aliases: [cert_file]
      client_key:
        description: As the task's O(client_key).
        type: path
        aliases: [key_file]
      proxy:
        description: As the task's O(proxy).
        type: str
      no_proxy:
        description: As the task's O(no_proxy).
        type: str
      proxy_headers:
        description: As the task's O(proxy_headers).
        type: dict
        suboptions:
          proxy_basic_auth:
            description: The login for the proxy, C(user:password).
            type: str
          basic_auth:
            description: The same as the header C(Authorization).
            type: str
          user_agent:
            description: The header C(User-Agent).
            type: str
      impersonate_user:
        description: As the task's O(impersonate_user).
        type: str
      impersonate_groups:
        description: As the task's O(impersonate_groups).
        type: list
        elements: str
      request_timeout:
        description: As the task's O(request_timeout).
        type: int
        default: 30
      outage_timeout:
        description: As the task's O(outage_timeout).
        type: int
        default: 0
  image:
    description:
      - The image, as host/path:tag. With O(probe) it has to exist.
      - Exactly one of this and O(images) is needed.
    type: str
  images:
    description:
      - Several images, each written as O(image).
    type: list
    elements: str
  workload_namespace:
    description:
      - Namespace that pods of functions and tasks run in.
    type: str
    default: nvcf-backend
  service_account:
    description:
      - ServiceAccount that pods of functions and tasks run with.
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
      - Seconds that the pull may take. A refusal is reported as soon as a node reports it.
      - From V(1) to V(86400).
    type: int
    default: 120
  tolerations:
    description:
      - Taints of nodes that the probe's pod tolerates, written as in a pod. Nodes with GPUs often have some.
    type: list
    elements: dict
    suboptions:
      key:
        description: The taint's key; all keys without it.
        type: str
      operator:
        description:
          - V(Exists) for any value of the taint, V(Equal) for O(tolerations[].value). Without it, V(Equal).
        type: str
        choices: [Exists, Equal]
      value:
        description: The taint's value.
        type: str
      effect:
        description: The taint's effect; all effects without it.
        type: str
        choices: [NoSchedule, PreferNoSchedule, NoExecute]
      tolerationSeconds:
        description: How long a taint with the effect V(NoExecute) is tolerated.
        type: int
  node_selector:
    description:
      - Labels of the nodes that the probe's pod may run on, with their values.
    type: dict
  runtime_class:
    description:
      - The RuntimeClass of the probe's pod, for example V(nvidia).
    type: str
  architecture:
    description:
      - The processor of the nodes that the probe's pod may run on, for example V(amd64) or V(arm64). The same as the
        label C(kubernetes.io/arch) in O(node_selector).
    type: str
  each_pool:
    description:
      - Whether each kind of nodes is tried once, instead of whichever node the scheduler takes. For nodes of one pool
        differ from those of another in what they can reach, and in the credentials that they have themselves.
      - Nodes are of one kind when they have the same processor, type of machine, node pool (as AKS, EKS, GKE, Karpenter
        and OKE label it), type of GPU and taints. Those count that are ready, take pods, and fit O(node_selector) and
        O(tolerations). What an autoscaler has not started yet is not seen.
      - Up to 20 kinds are tried; a warning shows how many were left out.
      - It needs the right to list nodes.
    type: bool
    default: false
  required:
    description:
      - Whether the task fails when an image was not pulled, or one of several O(clusters) could not be asked.
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

- name: Can nodes of each kind pull both images, on both GPU clusters of this control plane?
  fleetops.nvcf.image_pull_check:
    clusters:
      - gpu-1
      - kubeconfig: ~/clusters/gpu-2.kubeconfig
        context: default
    images:
      - ghcr.io/my-org/my-app:1.0
      - quay.io/my-org/my-task:1.0
    probe: true
    each_pool: true
    tolerations:
      - key: nvidia.com/gpu
        operator: Exists
"""

RETURN = r"""
cluster:
  description: Name of the context, or address of the API server.
  returned: when one image is looked for on one cluster
  type: str
  sample: east-1
image:
  description: The image.
  returned: when one image is looked for on one cluster
  type: str
  sample: ghcr.io/my-org/my-app:1.0
sources:
  description:
    - Objects that credentials can come from, each with its kind and name. The kind is V(Secret), or that of a policy of
      Kyverno's, V(ClusterPolicy), V(Policy), V(MutatingPolicy), V(NamespacedMutatingPolicy), V(GeneratingPolicy) or
      V(NamespacedGeneratingPolicy).
    - C(host) is the entry of the Secret that fits the image. C(used) shows whether the ServiceAccount names the Secret,
      and is null where that is not known.
  returned: when one image is looked for on one cluster
  type: list
  elements: dict
  sample: [{kind: Secret, name: ghcr, host: ghcr.io, used: true}]
verdict:
  description:
    - V(likely) when the ServiceAccount gives its pods a Secret with an entry for the image, else V(unknown), for nodes
      may have credentials of their own and public images need none.
  returned: when one image is looked for on one cluster
  type: str
explanation:
  description: The reasons of the verdict, what is amiss, and what the user may not look at.
  returned: when one image is looked for on one cluster
  type: str
pulled:
  description: Whether all images were pulled on all clusters.
  returned: when a probe was made
  type: bool
reason:
  description:
    - V(pulled), or why not, one of V(unauthorized), V(not_found), V(no_such_host), V(unreachable), V(tls),
      V(rate_limited), V(wrong_platform), V(bad_image), V(not_started), V(undecided) when the time was up, and V(other).
    - V(admission_refused) when a policy of the cluster refuses the probe's pod, such as a Pod Security level, a
      ResourceQuota, a ValidatingAdmissionPolicy or a webhook as those of Kyverno and Gatekeeper. Pods of functions may
      be refused alike.
    - V(no_node) when no node fits that is ready and takes pods.
  returned: when one image is looked for on one cluster, and a probe was made
  type: str
message:
  description: The node's own words, or with V(admission_refused) the policy's.
  returned: when one image is looked for on one cluster, and a probe was made
  type: str
remedy:
  description:
    - What to run where a pull fails for lack of a credential, or where without a probe none can be seen.
  returned: when one image is looked for on one cluster, and there is something to run
  type: dict
  contains:
    commands:
      description:
        - Commands for a shell, in their order. They make a pull secret, with the login that the variables
          C(REGISTRY_USERNAME) and C(REGISTRY_PASSWORD) of the shell hold, and add it to what the ServiceAccount gives
          its pods.
      type: list
      elements: str
    policy:
      description:
        - A policy for Kyverno that gives the Secret to pods instead of the ServiceAccount; null without Kyverno.
      type: dict
results:
  description:
    - What was found, for each cluster, image and, with O(each_pool), kind of nodes.
  returned: success, or when an image was not pulled
  type: list
  elements: dict
  contains:
    cluster:
      description: Name of the context, or address of the API server.
      type: str
    image:
      description: The image; null for a cluster that could not be asked.
      type: str
    pool:
      description: What sets the nodes apart, with O(each_pool), else null.
      type: str
    failed:
      description: Whether the image was not pulled, or the cluster could not be asked.
      type: bool
    msg:
      description: The same in a sentence or two, and what to do.
      type: str
    pulled:
      description: Whether the image was pulled; null without a probe.
      type: bool
    reason:
      description:
        - As RV(reason); V(no_answer) for a cluster that did not answer, V(cluster_error) for one that answered with an
          error.
      type: str
    message:
      description: As RV(message); the error of a cluster that could not be asked.
      type: str
    sources:
      description: As RV(sources).
      type: list
      elements: dict
    verdict:
      description: As RV(verdict).
      type: str
    explanation:
      description: As RV(explanation).
      type: str
    remedy:
      description: As RV(remedy), or null.
      type: dict
leftovers_removed:
  description: Pods of earlier, killed probes that were removed.
  returned: when a probe was made
  type: list
  elements: str
summary:
  description: The result in a sentence or two, failures first.
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
