# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a report takes out of results, and what it leaves."""

from __future__ import annotations

import pickle
from dataclasses import asdict, fields, replace
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import Facts
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.result_fields import (
    MAX_LENGTH,
    clean_text,
    did_not_answer,
    facts_after,
    failure_message,
    results_of,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    AUDIT,
    BEFORE,
    CHANGE,
    ENTRY,
    LEVELS,
    RESTORED,
    VALUES,
)
from hypothesis import given
from hypothesis import strategies as st

CANARY = "canary-0c7f"
ACTIONS = (
    "api_rollout",
    "function_smoke_test",
    "image_pull_check",
    "recognized_registry",
    "recognized_registry_audit",
    "recognized_registry_info",
    "release_rollback",
)
INFO = "fleetops.nvcf.recognized_registry_info"


def test_what_info_tells_is_taken_field_by_field() -> None:
    result = BEFORE | {
        "registries": [ENTRY | LEVELS | {"running": None}],
        "pending": {"revision": 7, "status": "pending-upgrade", "modified": "2026-11-24T03:00:00+00:00"},
        "stranded": [{"id": "0a1b", "name": "my-function", "image": "ghcr.io/a/b:1"}],
        "drift": [{"object": "configmap/nvcf-api-env", "variable": "A", "change": "removed"}],
        "problems": [{"key": "A_B", "fatal": False, "problem": "dropped silently"}],
        "on_top": {"basis": "revision 1", "registries": [ENTRY]},
    }
    facts = facts_after(Facts(), INFO, result)
    assert facts.pending == "revision 7 is pending-upgrade since 2026-11-24T03:00:00+00:00"
    assert facts.stranded == ("my-function 0a1b ghcr.io/a/b:1",)
    assert facts.drift == ("A removed configmap/nvcf-api-env",)
    assert facts.problems == ("A_B dropped silently",)
    assert facts.next_sync_drops == ("GHCR ghcr.io",)
    assert facts.registries[0].levels == (True, True, None, True, None)
    assert (facts.release, facts.chart, facts.app_version) == ("nvcf/api", "helm-nvcf-api 1.25.1", "1.14.1")


def test_the_revision_before_is_that_of_the_first_look() -> None:
    facts = facts_after(facts_after(Facts(), INFO, BEFORE), INFO, BEFORE | {"release": CHANGE["release"]})
    assert (facts.before, facts.after) == (3, 4)


def test_a_change_alone_knows_the_stored_level_only() -> None:
    (registry,) = facts_after(Facts(), "fleetops.nvcf.recognized_registry", CHANGE).registries
    assert registry.levels == (True, None, None, None, None)


def test_a_return_brings_back_the_registries_of_before() -> None:
    facts = facts_after(Facts(), INFO, BEFORE | {"registries": [ENTRY | LEVELS]})
    facts = facts_after(facts, INFO, BEFORE | {"registries": []})
    facts = facts_after(facts, "fleetops.nvcf.release_rollback", RESTORED)
    assert [registry.key for registry in facts.registries] == ["GHCR"]


def test_results_of_a_loop_are_taken_one_by_one() -> None:
    items = [{"image": f"{host}/a", "outcome": "accepted"} for host in ("ghcr.io", "quay.io")]
    facts = facts_after(Facts(), "fleetops.nvcf.function_smoke_test", {"results": items})
    assert facts.tried == ("ghcr.io/a: accepted", "quay.io/a: accepted")


def test_results_of_other_collections_are_left_alone() -> None:
    assert facts_after(Facts(), "other.nvcf.recognized_registry", CHANGE) == Facts()
    assert facts_after(Facts(), "recognized_registry", CHANGE) == Facts()


@pytest.mark.parametrize("action", ACTIONS)
def test_no_unknown_field_gets_in_anywhere(action: str) -> None:
    result: dict[str, Any] = BEFORE | CHANGE | {"findings": [], "verdict": "ok", "registries": [ENTRY | LEVELS]}
    secret = {"stdout": CANARY, "invocation": {"module_args": {"token": CANARY}}, "values": CANARY, "diff": CANARY}
    nested = {name: _with_canary(value) for name, value in result.items()}
    assert CANARY not in str(asdict(facts_after(Facts(), f"fleetops.nvcf.{action}", nested | secret)))


def _with_canary(value: Any) -> Any:
    if isinstance(value, dict):
        return value | {"unknown": CANARY}
    return [_with_canary(entry) for entry in value] if isinstance(value, list) else value


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_names = st.sampled_from([*BEFORE, *CHANGE, "findings", "verdict", "results", "outcome", "image", "on_top", "msg"])


@given(action=st.sampled_from(ACTIONS), result=st.dictionaries(_names, _json, max_size=8))
def test_no_answer_of_another_shape_ends_the_report(action: str, result: dict[str, Any]) -> None:
    facts = facts_after(Facts(), f"fleetops.nvcf.{action}", result)
    assert len(asdict(facts)) == len(fields(Facts))


def test_a_hidden_result_has_no_cause_to_tell() -> None:
    assert failure_message({"censored": "hidden", "msg": CANARY}) == "The task's result is hidden (no_log)."


def test_a_text_loses_colors_and_control_characters_and_its_length_is_bounded() -> None:
    assert clean_text("\x1b[31mred\x1b[0m\x00\x07\x9b line\nnext\x1b]0;title\x07") == "red line\nnext]0;title"
    assert len(clean_text("x" * 10 * MAX_LENGTH)) <= MAX_LENGTH + 4


def test_what_a_thousand_clusters_say_alike_is_kept_once() -> None:
    def answer() -> dict[str, Any]:
        # As from another worker: equal, and not the same.
        finding = {"severity": "warning", "text": "GHCR is not in the stack's values", "next_step": "Put it there."}
        registries = [{"key": "GHCR", "name": "GitHub", "hostname": "ghcr.io", "stored": True}]
        result = BEFORE | {"registries": registries, "findings": [finding], "verdict": "warning"}
        answered: dict[str, Any] = pickle.loads(pickle.dumps(result | {"values_fragment": VALUES}))  # noqa: S301 ours
        return answered

    one, other = (facts_after(Facts(), AUDIT.action, answer()) for _cluster in range(2))
    assert one.registries
    assert one.registries is other.registries
    assert one.findings is other.findings
    assert one.fragment is other.fragment
    assert one.pods is other.pods


def test_a_deployment_that_was_scaled_has_not_drifted() -> None:
    scaled = {"object": "deployment/nvcf-api", "variable": "replicas", "change": "changed", "kind": "other"}
    edited = {"object": "configmap/nvcf-api-env", "variable": "A", "change": "removed", "kind": "variable"}
    facts = facts_after(Facts(), INFO, {"history": [], "registries": [], "drift": [scaled, edited]})
    assert facts.drift == ("A removed configmap/nvcf-api-env",)


CHANGED, ROLLED_BACK, TRIED = (
    f"fleetops.nvcf.{action}" for action in ("recognized_registry", "release_rollback", "function_smoke_test")
)


@pytest.mark.parametrize(
    "value, text",
    [
        (["one", "two"], "one\ntwo"),
        ([], ""),
        (["one", 2], ""),
        (None, ""),
        (7, ""),
        ({"a": "b"}, ""),
        ("  text\n", "text"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("a\r\nb\x7f", "a\nb"),
        ("s\u00fcd \u65e5\u672c", "s\u00fcd \u65e5\u672c"),
        ("half \ud800 pair", "half ? pair"),
    ],
)
def test_a_text_is_taken_as_it_is_and_nothing_else_is_one(value: Any, text: str) -> None:
    assert clean_text(value) == text


@pytest.mark.parametrize("length, end", [(MAX_LENGTH, "x"), (MAX_LENGTH + 1, "x ...")])
def test_only_a_text_that_is_too_long_is_cut(length: int, end: str) -> None:
    assert clean_text("x" * length) == "x" * (MAX_LENGTH - 1) + end


@pytest.mark.parametrize("result", [{}, {"msg": ""}, {"msg": None}, {"msg": {"a": 1}}, {"msg": "\x1b[0m"}])
def test_a_failure_without_words_is_told_as_such(result: dict[str, Any]) -> None:
    assert failure_message(result) == "The task failed without a message."


@pytest.mark.parametrize("told, expected", [(True, True), (False, False), (None, False), ("yes", False), (1, False)])
def test_only_the_collections_own_mark_says_that_a_cluster_is_silent(told: Any, *, expected: bool) -> None:
    assert did_not_answer({"no_answer": told}) is expected


def test_of_a_loop_only_results_are_results() -> None:
    assert results_of({"results": [{"a": 1}, "no", None, {"b": 2}]}) == [{"a": 1}, {"b": 2}]
    assert results_of({"results": "no", "a": 1}) == [{"results": "no", "a": 1}]
    assert results_of({"results": []}) == []


@pytest.mark.parametrize("check_mode, written, planned", [(False, True, False), (True, False, True)])
def test_a_change_is_written_or_planned(*, check_mode: bool, written: bool, planned: bool) -> None:
    facts = facts_after(Facts(), CHANGED, CHANGE, check_mode=check_mode)
    assert (facts.written, facts.planned) == (written, planned)
    same = facts_after(Facts(), CHANGED, CHANGE | {"changed": False}, check_mode=check_mode)
    assert (same.written, same.planned) == (False, False)


@pytest.mark.parametrize("left", [{"module_stdout": "Killed"}, {"timedout": {"period": 5}}])
def test_a_module_that_was_killed_in_the_middle_may_have_written(left: dict[str, Any]) -> None:
    killed = {"failed": True, "changed": False, "msg": "MODULE FAILURE"}
    assert facts_after(Facts(), "fleetops.nvcf.recognized_registry", killed | left).written is True
    assert facts_after(Facts(), "fleetops.nvcf.recognized_registry", killed).written is False


def test_what_was_written_stays_written_whatever_follows() -> None:
    facts = facts_after(facts_after(Facts(), CHANGED, CHANGE), INFO, BEFORE | {"changed": False})
    assert facts.written


@pytest.mark.parametrize("levels", [{}, {"stored": "yes", "rendered": 1, "running": None, "recognized": []}])
def test_a_level_that_is_no_yes_or_no_is_not_known(levels: dict[str, Any]) -> None:
    [registry] = facts_after(Facts(), INFO, BEFORE | {"registries": [ENTRY | levels]}).registries
    assert registry.levels == (None, None, None, None, None)


@pytest.mark.parametrize("revision", [None, "4", True, 4.0, [4]])
def test_a_revision_that_is_no_number_is_not_known(revision: Any) -> None:
    facts = facts_after(Facts(), INFO, BEFORE | {"release": CHANGE["release"] | {"revision": revision}})
    assert (facts.before, facts.after) == (None, None)


@pytest.mark.parametrize(
    "release, name, chart",
    [
        ({"namespace": "nvcf"}, "nvcf", ""),
        ({"name": "api", "chart": "helm-nvcf-api"}, "api", "helm-nvcf-api"),
        ({"chart_version": "1.2"}, "", "1.2"),
        ({}, "", ""),
    ],
)
def test_of_a_release_what_is_there_is_told(release: dict[str, str], name: str, chart: str) -> None:
    facts = facts_after(Facts(), INFO, BEFORE | {"release": release})
    assert (facts.release, facts.chart) == (name, chart)


def test_a_cluster_keeps_its_name_when_a_later_answer_has_none() -> None:
    facts = facts_after(facts_after(Facts(), INFO, BEFORE), INFO, BEFORE | {"cluster": ""})
    assert facts.cluster == "east-1"


def test_a_failed_look_leaves_what_was_known() -> None:
    known = facts_after(Facts(), INFO, BEFORE | {"registries": [ENTRY | LEVELS]})
    assert facts_after(known, INFO, {"msg": "no answer", "no_answer": True}) == known
    assert facts_after(known, AUDIT.action, {"msg": "no answer"}) == replace(known, verdict="unreadable")
    assert facts_after(known, CHANGED, {"msg": "refused", "changed": False}) == known


def test_a_change_after_a_look_leaves_the_levels_that_were_seen() -> None:
    known = facts_after(Facts(), INFO, BEFORE | {"registries": [ENTRY | LEVELS]})
    facts = facts_after(known, CHANGED, CHANGE | {"registries": [], "removed": [ENTRY], "previous_revision": 9})
    assert (facts.registries, facts.removed, facts.before) == (known.registries, ("GHCR",), 3)


def test_a_return_that_failed_is_told_with_its_words() -> None:
    facts = facts_after(Facts(pods="0 of 1"), ROLLED_BACK, {"changed": False, "msg": "no such revision"})
    assert (facts.restored, facts.restoration, facts.pods) == (False, "no such revision", "0 of 1")


def test_a_return_forgets_the_pods_that_it_has_replaced() -> None:
    facts = facts_after(Facts(pods="0 of 1 pods ready"), ROLLED_BACK, RESTORED)
    assert (facts.restored, facts.pods, facts.after) == (True, "", 5)


@pytest.mark.parametrize(
    "answer, told",
    [
        ({"image": "ghcr.io/a", "outcome": "not_recognized"}, ("ghcr.io/a: not recognized",)),
        ({"image": "ghcr.io/a", "outcome": "quota", "recognized": True}, ("ghcr.io/a: quota, listed by the API",)),
        ({"outcome": "quota", "recognized": False}, ("quota, not listed by the API",)),
        ({"image": "ghcr.io/a", "outcome": "quota", "recognized": None}, ("ghcr.io/a: quota",)),
        ({"image": "ghcr.io/a"}, ()),
    ],
)
def test_what_was_tried_is_told_with_the_apis_answer(answer: dict[str, Any], told: tuple[str, ...]) -> None:
    assert facts_after(Facts(), TRIED, answer).tried == told


@pytest.mark.parametrize(
    "answer, told",
    [
        ({"summary": "pulled on n1", "msg": "else"}, ("before", "pulled on n1")),
        ({"msg": "unauthorized"}, ("before", "unauthorized")),
        ({"msg": "skipped", "skipped": True}, ("before",)),
        ({}, ("before",)),
    ],
)
def test_what_a_node_could_pull_is_added_to_what_was_tried(answer: dict[str, Any], told: tuple[str, ...]) -> None:
    assert facts_after(Facts(tried=("before",)), "fleetops.nvcf.image_pull_check", answer).tried == told


def test_gpu_clusters_are_told_each_and_the_host_stays_the_control_plane() -> None:
    rows = [{"cluster": name, "msg": f"cluster {name}: pulled"} for name in ("gpu-1", "gpu-2")]
    told = {"cluster": "gpu-1", "summary": "all pulled", "results": rows}
    for before, after in (("cp-1", "cp-1"), ("", "gpu-1")):
        facts = facts_after(Facts(cluster=before), "fleetops.nvcf.image_pull_check", told)
        assert facts.cluster == after
        assert facts.tried == ("cluster gpu-1: pulled", "cluster gpu-2: pulled")


@pytest.mark.parametrize("rollout, pods", [({"text": "1 of 1"}, "1 of 1"), ({}, ""), (None, "before"), ("x", "before")])
def test_a_rollout_tells_of_the_pods(rollout: Any, pods: str) -> None:
    assert facts_after(Facts(pods="before"), "fleetops.nvcf.api_rollout", {"rollout": rollout}).pods == pods


@pytest.mark.parametrize("values, fragment", [("", ""), (VALUES, VALUES), (None, None), ({"api": {}}, None)])
def test_values_that_were_told_empty_are_not_values_that_were_not_told(values: Any, fragment: str | None) -> None:
    assert facts_after(Facts(), INFO, BEFORE | {"values_fragment": values}).fragment == fragment
