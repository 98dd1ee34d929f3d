#!/usr/bin/python
# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_summary
short_description: Sum up the audit of all clusters of a wave
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Collects the verdicts of the tasks of M(fleetops.nvcf.recognized_registry_audit) that ran before it in the same
    play, for all hosts of the wave. Shows how many clusters have each verdict, with the names of those that are not
    in order, and sets the statistics of M(ansible.builtin.set_stats) for the next step of a workflow.
  - C(nvcf_drifted) lists the hosts that were read completely and are not in the desired state.
  - C(nvcf_unreadable) lists the hosts of which this is not known. The input was refused, a variable is undefined, a
    right is missing, the NVCF API rejects the token, or the audit ended without a result.
  - C(nvcf_unreachable) lists the hosts that did not answer.
  - A host is in one list at most. If it has several services, the verdict is V(unreachable), V(unreadable) or
    V(drifted), in this order, if that of any service is.
  - No cluster is contacted.
attributes:
  action:
    description: Runs on the controller only.
    support: full
  check_mode:
    description: Never changes anything.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
requirements:
  - Python >= 3.12
notes:
  - Use it in tasks with C(run_once), in C(always) after the audit, so that failed hosts are counted. A host whose
    task ended without a verdict is counted if a task of M(fleetops.nvcf.look_ahead) was the first one.
  - The audit has to run on all hosts of the play. A host that is left out, for example by C(when), is counted as
    V(unreadable), because nothing is known of it.
seealso:
  - module: fleetops.nvcf.recognized_registry_audit
  - module: fleetops.nvcf.look_ahead
"""

EXAMPLES = r"""
- name: Audit all clusters, and sum up
  hosts: nvcf_control_planes
  gather_facts: false
  vars:
    nvcf_audit:
      context: "{{ inventory_hostname }}"
      ask_api: true
  tasks:
    - name: Audit
      block:
        - name: Read all clusters of the wave
          fleetops.nvcf.look_ahead:
            module: recognized_registry_audit
            options_from: nvcf_audit
          run_once: true

        - name: Audit each cluster
          fleetops.nvcf.recognized_registry_audit:
            options_from: nvcf_audit
      always:
        - name: Sum up
          fleetops.nvcf.audit_summary:
          run_once: true
"""

RETURN = r"""
verdicts:
  description: The names of the hosts, by verdict.
  returned: success
  type: dict
  sample: {ok: [east-1, east-3], drifted: [east-2]}
msg:
  description: The same in a sentence.
  returned: success
  type: str
  sample: "Audit of 3 clusters: 2 ok, 1 drifted (east-2)."
"""
