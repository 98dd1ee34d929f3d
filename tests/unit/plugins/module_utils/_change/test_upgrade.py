# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Preparing an upgrade, and what it may change beside the registries."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.upgrade import (
    Prediction,
    Upgrade,
    UpgradeOptions,
    prepare,
    refuse_others,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.manifest import ObjectId
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.manifest_diff import Difference
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import Cluster
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.recognized_registry import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.plan import make_plan
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.values import read_env
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError, InputError, PlanError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ChartOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, env_of, wanted
from ansible_collections.fleetops.nvcf.tests.unit.plugins.changed_cluster import CANARY, CHART_REF, FOREIGN
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import hook, manifest, stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.stored_history import StoredHistory

Source = Literal["reference", "release"]
VALUES = {"api": {"env": FOREIGN, "password": CANARY}, "image": {"tag": "1.0"}}


def release_on(folder: Path, **changes: Any) -> StoredHistory:
    """One deployed revision without a registry."""
    return StoredHistory(folder, stored_release(VALUES, **changes))


@contextmanager
def prepared(found: StoredHistory, *, keep: int = 2, summary: str | None = None, **given: Any) -> Iterator[Upgrade]:
    """An upgrade that adds GHCR to what is deployed."""
    asked = {"chart_ref": CHART_REF, "registries": [GHCR], **given}
    with found.connected(OPERATION, **asked) as (handle, options):
        base = handle.revision(handle.history(), 1)
        plan = make_plan(FUNCTIONS, read_env(base.values, FUNCTIONS), [wanted()], state="present", on_existing="fail")
        line = plan.summary if summary is None else summary
        yield prepare(handle, base, plan, line, chart=options.chart, upgrade=options.upgrade, keep=keep, mark="a.1")


def option(argv: list[str], name: str) -> str:
    return argv[argv.index(name) + 1]


def test_preparing_pulls_the_chart_that_is_deployed_and_writes_nothing(tmp_path: Path) -> None:
    found = release_on(tmp_path)
    with prepared(found):
        assert [call[0] for call in found.calls] == ["version", "pull"]
    assert option(found.calls[1], "--version") == "1.25.1"


def test_the_values_are_those_of_the_base_but_for_the_environment(tmp_path: Path) -> None:
    with prepared(release_on(tmp_path)) as upgrade:
        assert upgrade.values == {
            "api": {"env": FOREIGN | env_of(GHCR), "password": CANARY},
            "image": {"tag": "1.0"},
        }


def test_neither_the_command_nor_a_repr_holds_a_value(tmp_path: Path) -> None:
    with prepared(release_on(tmp_path)) as upgrade:
        assert CANARY not in upgrade.command
        assert CANARY not in repr(upgrade)


def test_the_command_that_is_shown_is_the_one_that_is_run(tmp_path: Path) -> None:
    found = release_on(tmp_path)
    with prepared(found) as upgrade:
        upgrade.predict()
        assert found.written == [], "a prediction has written"
        upgrade.apply(upgrade.values)
        shown = shlex.split(upgrade.command)
    dry, real = found.calls[-2:]
    assert real == shown[1:]
    assert [word for word in dry if word != "--dry-run=server"] == real


def test_the_revision_is_described_as_this_collections_with_what_it_is_for(tmp_path: Path) -> None:
    with prepared(release_on(tmp_path)) as upgrade:
        assert option(shlex.split(upgrade.command), "--description") == "fleetops.nvcf: add GHCR=ghcr.io"


def test_a_description_is_no_longer_than_helm_lists_well(tmp_path: Path) -> None:
    with prepared(release_on(tmp_path), summary="ä" * 300) as upgrade:
        told = option(shlex.split(upgrade.command), "--description")
    assert len(told) == 256
    assert told.startswith("fleetops.nvcf: ää")


@pytest.mark.parametrize(
    "history_max,keep,passed",
    [
        pytest.param(10, 2, "10", id="enough"),
        pytest.param(3, 5, "5", id="the rollback outlives the upgrade"),
        pytest.param(5, 5, "5", id="just enough"),
        pytest.param(0, 5, "0", id="without a limit"),
    ],
)
def test_no_revision_that_is_needed_is_pruned(tmp_path: Path, history_max: int, keep: int, passed: str) -> None:
    with prepared(release_on(tmp_path), keep=keep, history_max=history_max) as upgrade:
        assert option(shlex.split(upgrade.command), "--history-max") == passed


def test_the_time_that_was_given_is_helms(tmp_path: Path) -> None:
    with prepared(release_on(tmp_path), timeout=77) as upgrade:
        assert option(shlex.split(upgrade.command), "--timeout") == "77s"


@pytest.mark.parametrize("allowed", [False, True])
def test_the_servers_schema_is_looked_at_only_where_more_than_registries_may_change(
    tmp_path: Path, *, allowed: bool
) -> None:
    with prepared(release_on(tmp_path), allow_other_changes=allowed) as upgrade:
        assert ("--disable-openapi-validation" in upgrade.command) is not allowed


@pytest.mark.parametrize(
    "version,applied,forced",
    [("v4.3.1", "ssa", True), ("v3.17.0", "ssa", False), ("v4.3.1", "csa", False), ("v4.3.1", "", False)],
)
def test_conflicts_are_forced_where_helm_applies_on_the_server(
    tmp_path: Path, version: str, applied: str, *, forced: bool
) -> None:
    found = release_on(tmp_path, apply_method=applied)
    found.behave(version=version)
    with prepared(found) as upgrade:
        assert ("--force-conflicts" in upgrade.command) is forced


def test_without_a_chart_helm_is_not_asked_for_anything_but_its_version(tmp_path: Path) -> None:
    found = release_on(tmp_path)
    with pytest.raises(InputError, match="chart_ref is not set"), prepared(found, chart_ref=None):
        pass
    assert [call[0] for call in found.calls] == ["version"]


def test_an_old_helm_is_refused_before_the_chart_is_pulled(tmp_path: Path) -> None:
    found = release_on(tmp_path)
    found.behave(version="v3.9.0")
    with pytest.raises(HelmError, match="too old"), prepared(found):
        pass
    assert [call[0] for call in found.calls] == ["version"]


def test_helm_gets_a_kubeconfig_of_this_one_cluster_that_only_the_user_may_read(tmp_path: Path) -> None:
    with prepared(release_on(tmp_path), api_key="t0ken") as upgrade:
        path = upgrade.helm.kubeconfig
        document = json.loads(path.read_text(encoding="utf-8"))
        assert path.stat().st_mode & 0o077 == 0
    assert len(document["contexts"]) == 1
    assert document["users"][0]["user"]["token"] == "t0ken"
    assert document["clusters"][0]["cluster"]["server"].startswith("http://127.0.0.1")


def test_the_login_that_helm_gets_outlasts_both_of_its_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    given = Cluster.document

    def document(cluster: Cluster, *, lasting: float) -> dict[str, Any]:
        asked.append(lasting)
        return given(cluster, lasting=lasting)

    monkeypatch.setattr(Cluster, "document", document)
    with prepared(release_on(tmp_path), timeout=77):
        [lasting] = asked
    assert lasting >= 2 * 77


def test_an_error_of_helm_names_objects_chart_and_registries_and_hides_all_other_values(tmp_path: Path) -> None:
    # All of it is in the values as well, of which everything is hidden that is not known to be public.
    names = ["nvcf-api", "helm-nvcf-api", "1.25.1", "nvcf", CHART_REF, GHCR["name"], GHCR["hostname"]]
    found = StoredHistory(tmp_path, stored_release(VALUES | {"names": names}))
    words = f"{CHART_REF}: Deployment nvcf-api of helm-nvcf-api 1.25.1 in nvcf: GitHub Container Registry at ghcr.io"
    found.behave(error=f"UPGRADE FAILED: {words}: {CANARY}")
    with prepared(found) as upgrade, pytest.raises(HelmError) as caught:
        upgrade.apply(upgrade.values)
    assert words in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_change_of_registries_alone_changes_nothing_else(tmp_path: Path) -> None:
    with prepared(release_on(tmp_path)) as upgrade:
        assert upgrade.predict().others == []


def test_whatever_else_would_be_rendered_is_found_in_objects_and_in_hooks(tmp_path: Path) -> None:
    found = release_on(tmp_path, hooks=[hook(), hook("test", events=["test"])])
    found.behave(also_renders={"EXTRA": "1"}, hooks=[hook(image="other")])
    with prepared(found) as upgrade:
        assert [str(difference) for difference in upgrade.predict().others] == [
            "ConfigMap nvcf/nvcf-api-env data.EXTRA added",
            "hook Job nvcf/nvcf-api-account-bootstrap spec.image added",
        ]


def test_what_was_to_change_anyway_is_no_surprise_in_what_is_stored(tmp_path: Path) -> None:
    found = release_on(tmp_path)
    found.behave(also_renders={"RANDOM": "1"})
    with prepared(found) as upgrade:
        prediction = upgrade.predict()
        env = upgrade.plan.env_after

    def missed(**data: str) -> list[str]:
        stored = dataclasses.replace(upgrade.base, manifest=manifest(env, **data))
        return [str(difference) for difference in prediction.missed(stored)]

    assert missed(RANDOM="1") == []
    assert missed(RANDOM="2") == []
    assert missed(RANDOM="1", OTHER="1") == ["ConfigMap nvcf/nvcf-api-env data.OTHER added"]


def test_a_hook_that_the_chart_no_longer_has_is_another_change(tmp_path: Path) -> None:
    with prepared(release_on(tmp_path, hooks=[hook("old")])) as upgrade:
        assert [str(difference) for difference in upgrade.predict().others] == ["hook Job nvcf/old removed"]


def test_a_registry_that_the_chart_renders_of_its_own_stops_the_change(tmp_path: Path) -> None:
    found = release_on(tmp_path)
    found.behave(also_renders=env_of({"key": "OWN", "name": "Own", "hostname": "own.example.com"}))
    with prepared(found) as upgrade, pytest.raises(PlanError, match=r"GHCR=ghcr\.io, OWN=own\.example\.com"):
        upgrade.predict()


def found_changes(count: int) -> list[Difference]:
    identity = ObjectId(kind="Service", namespace="nvcf", name="api")
    return [Difference(object=identity, place=("spec", f"p{number}"), change="changed") for number in range(count)]


def judged(
    found: list[Difference], *, source: Source = "reference", allowed: bool = False, misread: Sequence[str] = ()
) -> None:
    prediction = Prediction(objects={}, others=found, misread=misread)
    refuse_others(prediction, "1.25.1", ChartOptions(chart_source=source), UpgradeOptions(allow_other_changes=allowed))


def refused(found: list[Difference], *, source: Source = "reference", allowed: bool = False) -> PlanError:
    with pytest.raises(PlanError) as caught:
        judged(found, source=source, allowed=allowed)
    return caught.value


def test_numbers_that_are_rendered_otherwise_whatever_they_are_given_as_are_named_with_another_cure() -> None:
    with pytest.raises(PlanError) as caught:
        judged(found_changes(1), misread=["api.limits[0]"])
    assert "Service nvcf/api spec.p0 changed. The values hold whole numbers at api.limits[0] that" in str(caught.value)
    assert "allow_other_changes" not in str(caught.value)


@pytest.mark.parametrize("source", ["reference", "release"])
@pytest.mark.parametrize("allowed", [False, True])
def test_an_upgrade_that_changes_nothing_else_is_never_refused(source: Source, *, allowed: bool) -> None:
    judged([], source=source, allowed=allowed)


def test_other_changes_of_a_chart_at_a_reference_may_be_allowed() -> None:
    judged(found_changes(1), allowed=True)


def test_other_changes_are_refused_with_the_deployed_version_and_both_cures() -> None:
    error = refused(found_changes(1))
    assert "the upgrade would change more than the registries: Service nvcf/api spec.p0 changed." in str(error)
    assert "(which has version 1.25.1)" in str(error)
    assert " Pin chart_ref and chart_version" in str(error)
    assert "allow_other_changes" in str(error)
    assert str(error).endswith(".")
    assert error.facts["other_changes"] == ["Service nvcf/api spec.p0 changed"]


@pytest.mark.parametrize("allowed", [False, True])
def test_a_rebuilt_chart_that_renders_something_else_was_not_rebuilt_whole(*, allowed: bool) -> None:
    error = refused(found_changes(1), source="release", allowed=allowed)
    assert "rebuilt from the release does not render what is deployed: Service nvcf/api spec.p0 changed." in str(error)
    assert "Set chart_source to reference and give chart_ref, version 1.25.1" in str(error)
    assert error.facts == {"other_changes": ["Service nvcf/api spec.p0 changed"]}


@pytest.mark.parametrize("count,shown,rest", [(20, 20, None), (21, 20, "; and 1 more"), (45, 20, "; and 25 more")])
def test_twenty_changes_are_shown_and_the_others_counted(count: int, shown: int, rest: str | None) -> None:
    error = refused(found_changes(count))
    assert str(error).count("Service nvcf/api spec.p") == shown
    assert "spec.p0 changed; Service nvcf/api spec.p1 changed; " in str(error)
    assert (rest in str(error)) if rest else ("; and " not in str(error))
    assert len(error.facts["other_changes"]) == count
