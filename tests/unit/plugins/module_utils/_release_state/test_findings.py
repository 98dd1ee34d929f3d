# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What an audit says about a look at one cluster, and with which cure."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.rules import PREFIX
from ansible_collections.fleetops.nvcf.plugins.module_utils._release_state.findings import (
    Finding,
    findings,
    unreadable,
    verdict,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    ConnectionOptionsError,
    KubernetesError,
    NvcfError,
    ReleaseError,
)

FUNCTION = {"id": "0a1b", "version_id": "2c3d", "name": "mine", "image": "ghcr.io/a/b:1"}
VARIABLE = f"{PREFIX}GHCR_NAME"


def look(**found: Any) -> dict[str, Any]:
    """What recognized_registry_info returns of a cluster on which all is well, but for `found`."""
    return {
        "unmet": [],
        "disagreements": [],
        "problems": [],
        "registries": [],
        "drift": [],
        "stranded": [],
        "refused": [],
        "history": [{"revision": 3, "status": "deployed", "modified": "2026-11-23T12:00:00+00:00"}],
        "pending": None,
        "release": {"revision": 3},
        "rollout": {"state": "done", "text": "1 of 1 pods ready"},
        "api_problem": None,
        "functions_problem": None,
        "on_top": {"registries": [], "basis": "the last revision of the stack"},
        **found,
    }


def only(**found: Any) -> Finding:
    """The one finding about such a look."""
    [finding] = findings(look(**found))
    return finding


def drifted(variable: str, change: str) -> dict[str, str]:
    return {"object": "configmap/nvcf-api-env", "variable": variable, "change": change}


def row(name: str, hostname: str, **levels: bool) -> dict[str, Any]:
    return {"name": name, "hostname": hostname, "stored": False, "recognized": True, **levels}


def test_a_cluster_on_which_all_is_well_has_no_findings() -> None:
    assert findings(look()) == []


def test_a_finding_is_told_with_its_kind_its_weight_its_text_and_the_next_step() -> None:
    finding = Finding(kind="unmet", severity="error", text="GHCR is not stored", next_step="Run add.")
    assert finding.facts() == {
        "kind": "unmet",
        "severity": "error",
        "text": "GHCR is not stored",
        "next_step": "Run add.",
    }


@pytest.mark.parametrize(
    "found,kind,severity,text,step",
    [
        pytest.param(
            {"unmet": ["GHCR is not stored"]},
            *("unmet", "error", "GHCR is not stored", "fleetops.nvcf.add (or rollback)"),
            id="not as wanted",
        ),
        pytest.param(
            {"disagreements": ["GHCR is stored, not rendered"]},
            *("disagreement", "error", "GHCR is stored, not rendered", "repairs and rolls out"),
            id="levels disagree",
        ),
        pytest.param(
            {"stranded": [FUNCTION]},
            *("stranded", "warning", "function mine (0a1b) is on ghcr.io/a/b:1", "before the registry goes"),
            id="function stranded by a removal to come",
        ),
        pytest.param(
            {"refused": [FUNCTION]},
            *("refused", "warning", "mine (0a1b) is on ghcr.io/a/b:1, which is not recognised", "bring the registry"),
            id="function refused after a removal",
        ),
        pytest.param(
            {"pending": {"revision": 4, "status": "pending-upgrade", "modified": "12:00"}},
            *("pending", "error", "revision 4 is pending-upgrade since 12:00", "on_pending: rollback"),
            id="pending",
        ),
        pytest.param(
            {"rollout": {"state": "stale", "text": "api-1 is older"}},
            *("rollout", "error", "api-1 is older", "fleetops.nvcf.api_rollout, or add"),
            id="stale pods",
        ),
        pytest.param(
            {"rollout": {"state": "failed", "text": "api-1 crashes"}},
            *("rollout", "error", "api-1 crashes", "release_rollback"),
            id="failed rollout",
        ),
        pytest.param(
            {"rollout": {"state": "waiting", "text": "0 of 1 ready"}},
            *("rollout", "error", "0 of 1 ready", "the pod's events and log"),
            id="rollout under way",
        ),
        pytest.param(
            {"api_problem": "no port-forward."},
            *("api", "error", "no port-forward.", "ask_api: false"),
            id="silent API",
        ),
        pytest.param(
            {"functions_problem": "answered 403."},
            *("functions", "warning", "answered 403.", "list_functions"),
            id="functions not to be listed",
        ),
        pytest.param(
            {"on_top": {"registries": [{"key": "GHCR", "hostname": "ghcr.io"}], "basis": "stack_values"}},
            *("next_sync_drops", "warning", "GHCR (ghcr.io) is not in the stack's values (stack_values)", "fragment"),
            id="not in the stack",
        ),
    ],
)
def test_each_finding_names_what_it_is_about_and_its_cure(
    found: dict[str, Any], kind: str, severity: str, text: str, step: str
) -> None:
    finding = only(**found)
    assert (finding.kind, finding.severity) == (kind, severity)
    assert text in finding.text
    assert step in finding.next_step


def test_what_is_unmet_is_not_told_again_as_a_disagreement() -> None:
    found = findings(look(unmet=["GHCR is not served"], disagreements=["GHCR is not served", "QUAY is not served"]))
    assert [(finding.kind, finding.text) for finding in found] == [
        ("unmet", "GHCR is not served"),
        ("disagreement", "QUAY is not served"),
    ]


@pytest.mark.parametrize("rollout", [None, {"state": "done", "text": "1 of 1 pods ready"}])
def test_a_rollout_that_is_done_or_unknown_is_no_finding(rollout: Any) -> None:
    assert findings(look(rollout=rollout)) == []


def test_functions_that_were_not_looked_at_strand_nothing() -> None:
    assert findings(look(stranded=None)) == []


@pytest.mark.parametrize(
    "key,fatal,severity,step",
    [
        ("GHCR", False, "error", "Give the key whole"),
        ("GHCR", True, "error", "Give the key whole"),
        ("NGC", False, "warning", "Nothing, if the stack means it so"),
        ("ngc", False, "warning", "Nothing, if the stack means it so"),
        ("NGC", True, "error", "Give the key whole"),
    ],
)
def test_a_problem_of_a_registry_that_nvcf_knows_itself_is_lighter_unless_the_api_does_not_start(
    key: str, severity: str, step: str, *, fatal: bool
) -> None:
    finding = only(problems=[{"key": key, "fatal": fatal, "problem": "half a pair"}])
    assert (finding.severity, finding.text) == (severity, f"{key}: half a pair")
    assert step in finding.next_step


@pytest.mark.parametrize(
    "variable,change,severity",
    [
        (VARIABLE, "added", "error"),
        (VARIABLE, "removed", "error"),
        ("envFrom", "removed", "error"),
        ("envFrom", "changed", "warning"),
        ("LOG_LEVEL", "removed", "warning"),
        ("image", "changed", "warning"),
        (f"X_{VARIABLE}", "added", "warning"),
    ],
)
def test_an_edit_by_hand_is_an_error_where_it_touches_registries_or_their_way_to_the_api(
    variable: str, change: str, severity: str
) -> None:
    finding = only(drift=[drifted(variable, change)])
    assert finding.severity == severity
    assert finding.text == f"{variable} was {change} by hand in configmap/nvcf-api-env"
    assert ("brings back" in finding.next_step) is (severity == "error")


@pytest.mark.parametrize("levels", [{"stored": True}, {"recognized": False}])
def test_of_what_is_stored_or_not_listed_the_release_alone_is_judged(levels: dict[str, bool]) -> None:
    assert findings(look(registries=[row("GitHub", "https://ghcr.io", **levels)])) == []


def test_a_listed_registry_that_can_never_match_is_told_by_its_host_and_without_a_key() -> None:
    finding = only(registries=[row("GitHub", "https://ghcr.io")])
    assert finding.text.startswith("the API lists https://ghcr.io, but ")
    assert not finding.text.endswith(".")
    assert "LISTED" not in finding.text
    assert "beside the release's values" in finding.next_step


def test_a_listed_registry_that_can_match_is_no_finding() -> None:
    assert findings(look(registries=[row("GitHub Container Registry", "ghcr.io")])) == []


@pytest.mark.parametrize(
    "release,end", [({"revision": 2}, "has failed; 2 is deployed"), (None, "has failed; none is deployed")]
)
def test_a_failed_revision_is_told_with_what_is_deployed_instead(release: Any, end: str) -> None:
    finding = only(
        history=[{"revision": 3, "status": "failed"}, {"revision": 2, "status": "deployed"}], release=release
    )
    assert (finding.kind, finding.severity) == ("failed_revision", "warning")
    assert finding.text == f"the newest revision 3 {end}"


def test_a_failed_revision_below_the_newest_is_history() -> None:
    assert findings(look(history=[{"revision": 3, "status": "deployed"}, {"revision": 2, "status": "failed"}])) == []


def test_errors_go_first_and_otherwise_the_order_stays() -> None:
    found = findings(
        look(
            refused=[FUNCTION, {**FUNCTION, "name": "second"}],
            unmet=["GHCR is not stored"],
            api_problem="no port-forward.",
            functions_problem="answered 403.",
        )
    )
    assert [finding.kind for finding in found] == ["unmet", "api", "refused", "refused", "functions"]
    assert "mine" in found[2].text
    assert "second" in found[3].text


@pytest.mark.parametrize(
    "error,kind,step",
    [
        (KubernetesError("timed out", status=0), "unreachable", "kubectl get --raw /version"),
        (ConnectionOptionsError("no context"), "unreachable", "kubectl get --raw /version"),
        (KubernetesError("forbidden", status=403), "unreadable", "Mend what the message names"),
        (ReleaseError("no release"), "unreadable", "Mend what the message names"),
    ],
)
def test_a_cluster_that_can_not_be_looked_at_is_an_error_that_tells_silence_from_refusal(
    error: NvcfError, kind: str, step: str
) -> None:
    finding = unreadable(error)
    assert (finding.kind, finding.severity, finding.text) == (kind, "error", str(error))
    assert step in finding.next_step


def of_kind(kind: str, severity: Any) -> Finding:
    return Finding(kind=kind, severity=severity, text="", next_step="")


@pytest.mark.parametrize(
    "found,said",
    [
        ([], "ok"),
        ([of_kind("drift", "warning")], "warning"),
        ([of_kind("drift", "warning"), of_kind("unmet", "error")], "drifted"),
        ([of_kind("unreadable", "error")], "drifted"),
        ([of_kind("unreachable", "error")], "unreachable"),
        ([of_kind("unmet", "error"), of_kind("unreachable", "error")], "unreachable"),
    ],
)
def test_the_verdict_is_the_gravest_of_all_findings(found: list[Finding], said: str) -> None:
    assert verdict(found) == said
