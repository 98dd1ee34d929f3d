# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One cluster, judged."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import recognized_registry_audit
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.recognized_registry_audit import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    FindingsError,
    InputError,
    UnforeseenError,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import (
    GHCR,
    QUAY,
    env_of,
    host,
    pair,
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
from ansible_collections.fleetops.nvcf.tests.unit.plugins.nvcf_fake import (
    ACCEPTED,
    NOT_RECOGNIZED,
    NvcfFake,
    refusal,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, Response, serving

ENV = env_of(GHCR)
LISTED = {"name": GHCR["name"], "hostname": GHCR["hostname"]}


@pytest.fixture
def kubernetes() -> KubernetesFake:
    """A cluster on which GHCR is at every level."""
    return KubernetesFake(cluster_objects(ENV))


def audit(kubernetes: KubernetesFake, **given: Any) -> dict[str, Any]:
    with serving(kubernetes) as server:
        return OPERATION.start(host(), params_of(OPERATION, **{"host": server.url, "fail_on": "never", **given}))


def audit_asking(nvcf: NvcfFake, kubernetes: KubernetesFake, **given: Any) -> dict[str, Any]:
    """With the API's own answers."""
    with serving(nvcf) as server:
        return audit(kubernetes, ask_api=True, api_url=server.url, token="t", **given)


def kinds(result: dict[str, Any]) -> list[str]:
    assert all(finding["text"] and finding["next_step"] for finding in result["findings"])
    return [finding["kind"] for finding in result["findings"]]


def test_a_cluster_that_is_as_it_ought_to_be_has_no_findings(kubernetes: KubernetesFake) -> None:
    result = audit(kubernetes, registries=[GHCR], fail_on="warning")
    assert (result["verdict"], result["findings"], result["changed"]) == ("ok", [], False)
    assert result["release"]["revision"] == 1


def test_a_wanted_registry_that_is_not_there_is_drift(kubernetes: KubernetesFake) -> None:
    result = audit(kubernetes, registries=[GHCR, QUAY])
    assert (result["verdict"], kinds(result)) == ("drifted", ["unmet"])


def test_the_host_fails_with_every_error_and_with_all_that_is_known(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[CONFIG_MAP] = config_map({})
    with pytest.raises(FindingsError) as caught:
        audit(kubernetes, registries=[GHCR], fail_on="error")
    result = caught.value.result()
    assert "GHCR (ghcr.io) is stored, but not rendered" in result["msg"]
    assert "_GHCR_NAME was removed by hand in configmap/nvcf-api-env" in result["msg"]
    assert result["verdict"] == "drifted"
    assert result["registries"][0]["stored"] is True


def test_a_disagreement_about_what_nobody_asked_for_is_told_once(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[CONFIG_MAP] = config_map({})
    assert kinds(audit(kubernetes)) == ["disagreement", "drift", "drift"]
    assert kinds(audit(kubernetes, registries=[GHCR])) == ["unmet", "drift", "drift"]


def test_an_edit_of_what_is_not_ours_is_only_a_warning(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[CONFIG_MAP] = config_map(ENV | {"LOG_LEVEL": "debug"})
    result = audit(kubernetes)
    assert (result["verdict"], kinds(result)) == ("warning", ["drift"])
    assert audit(kubernetes, fail_on="error")["verdict"] == "warning"
    with pytest.raises(FindingsError, match="LOG_LEVEL was added by hand"):
        audit(kubernetes, fail_on="warning")


def test_a_registry_that_the_api_drops_is_a_problem() -> None:
    kubernetes = KubernetesFake(cluster_objects(env_of({**GHCR, "key": "MY_REG"})))
    assert kinds(audit(kubernetes)) == ["problem"]


def test_what_a_stack_sets_for_a_built_in_registry_is_a_warning_unless_the_api_does_not_start() -> None:
    result = audit(KubernetesFake(cluster_objects(ENV | pair("NGC", None, "mirror.example.com"))))
    assert (result["verdict"], kinds(result)) == ("warning", ["problem"])
    result = audit(KubernetesFake(cluster_objects(ENV | pair("HARBOR", None, "harbor.example.com"))))
    assert (result["verdict"], kinds(result)) == ("drifted", ["problem"])
    assert audit(KubernetesFake(cluster_objects(ENV | pair("HARBOR", "Ours", "harbor.example.com"))))["findings"] == []


def test_a_container_that_is_cut_off_from_its_variables_is_drift(kubernetes: KubernetesFake) -> None:
    containers = kubernetes.objects[DEPLOYMENT]["spec"]["template"]["spec"]["containers"]
    containers[0]["envFrom"].append({"secretRef": {"name": "more"}})
    assert audit(kubernetes)["verdict"] == "warning"
    containers[0]["envFrom"] = []
    assert (audit(kubernetes)["verdict"], kinds(audit(kubernetes))) == ("drifted", ["drift"])


def test_a_pending_revision_is_an_error_and_a_failed_one_a_warning(kubernetes: KubernetesFake) -> None:
    second = {"api": {"env": ENV}}
    objects = dict(kubernetes.objects)
    kubernetes.objects |= stored(stored_release(second, revision=2, info={"status": "pending-upgrade"}))
    assert kinds(audit(kubernetes)) == ["pending"]
    kubernetes.objects = objects | stored(stored_release(second, revision=2, info={"status": "failed"}))
    result = audit(kubernetes)
    assert (kinds(result), result["verdict"]) == (["failed_revision"], "warning")
    assert "2 has failed; 1 is deployed" in result["findings"][0]["text"]


def test_a_release_without_a_deployed_revision_is_drift() -> None:
    result = audit(KubernetesFake(stored(stored_release({}, info={"status": "failed"}))))
    assert (kinds(result), result["verdict"]) == (["unmet", "failed_revision"], "drifted")
    assert "none is deployed" in result["findings"][1]["text"]


def test_pods_that_do_not_serve_are_an_error(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[f"{PODS}/api-1"] = labeled(pod_object(ready=False))
    assert kinds(audit(kubernetes)) == ["rollout"]


def test_pods_older_than_their_environment_need_a_restart(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
    [finding] = audit(kubernetes)["findings"]
    assert (finding["kind"], "api_rollout" in finding["next_step"]) == ("rollout", True)


def test_what_the_next_sync_would_drop_is_a_warning(kubernetes: KubernetesFake) -> None:
    synced = stored_release({}, info={"status": "superseded", "description": "Install complete"})
    ours = {"status": "deployed", "description": "fleetops.nvcf: add GHCR=ghcr.io"}
    kubernetes.objects |= stored(synced, stored_release({"api": {"env": ENV}}, revision=2, info=ours))
    result = audit(kubernetes)
    assert (kinds(result), result["verdict"]) == (["next_sync_drops"], "warning")
    assert result["findings"][0]["text"] == "GHCR (ghcr.io) is not in the stack values (revision 1)"


NO_API = {"ask_api": True, "api_url": "http://127.0.0.1:9", "token": "t"}


@pytest.mark.parametrize("registry, also", [(GHCR, []), (QUAY, ["unmet"])])
def test_a_cluster_whose_api_is_up_and_can_not_be_asked_is_not_judged(
    kubernetes: KubernetesFake, registry: dict[str, Any], also: list[str]
) -> None:
    result = audit(kubernetes, registries=[registry], **NO_API)
    assert (sorted(kinds(result)), result["verdict"]) == (["api", *also], "unreadable")


def test_an_api_that_is_down_with_its_pods_is_what_a_change_may_heal(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[f"{PODS}/api-1"] = labeled(pod_object(ready=False))
    result = audit(kubernetes, **NO_API)
    assert (sorted(kinds(result)), result["verdict"]) == (["api", "rollout"], "drifted")


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_release_that_the_api_server_does_not_show_is_unreadable(kubernetes: KubernetesFake, status: int) -> None:
    denied = Response(status=status, body={"kind": "Status", "message": "no"})
    kubernetes.objects["/api/v1/namespaces/nvcf/secrets"] = denied
    result = audit(kubernetes, registries=[GHCR], outage_timeout=0)
    assert (kinds(result), result["verdict"]) == (["unreadable"], "unreadable")


@pytest.mark.parametrize("raised", [KeyError("x"), MemoryError(), type("TaskTimeoutError", (BaseException,), {})()])
def test_an_audit_that_ends_unexpectedly_says_nothing_about_the_cluster(
    kubernetes: KubernetesFake, monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    def end(*_args: Any, **_more: Any) -> None:
        raise raised

    monkeypatch.setattr(recognized_registry_audit, "read_state", end)
    with pytest.raises(UnforeseenError) as caught:
        audit(kubernetes)
    assert caught.value.result()["verdict"] == "unreadable"


@pytest.mark.parametrize("given", [{"host": "http://127.0.0.1:9"}, {"host": None, "context": "nowhere"}])
def test_a_cluster_that_can_not_be_reached_is_a_finding(given: dict[str, Any]) -> None:
    result = audit(KubernetesFake({}), **given)
    assert (result["verdict"], kinds(result)) == ("unreachable", ["unreachable"])
    assert result["cluster"] == (given["host"] or given["context"])
    with pytest.raises(FindingsError):
        audit(KubernetesFake({}), **given, fail_on="error")


def test_a_cluster_without_the_release_is_a_finding() -> None:
    result = audit(KubernetesFake({}))
    assert (result["verdict"], kinds(result)) == ("unreadable", ["unreadable"])


@pytest.mark.parametrize(
    "given,data",
    [
        pytest.param({"registries": [QUAY]}, {"nvcf_drifted": ["east"]}, id="drifted"),
        pytest.param({"host": "http://127.0.0.1:9"}, {"nvcf_unreachable": ["east"]}, id="unreachable"),
    ],
)
def test_a_workflow_learns_which_clusters_need_somebody(
    kubernetes: KubernetesFake, given: dict[str, Any], data: dict[str, list[str]]
) -> None:
    stats = {"data": data, "per_host": False, "aggregate": True}
    assert audit(kubernetes, report_as="east", **given)["ansible_stats"] == stats
    assert "ansible_stats" not in audit(kubernetes, **given)


def test_a_cluster_that_is_fine_is_no_artifact(kubernetes: KubernetesFake) -> None:
    assert "ansible_stats" not in audit(kubernetes, report_as="east", registries=[GHCR])


def test_a_wanted_list_that_can_not_be_right_stops_everything(kubernetes: KubernetesFake) -> None:
    with pytest.raises(InputError) as caught:
        audit(kubernetes, registries=[{**GHCR, "key": "lower_case"}])
    assert caught.value.result()["verdict"] == "unreadable"


def test_a_function_whose_registry_was_removed_before_is_a_warning_that_names_it(kubernetes: KubernetesFake) -> None:
    nvcf = NvcfFake(recognized=[LISTED])
    nvcf.add("fine", image="ghcr.io/a/b:1")
    nvcf.add("left-over", image="quay.io/a/b:1")
    for state in ("present", "absent"):
        result = audit_asking(nvcf, kubernetes, registries=[GHCR if state == "present" else QUAY], state=state)
        assert (kinds(result), result["verdict"]) == (["refused"], "warning")
        text = result["findings"][0]["text"]
        assert text == "function left-over (id1) uses quay.io/a/b:1, which is not recognized"
        assert [function["name"] for function in result["refused"]] == ["left-over"]


def test_a_function_that_a_removal_is_going_to_strand_is_told_as_before(kubernetes: KubernetesFake) -> None:
    nvcf = NvcfFake(recognized=[LISTED])
    nvcf.add("mine", image="ghcr.io/a/b:1")
    assert kinds(audit_asking(nvcf, kubernetes, registries=[GHCR], state="absent")) == ["unmet", "stranded"]


def test_a_token_that_may_not_list_functions_leaves_the_rest_of_the_audit(kubernetes: KubernetesFake) -> None:
    nvcf = NvcfFake(recognized=[LISTED], list_answers=[refusal(403, "Access Denied")])
    result = audit_asking(nvcf, kubernetes, registries=[GHCR])
    assert (kinds(result), result["verdict"]) == (["functions"], "warning")
    assert "did not list functions" in result["functions_problem"]
    assert result["registries"][0]["recognized"] is True


@pytest.mark.parametrize(
    "answer,accepted,found",
    [
        (ACCEPTED, True, []),
        (NOT_RECOGNIZED, False, ["unmet"]),
        (refusal(400, "Missing CONTAINER registry credential for hostname 'ghcr.io'"), None, ["credential_missing"]),
        (refusal(403, "Access Denied"), None, ["accepted"]),
        (refusal(400, "?"), None, ["accepted"]),
    ],
)
def test_an_audit_that_probes_goes_by_what_the_api_would_say(
    kubernetes: KubernetesFake, answer: Response, accepted: bool | None, found: list[str]
) -> None:
    nvcf = NvcfFake(recognized=[LISTED], probe_answers=[answer])
    result = audit_asking(nvcf, kubernetes, registries=[GHCR], probe=True, fail_on="never")
    assert kinds(result) == found
    assert [row["accepted"] for row in result["registries"]] == [accepted]
    assert (len(nvcf.asked), nvcf.functions) == (1, {})


def test_a_reason_for_which_nothing_is_known_is_told_once(kubernetes: KubernetesFake) -> None:
    nvcf = NvcfFake(recognized=[LISTED], probe_answers=[refusal(403, "Access Denied")])
    result = audit_asking(nvcf, kubernetes, registries=[GHCR, QUAY], probe=True, fail_on="never")
    told = [finding["text"] for finding in result["findings"] if finding["kind"] == "accepted"]
    assert len(told) == len(nvcf.asked) == 1
    assert "ghcr.io, quay.io" in told[0]


def test_an_audit_can_probe_without_the_list(kubernetes: KubernetesFake) -> None:
    nvcf = NvcfFake()
    with serving(nvcf) as server:
        result = audit(kubernetes, api_url=server.url, token="t", probe=True, registries=[GHCR])
    assert [(row["recognized"], row["accepted"]) for row in result["registries"]] == [(None, True)]


def test_functions_are_not_looked_at_where_the_api_is_not_asked(kubernetes: KubernetesFake) -> None:
    result = audit(kubernetes, registries=[GHCR])
    assert (result["refused"], result["functions_problem"]) == ([], None)


@pytest.mark.parametrize(
    "hostname,why",
    [("registry.corp.example:5000", "with a port it would never match"), ("https://quay.io", "it has a scheme")],
)
def test_what_only_the_api_lists_is_judged_as_what_is_stored(
    kubernetes: KubernetesFake, hostname: str, why: str
) -> None:
    nvcf = NvcfFake(recognized=[LISTED, {"name": "By other means", "hostname": hostname}])
    result = audit_asking(nvcf, kubernetes)
    assert kinds(result) == ["problem", "recognized_elsewhere"]
    text = result["findings"][0]["text"]
    assert text.startswith(f"the API lists {hostname}, but hostname {hostname!r}: ")
    assert why in text


def test_what_only_the_api_lists_and_can_match_is_no_problem(kubernetes: KubernetesFake) -> None:
    nvcf = NvcfFake(recognized=[LISTED, {"name": "Harbor Registry", "hostname": "harbor.corp.example:8443"}])
    assert "problem" not in kinds(audit_asking(nvcf, kubernetes)), "one that NVCF validates itself"
    nvcf.recognized[1] = {"name": "Quay", "hostname": "quay.io"}
    result = audit_asking(nvcf, kubernetes)
    assert (kinds(result), result["verdict"]) == (["recognized_elsewhere"], "warning")
    assert "fleetops.nvcf.add" not in str(result["findings"])


@pytest.mark.parametrize("given", [{}, {"registries": []}, {"registries": [], "state": "absent"}])
def test_a_cluster_of_which_nothing_was_wanted_is_judged_by_itself_and_says_so(
    kubernetes: KubernetesFake, given: dict[str, Any]
) -> None:
    told: list[str] = []
    with serving(kubernetes) as server:
        result = OPERATION.start(host(warn=told.append), params_of(OPERATION, host=server.url, **given))
    assert (result["verdict"], result["wanted"]) == ("ok", False)
    assert ["registries is empty, so there is no desired state" in text for text in told] == [True]
    assert audit(kubernetes, registries=[GHCR])["wanted"] is True
    assert audit(KubernetesFake(cluster_objects({})), registries=[], state="exact")["wanted"] is True
