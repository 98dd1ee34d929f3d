# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is read out of kubeconfig files beside the one context that is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.contexts import (
    ContextFacts,
    ParsedContexts,
    read,
    without_login,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ConnectionOptionsError

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
    assert "context 'lost' points to cluster 'gone', which does not exist" in lost.problem
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


def test_an_entry_without_a_name_is_no_context(tmp_path: Path) -> None:
    assert [facts.name for facts in parsed(tmp_path, WHOLE).facts()] == ["a", "2026", "lost"]
    unnamed = parsed(tmp_path, "contexts: [{context: {cluster: c}}, {name: '', context: {}}, {name: null}]")
    assert unnamed.facts() == []
    with pytest.raises(ConnectionOptionsError, match=r"no context 'a'\. It has no contexts\."):
        unnamed.kubeconfig("a")


@pytest.mark.parametrize(
    "value,folder",
    [("keys/a.pem", "here"), ("./a.pem", "here"), ("/etc/a.pem", ""), ("~/a.pem", "home"), ("größe.pem", "here")],
)
@pytest.mark.parametrize("field", ["client-certificate", "client-key", "tokenFile"])
def test_files_of_a_user_are_found_from_where_its_kubeconfig_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, value: str, folder: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "here").mkdir()
    text = WHOLE.replace("token: canary", f"{field}: {value}")
    found = Path(parsed(tmp_path / "here", text).kubeconfig("a").user[field])
    expected = tmp_path / folder / value.removeprefix("~/") if folder else Path(value)
    assert found == expected


@pytest.mark.parametrize("value", ["''", "null"])
def test_a_file_that_is_left_empty_stays_so(tmp_path: Path, value: str) -> None:
    """Else it would be the folder, which is no key."""
    text = WHOLE.replace("token: canary", f"client-key: {value}")
    assert not parsed(tmp_path, text).kubeconfig("a").user["client-key"]


@pytest.mark.parametrize("command,own", [("./bin/login", True), ("bin/login", True), ("login", False)])
def test_a_plugin_with_a_folder_lies_beside_the_kubeconfig_and_another_one_in_the_path(
    tmp_path: Path, command: str, *, own: bool
) -> None:
    text = WHOLE.replace("command: canary", f"command: {command}")
    found = parsed(tmp_path, text).kubeconfig("a").user["exec"]["command"]
    assert found == (str(tmp_path / command) if own else command)


def test_a_user_that_is_not_there_is_told_and_none_at_all_is_anonymous(tmp_path: Path) -> None:
    text = WHOLE.replace("user: u, namespace", "user: gone, namespace")
    with pytest.raises(ConnectionOptionsError, match="context 'a' points to user 'gone', which does not exist"):
        parsed(tmp_path, text).kubeconfig("a")
    assert parsed(tmp_path, text).kubeconfig("2026").user == {}


def test_of_several_files_the_first_current_context_and_the_first_of_each_name_count(tmp_path: Path) -> None:
    for name, more in (("one", ""), ("two", "current-context: a\n"), ("three", "current-context: b\n")):
        (tmp_path / name).write_text(
            f"{more}contexts: [{{name: a, context: {{cluster: c}}}}, {{name: {name}, context: {{cluster: c}}}}]\n"
            f"clusters: [{{name: c, cluster: {{server: 'https://{name}'}}}}]\n",
            encoding="utf-8",
        )
    found = read([tmp_path / name for name in ("one", "two", "three")])
    assert found.current == "a"
    assert [facts.name for facts in found.facts()] == ["a", "one", "two", "three"]
    assert found.kubeconfig(None).cluster == {"server": "https://one"}
    assert found.shown == ":".join(str(tmp_path / name) for name in ("one", "two", "three"))


def test_what_a_context_leads_to_does_not_show_in_its_repr(tmp_path: Path) -> None:
    assert "canary" not in repr(parsed(tmp_path, WHOLE).kubeconfig("a"))
