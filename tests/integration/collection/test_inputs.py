# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Every input has its answer, and none writes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import read_history
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import recognized_registry_info
from ansible_collections.fleetops.nvcf.plugins.module_utils._release_state.read import LookOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.options import parse
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.integration.collection.inputs import ACCEPTED, INPUTS, Input
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, World
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import Authority
from ansible_collections.fleetops.nvcf.tests.unit.plugins.entries import Entries, operation_of

CANARY = "canary-pw"
AS_A_MODULE = 5
"""Each so many inputs, one is given to a module of its own as well."""


@pytest.fixture
def files(tmp_path: Path) -> Mapping[str, str]:
    """What stands for a name between two signs: paths of files that are not what they are named for."""
    (tmp_path / "pki").mkdir()
    pair = Authority.create(tmp_path / "pki", "inputs").server("server", "localhost")
    contents = {
        "text": b"a token, and no more\n",
        "list": b"- a\n- b\n",
        "empty": b"",
        "bytes": b"\xff\xfe",
        "der": b"\x30\x82\x01\x00",
        "key": pair.key.read_bytes(),
        "large": b"#" * ((1 << 20) + 1),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    return {f"@{name}@": str(tmp_path / name) for name in (*contents, "folder", "pipe", "missing")}


@pytest.fixture
def newest(world: World) -> Iterator[Callable[[], int]]:
    """The number of the release's newest revision, by the metadata of its Secrets."""
    look = parse(LookOptions, world.parameters(recognized_registry_info.OPERATION))
    with connect(look.connection) as cluster:
        yield lambda: read_history(cluster, FUNCTIONS, release=world.release, namespace=world.namespace).newest.number


def given(one: Input, world: World, files: Mapping[str, str]) -> dict[str, Any]:
    """The task's arguments: those of the input, and where the release is."""
    known = operation_of(one.group.module).argument_spec
    where = {name: value for name, value in world.options().items() if name in known}
    if one.group.module == "image_pull_check":
        where["workload_namespace"] = world.namespace
    return {**where, **{name: _file(value, files) for name, value in one.args.items()}}


def _file(value: Any, files: Mapping[str, str]) -> Any:
    return files.get(value, value) if isinstance(value, str) else value


def in_its_own_process(both: Entries, args: Mapping[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """What a task returns whose connection is not local: the action hands over to the module."""
    action = both.action(args, check_mode=check_mode, transport="ssh")

    def hand_over(**_how: Any) -> dict[str, Any]:
        return both.by_module(action._task.args, check_mode=check_mode)

    both.monkeypatch.setattr(action, "_execute_module", hand_over)
    return action.run(task_vars={})


def wrong(one: Input, result: Mapping[str, Any]) -> str:
    """How the answer differs from the one of the table; empty where it does not."""
    told, what = str(result.get("msg", "")), f"{one.option} {one.value!r:.80}"
    if one.group.answer == ACCEPTED:
        return f"{what}: {told}" if result.get("failed") else ""
    name = one.group.named or one.option
    expectations = {
        "it is refused": bool(result.get("failed")),
        f"{one.group.answer!r} is said": one.group.answer in told,
        f"{name} is named": name in told,
        "it is a line of some length": "\n" not in told and len(told) < 1200,
        "no password is shown": CANARY not in json.dumps(result, default=str),
    }
    return "; ".join(f"{what}: not so: {text} ({told[:300]})" for text, holds in expectations.items() if not holds)


def test_every_input_has_its_answer_by_both_entries_and_none_writes(
    world: World,
    files: Mapping[str, str],
    newest: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, problems = newest(), []
    for number, one in enumerate(INPUTS):
        module = one.group.module
        both = Entries(name=module, monkeypatch=monkeypatch, capsys=capsys, run=operation_of(module).run)
        args = given(one, world, files)
        result = both.by_action(args, check_mode=one.group.check_mode)
        problems.append(wrong(one, result))
        if number % AS_A_MODULE == 0:
            problems.append(wrong(one, in_its_own_process(both, args, check_mode=one.group.check_mode)))
        if newest() != before:
            problems.append(f"{one.option} {one.value!r:.80} has made a revision")
            before = newest()
    wrong_ones = "\n".join(filter(None, problems))
    assert not wrong_ones, wrong_ones


ROLE: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "text for a list": ({"registries": "ghcr.io"}, "registries: expected a list of maps"),
    "map for a list": ({"registries": GHCR}, "registries: expected a list of maps"),
    "texts in the list": ({"registries": ["ghcr.io"]}, "registries[0]: expected a map"),
    "number as name": ({"registries": [GHCR | {"name": 1.1}]}, "registries[0].name: expected text, got a number (1.1)"),
    "truth as name": ({"registries": [GHCR | {"name": True}]}, "registries[0].name: expected text, got true or false"),
    "list as hostname": ({"registries": [GHCR | {"hostname": ["a"]}]}, "registries[0].hostname: expected text"),
    "invisible name": ({"registries": [GHCR | {"name": "a\u200bb"}]}, "the invisible character U+200B"),
    "long name": ({"registries": [GHCR | {"name": "n" * 300}]}, "it has 300 characters, and at most 255"),
    "lower-case key": ({"registries": [GHCR | {"key": "ghcr"}]}, "key 'ghcr'"),
    "built-in key": ({"registries": [GHCR | {"key": "NGC"}]}, "which is built in"),
    "host with a path": ({"registries": [GHCR | {"hostname": "ghcr.io/a"}]}, "it has a path or a slash"),
    "host with a login": ({"registries": [GHCR | {"hostname": f"https://u:{CANARY}@a/x"}]}, "it contains a login"),
    "built-in host": ({"registries": [GHCR | {"hostname": "docker.io"}]}, "which is built in"),
    "kindred host": ({"registries": [GHCR | {"hostname": "index.docker.io"}]}, "would be validated"),
    "no time": ({"timeout": 0}, "timeout 0: it is not between 1 and 86400 seconds"),
    "endless time": ({"request_timeout": 10**12}, "it is not between 1 and 86400 seconds"),
    "negative history": ({"history_max": -1}, "it is not between 0 and 1000 revisions"),
    "no namespace": ({"namespace": "a/b"}, "namespace 'a/b'"),
    "no release": ({"release": "--help"}, "release '--help'"),
    "no chart": ({"chart_ref": "--help"}, "chart_ref '--help'"),
    "chart with a login": ({"chart_ref": f"oci://u:{CANARY}@a/b"}, "it contains a login"),
    "version as number": ({"chart_version": 1.1}, "chart_version: expected text, got a number (1.1)"),
    "api_url with a login": ({"api_url": f"https://u:{CANARY}@a"}, "it contains a login"),
    "token with a break": ({"token": "a\nb"}, "token: it contains a space, a line break"),
    "pipe as token": ({"token_file": "@pipe@"}, "it is a pipe or a device"),
}
"""Variables of the role without their prefix, and what is said."""


def test_the_role_answers_the_same_and_writes_nothing(
    world: World, files: Mapping[str, str], newest: Callable[[], int], tmp_path: Path
) -> None:
    before = newest()
    hosts = {f"h{number}": variables for number, (variables, _answer) in enumerate(ROLE.values())}
    path = inventory(tmp_path, dict.fromkeys(hosts, world), registry_allowlist_registries=[GHCR])
    document = json.loads(path.read_text(encoding="utf-8"))
    for host, variables in hosts.items():
        more = {f"registry_allowlist_{name}": _file(value, files) for name, value in variables.items()}
        document["nvcf_control_planes"]["hosts"][host].update(more)
    path.write_text(json.dumps(document), encoding="utf-8")
    outcome = run_playbook(
        "-i",
        path,
        "-f",
        "4",
        "-e",
        "nvcf_waves=100%",
        "-e",
        "nvcf_max_fail_percentage=100",
        "fleetops.nvcf.add",
        timeout=120,
    )
    problems = []
    for host, (what, (_variables, answer)) in zip(hosts, ROLE.items(), strict=True):
        told = " ".join(re.findall(rf"(?:fatal|failed): \[{host}\].*", outcome.text))
        if "Nothing was written." not in told:
            problems.append(f"{what} does not say that nothing was written: {told[-200:]}")
        if answer not in told.replace('\\"', '"').replace("\\\\", "\\"):
            problems.append(f"{what}: {told[:400]}")
    assert not problems, "\n".join(problems)
    assert CANARY not in outcome.text
    assert newest() == before
