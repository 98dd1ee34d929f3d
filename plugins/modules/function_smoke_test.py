#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: function_smoke_test
short_description: Verify whether a self-hosted NVCF API accepts an image
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Verifies whether the API of a service accepts O(image), and compares the result with O(expect). Nothing is pulled or
    deployed, so the image does not need to exist.
  - Deletes the function or task that it created, and leftovers of earlier tests that were interrupted. If one cannot be
    deleted, that is a warning and not a failure, because it says nothing about the image.
extends_documentation_fragment:
  - fleetops.nvcf.attributes
  - fleetops.nvcf.cluster
  - fleetops.nvcf.release
  - fleetops.nvcf.nvcf_api
attributes:
  action_group:
    membership: [fleetops.nvcf.cluster, fleetops.nvcf.release, fleetops.nvcf.api]
  check_mode:
    details: With O(method=create) does nothing. With O(method=probe) works as without check mode.
    support: full
  diff_mode:
    details: There is nothing to compare.
    support: none
options:
  image:
    description:
      - The image, as host/path:tag.
    type: str
    required: true
  method:
    description:
      - How to verify the image.
      - V(create) creates a function and deletes it. For the O(service) C(tasks) it creates a task, which requests a GPU
        instance until it is deleted.
      - V(probe) sends a request that the API rejects in any case, and concludes from the error whether the image was
        accepted. Nothing is created, and leftovers are not searched for.
      - The result of O(method=probe) can be unknown. That fails the task regardless of O(expect), unless O(on_unknown)
        says otherwise. It is unknown for tasks if no GPU is known, for functions if the function limit is reached and
        there is no function, and if the API is configured to create what it does not accept. Such a creation is
        deleted.
    type: str
    choices: [create, probe]
    default: create
  on_unknown:
    description:
      - What to do if the result of O(method=probe) is unknown.
      - V(report) shows a warning, and the task does not fail. Use it if the change is verified in other ways.
    type: str
    choices: [fail, report]
    default: fail
  expect:
    description:
      - The expected answer of the API. V(rejected) means that it does not recognize the registry. A rejection for any
        other reason fails the task.
    type: str
    choices: [accepted, rejected]
    default: accepted
  on_quota:
    description:
      - What to do when the account's function limit is reached, which the API checks before the registry.
      - V(recognized) looks whether the API lists the host instead. That is less than a proof, because a host that can
        never match is listed too.
    type: str
    choices: [fail, recognized]
    default: fail
  client:
    description:
      - What creates and deletes the function. A task and O(method=probe) are for V(api) only.
      - V(nvcf_cli) runs the operator's own C(nvcf-cli), with a home and a configuration of its own, at a loopback port
        that leads to the API as the other options say, and takes requests with the test's token only.
    type: str
    choices: [api, nvcf_cli]
    default: api
  cli_binary:
    description:
      - The C(nvcf-cli) program, for O(client=nvcf_cli).
    type: path
    default: nvcf-cli
"""

EXAMPLES = r"""
- name: Are images of ghcr.io accepted now?
  fleetops.nvcf.function_smoke_test:
    api_url: https://api.nvcf.example.com
    token_file: /run/secrets/nvcf-token
    image: ghcr.io/my-org/my-app:1.0

- name: Are they accepted for tasks too? Nothing is created
  fleetops.nvcf.function_smoke_test:
    context: east-1
    service: tasks
    method: probe
    gpu: L40S
    instance_type: NCP.GPU.L40S_1x
    image: ghcr.io/my-org/my-app:1.0
"""

RETURN = r"""
service:
  description: The value of O(service).
  returned: always
  type: str
cluster:
  description: Name of the context, or address of the API server.
  returned: failure, when it is known
  type: str
  sample: east-1
image:
  description: The image that was asked for.
  returned: success, and failure after the API was asked
  type: str
expected:
  description: The value of O(expect).
  returned: success, and failure after the API was asked
  type: str
outcome:
  description:
    - What the API's answer means, one of V(accepted), V(not_recognized), V(credential_missing), V(quota), V(bad_image),
      V(unauthenticated), V(forbidden), V(no_account), V(other_issuer), V(key_refused), V(no_gpu), V(upstream),
      V(rate_limited), V(unavailable) and V(other).
    - With O(method=probe) one of V(accepted), V(not_recognized), V(credential_missing) and V(unknown).
  returned: when the API was asked
  type: str
status:
  description: HTTP status of the answer; 0 when it was lost and the function was found by its name.
  returned: when the API was asked
  type: int
detail:
  description: The API's own words.
  returned: when the API was asked
  type: str
explanation:
  description: The meaning in a sentence.
  returned: when the API was asked
  type: str
function:
  description: The function that was created and deleted again, with id and version_id.
  returned: when one was created
  type: dict
task:
  description: The task that was created and deleted again, with id and status.
  returned: when one was created
  type: dict
recognized:
  description: With O(on_quota=recognized), whether the API lists the host.
  returned: when the quota hid the real answer
  type: bool
leftovers_removed:
  description: Test functions of earlier, interrupted runs that were deleted.
  returned: when the API was asked
  type: list
  elements: dict
leftovers_remaining:
  description:
    - Test functions, of this run or earlier ones, that could not be deleted, with id and version_id. There is a warning
      for each. They do nothing, and decide nothing about the result.
  returned: when the API was asked
  type: list
  elements: dict
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

from ..module_utils._operations.function_smoke_test import OPERATION
from ..module_utils._runtime.module_entry import run_module


def main() -> None:
    run_module(AnsibleModule(**OPERATION.module_kwargs()), OPERATION)


if __name__ == "__main__":
    main()
