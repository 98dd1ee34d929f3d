#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_pull_check
short_description: Check whether clusters can pull images of a registry
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - An NVCF API that recognizes a registry accepts its images. The nodes that run pods of functions and tasks pull them,
    often on other clusters than the control plane (O(clusters)). A failed pull shows only later, on the pods of a
    function.
  - Checks which credentials are available for an image, from the pull secrets of O(workload_namespace), those that
    O(service_account) gives to its pods, and Kyverno policies that create Secrets or add pull secrets to pods. Entries
    of pull secrets are compared with the image as the kubelet does.
  - With O(probe), creates one pod per image, watches it until the image is pulled or the pull fails, and deletes it. No
    program of the image is run. At most four pods exist at the same time.
  - Of a Secret, uses only the names of the registries in it, and returns nothing else of it.
extends_documentation_fragment:
  - fleetops.nvcf.attributes
  - fleetops.nvcf.cluster
attributes:
  action_group:
    membership: [fleetops.nvcf.cluster]
  check_mode:
    details: Checks credentials as usual, and skips the probe.
    support: full
  diff_mode:
    details: There is nothing to compare.
    support: none
options:
  clusters:
    description:
      - The clusters to check, instead of the one that the task's own connection options select. An entry is the name
        of a context, or a map of connection options.
      - A context is searched for in the task's O(kubeconfig), unless the entry has its own. No other connection option
        of the task applies to an entry, so that no credential is sent to another cluster.
      - If a cluster cannot be checked, the others are still checked. It has a row in RV(results).
      - With one cluster, the task fails if it cannot be checked. With several, it fails in that case if O(required).
    type: list
    elements: dict
    suboptions:
      kubeconfig:
        description: As the task's O(kubeconfig).
        type: path
        aliases: [kubeconfig_path]
      context:
        description:
          - As the task's O(context). At least one of this, O(clusters[].host) and O(clusters[].kubeconfig) is needed.
        type: str
        aliases: [kube_context]
      host:
        description: As the task's O(host).
        type: str
      api_key:
        description: As the task's O(api_key).
        type: str
      username:
        description: As the task's O(username).
        type: str
      password:
        description: As the task's O(password).
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
        description: As the task's O(request_timeout). From V(1) to V(86400).
        type: int
        default: 30
      outage_timeout:
        description: As the task's O(outage_timeout). From V(0) to V(86400).
        type: int
        default: 0
  image:
    description:
      - The image, as host/path:tag. With O(probe) it must exist.
      - Exactly one of O(image) and O(images) is required.
    type: str
  images:
    description:
      - Several images, each written as O(image).
    type: list
    elements: str
  workload_namespace:
    description:
      - The namespace of the pods of functions and tasks.
    type: str
    default: nvcf-backend
  service_account:
    description:
      - The ServiceAccount of the pods of functions and tasks.
    type: str
    default: default
  probe:
    description:
      - Whether to have a node pull the image.
    type: bool
    default: false
  probe_namespace:
    description:
      - The namespace of the probe's pod, by default O(workload_namespace). The pod gets the pull secrets of
        O(service_account) in that namespace.
    type: str
  probe_timeout:
    description:
      - The maximum number of seconds for the pull. A failed pull is reported as soon as the node reports it.
      - From V(1) to V(86400).
    type: int
    default: 120
  tolerations:
    description:
      - The tolerations of the probe's pod, as in a pod specification. Nodes with GPUs often have taints.
    type: list
    elements: dict
    suboptions:
      key:
        description: The taint's key; by default all keys.
        type: str
      operator:
        description:
          - V(Exists) for any value of the taint, V(Equal) for O(tolerations[].value). The default is V(Equal).
        type: str
        choices: [Exists, Equal]
      value:
        description: The taint's value.
        type: str
      effect:
        description: The taint's effect; by default all effects.
        type: str
        choices: [NoSchedule, PreferNoSchedule, NoExecute]
      tolerationSeconds:
        description: Seconds for which a taint with the effect V(NoExecute) is tolerated.
        type: int
  node_selector:
    description:
      - The labels of the nodes on which the probe's pod may run. Values are strings, so put V(true) and numbers in
        quotes.
    type: dict
  runtime_class:
    description:
      - The RuntimeClass of the probe's pod, for example V(nvidia).
    type: str
  architecture:
    description:
      - The processor architecture of the nodes on which the probe's pod may run, for example V(amd64) or V(arm64). The
        same as the label C(kubernetes.io/arch) in O(node_selector).
    type: str
  each_pool:
    description:
      - Whether to try one node of each kind, instead of one node that the scheduler selects. Nodes of different pools
        can differ in the registries that they reach and in their own credentials.
      - Nodes are of one kind if they have the same processor, machine type, node pool (as labeled by AKS, EKS, GKE,
        Karpenter and OKE), GPU type and taints. Only nodes that are ready, schedulable, and match O(node_selector) and
        O(tolerations) are used. Nodes that an autoscaler has not started yet are not included.
      - At most 20 kinds are tried; a warning says how many were skipped.
      - This requires the permission to list nodes.
    type: bool
    default: false
  required:
    description:
      - Whether the task fails if an image was not pulled, or one of several O(clusters) could not be checked.
    type: bool
    default: true
seealso:
  - module: fleetops.nvcf.function_smoke_test
  - name: GPU clusters
    description: Image pull checks, and GPU clusters in the inventory.
    link: https://fleetops.github.io/ansible-nvcf/gpu-clusters.html
"""

EXAMPLES = r"""
- name: Find credentials for ghcr.io
  fleetops.nvcf.image_pull_check:
    context: east-1
    image: ghcr.io/my-org/my-app:1.0

- name: Pull the image on a node
  fleetops.nvcf.image_pull_check:
    context: east-1
    image: ghcr.io/my-org/my-app:1.0
    probe: true

- name: Pull two images on two GPU clusters
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

- name: Pull the image on a GPU node as pods of functions do
  fleetops.nvcf.image_pull_check:
    context: gpu-1
    image: ghcr.io/my-org/my-app:1.0
    probe: true
    node_selector:
      nvidia.com/gpu.product: NVIDIA-L40S
      kubernetes.io/arch: amd64
    tolerations:
      - key: nvidia.com/gpu
        operator: Equal
        value: present
        effect: NoSchedule
    runtime_class: nvidia
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
    - Objects that can provide credentials, each with its kind and name. The kind is V(Secret), or that of a Kyverno
      policy, V(ClusterPolicy), V(Policy), V(MutatingPolicy), V(NamespacedMutatingPolicy), V(GeneratingPolicy) or
      V(NamespacedGeneratingPolicy).
    - C(host) is the entry of the Secret that matches the image. C(used) says whether the ServiceAccount names the
      Secret, and is null if that is unknown.
  returned: when one image is looked for on one cluster
  type: list
  elements: dict
  sample: [{kind: Secret, name: ghcr, host: ghcr.io, used: true}]
verdict:
  description:
    - V(likely) if the ServiceAccount gives its pods a Secret with an entry for the image, otherwise V(unknown), because
      nodes may have credentials of their own and public images need none.
  returned: when one image is looked for on one cluster
  type: str
explanation:
  description: The reasons for the verdict, what is missing, and what could not be checked because of missing
    permissions.
  returned: when one image is looked for on one cluster
  type: str
pulled:
  description: Whether all images were pulled on all clusters.
  returned: when a probe was made
  type: bool
reason:
  description:
    - V(pulled), or why not, one of V(unauthorized), V(not_found), V(no_such_host), V(unreachable), V(tls),
      V(rate_limited), V(wrong_platform), V(bad_image), V(not_started), V(undecided) after a timeout, and V(other).
    - V(admission_refused) if a policy of the cluster rejects the probe's pod, such as a Pod Security level, a
      ResourceQuota, a ValidatingAdmissionPolicy or a webhook of Kyverno or Gatekeeper. Pods of functions may be
      rejected too.
    - V(no_node) if no ready and schedulable node matches.
    - If an option was refused, why.
  returned: when one image is looked for on one cluster, and a probe was made; failure because of an option
  type: str
message:
  description: The message of the node, or with V(admission_refused) of the policy.
  returned: when one image is looked for on one cluster, and a probe was made
  type: str
remedy:
  description:
    - Commands to run if a pull fails because a credential is missing, or if no credential is found without a probe.
  returned: when one image is looked for on one cluster, and there is something to run
  type: dict
  contains:
    commands:
      description:
        - Shell commands, in order. They create a pull secret with the login from the environment variables
          C(REGISTRY_USERNAME) and C(REGISTRY_PASSWORD), and add it to the imagePullSecrets of the ServiceAccount.
      type: list
      elements: str
    policy:
      description:
        - A Kyverno policy that adds the Secret to pods instead of the ServiceAccount; null without Kyverno.
      type: dict
results:
  description:
    - The results for each cluster, image and, with O(each_pool), kind of nodes.
  returned: success, or when an image was not pulled
  type: list
  elements: dict
  contains:
    cluster:
      description: Name of the context, or address of the API server.
      type: str
    image:
      description: The image; null for a cluster that could not be checked.
      type: str
    pool:
      description: What distinguishes the nodes, with O(each_pool), otherwise null.
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
pod:
  description: The probe's pod that could not be deleted. It has no effect, and a later check deletes it.
  returned: failure because of that
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

from ..module_utils._operations.image_pull_check import OPERATION
from ..module_utils._runtime.module_entry import run_module


def main() -> None:
    run_module(AnsibleModule(**OPERATION.module_kwargs()), OPERATION)


if __name__ == "__main__":
    main()
