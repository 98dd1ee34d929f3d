#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recognized_registry
short_description: Set the container registries that a self-hosted NVCF API recognizes
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Adds container registries to, or removes them from, the allowlist of the NVCF API of one cluster, by changing
    C(api.env) of its Helm release.
  - Builds the complete new values from the last I(deployed) revision, and passes them to helm with C(--reset-values).
    Nothing is merged or reused. Before anything is written, the chart is rendered on the server and compared with the
    deployed revision. If more than the registries would change, the task fails and lists the differences.
  - If the release already has the desired registries, helm is not run and no revision is created.
  - Each upgrade runs the hooks of the chart. One of them is the account bootstrap Job, which waits for the API and
    takes most of the time (O(timeout)). If a hook fails, the upgrade and the task fail.
  - If another user changes the release at the same time, the change is planned again on the new revision. No key of
    either change is lost.
  - If another user edited the live ConfigMap or Deployment manually, reports that, and repairs it if it concerns
    recognized registries.
  - If an autoscaler runs more pods than the release renders, helm sets the rendered number, and the previous number is
    restored immediately. A warning says so first.
  - Whole numbers of one million or more that were set with helm's C(--set) may be stored as text, so that they are
    rendered as before. A warning names them.
  - Applies to container images only. NVCF does not support this for Helm-chart functions.
extends_documentation_fragment:
  - fleetops.nvcf.attributes
  - fleetops.nvcf.cluster
  - fleetops.nvcf.release
  - fleetops.nvcf.release.helm
  - fleetops.nvcf.release.chart
attributes:
  action_group:
    membership: [fleetops.nvcf.cluster, fleetops.nvcf.release]
  check_mode:
    details: Reports what would be done. The chart is still rendered and compared.
    support: full
  diff_mode:
    details: Shows the variables of recognized registries before and after, and no other value of the release.
    support: full
options:
  registries:
    description:
      - The registries. All three of O(registries[].key), O(registries[].name) and O(registries[].hostname) are needed
        unless O(state=absent).
    type: list
    elements: dict
    required: true
    suboptions:
      key:
        description:
          - A short uppercase word, C([A-Z][A-Z0-9]*), that identifies the registry in the API. At most 63 characters.
          - V(NGC), V(DOCKER), V(ECR), V(ECR_PUBLIC), V(VOLCENGINE), V(ACR), V(HARBOR) and V(ARTIFACTORY) are built in.
        type: str
      name:
        description:
          - The display name of the registry. It must be unique. At most 255 visible characters.
        type: str
      hostname:
        description:
          - The host at the beginning of an image reference, without scheme, port and path. It matches any port; a
            hostname with a port would never match.
        type: str
      artifact_type:
        description:
          - The type of artifacts. Only V(CONTAINER) is accepted, because NVCF supports no other.
        type: str
        default: CONTAINER
      allow_unvalidated:
        description:
          - Whether to allowlist a host of a service that NVCF validates itself, for example V(index.docker.io),
            V(acme.jfrog.io) or an Amazon ECR in a region that NVCF does not know. Nothing on it is validated then.
          - Hosts that the API always treats as built in, for example V(docker.io), are always refused.
        type: bool
        default: false
  state:
    description:
      - V(present) adds the registries and does not change others.
      - V(absent) removes registries by key, regardless of case, or by exact hostname.
      - V(exact) makes these the only registries; an empty list removes all. Entries of a built-in key, for example
        V(HARBOR), remain; only V(absent) removes them.
    type: str
    choices: [present, absent, exact]
    default: present
  on_existing:
    description:
      - With O(state=present), what to do if the release has the key, name or hostname with other data.
      - V(replace) replaces the entry, V(keep) keeps it and returns it as RV(kept).
      - An incomplete entry is completed in any case.
    type: str
    choices: [fail, replace, keep]
    default: fail
  on_pending:
    description:
      - What to do if the newest revision is pending, because helm is running or was killed.
      - V(wait) waits O(pending_timeout) seconds for it to finish.
      - V(rollback) returns to the last deployed revision first, if the pending one is older than O(pending_min_age). In
        check mode this is only reported. What else the upgrade would change is unknown then, because helm does not
        render a pending release.
    type: str
    choices: [fail, wait, rollback]
    default: fail
  pending_timeout:
    description:
      - With O(on_pending=wait), the seconds to wait for the pending operation.
      - From V(0) to V(86400).
    type: int
    default: 600
  expected_revision:
    description:
      - The deployed revision at the time of your decision. The task fails if another one is deployed now.
      - From V(1) to V(2147483647).
    type: int
  history_max:
    description:
      - The number of revisions that Helm keeps; V(0) for all. More are kept if the base revision of the change or
        RV(last_good_revision) would otherwise be deleted.
      - From V(0) to V(1000).
    type: int
    default: 10
  report_as:
    description:
      - A name for this cluster. If the release is changed, the name is added to the statistics C(nvcf_changed) for the
        next step of a workflow. See M(ansible.builtin.set_stats).
    type: str
  allow_other_changes:
    description:
      - Whether the upgrade may change more than the registries, in the release's objects or its hooks. Read
        RV(ignore:other_changes) first.
      - Does not apply to O(chart_source=release), where another change means that the chart was not rebuilt completely.
    type: bool
    default: false
seealso:
  - module: fleetops.nvcf.release_rollback
  - module: fleetops.nvcf.recognized_registry_info
  - module: fleetops.nvcf.api_rollout
  - name: Inputs
    description: Values that each option accepts.
    link: https://fleetops.github.io/ansible-nvcf/inputs.html
"""

EXAMPLES = r"""
- name: Add ghcr.io to the allowlist
  fleetops.nvcf.recognized_registry:
    context: east-1
    chart_ref: oci://nvcr.io/my-org/helm-nvcf-api
    registries:
      - key: GHCR
        name: GitHub Container Registry
        hostname: ghcr.io

- name: Remove it from the allowlist
  fleetops.nvcf.recognized_registry:
    context: east-1
    chart_source: release
    state: absent
    registries:
      - key: GHCR
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
release:
  description:
    - The release after the task. If there is no such release, only the name and namespace that were searched for.
  returned: success, and failure because there is no such release
  type: dict
  sample:
    name: api
    namespace: nvcf
    revision: 4
    status: deployed
    chart: helm-nvcf-api
    chart_version: 1.25.1
    app_version: 1.14.1
previous_revision:
  description: The revision on which the change is based.
  returned: success, and failure after something was written
  type: int
  sample: 3
newest_revision:
  description:
    - The newest revision after the task, or in check mode after a real run. A newer one is from another user, so use
      this as O(fleetops.nvcf.release_rollback#module:expected_revision) to roll back the change.
  returned: success, and failure after something was written, unless helm was cut off and it could not be looked at
  type: int
  sample: 4
mark:
  description:
    - The mark of the revision that this run created, the value of the label C(fleetops.nvcf/run) of helm's Secret. Use
      it as O(fleetops.nvcf.release_rollback#module:mark) to roll back this change and no other.
  returned: when the release was changed, and failure after something was written
  type: str
  sample: 9f86d081884c7d65.3
written:
  description: Whether this run has written to the release, or may have. If it is missing, that is unknown.
  returned: failure
  type: bool
last_good_revision:
  description:
    - The revision to return to if a later step fails. That is RV(previous_revision) or, if its pods failed, the newest
      earlier one with which the API can start; null if there is none.
  returned: when the release is to be changed, and failure after something was written
  type: int
  sample: 3
newer_revisions:
  description: Failed revisions after the base revision, oldest first.
  returned: success
  type: list
  elements: dict
registries:
  description: All recognized registries of the release after the task, without built-in ones.
  returned: success
  type: list
  elements: dict
  sample: [{key: GHCR, name: GitHub Container Registry, hostname: ghcr.io}]
added:
  description: The entries of RV(registries) that are new or changed.
  returned: success
  type: list
  elements: dict
removed:
  description: The registries that were removed.
  returned: success
  type: list
  elements: dict
gone_hosts:
  description:
    - Hosts of RV(removed) registries whose images the API rejects after the rollout. Hosts that never matched an image,
      are built in, or are still covered by another entry are not included.
  returned: success
  type: list
  elements: str
  sample: [ghcr.io]
kept:
  description: With O(on_existing=keep), the existing entries that were kept instead of the given ones.
  returned: success
  type: list
  elements: dict
problems:
  description:
    - Registries of the release that do not work as intended, with the reason. If the API would not start after the
      change, those that would prevent it.
  returned: success, and failure because of them
  type: list
  elements: dict
drift:
  description:
    - Differences between live objects and the release, without values. A warning for each says what happens to it.
    - The C(kind) is V(variable) for a variable. It is V(other) for C(envFrom), C(image) and C(replicas) of the API's
      Deployment, which alone cause no upgrade, except a C(envFrom) that no longer leads to the registries.
  returned: success
  type: list
  elements: dict
  sample:
    - object: configmap/nvcf-api-env
      variable: NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME
      change: removed
      kind: variable
drift_after:
  description: The same, checked again after the upgrade.
  returned: when the release was changed
  type: list
  elements: dict
summary:
  description: The change on one line. It is also the new revision's description in C(helm history).
  returned: success
  type: str
  sample: add GHCR=ghcr.io
values_fragment:
  description:
    - All registries after the change as Helm values, for the values file of the deployer. Its next deployment removes
      registries that this file lacks.
  returned: success, and failure because a controller owns the release
  type: str
owner:
  description:
    - The controller to which the release belongs. A change of a release of Flux is refused, except while Flux is
      suspended; then there is a warning, as in other cases. See
      U(https://github.com/fleetops/ansible-nvcf/blob/main/docs/gitops.md).
  returned: when a controller owns a release that is to be changed, and failure because of it
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
        - The registries of the release after the change, as YAML to merge into this object.
          It contains nothing else, and is empty if there are none.
      type: str
    remove:
      description: Variables that must be removed from the values of this object.
      type: list
      elements: str
other_changes:
  description: Other changes of the upgrade, as object and path, without values. Those of hooks begin with C(hook).
  returned: when the release is to be changed, and failure because of them
  type: list
  elements: str
command:
  description: The helm command, without values.
  returned: when the release is to be changed
  type: str
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
wanted:
  description: The registries that were to be stored or rendered.
  returned: failure because of what the release or the chart already has
  type: list
  elements: dict
found:
  description: The registries of the release that prevent the change.
  returned: failure because of what the release already has
  type: list
  elements: dict
rendered:
  description: The registries that the chart would render instead of RV(wanted).
  returned: failure because of registries in the chart itself
  type: list
  elements: dict
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

from ..module_utils._operations.recognized_registry import OPERATION
from ..module_utils._runtime.module_entry import run_module


def main() -> None:
    run_module(AnsibleModule(**OPERATION.module_kwargs()), OPERATION)


if __name__ == "__main__":
    main()
