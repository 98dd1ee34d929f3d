# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a chart may come from, and what is refused before it can do harm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError, InputError, PlanError
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World, pair
from ansible_collections.fleetops.nvcf.tests.integration.conftest import brought_up
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import (
    API_CHART,
    FAILING_HOOK,
    NEEDS_NEW_SETTING,
    OTHER_CONTENT,
    variant,
)
from ansible_collections.fleetops.nvcf.tests.sandbox.helm import run_helm
from ansible_collections.fleetops.nvcf.tests.sandbox.registry import ROBOT, Registry
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox

PULLED = "1.25.1"


def test_the_chart_is_rebuilt_from_the_release_and_no_registry_is_needed(world: World) -> None:
    before = world.values()
    world.registries(GHCR, chart_source="release", chart_ref=None)
    assert world.env().items() >= pair(GHCR).items()
    world.registries({"key": "GHCR"}, state="absent", chart_source="release", chart_ref=None)
    assert world.values() == before
    assert not [name for name in world.rendered() if "GHCR" in name]


@pytest.mark.nightly
def test_a_rebuilt_chart_forgets_registries_that_an_earlier_upgrade_left_in_its_defaults(world: World) -> None:
    world.registries(GHCR)
    # From here on the stored chart's own defaults hold the pair.
    world.run_helm("upgrade", world.release, str(world.chart), "--reuse-values", "--set-string=api.env.OTHER=1")
    world.registries({"key": "GHCR"}, state="absent", chart_source="release", chart_ref=None)
    assert not [name for name in world.rendered() if "GHCR" in name]
    assert world.rendered()["OTHER"] == "1"


def test_without_a_chart_the_change_is_refused_and_nothing_to_change_is_not(world: World) -> None:
    with pytest.raises(InputError, match="chart_ref is not set, and the release is to be changed"):
        world.registries(GHCR, chart_ref=None)
    world.registries(GHCR)
    assert not world.registries(GHCR, chart_ref=None, helm_binary="/nonexistent")["changed"]


def test_other_content_under_the_same_version_is_refused_with_a_list(world: World, tmp_path: Path) -> None:
    chart = variant(API_CHART, tmp_path / "chart", version=PULLED, edits=OTHER_CONTENT)
    with pytest.raises(
        PlanError, match=r"would change more than the registries: Deployment .*containers\[0\]\.args added"
    ) as caught:
        world.registries(GHCR, chart_ref=str(chart))
    assert len(caught.value.facts["other_changes"]) == 1
    with pytest.raises(PlanError, match="would change more than the registries"):
        world.registries(GHCR, chart_ref=str(chart), check_mode=True)
    assert len(world.history()) == 1
    done = world.registries(GHCR, chart_ref=str(chart), allow_other_changes=True)
    assert done["other_changes"] == caught.value.facts["other_changes"]


@pytest.mark.nightly
def test_another_hook_under_the_same_version_is_refused_and_not_run(world: World, tmp_path: Path) -> None:
    chart = variant(API_CHART, tmp_path / "chart", version=PULLED, edits=FAILING_HOOK)
    place = f"hook Job {world.namespace}/nvcf-api-account-bootstrap spec.activeDeadlineSeconds added"
    for check_mode in (True, False):
        with pytest.raises(PlanError, match="would change more than the registries: hook Job") as caught:
            world.registries(GHCR, chart_ref=str(chart), check_mode=check_mode)
        assert caught.value.facts["other_changes"] == [place]
    assert len(world.history()) == 1

    additional = (chart / "templates/job-account-bootstrap.tpl").read_text(encoding="utf-8")
    additional = additional.replace("post-install,post-upgrade", "pre-upgrade").replace("-bootstrap\n", "-other\n", 1)
    chart = variant(API_CHART, tmp_path / "more", version=PULLED)
    (chart / "templates/job-other.tpl").write_text(additional, encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        world.registries(GHCR, chart_ref=str(chart))
    assert caught.value.facts["other_changes"] == [f"hook Job {world.namespace}/nvcf-api-account-other added"]
    assert world.registries(GHCR)["other_changes"] == []


@pytest.mark.nightly
def test_a_rebuilt_chart_never_deletes_what_helm_did_not_store(new_world: NewWorld, tmp_path: Path) -> None:
    chart = variant(API_CHART, tmp_path / "chart", version=PULLED)
    subchart = chart / "charts" / "sub"
    (subchart / "templates").mkdir(parents=True)
    (subchart / "Chart.yaml").write_text("apiVersion: v2\nname: sub\nversion: 1.0.0\n", encoding="utf-8")
    config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-a-subchart}\n"
    (subchart / "templates" / "config.tpl").write_text(config_map, encoding="utf-8")
    world = new_world(chart=chart)
    world.install()
    assert world.get("configmaps", "of-a-subchart")
    for allowed in (False, True):
        with pytest.raises(PlanError, match=r"does not render what is deployed: ConfigMap .*/of-a-subchart removed"):
            world.registries(GHCR, chart_source="release", chart_ref=None, allow_other_changes=allowed)
    assert world.get("configmaps", "of-a-subchart")
    assert len(world.history()) == 1
    assert world.registries(GHCR)["other_changes"] == []


def test_a_chart_that_needs_a_value_which_the_release_lacks_is_refused(world: World, tmp_path: Path) -> None:
    chart = variant(API_CHART, tmp_path / "chart", version=PULLED, edits=NEEDS_NEW_SETTING)
    with pytest.raises(HelmError, match=r"api\.newSetting is required") as caught:
        world.registries(GHCR, chart_ref=str(chart))
    assert CANARY not in json.dumps(caught.value.result())
    assert len(world.history()) == 1


@pytest.fixture(scope="module")
def registries(tools: None) -> Iterator[Sandbox]:  # noqa: ARG001 it has to come first
    """A sandbox with an OCI registry that holds the charts."""
    with brought_up("-charts", registry=True) as box:
        yield box


def test_the_deployed_version_is_pulled_from_an_oci_registry(world: World, registries: Sandbox) -> None:
    reference = registries.chart
    result = world.registries(GHCR, chart_ref=reference, chart_plain_http=True)
    assert result["release"]["chart_version"] == PULLED
    assert world.env().items() >= pair(GHCR).items()


def test_a_chart_that_is_gone_from_the_registry_is_told_before_anything_is_written(
    world: World, registries: Sandbox
) -> None:
    reference = f"oci://{registries.registry}/charts/gone"
    with pytest.raises(HelmError, match=r"helm pull .* failed: .*not found"):
        world.registries(GHCR, chart_ref=reference, chart_plain_http=True)
    with pytest.raises(HelmError, match="helm pull"):
        world.registries(GHCR, chart_ref=reference, chart_plain_http=True, check_mode=True)
    assert len(world.history()) == 1


def test_a_private_registry_is_read_with_a_login_that_is_in_no_argument(
    world: World, guarded: Registry, tmp_path: Path
) -> None:
    authority = str(tmp_path / "ca.crt")
    options = {"chart_ref": f"{guarded.charts}/helm-nvcf-api", "chart_ca_cert": authority}
    push_chart(guarded, authority, tmp_path)
    with pytest.raises(HelmError, match=r"helm pull .* failed: .*(401|credential not found)"):
        world.registries(GHCR, **options)
    login = {"registry_username": ROBOT.user, "registry_password": ROBOT.password}
    with pytest.raises(HelmError, match="certificate"):
        world.registries(GHCR, **options | login | {"chart_ca_cert": None})
    with pytest.raises(InputError, match="registry_username and registry_password must be set together"):
        world.registries(GHCR, **options, registry_username=ROBOT.user)
    with pytest.raises(HelmError) as caught:
        world.registries(GHCR, **options | login | {"registry_password": "wrong-password"})
    assert "wrong-password" not in json.dumps(caught.value.result())
    assert len(world.history()) == 1

    result = world.registries(GHCR, **options | login)
    assert ROBOT.password not in json.dumps(result)
    assert world.env().items() >= pair(GHCR).items()


def push_chart(registry: Registry, authority: str, folder: Path) -> None:
    """Put the chart into a registry that wants a login."""
    home = folder / "helm"
    run_helm(["package", str(API_CHART), f"--destination={folder}"], home=home)
    login = ["registry", "login", registry.address, f"--ca-file={authority}", f"--username={ROBOT.user}"]
    run_helm([*login, "--password-stdin"], home=home, stdin=ROBOT.password)
    (package,) = folder.glob("*.tgz")
    run_helm(["push", str(package), registry.charts, f"--ca-file={authority}"], home=home)
