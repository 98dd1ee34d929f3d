# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""From kubeconfig files to one cluster."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.contexts import Kubeconfig
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.resolve import resolve
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ConnectionOptionsError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions


def config(*names: str, current: str | None = None, cluster: Any = None, user: Any = None) -> dict[str, Any]:
    """A kubeconfig with a context, a cluster and a user of each name."""
    return {
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
        "clusters": [{"name": name, "cluster": cluster or {"server": f"https://{name}"}} for name in names],
        "users": [{"name": name, "user": {"token": f"{name}-token"} if user is None else user} for name in names],
    } | ({"current-context": current} if current else {})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and no service account."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(f"{resolve.__module__}.SERVICE_ACCOUNT", tmp_path / "serviceaccount")
    return tmp_path


def write(path: Path, content: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return str(path)


def refused(params: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConnectionOptionsError) as caught:
        resolve(ConnectionOptions(**params), environ or {})
    return str(caught.value)


def test_a_context_leads_to_its_cluster_and_user(folder: Path) -> None:
    path = write(folder / "c", config("east-1", "east-2"))
    found = resolve(ConnectionOptions(kubeconfig=path, context="east-2"), {}).kubeconfig
    assert (found.name, found.cluster["server"], found.user["token"]) == ("east-2", "https://east-2", "east-2-token")


def test_without_a_context_the_current_one_is_taken(folder: Path) -> None:
    path = write(folder / "c", config("east-1", "east-2", current="east-2"))
    assert resolve(ConnectionOptions(kubeconfig=path), {}).kubeconfig.name == "east-2"


def test_of_several_files_the_first_that_names_a_thing_wins(folder: Path) -> None:
    first = write(folder / "1", config("east-1", current="east-1", user={"token": "first"}))
    second = write(folder / "2", config("east-1", "east-2", current="east-2"))
    both = os.pathsep.join([first, second])
    assert resolve(ConnectionOptions(kubeconfig=both), {}).kubeconfig.user["token"] == "first"
    assert resolve(ConnectionOptions(kubeconfig=both, context="east-2"), {}).kubeconfig.name == "east-2"


def test_a_context_may_be_in_another_file_than_its_cluster(folder: Path) -> None:
    whole = config("east-1")
    first = write(folder / "1", {"contexts": whole.pop("contexts"), "current-context": "east-1"})
    second = write(folder / "2", whole)
    assert (
        resolve(ConnectionOptions(kubeconfig=f"{first}{os.pathsep}{second}"), {}).kubeconfig.cluster["server"]
        == "https://east-1"
    )


def test_the_option_comes_before_the_variable_and_the_variable_before_the_home(folder: Path) -> None:
    write(folder / ".kube/config", config("home", current="home"))
    variable = write(folder / "v", config("variable", current="variable"))
    option = write(folder / "o", config("option", current="option"))
    assert resolve(ConnectionOptions(kubeconfig=option), {"KUBECONFIG": variable}).kubeconfig.name == "option"
    assert resolve(ConnectionOptions(), {"KUBECONFIG": variable}).kubeconfig.name == "variable"
    assert resolve(ConnectionOptions(), {}).kubeconfig.name == "home"


def test_a_file_of_the_variable_that_is_not_there_is_passed_over(folder: Path) -> None:
    there = write(folder / "v", config("east-1", current="east-1"))
    assert resolve(ConnectionOptions(), {"KUBECONFIG": f"{folder}/gone{os.pathsep}{there}"}).kubeconfig.name == "east-1"


def test_a_host_alone_asks_for_no_file(folder: Path) -> None:
    write(folder / ".kube/config", config("home", current="home"))
    connection = ConnectionOptions(host="https://1.2.3.4:6443", api_key="t")
    found = resolve(connection, {"KUBECONFIG": str(folder / ".kube/config")}).kubeconfig
    assert (found.name, found.cluster, found.user) == (
        "https://1.2.3.4:6443",
        {"server": "https://1.2.3.4:6443"},
        {"token": "t"},
    )


@pytest.mark.usefixtures("folder")
def test_a_host_without_a_scheme_is_https() -> None:
    assert resolve(ConnectionOptions(host="1.2.3.4", api_key="t"), {}).kubeconfig.cluster["server"] == "https://1.2.3.4"


@pytest.mark.parametrize("address,server", [("10.0.0.1", "https://10.0.0.1:443"), ("fd00::1", "https://[fd00::1]:443")])
def test_in_a_pod_the_service_account_is_the_last_resort(folder: Path, address: str, server: str) -> None:
    write(folder / "serviceaccount/token", "t")
    write(folder / "serviceaccount/ca.crt", "c")
    found = resolve(ConnectionOptions(), {"KUBERNETES_SERVICE_HOST": address}).kubeconfig
    assert found.cluster["server"] == server
    assert found.user == {"tokenFile": f"{folder}/serviceaccount/token"}


def test_relative_paths_start_at_the_folder_of_their_file(folder: Path) -> None:
    for name in ("pki/ca.crt", "pki/c.crt", "pki/c.key", "t"):
        write(folder / "sub" / name, "x")
    user = {"client-certificate": "pki/c.crt", "client-key": str(folder / "sub/pki/c.key"), "tokenFile": "t"}
    cluster = {"server": "https://a", "certificate-authority": "pki/ca.crt"}
    path = write(folder / "sub/config", config("a", current="a", cluster=cluster, user=user))
    found = resolve(ConnectionOptions(kubeconfig=path), {}).kubeconfig
    assert found.cluster["certificate-authority"] == f"{folder}/sub/pki/ca.crt"
    assert found.user == {
        "client-certificate": f"{folder}/sub/pki/c.crt",
        "client-key": f"{folder}/sub/pki/c.key",
        "tokenFile": f"{folder}/sub/t",
    }


@pytest.mark.parametrize(
    "command,runs", [("aws", "aws"), ("./bin/login", "{}/bin/login"), ("/opt/login", "/opt/login")]
)
def test_a_credential_plugin_is_found_where_kubectl_finds_it(folder: Path, command: str, runs: str) -> None:
    v1 = "client.authentication.k8s.io/v1"
    plugin = {"apiVersion": v1, "command": command, "args": ["a"], "interactiveMode": "Never"}
    path = write(folder / "c", config("a", current="a", user={"exec": plugin}))
    found = resolve(ConnectionOptions(kubeconfig=path), {}).kubeconfig.user["exec"]
    assert found == plugin | {"command": runs.format(folder)}


def test_a_context_without_a_user_is_not_made_an_anonymous_one(folder: Path) -> None:
    document = config("a", current="a")
    del document["contexts"][0]["context"]["user"]
    assert "requests as anonymous" in refused({"kubeconfig": write(folder / "c", document)})
    document["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:8001"
    assert resolve(ConnectionOptions(kubeconfig=write(folder / "c", document)), {}).kubeconfig.user == {}


def test_a_context_and_a_host_without_a_file_take_the_one_at_home(folder: Path) -> None:
    write(folder / ".kube/config", config("east-1", "home", current="home"))
    found = resolve(ConnectionOptions(host="https://b", context="east-1"), {}).kubeconfig
    assert (found.name, found.server, found.user) == ("east-1", "https://b", {"token": "east-1-token"})


def test_the_document_for_helm_holds_this_cluster_only(folder: Path) -> None:
    path = write(folder / "c", config("east-1", "east-2", current="east-1"))
    document = resolve(ConnectionOptions(kubeconfig=path), {}).kubeconfig.document
    assert "east-2" not in str(document)
    assert document["current-context"] == document["contexts"][0]["name"]
    assert document["clusters"][0]["cluster"] == {"server": "https://east-1"}
    assert document["users"][0]["user"] == {"token": "east-1-token"}


def test_no_credential_shows_in_a_repr() -> None:
    assert "canary" not in repr(Kubeconfig(name="a", cluster={"x": "canary"}, user={"token": "canary"}))


def test_a_file_that_is_asked_for_must_be_there(folder: Path) -> None:
    assert f"{folder}/gone does not exist" in refused({"kubeconfig": f"{folder}/gone"})
    assert "is not a file" in refused({"kubeconfig": str(folder)})
    assert f"{folder} cannot be read: Is a directory" in refused({}, {"KUBECONFIG": str(folder)})


@pytest.mark.usefixtures("folder")
def test_without_any_way_to_a_cluster_the_options_are_named() -> None:
    told = refused({})
    assert "No cluster is configured" in told
    assert "no kubeconfig file at /gone:/gone/too:" in refused({}, {"KUBECONFIG": "/gone:/gone/too"})
    assert "no kubeconfig file at /gone." in refused({"context": "a"}, {"KUBECONFIG": "/gone"})
    assert "K8S_AUTH_KUBECONFIG" in told


@pytest.mark.usefixtures("folder")
def test_a_context_without_a_file_is_refused() -> None:
    assert "'east-1' is set, but there is no kubeconfig" in refused({"context": "east-1"})


@pytest.mark.parametrize(
    "document,told",
    [
        pytest.param(config("a"), "has no current-context", id="no current context"),
        pytest.param(config(current="a"), "It has no contexts", id="no context"),
        pytest.param(config("b", current="a"), "no context 'a'. Its contexts: b.", id="another context"),
        pytest.param(config(*map(str, range(12)), current="a"), "8, 9 and 2 more", id="many contexts"),
        pytest.param(config("a", current="a") | {"clusters": []}, "cluster 'a', which does not exist", id="no cluster"),
        pytest.param(config("a", current="a", cluster={"x": 1}), "has no server", id="no server"),
        pytest.param(config("a", current="a") | {"users": None}, "user 'a', which does not exist", id="no user"),
        pytest.param(config("a", "b", "a", current="b"), "two entries named 'a' in contexts", id="a name twice"),
        pytest.param(config("a", current="a") | {"apiVersion": "v2"}, "its apiVersion is not v1", id="another version"),
        pytest.param(config("a", current="a") | {"kind": "List"}, "its kind is not Config", id="another kind"),
        pytest.param("- a", "its top level is not a map", id="a list"),
        pytest.param("", "its top level is not a map", id="empty"),
        pytest.param("x: 1\na: b: c", "is not YAML at line 2", id="no YAML"),
        pytest.param("a: \x00", "is not YAML", id="binary"),
        pytest.param(
            {"current-context": "a", "contexts": ["a"]},
            "is not a kubeconfig: contexts is not a list of maps",
            id="contexts of another shape",
        ),
        pytest.param(config("a", current="a") | {"users": {"a": {}}}, "users is not a list", id="users that are a map"),
        pytest.param(config("a", current="a") | {"users": [{"name": "a", "user": "jane"}]}, "users", id="user of text"),
    ],
)
def test_a_file_that_leads_nowhere_is_told_with_its_path(folder: Path, document: Any, told: str) -> None:
    path = write(folder / "c", document)
    message = refused({"kubeconfig": path})
    assert told in message
    assert path in message


def test_the_text_of_a_broken_file_is_not_quoted(folder: Path) -> None:
    with pytest.raises(ConnectionOptionsError) as caught:
        resolve(ConnectionOptions(kubeconfig=write(folder / "c", "token: 'canary\nx: [")), {})
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_file_that_can_not_be_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(folder / "c", config("a", current="a"))
    monkeypatch.setattr(os, "open", denied)
    assert "cannot be read: Permission denied" in refused({"kubeconfig": path})
