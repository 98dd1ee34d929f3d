# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An event source of ansible-rulebook: changes of the Helm release of the NVCF API, on one or many clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
---
short_description: Changes of the Helm release of the NVCF API
description:
  - Gives an event for each new revision of the release that is deployed, has failed or is uninstalled, unless this
    collection has stored it. A revision that is pending gives none until it has ended.
  - Only metadata is requested from the API server. Values of the release are never received.
  - A cluster that does not answer is asked again until it does. What was changed since then is reported.
  - What has changed while ansible-rulebook did not run is not reported, unless O(report_existing) is set.
options:
  kubeconfig:
    description:
      - Paths of kubeconfig files, as of the inventory plugin P(fleetops.nvcf.kubeconfig#inventory). Relative ones start
        at the working directory.
      - Without it the files that E(K8S_AUTH_KUBECONFIG) or E(KUBECONFIG) names, or C(~/.kube/config).
    type: list
    elements: str
    default: []
  include:
    description: Shell patterns of names of contexts, by default all. Each context is a host, and an event is for one.
    type: list
    elements: str
    default: []
  exclude:
    description: Patterns of names of contexts that are left out.
    type: list
    elements: str
    default: []
  hostname:
    description: What the host of the inventory is called, V(context), or V(file) for the file without its ending.
    type: str
    choices: [context, file]
    default: context
  on_duplicate:
    description: What to do when two contexts would be the same host.
    type: str
    choices: [fail, first]
    default: fail
  service:
    description: Whose release it is.
    type: str
    choices: [functions, tasks]
    default: functions
  release:
    description: The release's name, by default that of the vendor's stack for the service.
    type: str
    aliases: [release_name]
  namespace:
    description: The release's namespace.
    type: str
    default: nvcf
    aliases: [release_namespace]
  report_existing:
    description: Whether each cluster gives an event of type V(present) at the start.
    type: bool
    default: false
"""

EXAMPLES = r"""
- fleetops.nvcf.release_revisions:
    kubeconfig: [~/fleet/merged.config]
    include: [east-*]
"""

import sys
from pathlib import Path

# ansible-rulebook runs this file by its path, and does not know where collections are.
_ROOTS = [str(folder.parent) for folder in Path(__file__).absolute().parents if folder.name == "ansible_collections"]
sys.path[:0] = [root for root in _ROOTS if root not in sys.path]

from ansible_collections.fleetops.nvcf.plugins.plugin_utils._release_events.source import main

__all__ = ["main"]
