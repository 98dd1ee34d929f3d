# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One change of a release, from reading it to reading it back."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    HelmError,
    InputError,
    PlanError,
    ReleaseError,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.changed_cluster import CANARY, CHART_REF, FOREIGN, Cluster
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import CONFIG_MAP, SECRETS, stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import hook, manifest, stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_an_added_registry_is_applied_with_all_other_values_untouched(cluster: Cluster) -> None:
    result = cluster.run(GHCR)
    assert cluster.applied == {"api": {"env": FOREIGN | env_of(GHCR), "password": CANARY}}
    assert result["changed"]
    assert result["added"] == [GHCR]
    assert (result["previous_revision"], result["release"]["revision"]) == (1, 2)
    assert result["summary"] == "add GHCR=ghcr.io"
    assert result["other_changes"] == []


def test_the_upgrade_is_rendered_first_with_the_same_arguments(cluster: Cluster) -> None:
    result = cluster.run(GHCR)
    dry, real = [call for call in cluster.calls if call[0] == "upgrade"]
    assert [one for one in dry if one != "--dry-run=server"] == real
    assert result["command"] == shlex.join([str(cluster.helm), *real])
    [pull] = [call for call in cluster.calls if call[0] == "pull"]
    assert pull[1:4] == [CHART_REF, "--version", "1.25.1"]


def test_what_is_there_already_needs_neither_helm_nor_chart(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, env_of(GHCR))
    result = cluster.run(GHCR, chart_ref=None, helm_binary="helm-that-is-nowhere")
    assert result["changed"] is False
    assert result["release"]["revision"] == 1
    assert cluster.calls == []


def test_check_mode_tells_the_same_and_writes_nothing(cluster: Cluster) -> None:
    predicted = cluster.run(GHCR, check_mode=True)
    assert cluster.applied is None
    done = cluster.run(GHCR)
    where = ("release", "command", "cluster", "diff", "drift_after", "mark")
    assert {k: v for k, v in predicted.items() if k not in where} == {k: v for k, v in done.items() if k not in where}
    assert [predicted["diff"][side] for side in ("before", "after")] == [
        done["diff"][side] for side in ("before", "after")
    ]


def test_the_diff_shows_registries_and_no_other_value(tmp_path: Path) -> None:
    diff = Cluster(tmp_path, env_of(QUAY)).run(GHCR, QUAY, state="exact", check_mode=True)["diff"]
    assert diff["before"].splitlines() == [f"{name}: {value}" for name, value in env_of(QUAY).items()]
    assert "ghcr.io" in diff["after"]
    assert "LOG_LEVEL" not in str(diff)


def test_a_removal_writes_no_null(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, env_of(GHCR))
    assert cluster.run({"key": "GHCR"}, state="absent")["removed"] == [GHCR]
    assert cluster.applied == {"api": {"env": FOREIGN, "password": CANARY}}


def test_no_secret_value_is_in_a_result_or_an_error(cluster: Cluster) -> None:
    assert CANARY not in str(cluster.run(GHCR, check_mode=True))
    cluster.behave(error=f"UPGRADE FAILED: near {CANARY}: ghcr.io is not a host")
    error = cluster.refused(GHCR)
    assert isinstance(error, HelmError)
    assert CANARY not in str(error.result())
    assert "ghcr.io is not a host" in str(error)


def test_wrong_options_are_refused_before_any_cluster_is_asked(cluster: Cluster) -> None:
    error = cluster.refused(GHCR | {"hostname": "ghcr.io:443"}, host="https://127.0.0.1:1")
    assert isinstance(error, InputError)
    assert error.cluster is None


def test_warnings_about_what_is_wanted_are_passed_on(cluster: Cluster) -> None:
    cluster.run(GHCR | {"hostname": "10.0.0.5"}, check_mode=True)
    assert "without a port" in cluster.warnings[0]


def test_a_change_without_a_chart_is_refused_with_an_example(cluster: Cluster) -> None:
    error = cluster.refused(GHCR, chart_ref=None)
    assert "chart_ref is not set" in str(error)
    assert "helm-nvcf-api" in str(error)


def test_an_upgrade_that_would_change_more_is_refused_and_listed(cluster: Cluster) -> None:
    cluster.behave(also_renders={"NEW": "1"})
    error = cluster.refused(GHCR)
    assert isinstance(error, PlanError)
    assert error.facts["other_changes"] == ["ConfigMap nvcf/nvcf-api-env data.NEW added"]
    assert cluster.applied is None


def test_other_changes_can_be_allowed_and_are_still_listed(cluster: Cluster) -> None:
    cluster.behave(also_renders={"NEW": "1"})
    assert cluster.run(GHCR, allow_other_changes=True)["other_changes"] != []
    assert cluster.applied is not None


def test_another_hook_under_the_same_version_is_refused_before_it_runs(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, hooks=[hook(image="a")])
    cluster.behave(hooks=[hook(image="b"), hook("more", events=["pre-upgrade"])])
    error = cluster.refused(GHCR)
    assert error.facts["other_changes"] == [
        "hook Job nvcf/more added",
        "hook Job nvcf/nvcf-api-account-bootstrap spec.image changed",
    ]
    assert cluster.applied is None
    cluster.behave(hooks=[hook(image="a")])
    assert cluster.run(GHCR)["other_changes"] == []


@pytest.mark.parametrize("allowed", [False, True])
def test_a_rebuilt_chart_may_never_change_anything_else(tmp_path: Path, *, allowed: bool) -> None:
    subchart = "kind: ConfigMap\nmetadata: {name: of-a-subchart}\n"
    cluster = Cluster(tmp_path, manifest=f"{manifest(FOREIGN)}---\n{subchart}")
    error = cluster.refused(GHCR, chart_source="release", chart_ref=None, allow_other_changes=allowed)
    assert isinstance(error, PlanError)
    assert "does not render what is deployed: ConfigMap nvcf/of-a-subchart removed" in str(error)
    assert cluster.applied is None


def test_what_was_edited_by_hand_is_told_with_what_becomes_of_it(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, env_of(QUAY))
    data = cluster.kubernetes.objects[CONFIG_MAP]["data"]
    data |= {"LOG_LEVEL": CANARY, "EXTRA": CANARY}
    registrys = next(iter(env_of(QUAY)))

    told = cluster.run(QUAY)["drift"]
    where = "configmap/nvcf-api-env was {} outside of helm since revision 1; it is"
    left = [
        f"EXTRA of {where.format('added')} left as it is, because the release needs no upgrade.",
        f"LOG_LEVEL of {where.format('changed')} left as it is, because the release needs no upgrade.",
    ]
    assert [warning.partition(": ")[2] for warning in cluster.warnings] == left
    assert {item["kind"] for item in told} == {"variable"}

    del data[registrys]
    done = cluster.run(QUAY)
    assert [warning.partition(": ")[2] for warning in cluster.warnings] == [
        f"EXTRA of {where.format('added')} left as it is, because the release does not define it.",
        f"LOG_LEVEL of {where.format('changed')} reset by this upgrade to the value in the release.",
        f"{registrys} of {where.format('removed')} repaired.",
    ]
    assert CANARY not in str(cluster.warnings)
    # The stand-in for helm touches no object.
    assert done["drift_after"] == done["drift"]


def test_a_long_list_of_other_changes_is_cut_in_the_text_only(cluster: Cluster) -> None:
    cluster.behave(also_renders={f"NEW_{number}": "1" for number in range(30)})
    error = cluster.refused(GHCR)
    assert "and 10 more" in str(error)
    assert len(error.facts["other_changes"]) == 30


def test_registries_of_the_charts_own_defaults_stop_the_change(cluster: Cluster) -> None:
    cluster.behave(also_renders=env_of(QUAY))
    error = cluster.refused(GHCR)
    assert "GHCR=ghcr.io, QUAY=quay.io" in str(error)
    assert cluster.applied is None


def test_a_pending_revision_is_never_built_upon(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.kubernetes.objects |= stored(stored_release({}, revision=2, info={"status": "pending-upgrade"}))
    error = cluster.refused(GHCR)
    assert isinstance(error, ReleaseError)
    assert "pending-upgrade" in str(error)
    assert cluster.calls == []


def test_a_failed_revision_is_reported_and_not_built_upon(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    failed = stored_release({"api": {"env": env_of(QUAY)}}, revision=2, info={"status": "failed"})
    cluster.kubernetes.objects |= stored(failed)
    result = cluster.run(GHCR, check_mode=True)
    assert [revision["revision"] for revision in result["newer_revisions"]] == [2]
    assert result["registries"] == [GHCR]


def test_a_release_that_was_never_deployed_is_refused(tmp_path: Path) -> None:
    error = Cluster(tmp_path, info={"status": "failed"}).refused(GHCR)
    assert "no deployed revision" in str(error)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"info": {"status": "superseded"}}, id="superseded at once"),
        pytest.param({"config": {"api": {"env": FOREIGN}}}, id="other values"),
    ],
)
def test_what_was_stored_is_read_back_and_compared(cluster: Cluster, changes: dict[str, Any]) -> None:
    real = cluster.answer

    def tampered(request: Request) -> Response:
        response = real(request)
        if request.path == f"{SECRETS}/sh.helm.release.v1.api.v2":
            return Response(body=next(iter(stored(stored_release({}, revision=2, **changes)).values())))
        return response

    cluster.answer = tampered  # type: ignore[method-assign]
    error = cluster.refused(GHCR)
    assert isinstance(error, ReleaseError)
    assert "revision 2 of nvcf/api" in str(error)


@pytest.mark.parametrize(
    "version,method,forced",
    [("v4.3.1", "ssa", True), ("v4.3.1", "csa", False), ("v4.3.1", "", False), ("v3.22.0", "ssa", False)],
)
def test_conflicts_are_forced_where_helm_applies_on_the_server(
    tmp_path: Path, version: str, method: str, *, forced: bool
) -> None:
    cluster = Cluster(tmp_path, apply_method=method)
    cluster.behave(version=version)
    assert ("--force-conflicts" in cluster.run(GHCR, check_mode=True)["command"]) is forced


def test_a_local_chart_is_not_pulled(cluster: Cluster, tmp_path: Path) -> None:
    chart = tmp_path / "chart"
    chart.mkdir()
    cluster.run(GHCR, chart_ref=str(chart), check_mode=True)
    assert [call[0] for call in cluster.calls] == ["version", "upgrade"]


def test_the_kubeconfig_for_helm_is_gone_afterwards(cluster: Cluster) -> None:
    cluster.run(GHCR)
    kubeconfig = cluster.calls[-1][cluster.calls[-1].index("--kubeconfig") + 1]
    assert not Path(kubeconfig).exists()


def test_problems_of_what_is_held_are_reported(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, env_of(QUAY | {"key": "REG_EU"}))
    [problem] = cluster.run(GHCR, check_mode=True)["problems"]
    assert (problem["key"], problem["fatal"]) == ("REG_EU", False)


def test_a_stored_manifest_of_other_objects_is_an_other_change(tmp_path: Path) -> None:
    config_map = "kind: ConfigMap\nmetadata: {name: gone}\n"
    cluster = Cluster(tmp_path, manifest=f"{manifest(FOREIGN)}---\n{config_map}")
    assert cluster.refused(GHCR).facts["other_changes"] == ["ConfigMap nvcf/gone removed"]
