# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What helm is called with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.cli import Chart, Helm
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.redaction import Redactor

OCI = Chart(ref="oci://registry.example.com/org/helm-nvcf-api", version="1.25.1")
HELM = Helm(
    binary="helm",
    kubeconfig=Path("/w/kubeconfig.json"),
    release="api",
    namespace="nvcf",
    redact=Redactor({}, public=()),
    environ={},
)


def upgrade(chart: Chart = OCI, **changes: Any) -> list[str]:
    given: dict[str, Any] = {"timeout": 900, "history_max": 10, "description": "add GHCR=ghcr.io", "labels": "run=a.1"}
    given["dry_run"] = False
    return HELM.upgrade_argv(chart, **given | changes)


def value_of(flag: str, argv: list[str]) -> str:
    assert argv.count(flag) == 1
    return argv[argv.index(flag) + 1]


@pytest.mark.parametrize(
    "flag,value",
    [
        ("--version", "1.25.1"),
        ("--namespace", "nvcf"),
        ("--kubeconfig", "/w/kubeconfig.json"),
        ("--values", "-"),
        ("--timeout", "900s"),
        ("--history-max", "10"),
        ("--description", "add GHCR=ghcr.io"),
        ("--labels", "run=a.1"),
        ("--output", "json"),
    ],
)
def test_an_upgrade_is_pinned_in_every_respect(flag: str, value: str) -> None:
    assert value_of(flag, upgrade()) == value


def test_an_upgrade_names_release_and_chart_first() -> None:
    assert upgrade()[:4] == ["helm", "upgrade", "api", OCI.ref]


def test_values_are_given_whole_and_never_merged() -> None:
    argv = upgrade(force_conflicts=True, dry_run=True)
    assert "--reset-values" in argv
    assert not any(
        one.startswith(("--reuse-values", "--reset-then-reuse", "--set", "--wait", "--atomic")) for one in argv
    )


def test_the_servers_whole_schema_is_fetched_only_where_the_form_of_objects_may_change() -> None:
    assert "--disable-openapi-validation" not in upgrade()
    assert "--disable-openapi-validation" in upgrade(check_schema=False)


def test_the_real_run_differs_from_the_dry_run_in_one_flag() -> None:
    dry, real = upgrade(dry_run=True), upgrade()
    assert [one for one in dry if one not in real] == ["--dry-run=server"]
    assert [one for one in dry if one != "--dry-run=server"] == real


@pytest.mark.parametrize("force", [True, False])
def test_conflicts_are_forced_only_when_told(*, force: bool) -> None:
    assert ("--force-conflicts" in upgrade(force_conflicts=force)) is force


def test_a_rollback_always_names_its_revision_and_prunes_nothing() -> None:
    argv = HELM.rollback_argv(3, timeout=120, version=(4, 3), description="why", force=False)
    assert argv[:4] == ["helm", "rollback", "api", "3"]
    assert value_of("--namespace", argv) == "nvcf"
    assert value_of("--kubeconfig", argv) == "/w/kubeconfig.json"
    assert value_of("--timeout", argv) == "120s"
    assert value_of("--history-max", argv) == "0"


@pytest.mark.parametrize(
    "version,force,forced,described",
    [
        ((4, 3), True, True, True),
        ((5, 0), False, False, True),
        ((4, 2), True, True, False),
        ((3, 22), True, False, False),
    ],
)
def test_a_rollback_has_only_options_that_this_helm_knows(
    *, version: tuple[int, int], force: bool, forced: bool, described: bool
) -> None:
    argv = HELM.rollback_argv(3, timeout=120, version=version, description="why", force=force)
    assert ("--force-conflicts" in argv) is forced
    assert ("--description" in argv) is described


@pytest.mark.parametrize(
    "ref,local",
    [
        ("oci://registry.example.com/a/b", False),
        ("https://example.com/chart.tgz", False),
        ("repo/chart", False),
        ("./chart", True),
        ("../chart", True),
        ("/charts/chart.tgz", True),
        ("~/chart", True),
    ],
)
def test_a_chart_is_local_when_its_reference_is_a_path(ref: str, *, local: bool) -> None:
    assert Chart(ref=ref).local is local


def test_a_path_that_exists_is_local_without_a_dot_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repo/chart").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert Chart(ref="repo/chart").local


def test_a_local_chart_is_given_without_a_version_which_it_carries_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/jane")
    assert Chart(ref="~/chart", version="1.0.0").argv == ["/home/jane/chart"]


def test_nothing_secret_shows_in_the_repr() -> None:
    shown = repr(Helm(**{**vars(HELM), "environ": {"TOKEN": "canary"}, "redact": Redactor(["canary"], public=())}))
    assert "canary" not in shown
