# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the processes of this run of Ansible share: made by its first process, and removed when the run ends."""

from __future__ import annotations

from contextlib import AbstractContextManager

from ansible import constants

from ..module_utils._runtime.run_cache import begin, sharing


def shared() -> AbstractContextManager[None]:
    """Lets what runs inside the block share with all workers."""
    return sharing(_parent())


def _parent() -> str:
    parent: str = constants.DEFAULT_LOCAL_TMP  # type: ignore[attr-defined] # set from Ansible's list of settings
    return parent


# Ansible imports its action plugins, and so this, before it forks the first worker for one.
begin(_parent())
