# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What an audit says about a look at one cluster, and with which cure."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.deployer_values import OnTop
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.drift import OTHER, Drift
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import HeldRegistry, problems
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.levels import Levels
from ansible_collections.fleetops.nvcf.plugins.module_utils._release_state.findings import (
    Finding,
    findings,
    unreadable,
    verdict,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._release_state.state import ApiAnswer, ReleaseState
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.verdict import Verdict
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    ConnectionOptionsError,
    KubernetesError,
    NvcfError,
    ReleaseError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import (
    QUAY,
    function,
    held_registry,
    levels,
    release_state,
    revisions,
)

PREFIX = FUNCTIONS.variable_prefix

VARIABLE = f"{PREFIX}GHCR_NAME"
HALF = HeldRegistry(service=FUNCTIONS, key="GHCR", name=None, hostname="ghcr.io")
USELESS = HeldRegistry(service=FUNCTIONS, key="GHCR", name="GitHub", hostname="https://ghcr.io")


def only(**found: Any) -> Finding:
    """The one finding about such a state."""
    [finding] = findings(release_state(**found))
    assert is_sentence(finding.next_step)
    return finding


def is_sentence(text: str) -> bool:
    return text[0].isupper() and text.endswith(".")


def drifted(variable: str, change: str) -> Drift:
    kind = OTHER if variable in ("envFrom", "image") else "variable"
    return Drift(
        service=FUNCTIONS,
        object="configmap",
        name="configmap/nvcf-api-env",
        variable=variable,
        change=change,
        kind=kind,
    )


def listed(hostname: str, **known: bool) -> Levels:
    """What the API alone knows, but for `known`."""
    registry = HeldRegistry(service=FUNCTIONS, key="", name="GitHub Container Registry", hostname=hostname)
    return levels(registry, **({"stored": False, "rendered": False, "running": False} | known))


def test_a_cluster_on_which_all_is_well_has_no_findings() -> None:
    assert findings(release_state()) == []


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
            *("unmet", "error", "GHCR is not stored", "fleetops.nvcf.add (or remove)"),
            id="not as wanted",
        ),
        pytest.param(
            {"levels": [levels(held_registry(), rendered=False, running=None, recognized=None)]},
            *("disagreement", "error", "GHCR (ghcr.io) is stored, but not rendered", "repairs all levels"),
            id="levels disagree",
        ),
        pytest.param(
            {"api": ApiAnswer(stranded=[function()])},
            *("stranded", "warning", "function mine (0a1b) uses ghcr.io/a/b:1", "before you remove the registry"),
            id="function stranded by a removal to come",
        ),
        pytest.param(
            {"api": ApiAnswer(refused=[function()])},
            *(
                "refused",
                "warning",
                "mine (0a1b) uses ghcr.io/a/b:1, which is not recognized",
                "add the registry again",
            ),
            id="function refused after a removal",
        ),
        pytest.param(
            {"history": revisions("deployed", "pending-upgrade")},
            *(
                "pending",
                "error",
                "revision 2 is pending-upgrade since 2026-11-23 12:00:00 UTC",
                "on_pending: rollback",
            ),
            id="pending",
        ),
        pytest.param(
            {"rollout": Verdict(kind="stale", text="api-1 is older")},
            *("rollout", "error", "api-1 is older", "fleetops.nvcf.api_rollout or the playbook add"),
            id="stale pods",
        ),
        pytest.param(
            {"rollout": Verdict(kind="failed", text="api-1 crashes")},
            *("rollout", "error", "api-1 crashes", "release_rollback"),
            id="failed rollout",
        ),
        pytest.param(
            {"rollout": Verdict(kind="waiting", text="0 of 1 ready")},
            *("rollout", "error", "0 of 1 ready", "the events and the log of the pod"),
            id="rollout under way",
        ),
        pytest.param(
            {"api": ApiAnswer(problem="no port-forward.")},
            *("api", "error", "no port-forward.", "ask_api: false"),
            id="silent API",
        ),
        pytest.param(
            {"api": ApiAnswer(functions_problem="answered 403.")},
            *("functions", "warning", "answered 403.", "list_functions"),
            id="functions not to be listed",
        ),
        pytest.param(
            {"on_top": OnTop(registries=(held_registry(),), basis="stack_values")},
            *("next_sync_drops", "warning", "GHCR (ghcr.io) is not in the stack values (stack_values)", "fragment"),
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
    ghcr, quay = (levels(registry, running=False) for registry in (held_registry(), held_registry(**QUAY)))
    found = findings(release_state(unmet=[ghcr.disagreement], levels=[ghcr, quay]))
    assert [(finding.kind, finding.text) for finding in found] == [
        ("unmet", ghcr.disagreement),
        ("disagreement", quay.disagreement),
    ]


def test_a_release_without_a_deployed_revision_is_judged_by_its_history() -> None:
    found = findings(ReleaseState(cluster="east-1", history=revisions("failed")))
    assert [(finding.kind, finding.text) for finding in found] == [
        ("unmet", "the release has no deployed revision"),
        ("failed_revision", "the newest revision 1 has failed; none is deployed"),
    ]


def test_functions_that_were_not_looked_at_strand_nothing() -> None:
    assert findings(release_state(api=ApiAnswer(stranded=None))) == []


@pytest.mark.parametrize(
    "registry,severity,step",
    [
        pytest.param(USELESS, "error", "Give the complete entry", id="useless"),
        pytest.param(HALF, "error", "Give the complete entry", id="fatal"),
        pytest.param(held_registry(key="NGC"), "warning", "No action if the deployer intends this", id="built in"),
        pytest.param(held_registry(key="ngc"), "warning", "No action if the deployer intends this", id="lower case"),
        pytest.param(
            held_registry(key="NGC", hostname=" "), "error", "Give the complete entry", id="built in and fatal"
        ),
    ],
)
def test_a_problem_of_a_registry_that_nvcf_knows_itself_is_lighter_unless_the_api_does_not_start(
    registry: HeldRegistry, severity: str, step: str
) -> None:
    finding = only(stored=(registry,))
    [problem] = problems([registry])
    assert (finding.kind, finding.severity) == ("problem", severity)
    assert finding.text == f"{registry.key}: {problem.text}"
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
    assert (finding.kind, finding.severity) == ("drift", severity)
    assert finding.text == f"{variable} was {change} by hand in configmap/nvcf-api-env"
    assert ("restores the values" if severity == "error" else "Find out who edited it") in finding.next_step


@pytest.mark.parametrize("known", [{"stored": True}, {"recognized": False}])
def test_of_what_is_stored_or_not_listed_the_release_alone_is_judged(known: dict[str, bool]) -> None:
    found = findings(release_state(levels=[listed("https://ghcr.io", **known)]))
    assert [finding for finding in found if finding.kind == "problem"] == []


def test_a_listed_registry_that_can_never_match_is_told_by_its_host_and_without_a_key() -> None:
    [finding] = [one for one in findings(release_state(levels=[listed("https://ghcr.io")])) if one.kind == "problem"]
    assert finding.text.startswith("the API lists https://ghcr.io, but ")
    assert not finding.text.endswith(".")
    assert "LISTED" not in finding.text
    assert "outside the release's values" in finding.next_step
    assert is_sentence(finding.next_step)


def test_a_listed_registry_that_can_match_is_no_problem() -> None:
    found = findings(release_state(levels=[listed("ghcr.io")]))
    assert [finding.kind for finding in found] == ["disagreement"]


def test_a_failed_revision_is_told_with_what_is_deployed_instead() -> None:
    finding = only(history=revisions("superseded", "deployed", "failed"))
    assert (finding.kind, finding.severity) == ("failed_revision", "warning")
    assert finding.text == "the newest revision 3 has failed; 2 is deployed"
    assert "`helm history`" in finding.next_step


def test_a_failed_revision_below_the_newest_is_history() -> None:
    assert findings(release_state(history=revisions("failed", "deployed"))) == []


def test_errors_go_first_and_otherwise_the_order_stays() -> None:
    answer = ApiAnswer(
        refused=[function(), function(name="second")], problem="no port-forward.", functions_problem="answered 403."
    )
    found = findings(release_state(unmet=["GHCR is not stored"], api=answer))
    assert [finding.kind for finding in found] == ["unmet", "api", "refused", "refused", "functions"]
    assert "mine" in found[2].text
    assert "second" in found[3].text


@pytest.mark.parametrize(
    "error,kind,step",
    [
        (KubernetesError("timed out", status=0), "unreachable", "kubectl get --raw /version"),
        (ConnectionOptionsError("no context"), "unreachable", "kubectl get --raw /version"),
        (KubernetesError("forbidden", status=403), "unreadable", "Fix what the message names"),
        (ReleaseError("no release"), "unreadable", "Fix what the message names"),
    ],
)
def test_a_cluster_that_can_not_be_looked_at_is_an_error_that_tells_silence_from_refusal(
    error: NvcfError, kind: str, step: str
) -> None:
    finding = unreadable(error)
    assert (finding.kind, finding.severity, finding.text) == (kind, "error", str(error))
    assert step in finding.next_step
    assert is_sentence(finding.next_step)


def of_kind(kind: str, severity: Any) -> Finding:
    return Finding(kind=kind, severity=severity, text="", next_step="")


@pytest.mark.parametrize(
    "found,said",
    [
        ([], "ok"),
        ([of_kind("drift", "warning")], "warning"),
        ([of_kind("drift", "warning"), of_kind("unmet", "error")], "drifted"),
        ([of_kind("unreadable", "error")], "unreadable"),
        ([of_kind("unreachable", "error")], "unreachable"),
        ([of_kind("unmet", "error"), of_kind("unreachable", "error")], "unreachable"),
    ],
)
def test_the_verdict_is_the_gravest_of_all_findings(found: list[Finding], said: str) -> None:
    assert verdict(found) == said
