# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""When an action runs its operation in the worker, and that it is then no different from the module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.basic import AnsibleModule
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import FindingsError, NvcfError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.operation import Host
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import run_folder, sharing
from ansible_collections.fleetops.nvcf.plugins.plugin_utils import _in_process_action
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.ansible_events import completed
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._in_process_action import InProcessAction
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._left import take_verdict
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._look_ahead.found import Asked, leave
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._run import shared
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR
from ansible_collections.fleetops.nvcf.tests.unit.plugins.entries import ACTIONS, MODULES, Entries

MakeEntries = Callable[..., Entries]


def succeed(host: Host, options: Any) -> dict[str, Any]:
    """Tells back what it was given."""
    return {"changed": True, "options": asdict(options), "check": host.check_mode}


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> MakeEntries:
    def make(run: Callable[[Host, Any], dict[str, Any]] = succeed, name: str = "recognized_registry") -> Entries:
        return Entries(name=name, monkeypatch=monkeypatch, capsys=capsys, run=run)

    return make


ARGS: dict[str, Any] = {"registries": [GHCR]}

VALID = [
    pytest.param("recognized_registry", ARGS, id="defaults"),
    pytest.param("recognized_registry", {"registries": [], "state": "exact", "timeout": "60"}, id="number as text"),
    pytest.param("recognized_registry", ARGS | {"release_name": "b", "verify_ssl": "no"}, id="aliases"),
    pytest.param("recognized_registry", ARGS | {"impersonate_groups": "a,b"}, id="list as text"),
    pytest.param("recognized_registry", ARGS | {"api_key": "canary-token"}, id="secret"),
    pytest.param("recognized_registry", ARGS | {"kubeconfig": "~/config"}, id="path in the home"),
    pytest.param("recognized_registry_info", {}, id="nothing"),
    pytest.param("recognized_registry_info", ARGS | {"ask_api": True, "token": "canary-token"}, id="info, all levels"),
    pytest.param("api_rollout", {"rollout_timeout": 5}, id="rollout"),
    pytest.param("function_smoke_test", {"image": "ghcr.io/a/b:1", "token_file": "/t"}, id="smoke test"),
]

INVALID = [
    pytest.param("recognized_registry", {}, id="required option missing"),
    pytest.param("recognized_registry", ARGS | {"stat": "present"}, id="unknown option"),
    pytest.param("recognized_registry", ARGS | {"state": "gone"}, id="no such choice"),
    pytest.param("recognized_registry", ARGS | {"timeout": "soon"}, id="no number"),
    pytest.param("recognized_registry", ARGS | {"stat": 1, "state": "gone"}, id="two errors"),
    pytest.param("recognized_registry", ARGS | {"timeout": 0}, id="no time to wait"),
    pytest.param("recognized_registry", ARGS | {"namespace": "a/b"}, id="no namespace"),
    pytest.param("recognized_registry", ARGS | {"chart_ref": "https://u:canary-token@h/c.tgz"}, id="login in a URL"),
    pytest.param("recognized_registry", {"registries": [{"keys": "GHCR"}]}, id="unknown suboption"),
    pytest.param("recognized_registry", ARGS | {"timeout": "x", "api_key": "canary-token"}, id="beside a secret"),
    pytest.param("function_smoke_test", {"image": "a/b", "token": "canary-token", "token_file": "/t"}, id="exclusive"),
    pytest.param("function_smoke_test", {"token": "canary-token"}, id="no image"),
]


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("name,args", VALID)
def test_both_entries_give_the_operation_the_same_and_return_the_same(
    entries: MakeEntries, name: str, args: dict[str, Any], *, check_mode: bool
) -> None:
    both = entries(name=name)
    by_module, by_action = (enter(args, check_mode=check_mode) for enter in (both.by_module, both.by_action))
    assert both.options[0] == both.options[1]
    assert both.hosts[0].check_mode is both.hosts[1].check_mode is check_mode
    assert by_action == by_module


@pytest.mark.parametrize("name,args", INVALID)
def test_both_entries_refuse_the_same_in_the_same_words(entries: MakeEntries, name: str, args: dict[str, Any]) -> None:
    both = entries(name=name)
    by_module, by_action = both.by_module(args), both.by_action(args)
    assert both.hosts == []
    assert by_module["failed"] is by_action["failed"] is True
    assert by_action["msg"] == f"{by_module['msg'].removesuffix('.')}."
    assert "canary-token" not in str(by_action)


@pytest.mark.parametrize("transport", ["local", "ssh"])
@pytest.mark.parametrize(
    "name,args",
    [
        *INVALID,
        pytest.param("recognized_registry", {"registries": "GHCR"}, id="no list of maps"),
        pytest.param("recognized_registry", {"registries": [GHCR | {"name": 1.10}]}, id="a number as name"),
    ],
)
def test_no_process_is_started_for_options_that_are_refused(
    entries: MakeEntries, monkeypatch: pytest.MonkeyPatch, name: str, args: dict[str, Any], transport: str
) -> None:
    action = entries(name=name).action(args, transport=transport)
    monkeypatch.setattr(action, "_execute_module", lambda **_how: pytest.fail("started"))
    result = action.run(task_vars={})
    assert result["failed"] is True
    assert "canary-token" not in str(result)


@pytest.mark.parametrize("transport", ["local", "ssh"])
def test_an_empty_text_is_no_option_beside_its_opposite(
    entries: MakeEntries, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    both = entries(name="function_smoke_test")
    action = both.action({"image": "a/b", "token": "t", "token_file": "", "kubeconfig": ""}, transport=transport)
    monkeypatch.setattr(action, "_execute_module", lambda **_how: both.by_module(action._task.args))
    assert not action.run(task_vars={}).get("failed")
    [options] = both.options
    assert (options.api.token_file, options.connection.kubeconfig) == (None, None)


def test_both_entries_warn_of_an_option_that_is_given_twice(
    entries: MakeEntries, monkeypatch: pytest.MonkeyPatch
) -> None:
    warned: list[str] = []
    monkeypatch.setattr("ansible.module_utils.common.arg_spec.warn", warned.append)
    both = entries()
    args = ARGS | {"release": "a", "release_name": "a"}
    both.by_module(args)
    assert both.by_action(args)["warnings"] == warned == ["Both option release and its alias release_name are set."]
    assert both.options[0] == both.options[1]


def test_both_entries_turn_an_error_into_the_same_failure(entries: MakeEntries) -> None:
    def fail(_host: Host, _options: Any) -> dict[str, Any]:
        error = NvcfError("no such release", revisions=[1, 2])
        error.cluster = "east-1"
        raise error

    both = entries(fail)
    by_module, by_action = both.by_module(ARGS), both.by_action(ARGS)
    assert by_action == by_module
    assert by_action["msg"] == "cluster east-1: no such release."
    assert by_action["revisions"] == [1, 2]


def test_both_entries_hide_a_secret_option_wherever_it_turns_up(entries: MakeEntries) -> None:
    def leak(_host: Host, options: Any) -> dict[str, Any]:
        return {
            "changed": False,
            "said": f"refused {options.connection.api_key}",
            "deep": [{"a": options.connection.api_key}],
        }

    both = entries(leak)
    args = ARGS | {"api_key": "canary-token"}
    by_module, by_action = both.by_module(args), both.by_action(args)
    assert by_action == by_module
    assert "canary-token" not in str(by_action)


def test_both_entries_hide_a_secret_option_that_an_error_quotes(entries: MakeEntries) -> None:
    def leak(_host: Host, options: Any) -> dict[str, Any]:
        raise NvcfError(f"refused {options.connection.api_key}")

    both = entries(leak)
    args = ARGS | {"api_key": "canary-token"}
    by_module, by_action = both.by_module(args), both.by_action(args)
    assert by_action == by_module
    assert "canary-token" not in str(by_action)


def test_both_entries_pass_warnings_on(entries: MakeEntries, monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(host: Host, _options: Any) -> dict[str, Any]:
        host.warn("an IPv4 address")
        host.say("progress that a module shows to no one")
        return {"changed": False}

    # Where tests run counts as the controller, on which a module's warnings are shown and not returned.
    warned: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _self, text: warned.append(text))
    both = entries(warn)
    both.by_module(ARGS)
    assert both.by_action(ARGS)["warnings"] == warned == ["an IPv4 address"]


def test_both_entries_show_the_arguments_with_secrets_masked_when_they_are_to_be_shown(
    entries: MakeEntries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "INJECT_INVOCATION", True, raising=False)
    both = entries(lambda _host, _options: {"changed": False})
    args = ARGS | {"api_key": "canary-token", "proxy": "http://u:canary-word@p"}
    by_module = both.by_module(args, _ansible_inject_invocation=True)
    by_action = both.by_action(args)
    assert by_module["invocation"]["module_args"].keys() == by_action["invocation"]["module_args"].keys()
    assert by_action["invocation"]["module_args"]["state"] == "present"
    assert "canary" not in str(by_action)


@pytest.mark.parametrize(
    "task,in_process",
    [
        pytest.param({}, True, id="local"),
        pytest.param({"environment": [{}]}, True, id="empty environment"),
        pytest.param({"transport": "ssh"}, False, id="another machine"),
        pytest.param({"become": object()}, False, id="become"),
        pytest.param({"async_val": 60}, False, id="async"),
        pytest.param({"environment": [{}, {"HTTPS_PROXY": "p"}]}, False, id="environment"),
    ],
)
def test_what_asks_for_a_process_of_its_own_gets_the_module(
    entries: MakeEntries, monkeypatch: pytest.MonkeyPatch, task: dict[str, Any], *, in_process: bool
) -> None:
    both = entries()
    action = both.action(ARGS, **task)
    handed_over: list[dict[str, Any]] = []

    def execute_module(**how: Any) -> dict[str, Any]:
        handed_over.append(how)
        return {"changed": "by the module"}

    monkeypatch.setattr(action, "_execute_module", execute_module)
    result = action.run(task_vars={"a": 1})
    assert bool(both.hosts) is in_process
    assert (result["changed"] == "by the module") is not in_process
    if not in_process:
        assert handed_over == [{"task_vars": {"a": 1}, "wrap_async": bool(task.get("async_val"))}]


def test_without_the_kubernetes_library_the_module_is_asked_which_may_have_another_python(
    entries: MakeEntries, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = entries()
    action = both.action(ARGS)
    monkeypatch.setattr(_in_process_action, "KUBERNETES_IMPORT_ERROR", ImportError("kubernetes"))
    monkeypatch.setattr(action, "_execute_module", lambda **_how: {"changed": "by the module"})
    assert action.run()["changed"] == "by the module"


def test_what_runs_in_the_worker_shares_a_folder_with_the_other_workers(entries: MakeEntries) -> None:
    shared: list[Path | None] = []

    def look(_host: Host, _options: Any) -> dict[str, Any]:
        shared.append(run_folder())
        return {"changed": False}

    both = entries(look)
    both.by_action(ARGS)
    both.by_action(ARGS)
    both.by_module(ARGS)
    first, second, of_module = shared
    assert first is not None
    assert first.parent == Path(vars(constants)["DEFAULT_LOCAL_TMP"])
    assert second == first
    assert of_module is None


@pytest.mark.parametrize(
    "variables,run_once,name",
    [
        pytest.param({"inventory_hostname": "east", "groups": {"all": ["east"]}}, False, "east", id="host"),
        pytest.param({"inventory_hostname": "east", "groups": {"all": ["east"]}}, True, None, id="once for all"),
        pytest.param({"inventory_hostname": "localhost", "groups": {"all": ["east"]}}, False, None, id="implicit"),
        pytest.param(None, False, None, id="no variables"),
    ],
)
def test_an_operation_knows_the_host_whose_cluster_it_works_on(
    entries: MakeEntries, variables: dict[str, Any] | None, *, run_once: bool, name: str | None
) -> None:
    both = entries()
    both.action(ARGS, run_once=run_once).run(task_vars=variables)
    assert [host.name for host in both.hosts] == [name]


def test_a_module_of_its_own_does_not_know_the_host(entries: MakeEntries) -> None:
    both = entries()
    both.by_module(ARGS)
    assert [host.name for host in both.hosts] == [None]


def test_progress_is_shown_while_the_operation_runs(entries: MakeEntries, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def say(host: Host, _options: Any) -> dict[str, Any]:
        host.say("east-1: 0 of 1 new pods ready")
        assert len(shown) == 1
        return {"changed": False}

    action = entries(say).action(ARGS)
    monkeypatch.setattr(type(action._display), "display", lambda _self, line, **_how: shown.append(line))
    action.run()
    assert "east-1: 0 of 1 new pods ready" in shown[0]


def lost(_host: Host, _options: Any) -> dict[str, Any]:
    finding = {"kind": "unmet", "severity": "error", "text": "GHCR is not stored", "next_step": "Run add."}
    raise FindingsError("GHCR is not stored.", findings=[finding], verdict="drifted", history=[{"revision": 1}])


def ended(action: InProcessAction, content: dict[str, Any]) -> Any:
    """What a callback gets of a task."""
    return SimpleNamespace(task=action._task, host=SimpleNamespace(get_name=lambda: "east"), result=content)


@pytest.mark.parametrize("short", [True, False])
def test_a_short_failure_keeps_what_was_read_for_the_report_and_shows_what_to_do(
    entries: MakeEntries, *, short: bool
) -> None:
    action = entries(lost, "recognized_registry_audit").action({"short_failure": short})
    result = action.run(task_vars={"inventory_hostname": "east"})
    whole = completed(ended(action, result))
    assert whole["history"] == [{"revision": 1}]
    assert ("history" in result, result.get("next_steps")) == ((False, ["Run add."]) if short else (True, None))
    assert (result["verdict"], result["msg"]) == ("drifted", "GHCR is not stored.")
    assert completed(ended(action, result)) == result, "it is taken once"


@pytest.mark.parametrize("hidden", [{"no_log": True}, {"loop": ["one", "other"]}])
def test_what_ansible_hides_or_makes_several_results_of_is_not_kept_for_the_report(
    entries: MakeEntries, hidden: dict[str, Any]
) -> None:
    both = entries(lost, "recognized_registry_audit")
    action, other = both.action({"short_failure": True}, **hidden), both.action({"short_failure": True})
    result = action.run(task_vars={"inventory_hostname": "east"})
    assert "history" in result
    assert completed(ended(action, {"censored": "hidden"})) == {"censored": "hidden"}
    other.run(task_vars={"inventory_hostname": "east"})
    assert completed(ended(action, {"msg": "Other."})) == {"msg": "Other."}, "what another task has left is not its own"


def disconnect(**_how: Any) -> dict[str, Any]:
    raise AnsibleConnectionFailure("no route to the bastion")


def test_the_verdict_of_an_audit_is_left_for_its_summary_also_where_the_machine_can_not_be_reached(
    entries: MakeEntries, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = entries(lost, "recognized_registry_audit")
    here, there = both.action({}), both.action({}, transport="ssh")
    monkeypatch.setattr(there, "_execute_module", disconnect)
    here.run(task_vars={"inventory_hostname": "near"})
    result = there.run(task_vars={"inventory_hostname": "far"})
    assert (result["failed"], result["no_answer"], result.get("unreachable")) == (True, True, None)
    with shared():
        found = [take_verdict(here._task, host) for host in ("near", "far", "other", "near")]
    assert found == ["drifted", "unreachable", None, None]


FURTHER: dict[str, Any] = {
    "map": {"kube_context": "east-1", "request_timeout": 60},
    "list": [{"context": "east-1"}, {"context": "east-2", "service": "tasks"}],
    "text": "context: east-1",
}


@pytest.fixture
def further() -> dict[str, Any]:
    """What an action is given beside its arguments for it to know variables."""
    return {"templar": Templar(DataLoader(), variables=FURTHER)}


@pytest.mark.parametrize(
    "name, contexts", [("map", ["east-2"]), ("list", ["east-2", "east-2"])], ids=["a map", "a list of maps"]
)
def test_further_options_come_from_a_variable_and_those_of_the_task_win(
    entries: MakeEntries, further: dict[str, Any], name: str, contexts: list[str]
) -> None:
    both = entries(lambda _host, _options: {"changed": False}, "recognized_registry_info")
    result = both.action({"options_from": name, "context": "east-2"}, **further).run(task_vars=FURTHER)
    assert not result.get("failed"), result
    assert [options.look.connection.context for options in both.options] == contexts
    assert [answer["service"] for answer in result.get("results", [result])] == ["functions", "tasks"][: len(contexts)]


@pytest.mark.parametrize(
    "name, task, said",
    [
        ("lost", {}, "options_from 'lost': the host has no such variable"),
        ("text", {}, "options_from 'text': the variable is neither a map nor a list of maps"),
        (
            "list",
            {"async_val": 60},
            "options_from 'list': an async task accepts one map of options, and the variable has several",
        ),
    ],
)
def test_a_variable_that_holds_no_options_is_refused(
    entries: MakeEntries, further: dict[str, Any], name: str, task: dict[str, Any], said: str
) -> None:
    both = entries(name="recognized_registry_info")
    result = both.action({"options_from": name}, **task, **further).run(task_vars=FURTHER)
    assert result["failed"]
    assert result["msg"].startswith(said)
    assert not both.options


def test_what_was_found_ahead_is_taken_once_and_only_where_the_task_runs_here(
    entries: MakeEntries, further: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    both = entries(lambda _host, _options: {"changed": False, "cluster": "looked at"}, "recognized_registry_info")
    action = both.action({"options_from": "map"}, **further)
    known = FURTHER | {"inventory_hostname": "east-1"}
    with sharing(str(tmp_path)):
        leave(Asked.by(action._task, "recognized_registry_info", "map", "east-1"), {"cluster": "found ahead"})
    elsewhere = both.action({"options_from": "map"}, **further, transport="ssh")
    monkeypatch.setattr(elsewhere, "_execute_module", lambda **_how: {"cluster": "by the module"})
    assert elsewhere.run(task_vars=known)["cluster"] == "by the module"
    assert [action.run(task_vars=known)["cluster"] for _time in range(2)] == ["found ahead", "looked at"]


def test_every_module_has_an_action_of_its_name() -> None:
    assert ACTIONS.keys() == MODULES.keys()
    for name, action in ACTIONS.items():
        assert action.operation is MODULES[name].OPERATION
