# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which contexts become hosts, and what is said of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.contexts import ContextFacts
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.inventory_hosts import (
    Choice,
    Found,
    same_cluster,
    sources,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError


def facts(name: str, **more: str) -> ContextFacts:
    fields = {"cluster": f"c-{name}", "user": "u", "namespace": "", "server": f"https://{name}", "problem": ""}
    return ContextFacts(name=name, **(fields | more))


def found(**files: list[str]) -> Found:
    """Files and the names of their contexts."""
    return [((Path("/fleet") / f"{file}.yaml",), [facts(name) for name in names]) for file, names in files.items()]


FLEET = found(merged=["east-1", "east-2", "west-1", "west-2-old"])


def chosen(among: Found = FLEET, **choice: Any) -> list[str]:
    return list(Choice(**choice).hosts(among))


def refused(among: Found = FLEET, **choice: Any) -> str:
    with pytest.raises(NvcfError) as caught:
        Choice(**choice).hosts(among)
    return str(caught.value)


@pytest.mark.parametrize(
    "choice,hosts",
    [
        pytest.param({}, ["east-1", "east-2", "west-1", "west-2-old"], id="all"),
        pytest.param({"include": ["east-*"]}, ["east-1", "east-2"], id="shell pattern"),
        pytest.param({"include": ["*-1", "east-*"]}, ["east-1", "east-2", "west-1"], id="several"),
        pytest.param({"include": ["~(ea|we)st-1"]}, ["east-1", "west-1"], id="regular expression"),
        pytest.param({"include": ["~west-[0-9]$"]}, ["west-1"], id="regular expression with an end"),
        pytest.param({"include": ["east-[!1]"]}, ["east-2"], id="set of signs"),
        pytest.param({"exclude": ["*-old", "~east"]}, ["west-1"], id="exclude"),
        pytest.param({"include": ["west-*"], "exclude": ["*-old"]}, ["west-1"], id="both"),
        pytest.param({"exclude": ["no-such-*"]}, ["east-1", "east-2", "west-1", "west-2-old"], id="typo in exclude"),
    ],
)
def test_patterns_choose_contexts_by_name(choice: dict[str, Any], hosts: list[str]) -> None:
    assert chosen(**choice) == hosts


def test_a_pattern_is_for_the_whole_name_and_minds_the_case() -> None:
    assert chosen(found(f=["a", "ab", "A"]), include=["a"]) == ["a"]


@pytest.mark.parametrize(
    "choice,told",
    [
        pytest.param(
            {"include": ["east-*", "est-*"]},
            "include pattern 'est-*' matches no context. There are: east-1, east-2, west-1, west-2-old.",
            id="typo",
        ),
        pytest.param({"include": ["~("]}, "pattern '~(' is not a regular expression", id="regular expression"),
        pytest.param({"exclude": ["*"]}, "exclude removes all", id="nothing left"),
    ],
)
def test_a_choice_that_can_not_be_meant_is_refused(choice: dict[str, Any], told: str) -> None:
    assert told in refused(**choice)


def test_of_many_contexts_some_are_named() -> None:
    assert "10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 980 more." in refused(
        found(f=[str(number) for number in range(10, 1000)]), include=["x"]
    )


def test_a_pattern_that_matches_nothing_can_be_told() -> None:
    assert Choice().unmatched(["east-*", "no-such-*"], ["east-1"]) == ["no-such-*"]


KNOWN = {
    "nvcf_context": "east-1",
    "nvcf_cluster": "c-east-1",
    "nvcf_server": "https://east-1",
    "nvcf_user": "u",
    "nvcf_context_namespace": "ns",
    "registry_allowlist_context": "east-1",
}
PATHS = dict.fromkeys(("nvcf_kubeconfig", "registry_allowlist_kubeconfig"), f"/a{os.pathsep}/b")


@pytest.mark.parametrize("named,variables", [(True, KNOWN | PATHS), (False, KNOWN)])
def test_a_host_knows_its_context_and_the_path_of_a_file_only_where_that_was_named(
    *, named: bool, variables: dict[str, str]
) -> None:
    among = [((Path("/a"), Path("/b")), [facts("east-1", namespace="ns")])]
    assert Choice(named=named).hosts(among) == {"east-1": variables}


TWICE = found(east=["default"], west=["default", "other"])


def test_one_name_for_two_contexts_is_refused_and_both_are_told() -> None:
    told = refused(TWICE)
    assert "host 'default' would be both context 'default' of /fleet/east.yaml and context 'default' of" in told
    assert "/fleet/west.yaml" in told


def test_of_two_contexts_of_one_name_the_first_may_win() -> None:
    hosts = Choice(on_duplicate="first").hosts(TWICE)
    assert {name: it["nvcf_kubeconfig"] for name, it in hosts.items()} == {
        "default": "/fleet/east.yaml",
        "other": "/fleet/west.yaml",
    }


def test_hosts_may_be_called_like_their_files() -> None:
    hosts = Choice(hostname="file", exclude=["other"]).hosts(TWICE)
    assert {name: it["nvcf_context"] for name, it in hosts.items()} == {"east": "default", "west": "default"}


def test_two_contexts_of_one_file_can_not_both_be_called_like_it() -> None:
    assert "host 'west' would be both context 'default' of /fleet/west.yaml and context 'other'" in refused(
        TWICE, hostname="file"
    )


def test_a_context_that_leads_nowhere_stops_everything_unless_it_is_excluded() -> None:
    among = [((Path("/a"),), [facts("lost", problem="context 'lost' points nowhere."), facts("east-1")])]
    assert "context 'lost' points nowhere. Repair the file, or exclude" in refused(among)
    assert chosen(among, exclude=["lost"]) == ["east-1"]


def test_a_file_without_a_context_is_told() -> None:
    assert "kubeconfig /fleet/empty.yaml has no contexts" in refused(found(full=["a"], empty=[]))


TEMPLATES = ["{{ lookup('pipe', 'id') }}", "{% raw %}", "{# #}", "#jinja2:variable_start_string:'[['\n[[ 1 ]]"]


@pytest.mark.parametrize("field", ["name", "cluster", "user", "namespace", "server"])
@pytest.mark.parametrize("text", TEMPLATES)
def test_what_ansible_would_take_for_a_template_is_refused(field: str, text: str) -> None:
    among = [((Path("/a"),), [facts(**({"name": "a"} | {field: text}))])]
    assert "would treat as a template" in refused(among)


@pytest.mark.parametrize("text", TEMPLATES)
def test_a_file_whose_name_would_be_a_template_as_a_host_is_refused(text: str) -> None:
    among = [((Path(f"/{text}.config"),), [facts("a")])]
    assert "would treat as a template" in refused(among, hostname="file", named=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("a.config", "b.config", "deep/er/c.config", "home/.kube/config", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "folder.config").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "patterns,files",
    [
        pytest.param(["a.config"], ["a.config"], id="relative to the inventory"),
        pytest.param(["*.config"], ["a.config", "b.config"], id="pattern, files only"),
        pytest.param(["**/*.config"], ["a.config", "b.config", "deep/er/c.config"], id="folders at any depth"),
        pytest.param(["b.config", "?.config"], ["b.config", "a.config"], id="a file that matches twice"),
        pytest.param(["~/.kube/config"], ["home/.kube/config"], id="home"),
        pytest.param(["$HOME/.kube/config"], ["home/.kube/config"], id="variable"),
    ],
)
def test_patterns_choose_files_and_each_is_taken_for_itself(
    folder: Path, patterns: list[str], files: list[str]
) -> None:
    assert sources(patterns, folder, {}) == [(folder / file,) for file in files]


@pytest.mark.parametrize(
    "pattern,told",
    [
        ("gone", "/gone does not exist or is not a file."),
        ("folder.config", "/folder.config does not exist or is not a file."),
        ("*.gone", "no file matches kubeconfig "),
    ],
)
def test_a_pattern_without_a_file_is_refused_although_another_has_one(folder: Path, pattern: str, told: str) -> None:
    with pytest.raises(NvcfError) as caught:
        sources(["a.config", pattern], folder, {})
    assert told in str(caught.value)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize(
    "environ,files",
    [
        pytest.param({}, ["home/.kube/config"], id="home"),
        pytest.param({"KUBECONFIG": "{}/a.config:{}/gone:{}/b.config"}, ["a.config", "b.config"], id="kubectl's"),
        pytest.param({"K8S_AUTH_KUBECONFIG": "{}/b.config", "KUBECONFIG": "{}/a.config"}, ["b.config"], id="modules'"),
    ],
)
def test_without_a_pattern_it_is_what_kubectl_would_read(
    folder: Path, environ: dict[str, str], files: list[str]
) -> None:
    given = {name: value.replace("{}", str(folder)) for name, value in environ.items()}
    assert sources([], folder, given) == [tuple(folder / file for file in files)]


@pytest.mark.parametrize("environ", [{"KUBECONFIG": "/gone"}, {"K8S_AUTH_KUBECONFIG": "a.config:/gone"}])
def test_where_a_task_would_find_no_file_the_option_is_named(
    folder: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(NvcfError, match=r"there is no kubeconfig at .*/gone: set the option kubeconfig"):
        sources([], folder, environ)


def test_contexts_of_one_api_server_are_told_to_be_one_cluster() -> None:
    servers = {
        "a": "https://east:6443",
        "b": "https://West:6443/",
        "c": "https://EAST:6443/",
        "d": "https://east:6443/k8s",
    }
    [told] = same_cluster({host: {"nvcf_server": server} for host, server in servers.items()})
    assert told.startswith("hosts a, c lead to the same API server https://east:6443, so they are one cluster")
