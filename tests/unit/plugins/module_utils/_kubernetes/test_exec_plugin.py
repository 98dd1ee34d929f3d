# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A kubeconfig's credential plugin: what it is given, what it may answer, what is told when it fails."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes import exec_plugin
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.exec_plugin import CredentialPlugin, plugin_of
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ConnectionOptionsError
from ansible_collections.fleetops.nvcf.tests.unit.plugins.login_fake import LoginFake, exec_credential, moment

ENVIRON = {"PATH": "/usr/bin:/bin", "FROM_OUTSIDE": "1"}
TOKEN = "canary-" + "x" * 40


@pytest.fixture
def login(tmp_path: Path) -> LoginFake:
    return LoginFake.made(tmp_path / "plugin", token=TOKEN)


def made(user: dict[str, Any], cluster: dict[str, Any] | None = None) -> CredentialPlugin:
    plugin = plugin_of(user, cluster or {}, ENVIRON)
    assert plugin is not None
    return plugin


def failure(plugin: CredentialPlugin) -> str:
    with pytest.raises(ConnectionOptionsError) as caught:
        plugin.run()
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


def test_the_token_and_the_end_of_its_life_are_taken(login: LoginFake) -> None:
    login.gives(token="t", expirationTimestamp=moment(600))
    credential = made(login.user()).run()
    assert credential.token == "t"
    assert credential.expires is not None
    assert 590 < credential.expires - credential.obtained <= 600


def test_a_certificate_and_a_token_may_come_together(login: LoginFake) -> None:
    login.gives(token="t", clientCertificateData="cert", clientKeyData="key")
    credential = made(login.user()).run()
    assert (credential.token, credential.certificate, credential.key) == ("t", "cert", "key")


def test_arguments_and_variables_are_given_as_texts(login: LoginFake) -> None:
    env = [
        {"name": "PROFILE", "value": "ops"},
        {"name": "PORT", "value": "8000"},
        {"name": "FROM_OUTSIDE", "value": "2"},
    ]
    made(login.user(args=["get-token", "--port", "8000", "true"], env=env)).run()
    [call] = login.calls
    assert call["argv"] == ["get-token", "--port", "8000", "true"]
    assert {name: call["environ"][name] for name in ("PROFILE", "PORT", "FROM_OUTSIDE")} == {
        "PROFILE": "ops",
        "PORT": "8000",
        "FROM_OUTSIDE": "2",
    }


@pytest.mark.parametrize("section", [{"args": None, "env": None}, {}])
def test_without_arguments_and_variables_it_runs_too(login: LoginFake, section: dict[str, Any]) -> None:
    assert made(login.user(**section)).run().token == TOKEN


def told(login: LoginFake) -> Any:
    [call] = login.calls
    return json.loads(call["environ"]["KUBERNETES_EXEC_INFO"])


def test_it_is_told_that_nobody_is_there_to_be_asked(login: LoginFake) -> None:
    made(login.user(interactiveMode="IfAvailable"), {"server": "https://a"}).run()
    assert told(login) == {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "spec": {"interactive": False},
    }
    assert login.calls[0]["input"] == ""


def test_it_is_told_about_the_cluster_if_it_wants_to_know(login: LoginFake, tmp_path: Path) -> None:
    authority = tmp_path / "ca.crt"
    authority.write_bytes(b"pem")
    cluster = {
        "server": "https://a",
        "tls-server-name": "b",
        "proxy-url": "http://p",
        "certificate-authority": str(authority),
        "extensions": [
            "no map at all",
            {"name": "other", "extension": {"no": 1}},
            {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}},
        ],
    }
    made(login.user(provideClusterInfo=True), cluster).run()
    assert told(login)["spec"]["cluster"] == {
        "server": "https://a",
        "tls-server-name": "b",
        "proxy-url": "http://p",
        "certificate-authority-data": base64.b64encode(b"pem").decode(),
        "config": {"audience": "x"},
    }


def test_an_authority_that_can_not_be_read_is_named(login: LoginFake) -> None:
    with pytest.raises(ConnectionOptionsError, match="/gone cannot be read"):
        made(login.user(provideClusterInfo=True), {"certificate-authority": "/gone"})


def test_a_failure_tells_program_exit_code_its_last_words_and_the_hint(login: LoginFake) -> None:
    login.prints("", stderr="The SSO session has expired.\n", code=255)
    message = failure(made(login.user(installHint="See wiki/login.\n\nAsk ops.")))
    assert str(login.program) in message
    assert "exit code 255: The SSO session has expired. Run it by hand" in message
    assert message.endswith("See wiki/login. Ask ops.")


def test_a_failure_quotes_no_secret(login: LoginFake) -> None:
    words = f"token {TOKEN} of canary-client with canary-env: not found in production"
    login.prints(exec_credential(token=TOKEN), stderr=words, code=1)
    arguments = ["get-token", "--secret=canary-client", "--profile", "production"]
    message = failure(made(login.user(args=arguments, env=[{"name": "SECRET", "value": "canary-env"}])))
    assert "canary" not in message
    assert "production" not in message
    assert message.count("********") == 4


@pytest.mark.parametrize(
    "stdout,reason",
    [
        pytest.param("canary", "it did not print JSON", id="text"),
        pytest.param("", "it did not print JSON", id="nothing"),
        pytest.param('["canary"]', "no ExecCredential", id="list"),
        pytest.param('{"status": "canary"}', "no ExecCredential", id="status of text"),
        pytest.param(
            '{"apiVersion": "v1", "kind": "ExecCredential", "status": {"token": "canary"}}', "not of apiVersion", id="v"
        ),
        pytest.param('{"apiVersion": "v1", "status": {"token": "canary"}}', "not of kind ExecCredential", id="kind"),
        pytest.param(exec_credential(clientKeyData="canary"), "contains only one of", id="half a pair"),
    ],
)
def test_an_answer_that_is_no_credential_is_told_without_quoting_it(login: LoginFake, stdout: str, reason: str) -> None:
    login.prints(stdout)
    message = failure(made(login.user()))
    assert reason in message
    assert "canary" not in message


def test_a_program_that_is_not_there_is_told_with_the_hint() -> None:
    user = {"exec": {"apiVersion": "v1", "command": "no-such-program", "installHint": "Install it."}}
    assert "'no-such-program'" in (message := failure(made(user)))
    assert "No such file or directory. " in message
    assert message.endswith(" Install it.")


def test_a_program_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exec_plugin, "TIMEOUT_SECONDS", 0.2)
    program = tmp_path / "login"
    program.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    program.chmod(0o700)
    assert "did not end within" in failure(made({"exec": {"apiVersion": "v1", "command": str(program)}}))


@pytest.mark.parametrize(
    "section",
    [
        pytest.param("login", id="text"),
        pytest.param({"apiVersion": "v1"}, id="no command"),
        pytest.param({"command": "login"}, id="no version"),
        pytest.param({"apiVersion": "v1", "command": "login", "args": [8000]}, id="an argument that is a number"),
        pytest.param({"apiVersion": "v1", "command": ["login", "canary"]}, id="command that is a list"),
        pytest.param({"apiVersion": "v1", "command": "login", "args": "canary"}, id="arguments of text"),
        pytest.param({"apiVersion": "v1", "command": "login", "env": {"A": "canary"}}, id="variables as a map"),
        pytest.param({"apiVersion": "v1", "command": "login", "env": [{"name": "canary"}]}, id="no value"),
    ],
)
def test_a_section_that_can_not_be_run_is_told_without_quoting_it(section: Any) -> None:
    with pytest.raises(ConnectionOptionsError, match="needs apiVersion and command") as caught:
        plugin_of({"exec": section}, {}, ENVIRON)
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_plugin_that_must_ask_somebody_is_refused(login: LoginFake) -> None:
    with pytest.raises(ConnectionOptionsError, match="requires a terminal"):
        plugin_of(login.user(interactiveMode="Always"), {}, ENVIRON)
    assert login.calls == []


@pytest.mark.parametrize(
    "user", [{}, {"token": "t"}, {"exec": None}, {"token": "t", "exec": {}}, {"tokenFile": "/t", "exec": {}}]
)
def test_without_a_plugin_or_with_a_token_beside_it_none_is_run(user: dict[str, Any]) -> None:
    assert plugin_of(user, {}, ENVIRON) is None


@pytest.mark.parametrize(
    "section,cluster,environ",
    [
        pytest.param({"command": "other"}, {}, {}, id="command"),
        pytest.param({"args": ["a"]}, {}, {}, id="arguments"),
        pytest.param({"env": [{"name": "A", "value": "b"}]}, {}, {}, id="variables"),
        pytest.param({"apiVersion": "v2"}, {}, {}, id="version"),
        pytest.param({"provideClusterInfo": True}, {"server": "https://b"}, {}, id="reported cluster"),
        pytest.param({}, {}, {"AWS_PROFILE": "b"}, id="environment"),
    ],
)
def test_what_may_give_another_credential_has_another_key(
    section: dict[str, Any], cluster: dict[str, Any], environ: dict[str, str]
) -> None:
    base = {"apiVersion": "v1", "command": "login"}
    one = plugin_of({"exec": base}, {"server": "https://a"}, ENVIRON)
    other = plugin_of({"exec": base | section}, {"server": "https://a"} | cluster, ENVIRON | environ)
    assert one is not None
    assert other is not None
    assert one.key != other.key


def test_clusters_that_the_plugin_is_not_told_of_share_a_key(login: LoginFake) -> None:
    assert made(login.user(), {"server": "https://a"}).key == made(login.user(), {"server": "https://b"}).key


def test_no_secret_shows_in_a_repr(login: LoginFake) -> None:
    user = login.user(args=["--secret=canary"], env=[{"name": "SECRET", "value": "canary"}])
    assert "canary" not in repr(made(user))
