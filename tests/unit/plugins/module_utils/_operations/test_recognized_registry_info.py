# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is, at every level."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.recognized_registry_info import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    FindingsError,
    InputError,
    ReleaseError,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import (
    GHCR,
    QUAY,
    env_of,
    host,
    params_of,
    pod_object,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import (
    CONFIG_MAP,
    DEPLOYMENT,
    PODS,
    cluster_objects,
    config_map,
    labeled,
    stored,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.nvcf_fake import NvcfFake, refusal
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, serving

ENV = env_of(GHCR)


@pytest.fixture
def kubernetes() -> KubernetesFake:
    """A cluster on which GHCR is at every level."""
    return KubernetesFake(cluster_objects(ENV))


def info(kubernetes: KubernetesFake, **given: Any) -> dict[str, Any]:
    with serving(kubernetes) as server:
        return OPERATION.start(host(), params_of(OPERATION, host=server.url, **given))


def row(result: dict[str, Any]) -> tuple[Any, ...]:
    [registry] = result["registries"]
    return registry["stored"], registry["rendered"], registry["running"], registry["recognized"]


def test_a_healthy_release_agrees_at_every_level(kubernetes: KubernetesFake) -> None:
    result = info(kubernetes, registries=[GHCR])
    assert row(result) == (True, True, True, None)
    assert (result["disagreements"], result["unmet"], result["problems"], result["changed"]) == ([], [], [], False)
    assert result["rollout"]["state"] == "done"
    assert result["release"]["revision"] == 1
    assert result["pending"] is None


def test_what_is_everywhere_as_wanted_is_settled(kubernetes: KubernetesFake) -> None:
    assert info(kubernetes, registries=[GHCR])["settled"] is True
    assert info(kubernetes, registries=[QUAY], state="absent")["settled"] is True


@pytest.mark.parametrize(
    "given,objects",
    [
        pytest.param({}, {}, id="nothing-wanted"),
        pytest.param({"registries": [QUAY]}, {}, id="not-stored"),
        pytest.param({"registries": [GHCR], "state": "absent"}, {}, id="still-there"),
        pytest.param({"registries": [GHCR]}, {CONFIG_MAP: config_map({})}, id="not-rendered"),
        pytest.param({"registries": [GHCR]}, {CONFIG_MAP: config_map(ENV | env_of(QUAY))}, id="added-by-hand"),
        pytest.param(
            {"registries": [GHCR]}, {CONFIG_MAP: config_map(ENV, written="2026-11-23T13:00:00Z")}, id="pods-are-older"
        ),
        pytest.param({"registries": [GHCR]}, {f"{PODS}/api-1": labeled(pod_object(ready=False))}, id="not-ready"),
        pytest.param(
            {"registries": [GHCR], "ask_api": True, "api_url": "http://127.0.0.1:9", "token": "t"},
            {},
            id="api-is-silent",
        ),
        pytest.param(
            {"registries": [GHCR]},
            stored(stored_release({"api": {"env": ENV}}, revision=2, info={"status": "failed"})),
            id="newest-has-failed",
        ),
    ],
)
def test_whatever_leaves_something_to_look_at_is_not_settled(
    kubernetes: KubernetesFake, given: dict[str, Any], objects: dict[str, Any]
) -> None:
    kubernetes.objects |= objects
    assert info(kubernetes, **given)["settled"] is False


def test_a_config_map_that_was_edited_by_hand_disagrees(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[CONFIG_MAP] = config_map({})
    result = info(kubernetes)
    assert row(result) == (True, False, False, None)
    assert result["disagreements"] == ["GHCR (ghcr.io) is stored, but not rendered and running"]


def stored_at(moment: str, env: dict[str, str], revision: int, status: str) -> dict[str, Any]:
    """A revision that Helm began at that moment."""
    secrets = stored(stored_release({"api": {"env": env}}, revision=revision, info={"status": status}))
    for secret in secrets.values():
        secret["metadata"]["creationTimestamp"] = moment
    return secrets


@pytest.mark.parametrize(
    "before,now,disagreement",
    [
        pytest.param({}, ENV, "is stored and rendered, but not running", id="added"),
        pytest.param(ENV, {}, "is running, but not stored and rendered", id="removed"),
    ],
)
def test_what_pods_were_started_with_is_told_where_they_are_older_than_their_environment(
    kubernetes: KubernetesFake, before: dict[str, str], now: dict[str, str], disagreement: str
) -> None:
    kubernetes.objects |= stored_at("2026-11-23T11:00:00Z", before, 1, "superseded")
    kubernetes.objects |= stored_at("2026-11-23T13:00:00Z", now, 2, "deployed")
    kubernetes.objects[CONFIG_MAP] = config_map(now, written="2026-11-23T13:00:00Z")
    result = info(kubernetes)
    assert row(result) == (bool(now), bool(now), bool(before), None)
    assert result["disagreements"] == [f"GHCR (ghcr.io) {disagreement}"]


def test_pods_that_were_started_with_different_environments_run_with_nothing_that_is_known(
    kubernetes: KubernetesFake,
) -> None:
    kubernetes.objects |= stored_at("2026-11-23T11:00:00Z", {}, 1, "superseded")
    kubernetes.objects |= stored_at("2026-11-23T13:00:00Z", ENV, 2, "deployed")
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
    later = {"running": {"startedAt": "2026-11-23T14:00:00Z"}}
    kubernetes.objects[f"{PODS}/api-2"] = labeled(pod_object("api-2", state=later))
    assert row(info(kubernetes)) == (True, True, None, None)


def test_what_pods_run_with_that_are_older_than_any_stored_revision_is_not_known(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
    result = info(kubernetes, registries=[GHCR])
    assert row(result) == (True, True, None, None)
    assert "not all pods are known to run with it" in result["unmet"][0]
    assert result["rollout"]["state"] == "stale"


def test_without_a_serving_pod_nothing_is_known_to_run(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[f"{PODS}/api-1"] = labeled(pod_object(ready=False))
    assert row(info(kubernetes)) == (True, True, None, None)


def test_the_pods_of_the_bootstrap_hook_do_not_count(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[f"{PODS}/hook"] = labeled(pod_object("hook", owner="job", ready=False))
    assert info(kubernetes)["rollout"]["state"] == "done"


@pytest.mark.parametrize("listed", [True, False])
def test_the_apis_own_list_is_a_level_when_it_is_asked(kubernetes: KubernetesFake, *, listed: bool) -> None:
    mine = {"name": GHCR["name"], "hostname": GHCR["hostname"]}
    nvcf = NvcfFake(recognized=[mine] if listed else [])
    with serving(nvcf) as server:
        result = info(kubernetes, ask_api=True, api_url=server.url, token="t")
    assert row(result) == (True, True, True, listed)
    assert result["api_problem"] is None


def test_an_api_that_is_down_is_a_finding_and_no_error(kubernetes: KubernetesFake) -> None:
    result = info(kubernetes, ask_api=True, api_url="http://127.0.0.1:1", token="t")
    assert "cannot be reached" in result["api_problem"]
    assert row(result) == (True, True, True, None)


def test_unmet_wishes_are_sentences(kubernetes: KubernetesFake) -> None:
    assert info(kubernetes, registries=[QUAY])["unmet"] == ["QUAY (quay.io) is not stored"]
    assert info(kubernetes, registries=[GHCR], state="absent")["unmet"] != []
    assert info(kubernetes, registries=[], state="exact")["unmet"] != []


def test_a_pending_revision_is_told_beside_the_deployed_one(kubernetes: KubernetesFake) -> None:
    kubernetes.objects |= stored(stored_release({}, revision=2, info={"status": "pending-upgrade"}))
    result = info(kubernetes)
    assert result["pending"]["revision"] == 2
    assert result["release"]["revision"] == 1
    assert [revision["revision"] for revision in result["history"]] == [2, 1]


def test_a_release_that_was_never_deployed_is_a_finding_and_no_error() -> None:
    failed = stored(stored_release({}, info={"status": "failed"}))
    result = info(KubernetesFake(failed))
    assert result["release"] is None
    assert result["registries"] == []
    assert result["unmet"] == ["the release has no deployed revision"]


@pytest.mark.parametrize(
    "path,told",
    [(DEPLOYMENT, "deployments/nvcf-api of the release does not exist"), (CONFIG_MAP, "configmaps/nvcf-api-env")],
)
def test_an_object_that_somebody_deleted_is_told(kubernetes: KubernetesFake, path: str, told: str) -> None:
    del kubernetes.objects[path]
    with pytest.raises(ReleaseError, match=told):
        info(kubernetes)


def test_without_a_time_of_the_last_write_the_creation_counts(kubernetes: KubernetesFake) -> None:
    created = {"creationTimestamp": "2026-11-23T13:00:00Z"}
    kubernetes.objects[CONFIG_MAP] = {"metadata": created, "data": ENV}
    assert info(kubernetes)["rollout"]["state"] == "stale"


def test_what_is_to_be_failed_on_fails_with_all_that_was_found(kubernetes: KubernetesFake) -> None:
    with pytest.raises(FindingsError, match=r"QUAY \(quay.io\) is not stored") as failed:
        info(kubernetes, registries=[QUAY], fail_when=["unmet"])
    assert failed.value.facts["registries"][0]["key"] == "GHCR"
    assert info(kubernetes, registries=[GHCR], fail_when=["unmet", "stranded", "unverifiable"])["settled"] is True


def removal(kubernetes: KubernetesFake, nvcf: NvcfFake, **given: Any) -> tuple[dict[str, Any], list[str]]:
    """A look before GHCR is removed, with what it warned of."""
    warned: list[str] = []
    removing = {"registries": [GHCR], "state": "absent", "token": "t", **given}
    with serving(nvcf) as api, serving(kubernetes) as server:
        params = params_of(OPERATION, host=server.url, api_url=api.url, **removing)
        return OPERATION.start(host(warn=warned.append), params), warned


def test_a_registry_that_comes_from_elsewhere_is_refused_only_where_that_is_asked_for(
    kubernetes: KubernetesFake,
) -> None:
    quay = {"name": "Quay", "hostname": QUAY["hostname"]}
    with serving(NvcfFake(recognized=[{"name": GHCR["name"], "hostname": GHCR["hostname"]}, quay])) as api:
        given = {"registries": [GHCR, QUAY], "ask_api": True, "api_url": api.url, "token": "t"}
        result = info(kubernetes, **given)
        assert [found["hostname"] for found in result["recognized_elsewhere"]] == ["quay.io"]
        with pytest.raises(FindingsError, match=r"do not add QUAY\.$") as caught:
            info(kubernetes, **given, fail_when=["recognized_elsewhere"])
        assert caught.value.result()["msg"].endswith("do not add QUAY. Nothing was written.")


def test_functions_that_a_removal_strands_are_a_warning_unless_they_are_to_fail(kubernetes: KubernetesFake) -> None:
    nvcf = NvcfFake()
    nvcf.add("mine")
    result, warned = removal(kubernetes, nvcf, ask_api=True)
    assert [function["name"] for function in result["stranded"]] == ["mine"]
    assert "cannot be deployed any more: mine id0 ghcr.io/a/b:1" in warned[0]
    with pytest.raises(FindingsError, match="cannot be deployed any more: mine id0"):
        removal(kubernetes, nvcf, ask_api=True, fail_when=["stranded"])


def test_without_an_answer_nobody_says_that_nothing_is_stranded(kubernetes: KubernetesFake) -> None:
    result, warned = removal(kubernetes, NvcfFake(), ask_api=False)
    assert result["stranded"] is None
    assert "is unknown: the API is not asked" in warned[0]
    with pytest.raises(FindingsError, match="is unknown: the API is not asked"):
        removal(kubernetes, NvcfFake(), ask_api=False, fail_when=["stranded"])


def test_a_token_that_may_not_list_functions_still_reads_what_is_recognized(kubernetes: KubernetesFake) -> None:
    nvcf = NvcfFake(recognized=[{"name": GHCR["name"], "hostname": GHCR["hostname"]}])
    nvcf.list_answers = [refusal(403, "Access Denied")]
    result, _warned = removal(kubernetes, nvcf, ask_api=True)
    assert (result["api_problem"], row(result)) == (None, (True, True, True, True))
    assert result["stranded"] is None
    assert "403" in result["stranded_problem"]


@pytest.mark.parametrize(
    "given", [{"registries": []}, {"registries": [], "state": "absent"}, {}, {"registries": [GHCR | {"key": "ghcr"}]}]
)
def test_a_look_before_a_change_refuses_what_the_change_would(given: dict[str, Any]) -> None:
    """Without asking the cluster: none is there."""
    with pytest.raises(InputError) as caught:
        OPERATION.start(host(), params_of(OPERATION, host="https://127.0.0.1:9", fail_when=["unverifiable"], **given))
    assert caught.value.result()["msg"].endswith(". Nothing was written.")


@pytest.mark.parametrize("given", [{"registries": []}, {"registries": [], "state": "absent"}])
def test_where_nothing_is_wanted_nothing_is_settled(kubernetes: KubernetesFake, given: dict[str, Any]) -> None:
    assert info(kubernetes, **given)["settled"] is False
    assert info(kubernetes, **given, fail_when=["unmet"])["unmet"] == []
    assert info(KubernetesFake(cluster_objects({})), registries=[], state="exact")["settled"] is True


def test_a_look_after_a_change_does_not_claim_that_nothing_was_written(kubernetes: KubernetesFake) -> None:
    with pytest.raises(FindingsError) as caught:
        info(kubernetes, registries=[QUAY], fail_when=["unmet"])
    assert caught.value.result()["msg"].endswith("QUAY (quay.io) is not stored.")
