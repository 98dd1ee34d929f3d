# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The OCI registry with TLS and a password."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.errors import SandboxError
from ansible_collections.fleetops.nvcf.tests.sandbox.helm import run_helm
from ansible_collections.fleetops.nvcf.tests.sandbox.install import API_CHART
from ansible_collections.fleetops.nvcf.tests.sandbox.registry import ROBOT, Registry


@pytest.mark.parametrize("major", [3, 4])
def test_a_chart_goes_in_and_out_with_the_authority_and_a_login_only(
    guarded: Registry, tmp_path: Path, major: int
) -> None:
    authority = f"--ca-file={tmp_path / 'ca.crt'}"
    home = tmp_path / f"helm{major}"
    run_helm(["package", str(API_CHART), f"--destination={tmp_path}"], home=home, major=major)
    (package,) = tmp_path.glob("*.tgz")
    push = ["push", str(package), guarded.charts, authority]
    with pytest.raises(SandboxError, match=r"(?i)unauthorized|basic credential not found|401"):
        run_helm(push, home=home, major=major)
    login = ["registry", "login", guarded.address, authority, f"--username={ROBOT.user}", "--password-stdin"]
    run_helm(login, home=home, major=major, stdin=ROBOT.password)
    with pytest.raises(SandboxError, match="certificate"):
        run_helm(push[:-1], home=home, major=major)
    run_helm(push, home=home, major=major)
    shown = run_helm(["show", "chart", f"{guarded.charts}/{API_CHART.name}", authority], home=home, major=major)
    assert "name: helm-nvcf-api" in shown
