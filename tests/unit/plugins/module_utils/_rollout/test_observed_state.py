# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One look at the API's Deployment, its pods and its environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.manifest import ENV_WRITTEN, Workload
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import Cluster, connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.observed_state import (
    LiveWorkload,
    current_workload,
    read_workload,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.started_with import Known
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import (
    ConnectionOptions,
    ReleaseOptions,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import (
    GHCR,
    QUAY,
    env_of,
    live_workload,
    pod_object,
    replica_set,
    workload,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import (
    CONFIG_MAP,
    DEPLOYMENT,
    PODS,
    REPLICA_SETS,
    SECRETS,
    cluster_objects,
    config_map,
    labeled,
    stored,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, serving

ENV, OTHER_ENV = env_of(GHCR), env_of(QUAY)
WORKLOAD = workload(ENV)


@pytest.fixture
def kubernetes() -> KubernetesFake:
    """A pod that has run since noon with an environment that was written an hour before."""
    return KubernetesFake(cluster_objects(ENV))


def look(kubernetes: KubernetesFake, expected: Workload = WORKLOAD) -> LiveWorkload:
    with serving(kubernetes) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        return read_workload(cluster, expected)


def current(kubernetes: KubernetesFake) -> Workload:
    with serving(kubernetes) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        return current_workload(cluster, ReleaseOptions())


def begun(number: int, moment: str, env: Mapping[str, str]) -> dict[str, Any]:
    """The Secret of a revision that helm began at that time."""
    [(path, secret)] = stored(stored_release({"api": {"env": dict(env)}}, revision=number)).items()
    secret["metadata"]["creationTimestamp"] = f"2026-11-23T{moment}Z"
    return {path: secret}


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


def test_a_rolled_out_api_is_read_whole(kubernetes: KubernetesFake) -> None:
    live = look(kubernetes)
    assert live.deployment["metadata"]["name"] == "nvcf-api"
    assert [pod.name for pod in live.pods] == ["api-1"]
    assert (live.env, live.env_written) == (ENV, at(11))
    assert (live.stale, live.started_with) == (frozenset(), {})


def test_what_changes_next_shows_at_the_versions_of_this_look(kubernetes: KubernetesFake) -> None:
    watchable = look(kubernetes).watchable
    assert watchable["deployment"] == (f"{DEPLOYMENT.rpartition('/')[0]}?fieldSelector=metadata.name%3Dnvcf-api", "5")
    assert watchable["pods"] == (f"{PODS}?labelSelector=app%3Dapi", "7")


def test_a_label_that_only_some_pods_have_is_part_of_the_question(kubernetes: KubernetesFake) -> None:
    selector = kubernetes.objects[DEPLOYMENT]["spec"]["selector"]["matchLabels"]
    selector |= {"tier": "front", "abc": "1"}
    live = look(kubernetes)
    assert live.pods == ()
    assert "abc%3D1%2Capp%3Dapi%2Ctier%3Dfront" in live.watchable["pods"][0]


@pytest.mark.parametrize(
    "there,referred_to,env,written",
    [
        pytest.param(False, False, {}, 10, id="none"),
        pytest.param(True, False, {}, 10, id="one that nothing refers to"),
        pytest.param(False, True, {}, 10, id="a reference to nothing"),
        pytest.param(True, True, ENV, 11, id="one by hand"),
    ],
)
def test_without_a_config_map_in_the_release_one_counts_that_the_container_refers_to(
    kubernetes: KubernetesFake, env: dict[str, str], written: int, *, there: bool, referred_to: bool
) -> None:
    if not there:
        del kubernetes.objects[CONFIG_MAP]
    if not referred_to:
        del kubernetes.objects[DEPLOYMENT]["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    live = look(kubernetes, workload({}, config_map="", env_from=()))
    assert (live.env, live.env_written) == (env, at(written))
    assert (live.config_map.get("data"), live.stale) == (ENV if there else None, frozenset())


@pytest.mark.parametrize("path,named", [(DEPLOYMENT, "deployments/nvcf-api"), (CONFIG_MAP, "configmaps/nvcf-api-env")])
def test_an_object_that_somebody_has_deleted_is_named_with_the_cure(
    kubernetes: KubernetesFake, path: str, named: str
) -> None:
    del kubernetes.objects[path]
    with pytest.raises(ReleaseError, match=f"{named} of the release does not exist in namespace nvcf") as caught:
        look(kubernetes)
    assert "helm rollback" in str(caught.value)
    assert caught.value.cluster is not None


def test_the_newest_replica_set_is_the_one_of_the_highest_revision_and_not_of_the_last_letter(
    kubernetes: KubernetesFake,
) -> None:
    sets = {f"{REPLICA_SETS}/{uid}": labeled(replica_set(uid, number)) for uid, number in [("a", 10), ("z", 9)]}
    kubernetes.objects |= sets
    live = look(kubernetes)
    assert live.newest == "a"
    assert [item["metadata"]["uid"] for item in live.replica_sets] == ["old", "new", "z", "a"]


def test_a_replica_set_without_a_revision_is_the_oldest(kubernetes: KubernetesFake) -> None:
    bare = labeled(replica_set("zero", 1))
    del bare["metadata"]["annotations"]
    kubernetes.objects[f"{REPLICA_SETS}/zero"] = bare
    assert look(kubernetes).replica_sets[0]["metadata"]["uid"] == "zero"


def test_before_the_controller_has_made_any_there_is_no_newest(kubernetes: KubernetesFake) -> None:
    for uid in ("old", "new"):
        del kubernetes.objects[f"{REPLICA_SETS}/{uid}"]
    live = look(kubernetes)
    assert (live.newest, live.pods) == ("", ())
    assert live_workload(replica_sets=()).newest == ""


def test_replica_sets_and_pods_of_others_with_the_same_labels_are_not_the_apis(kubernetes: KubernetesFake) -> None:
    foreign = labeled(replica_set("foreign", 9))
    foreign["metadata"]["ownerReferences"] = [{"uid": "another deployment", "controller": True}]
    nobodys = labeled(pod_object("nobodys"))
    del nobodys["metadata"]["ownerReferences"]
    kubernetes.objects |= {
        f"{REPLICA_SETS}/foreign": foreign,
        f"{PODS}/bootstrap": labeled(pod_object("bootstrap", owner="job")),
        f"{PODS}/foreign": labeled(pod_object("foreign", owner="foreign")),
        f"{PODS}/nobodys": nobodys,
    }
    live = look(kubernetes)
    assert live.newest == "new"
    assert [pod.name for pod in live.pods] == ["api-1"]


def test_pods_of_older_replica_sets_are_the_apis_as_well(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[f"{PODS}/api-0"] = labeled(pod_object("api-0", owner="old"))
    assert [(pod.name, pod.owner) for pod in look(kubernetes).pods] == [("api-0", "old"), ("api-1", "new")]


@pytest.mark.parametrize("data", [None, {}])
def test_a_config_map_without_data_is_an_empty_environment(kubernetes: KubernetesFake, data: Any) -> None:
    kubernetes.objects[CONFIG_MAP]["data"] = data
    assert look(kubernetes).env == {}


def entry(moment: str | None, fields: Any) -> dict[str, Any]:
    """One line of managedFields."""
    return {"fieldsV1": fields} | ({"time": f"2026-11-23T{moment}Z"} if moment else {})


DATA: Any = {"f:data": {"f:A": {}}}
LABELS: Any = {"f:metadata": {"f:labels": {}}}
REMOVED: Any = {"f:metadata": {"f:annotations": {f"f:{ENV_WRITTEN}": {}}}}


@pytest.mark.parametrize(
    "fields,written",
    [
        pytest.param([entry("10:00:00", DATA)], at(10), id="one writer"),
        pytest.param([entry("10:30:00", DATA), entry("10:00:00", DATA)], at(10, 30), id="the later of two"),
        pytest.param([entry("10:00:00", DATA), entry("11:00:00", LABELS)], at(10), id="labels are not environment"),
        pytest.param([entry("10:00:00", DATA), entry("11:00:00", REMOVED)], at(11), id="a removal"),
        pytest.param([entry("10:00:00", DATA), entry(None, DATA)], at(10), id="one without a time"),
        pytest.param([entry("10:00:00", DATA), entry("11:00:00", None)], at(10), id="one that owns nothing"),
        pytest.param([entry("11:00:00", LABELS)], at(9), id="no one wrote data"),
        pytest.param([], at(9), id="no one at all"),
        pytest.param(None, at(9), id="not reported"),
    ],
)
def test_the_environment_is_as_old_as_the_last_write_of_its_data_or_as_the_object(
    kubernetes: KubernetesFake, fields: Any, written: datetime
) -> None:
    metadata = {"creationTimestamp": "2026-11-23T09:00:00Z", "managedFields": fields}
    kubernetes.objects[CONFIG_MAP]["metadata"] = metadata
    assert look(kubernetes).env_written == written


def test_a_pod_that_is_older_than_its_environment_was_started_with_what_was_rendered_then(
    kubernetes: KubernetesFake,
) -> None:
    kubernetes.objects |= begun(1, "10:00:00", OTHER_ENV) | begun(2, "13:00:00", ENV)
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
    live = look(kubernetes)
    assert live.stale == {"api-1"}
    assert live.started_with == {"api-1": OTHER_ENV}


def test_after_a_rollback_a_pod_of_before_is_not_stale(kubernetes: KubernetesFake) -> None:
    kubernetes.objects |= begun(1, "10:00:00", ENV) | begun(2, "12:30:00", OTHER_ENV) | begun(3, "13:00:00", ENV)
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
    live = look(kubernetes)
    assert (live.stale, live.started_with) == (frozenset(), {})


def by_helm(moment: str) -> dict[str, Any]:
    """A write of the data by helm, which puts its mark on all its objects."""
    return entry(moment, DATA | {"f:metadata": {"f:annotations": {"f:meta.helm.sh/release-name": {}}}})


@pytest.mark.parametrize(
    "revisions,fields,stale",
    [
        pytest.param([(1, "10:00:00", ENV), (2, "13:00:00", ENV)], [by_helm("13:00:00")], True, id="repaired by helm"),
        pytest.param([(1, "10:00:00", ENV)], [by_helm("13:00:00")], True, id="repaired without a revision"),
        pytest.param(
            [(1, "10:00:00", ENV)], [by_helm("10:00:00"), entry("13:00:00", DATA)], True, id="edited back by hand"
        ),
        pytest.param(
            [(1, "10:00:00", ENV), (2, "12:30:00", OTHER_ENV), (3, "13:00:00", ENV)],
            [by_helm("13:00:00"), entry("11:30:00", DATA)],
            True,
            id="edited before the pod was started",
        ),
        pytest.param(
            [(1, "10:00:00", ENV), (2, "12:30:00", OTHER_ENV), (3, "13:00:00", ENV)],
            [by_helm("13:00:00"), entry("12:15:00", REMOVED)],
            True,
            id="repaired, changed, rolled back",
        ),
        pytest.param(
            [(1, "10:00:00", ENV), (2, "12:30:00", OTHER_ENV), (3, "13:00:00", ENV)],
            [by_helm("13:00:00"), entry("12:45:00", REMOVED)],
            False,
            id="changed, freed of what that had left, rolled back",
        ),
        pytest.param(
            [(1, "10:00:00", OTHER_ENV), (2, "12:00:00", ENV)],
            [by_helm("12:00:00"), entry("13:00:00", REMOVED)],
            True,
            id="begun in the second of the start, and freed of what had been left",
        ),
        pytest.param(
            [(1, "10:00:00", ENV), (2, "12:30:00", OTHER_ENV), (3, "13:00:00", ENV)],
            [by_helm("13:00:00"), entry("09:00:00", DATA)],
            False,
            id="edited before the revision",
        ),
    ],
)
def test_a_pod_is_only_taken_for_one_of_its_revision_where_no_write_speaks_against_it(
    kubernetes: KubernetesFake, revisions: list[Any], fields: list[Any], *, stale: bool
) -> None:
    """Helm does not write what is there already. A write without a reason has replaced somebody's edit."""
    for path in [path for path in kubernetes.objects if path.startswith(SECRETS)]:
        del kubernetes.objects[path]
    for revision in revisions:
        kubernetes.objects |= begun(*revision)
    kubernetes.objects[CONFIG_MAP]["metadata"]["managedFields"] = fields
    live = look(kubernetes)
    assert (set(live.stale), live.started_with) == ({"api-1"} if stale else set(), {})


def test_a_pod_whose_revision_can_not_be_read_counts_as_stale(kubernetes: KubernetesFake) -> None:
    kubernetes.objects |= begun(1, "10:00:00", ENV)
    kubernetes.objects[f"{SECRETS}/sh.helm.release.v1.api.v1"]["data"] = {"release": "bm90IGdvb2Q="}
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
    live = look(kubernetes)
    assert (set(live.stale), live.started_with) == ({"api-1"}, {})


@pytest.mark.parametrize(
    "made,started,old",
    [
        pytest.param("11:00:00", "12:59:59", True, id="started before"),
        pytest.param("11:00:00", "13:00:00", True, id="made before and restarted in that second"),
        pytest.param("11:00:00", "13:00:01", False, id="restarted after"),
        pytest.param("13:00:00", "13:00:00", False, id="made in that second"),
        pytest.param("13:00:01", "12:59:00", False, id="made after on a node whose clock is behind"),
    ],
)
def test_a_pod_of_the_second_of_the_write_is_older_only_if_it_was_made_before(
    kubernetes: KubernetesFake, made: str, started: str, *, old: bool
) -> None:
    pod = labeled(pod_object(state={"running": {"startedAt": f"2026-11-23T{started}Z"}}))
    pod["metadata"]["creationTimestamp"] = f"2026-11-23T{made}Z"
    kubernetes.objects[f"{PODS}/api-1"] = pod
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
    assert look(kubernetes).stale == (frozenset({"api-1"}) if old else frozenset())


def test_a_pod_whose_revision_is_pruned_counts_as_stale_and_nobody_claims_to_know_with_what(
    kubernetes: KubernetesFake,
) -> None:
    kubernetes.objects |= begun(1, "12:30:00", ENV)
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
    live = look(kubernetes)
    assert (set(live.stale), live.started_with) == ({"api-1"}, {})


def restarted(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[f"{PODS}/api-1"] = labeled(pod_object(state={"running": {"startedAt": "2026-11-23T12:40:00Z"}}))


def written_again(kubernetes: KubernetesFake) -> None:
    kubernetes.objects |= begun(3, "14:00:00", OTHER_ENV)
    kubernetes.objects[CONFIG_MAP] = config_map(OTHER_ENV, written="2026-11-23T14:00:00Z")


def nothing_new(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[DEPLOYMENT]["metadata"]["generation"] += 1


@pytest.mark.parametrize(
    "change,seen,again",
    [
        pytest.param(nothing_new, None, False, id="nothing new"),
        pytest.param(restarted, None, True, id="another start"),
        pytest.param(written_again, None, True, id="another write"),
        pytest.param(nothing_new, at(13), True, id="in the second of the write"),
    ],
)
def test_a_wait_reads_the_past_again_only_where_that_can_say_something_else(
    kubernetes: KubernetesFake,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[KubernetesFake], None],
    seen: datetime | None,
    *,
    again: bool,
) -> None:
    if seen:
        monkeypatch.setattr(Cluster, "clock", lambda _cluster: seen)
    kubernetes.objects |= begun(1, "10:00:00", OTHER_ENV) | begun(2, "13:00:00", ENV)
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
    known = Known()
    with serving(kubernetes) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        read_workload(cluster, WORKLOAD, known)
        whole = [path for _method, path in server.asked if path.startswith(f"{SECRETS}/")]
        change(kubernetes)
        begin = len(server.asked)
        live = read_workload(cluster, WORKLOAD, known)
        asked = [path for _method, path in server.asked[begin:] if path.startswith(SECRETS)]
    assert (SECRETS in asked) is again
    # A revision that has been read is the same one ever after.
    assert not set(asked) & set(whole)
    alone = look(kubernetes)
    assert (live.stale, live.started_with) == (alone.stale, alone.started_with)


@pytest.mark.parametrize(
    "first,second,stale,started_with",
    [
        pytest.param(ENV, OTHER_ENV, set(), {}, id="one of both is right"),
        pytest.param(OTHER_ENV, OTHER_ENV, {"api-1"}, {"api-1": OTHER_ENV}, id="both are the same wrong one"),
        pytest.param(OTHER_ENV, {}, {"api-1"}, {}, id="two wrong ones"),
    ],
)
def test_where_a_second_does_not_tell_which_revision_it_was_a_pod_has_the_benefit_of_the_doubt(
    kubernetes: KubernetesFake,
    first: dict[str, str],
    second: dict[str, str],
    stale: set[str],
    started_with: dict[str, dict[str, str]],
) -> None:
    kubernetes.objects |= begun(1, "10:00:00", first) | begun(2, "12:00:00", second)
    kubernetes.objects |= begun(3, "12:30:00", {}) | begun(4, "13:00:00", ENV)
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
    live = look(kubernetes)
    assert (set(live.stale), live.started_with) == (stale, started_with)
    assert live.ambiguous == (set() if first == second else {"api-1"})


@pytest.mark.parametrize("written", ["2026-11-23T11:59:59Z", "2026-11-23T12:00:00Z"])
def test_where_no_pod_is_older_than_the_environment_the_history_is_not_needed(
    kubernetes: KubernetesFake, written: str
) -> None:
    """Auditors without the right to read Secrets can see this much."""
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written=written)
    for path in [path for path in kubernetes.objects if path.startswith(SECRETS)]:
        del kubernetes.objects[path]
    assert look(kubernetes).stale == frozenset()


def test_a_pod_that_has_not_started_yet_is_not_stale(kubernetes: KubernetesFake) -> None:
    waiting = pod_object(ready=False, state={"waiting": {"reason": "ContainerCreating"}})
    kubernetes.objects[f"{PODS}/api-1"] = labeled(waiting)
    kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
    assert look(kubernetes).stale == frozenset()


def test_no_value_of_the_environment_shows_in_a_looks_repr() -> None:
    live = live_workload(env={"PASSWORD": "canary"}, started_with={"api-1": {"PASSWORD": "canary"}})
    assert "canary" not in repr(live)


def test_what_should_run_is_what_the_last_deployed_revision_renders() -> None:
    kubernetes = KubernetesFake(
        stored(
            stored_release({"api": {"env": OTHER_ENV}}, info={"status": "superseded"}),
            stored_release({"api": {"env": ENV}}, revision=2),
            stored_release({"api": {"env": {}}}, revision=3, info={"status": "failed"}),
        )
    )
    workload = current(kubernetes)
    assert (workload.release, workload.deployment, workload.env) == ("api", "nvcf-api", ENV)
