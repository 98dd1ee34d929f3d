#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recognized_registry
short_description: Set which container registries a self-hosted NVCF API recognizes
version_added: 0.1.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Makes the NVCF API of one cluster accept, or no longer accept, images from container registries that it does not
    know by itself, by changing C(api.env) of its Helm release.
  - The new values are built from the last I(deployed) revision, whole, and handed to helm with C(--reset-values);
    nothing is merged or reused. Before anything is written, the chart is rendered on the server and compared with
    what is deployed; when more than the registries would change, the task fails and lists it.
  - When the release already holds what is wanted, helm is not run and no revision is made.
  - When another user changes the release at the same time, the change is planned anew on theirs; no key of either is
    lost.
  - When another user edited the live ConfigMap or Deployment by hand, that is reported, and repaired where it concerns
    recognized registries.
  - When an autoscaler holds more pods than the release renders, helm sets the rendered number, and the former one is
    set back at once. A warning says so first.
  - Whole numbers of a million and more that were given to helm with C(--set) may be stored as text afterwards, so that
    they are rendered as before. A warning names them.
  - For container images only. NVCF does not support this for Helm-chart functions.
extends_documentation_fragment:
  - fleetops.nvcf.cluster
  - fleetops.nvcf.release
  - fleetops.nvcf.release.helm
  - fleetops.nvcf.release.chart
attributes:
  check_mode:
    description: Can run in check mode and return what would be done. The chart is rendered and compared anyway.
    support: full
  diff_mode:
    description: Shows the variables of recognized registries before and after, and no other value of the release.
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
          - A short upper-case word, C([A-Z][A-Z0-9]*), by which the API distinguishes its registries. At most 63
            characters.
          - V(NGC), V(DOCKER), V(ECR), V(ECR_PUBLIC), V(VOLCENGINE), V(ACR), V(HARBOR) and V(ARTIFACTORY) are built in.
        type: str
      name:
        description:
          - What users call the registry. No two registries may have the same one. At most 255 characters, all of which
            can be seen.
        type: str
      hostname:
        description:
          - The host as it stands at the beginning of an image, without scheme, port and path. Without a port it matches
            any port; with one it would never match.
        type: str
      artifact_type:
        description:
          - What the registry holds. Anything but V(CONTAINER) is refused, because NVCF does not support it.
        type: str
        default: CONTAINER
      allow_unvalidated:
        description:
          - Whether a host of a service that NVCF validates itself is allowlisted anyway, V(index.docker.io),
            V(acme.jfrog.io) or an Amazon ECR of a region that NVCF does not know for instance. Nothing on it is
            validated then.
          - Hosts that the API takes for its own whatever it is reported, V(docker.io) for instance, are always refused.
        type: bool
        default: false
  state:
    description:
      - V(present) adds the registries and leaves others alone.
      - V(absent) removes those that are named by key, in whatever case, or by the exact hostname.
      - V(exact) makes these the only ones, and none with an empty list. What configures a built-in key, V(HARBOR)
        for instance, stays; it is removed with V(absent) only.
    type: str
    choices: [present, absent, exact]
    default: present
  on_existing:
    description:
      - With O(state=present), what to do when the release holds the key, the name or the hostname with other data.
      - V(replace) gives it the new data, V(keep) leaves it and returns it as RV(kept).
      - Half a pair is not a such case. It is completed.
    type: str
    choices: [fail, replace, keep]
    default: fail
  on_pending:
    description:
      - What to do when the newest revision is pending. Either a helm is running on it, or one was killed.
      - V(wait) waits O(pending_timeout) seconds for its end.
      - V(rollback) returns to the last deployed revision first, if the pending one is older than O(pending_min_age). In
        check mode this is only reported. What else the upgrade would change is unknown then, because helm does not
        render a pending release.
    type: str
    choices: [fail, wait, rollback]
    default: fail
  pending_timeout:
    description:
      - With O(on_pending=wait), seconds to wait for the end of the pending operation.
      - From V(0) to V(86400).
    type: int
    default: 600
  expected_revision:
    description:
      - The deployed revision that this change was decided on. The task fails if it is another one now.
      - From V(1) to V(2147483647).
    type: int
  history_max:
    description:
      - How many revisions Helm keeps; V(0) for all. More are kept where the revision that the change was built on, or
        RV(last_good_revision), would else be pruned.
      - From V(0) to V(1000).
    type: int
    default: 10
  report_as:
    description:
      - A name for this cluster. If the release is changed, it is left to the next step of a workflow in the list
        C(nvcf_changed), as M(ansible.builtin.set_stats) does it.
    type: str
  allow_other_changes:
    description:
      - Whether the upgrade may change more than the registries, in the release's objects or its hooks. Read
        RV(ignore:other_changes) first.
      - Does not apply to O(chart_source=release), where any other change means that the chart was not rebuilt whole.
    type: bool
    default: false
seealso:
  - module: fleetops.nvcf.release_rollback
  - module: fleetops.nvcf.recognized_registry_info
  - module: fleetops.nvcf.api_rollout
"""

EXAMPLES = r"""
- name: Accept images from ghcr.io
  fleetops.nvcf.recognized_registry:
    context: east-1
    chart_ref: oci://nvcr.io/my-org/helm-nvcf-api
    registries:
      - key: GHCR
        name: GitHub Container Registry
        hostname: ghcr.io

- name: Accept them no longer
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
  returned: always
  type: str
  sample: east-1
release:
  description: The release as it is afterwards.
  returned: success
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
  description: The revision that the change was built on.
  returned: success, and failure after something was written
  type: int
  sample: 3
newest_revision:
  description:
    - The newest revision as this run has left it, in check mode as it would. A newer one is another user's, so this is
      the O(fleetops.nvcf.release_rollback#module:expected_revision) with which the change can be rolled back.
  returned: success, and failure after something was written, unless helm was cut off and it could not be looked at
  type: int
  sample: 4
mark:
  description:
    - What the revision bears that this run has made, as the value of the label C(fleetops.nvcf/run) of helm's Secret.
      With it as O(fleetops.nvcf.release_rollback#module:mark) this change is rolled back and no other.
  returned: when the release was changed, and failure after something was written
  type: str
  sample: 9f86d081884c7d65.3
written:
  description: Whether this run has written to the release, or may have. Without it nothing is known.
  returned: failure
  type: bool
last_good_revision:
  description:
    - The revision to return to if the change does not hold. That is RV(previous_revision), unless its pods have failed,
      then the newest earlier one with which the API can start; null when there is none.
  returned: when the release is to be changed, and failure after something was written
  type: int
  sample: 3
newer_revisions:
  description: Failed revisions after the one that was built on, oldest first.
  returned: success
  type: list
  elements: dict
registries:
  description: All recognized registries of the release afterwards, the API's built-in ones left out.
  returned: success
  type: list
  elements: dict
  sample: [{key: GHCR, name: GitHub Container Registry, hostname: ghcr.io}]
added:
  description: Those of RV(registries) that are new or have new data.
  returned: success
  type: list
  elements: dict
removed:
  description: What was held before and is no longer.
  returned: success
  type: list
  elements: dict
gone_hosts:
  description:
    - Hosts of RV(removed) registries on which the API refuses images once the change has rolled out. One that never
      matched an image, is built in, or is still covered by another entry, is not among them.
  returned: success
  type: list
  elements: str
  sample: [ghcr.io]
kept:
  description: With O(on_existing=keep), what stood in the way of a wanted registry and was left.
  returned: success
  type: list
  elements: dict
problems:
  description: Held registries that do not work as their author meant, with the reason.
  returned: success
  type: list
  elements: dict
drift:
  description:
    - What was live not as the release says, without values. For each there is a warning that shows what becomes of it.
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
  description: The same, looked at again after the upgrade.
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
    - All registries after the change as Helm values, for the stack that deploys the release. Its next sync drops what
      is not in its own values.
  returned: success
  type: str
other_changes:
  description: What else the upgrade changes, as object and path, without values. Those of hooks begin with C(hook).
  returned: when the release is to be changed
  type: list
  elements: str
command:
  description: The helm command. The values are not in it.
  returned: when the release is to be changed
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._operations.recognized_registry import OPERATION
from ..module_utils._runtime.module_entry import run_module


def main() -> None:
    run_module(AnsibleModule(**OPERATION.module_kwargs()), OPERATION)


if __name__ == "__main__":
    main()
