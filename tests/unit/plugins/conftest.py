# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The same surroundings for every test, whatever the machine and however busy it is."""

from __future__ import annotations

import os

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change import release_handle
from hypothesis import HealthCheck, settings

# On a busy machine an example may take long without anything being wrong with it.
settings.register_profile("unit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unit")
# For `make mutants`: the same examples in each of thousands of runs.
settings.register_profile("mutants", max_examples=10, derandomize=True, database=None)


@pytest.fixture(autouse=True)
def _api_servers_come_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one is closed for good, a test would wait for it as long as an operator does."""
    monkeypatch.setattr(release_handle, "OUTAGE_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """No cluster, no proxy and no helm setting comes from the environment."""
    for variable in list(os.environ):
        if variable.upper().startswith(("K8S_AUTH_", "KUBE", "HELM_")) or variable.upper().endswith("_PROXY"):
            monkeypatch.delenv(variable)
