# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: services
short_description: Give the services of NVCF in the order in which they are changed
version_added: 0.1.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Returns the services that are named, each once, in the order in which a role changes them, and fails for one that
    there is not and where none is named. A role that loops over nothing would find everything in order.
options:
  _terms:
    description:
      - Services of V(functions) and V(tasks), as a list or as text with commas between them. V(auto) means all.
    type: raw
    required: true
seealso:
  - plugin: fleetops.nvcf.module_options
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Look at all services of a cluster
  fleetops.nvcf.recognized_registry_info:
    context: east-1
    service: "{{ item }}"
    missing_ok: "{{ item != 'functions' }}"
  loop: "{{ query('fleetops.nvcf.services', 'auto') }}"
"""

RETURN = r"""
_raw:
  description: The services.
  type: list
  elements: str
"""

from collections.abc import Sequence
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ..module_utils._runtime.services import SERVICES

ALL = "auto"


class LookupModule(LookupBase):
    def run(self, terms: Sequence[Any], variables: Any = None, **_options: Any) -> list[Any]:  # noqa: ARG002
        """See RETURN. Raises AnsibleError for what is no service, and for none."""
        named = [part for term in terms for part in ([term] if not isinstance(term, list) else term)]
        words = [word.strip() for text in named for word in str(text).split(",") if word.strip()]
        if not words:
            raise AnsibleError(f"no service is named: name some of {', '.join(SERVICES)}, or {ALL}. {_END}")
        if unknown := [word for word in words if word != ALL and word not in SERVICES]:
            raise AnsibleError(
                f"there is no service {unknown[0]!r}: name some of {', '.join(SERVICES)}, or {ALL}. {_END}"
            )
        return [name for name in SERVICES if name in words or ALL in words]


_END = "Nothing was written."
