# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which texts of an inventory Ansible may treat as templates, the same with each ansible-core.

One before 2.19 treats every variable as a template. A later one treats only what is trusted so, and exports everything
else in a wrapper that other programs do not understand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible import template

from ..module_utils._kubeconfig.inventory_hosts import may_be_template

_BY_TRUST = hasattr(template, "trust_as_template")
trusted: Callable[[str], str] = template.trust_as_template if _BY_TRUST else str
"""A text of this collection's own, which may be a template."""


def plain(value: Any) -> Any:
    """A value that is exported as it is, and never evaluated even if its author intends that.

    Only a text that could be a template keeps the wrapper, with which it stays text.
    """
    if isinstance(value, str):
        return _text(value) if may_be_template(value) else trusted(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _text(value: str) -> str:
    if _BY_TRUST:
        return value
    from ansible.utils.unsafe_proxy import AnsibleUnsafeText  # noqa: PLC0415 - of ansible-core 2.18 only

    text: str = AnsibleUnsafeText(value)
    return text
