# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is read out of kubeconfig files beside the one context that is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._contexts import (
    ContextFacts,
    ParsedContexts,
    read,
    without_login,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import ConnectionOptionsError

WHOLE = """
contexts:
- {name: a, context: {cluster: c, user: u, namespace: ns}}
- {name: 2026, context: {cluster: 7}}
- {name: lost, context: {cluster: gone, user: u}}
- {context: {cluster: c}}
clusters:
- {name: c, cluster: {server: "https://jane:canary@c:6443/k8s?canary"}}
- {name: 7, cluster: {server: "https://seven"}}
users:
- {name: u, user: {token: canary, exec: {command: canary}}}
"""


def parsed(tmp_path: Path, text: str) -> ParsedContexts:
    path = tmp_path / "config"
    path.write_text(text, encoding="utf-8")
    return read([path])


def test_every_context_is_told_with_what_it_points_to_and_no_secret(tmp_path: Path) -> None:
    facts = parsed(tmp_path, WHOLE).facts()
    assert facts[:2] == [
        ContextFacts(name="a", cluster="c", user="u", namespace="ns", server="https://c:6443/k8s", problem=""),
        ContextFacts(name="2026", cluster="7", user="", namespace="", server="https://seven", problem=""),
    ]
    assert "canary" not in repr(facts)


def test_a_context_that_leads_nowhere_is_told_with_the_reason(tmp_path: Path) -> None:
    [lost] = [facts for facts in parsed(tmp_path, WHOLE).facts() if facts.problem]
    assert "context 'lost' points to cluster 'gone', which is not there" in lost.problem
    assert str(tmp_path) in lost.problem


def test_a_name_of_digits_is_a_name(tmp_path: Path) -> None:
    assert parsed(tmp_path, WHOLE).kubeconfig("2026").cluster == {"server": "https://seven"}


def test_an_unquoted_time_stays_the_text_that_it_is(tmp_path: Path) -> None:
    """JSON has no other, and helm's kubeconfig is JSON."""
    text = WHOLE.replace("token: canary", "auth-provider: {name: gcp, config: {expiry: 2026-11-24T04:00:00Z}}")
    found = parsed(tmp_path, text).kubeconfig("a")
    assert found.user["auth-provider"]["config"]["expiry"] == "2026-11-24T04:00:00Z"
    assert json.loads(json.dumps(found.document)) == found.document


@pytest.mark.parametrize("value", ["!!binary Y2FuYXJ5", "!!set {canary}", "!!python/name:os.system canary"])
def test_what_json_has_no_word_for_is_told_with_its_line(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConnectionOptionsError, match="is not YAML at line 11") as caught:
        parsed(tmp_path, WHOLE.replace("token: canary", f"token: {value}"))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "server,shown",
    [
        ("https://c:6443", "https://c:6443"),
        ("https://c/k8s/clusters/c-1", "https://c/k8s/clusters/c-1"),
        ("https://jane:canary@c", "https://c"),
        ("https://jane:canary/with?signs@c", "https://c"),
        ("https://jane:canary@[fd00::1]:6443", "https://[fd00::1]:6443"),
        ("jane:canary@c", "c"),
        ("https://c?token=canary", "https://c"),
        ("https://c#canary", "https://c"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_the_login_in_it(server: str, shown: str) -> None:
    assert without_login(server) == shown
