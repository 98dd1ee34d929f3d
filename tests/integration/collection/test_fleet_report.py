# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report that a fleet's run leaves, on real control planes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    ANSIBLE_PLAYBOOK,
    Outcome,
    environment,
    inventory,
    run_playbook,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World
from ansible_collections.fleetops.nvcf.tests.sandbox.errors import SandboxError

Eventually = Callable[[Callable[[], bool], str], None]
FILES = {"index.html", "report.json", "report.md", "junit.xml"}

pytestmark = pytest.mark.parametrize("helm", [4], ids=["helm4"], indirect=True)


@pytest.fixture
def hosts(new_world: NewWorld, tmp_path: Path) -> tuple[dict[str, World], Path]:
    """Three clusters; only the second one is tried with a function."""
    worlds = {name: new_world() for name in ("first", "second", "third")}
    for world in worlds.values():
        world.install()
    path = inventory(tmp_path, worlds, registry_allowlist_registries=[GHCR], registry_allowlist_smoke_test="never")
    document = json.loads(path.read_text(encoding="utf-8"))
    document["nvcf_control_planes"]["hosts"]["second"]["registry_allowlist_smoke_test"] = "changed"
    path.write_text(json.dumps(document), encoding="utf-8")
    return worlds, path


def settings(folder: Path) -> dict[str, str]:
    return {
        "ANSIBLE_CALLBACKS_ENABLED": "fleetops.nvcf.fleet_report",
        "FLEETOPS_NVCF_REPORT_FOLDER": str(folder / "report"),
    }


def run(folder: Path, *arguments: str | Path) -> tuple[Outcome, dict[str, Any]]:
    """A run and its report as a program reads it; no file of it may hold a secret."""
    outcome = run_playbook(*arguments, settings=settings(folder))
    return outcome, read(folder)


def read(folder: Path) -> dict[str, Any]:
    for path in (folder / "report").iterdir():
        assert CANARY not in path.read_text(encoding="utf-8"), path.name
    document: dict[str, Any] = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    return document


def descendants(pid: int) -> Iterator[int]:
    """The processes that a process has started, and theirs."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split():
        yield int(child)
        with suppress(FileNotFoundError):
            yield from descendants(int(child))


def states(document: dict[str, Any]) -> dict[str, str]:
    return {row["host"]: row["state"] for row in document["clusters"]}


@pytest.mark.nightly
def test_a_stopped_wave_is_told_in_all_forms_and_the_next_run_is_told_what_is_left(
    hosts: tuple[dict[str, World], Path], tmp_path: Path
) -> None:
    worlds, path = hosts
    with worlds["second"].cluster.behaving(quota=0):
        outcome, document = run(tmp_path, "-i", path, "fleetops.nvcf.add", "-e", '{"nvcf_waves": [1]}')
    assert states(document) == {"second": "failed_restored", "third": "not_reached", "first": "changed"}
    assert document["result"] == "stopped"
    broken, _third, good = document["clusters"]
    assert "the account's function limit is reached" in broken["cause"]
    assert broken["restoration"].startswith("The release was returned to revision 1 (stored as new revision ")
    assert list(broken["phases"]) == ["preflight", "apply", "rollout", "verify", "smoke test", "rollback"]
    assert (good["revision_before"], good["revision_after"]) == (1, 2)
    assert [registry["recognized"] for registry in good["registries"]] == [True]
    for name in FILES:
        text = (tmp_path / "report" / name).read_text(encoding="utf-8")
        assert all(host in text for host in worlds)
        assert "function limit is reached" in text, name
    assert "1 of 3 clusters are in the desired state; 1 failed, rolled back; 1 not started" in outcome.text
    limit = tmp_path / "report" / "unfinished.txt"
    assert limit.read_text() == "second\nthird\n"

    outcome, document = run(tmp_path, "-i", path, "fleetops.nvcf.add", "--limit", f"@{limit}")
    assert outcome.status == 0, outcome.text
    assert states(document) == {"second": "changed", "third": "changed"}
    assert not limit.exists()


@pytest.mark.nightly
def test_the_fragment_in_the_report_is_what_the_stack_needs(
    hosts: tuple[dict[str, World], Path], tmp_path: Path
) -> None:
    worlds, path = hosts
    _outcome, document = run(tmp_path, "-i", path, "fleetops.nvcf.add")
    [fragment] = document["values_fragments"]
    assert set(fragment["clusters"]) == set(worlds)
    values = tmp_path / "fragment.yaml"
    values.write_text(fragment["values"], encoding="utf-8")
    _outcome, document = run(
        tmp_path, "-i", path, "fleetops.nvcf.audit", "-e", f"registry_allowlist_stack_values={values}"
    )
    assert states(document) == dict.fromkeys(worlds, "unchanged")


@pytest.mark.nightly
def test_an_audit_tells_drifted_clusters_from_those_that_are_as_wanted(
    hosts: tuple[dict[str, World], Path], tmp_path: Path
) -> None:
    worlds, path = hosts
    worlds["third"].registries(GHCR)
    worlds["third"].roll_out()
    _outcome, document = run(tmp_path, "-i", path, "fleetops.nvcf.audit")
    assert states(document) == {"first": "drifted", "second": "drifted", "third": "warning"}
    assert document["clusters"][0]["cause"] == "GHCR (ghcr.io) is not stored."
    assert "fleetops.nvcf.add" in document["clusters"][0]["next_step"]


@pytest.mark.nightly
def test_an_audit_tells_a_failed_revision_and_a_release_that_is_not_there(
    hosts: tuple[dict[str, World], Path], tmp_path: Path
) -> None:
    worlds, path = hosts
    for world in worlds.values():
        world.registries(GHCR)
        world.roll_out()
    first = worlds["first"]
    with first.cluster.behaving(job_exit_code=1), pytest.raises(SandboxError):
        first.install(first.values())
    worlds["second"].run_helm("uninstall", "api")
    _outcome, document = run(tmp_path, "-i", path, "fleetops.nvcf.audit")
    assert states(document) == {"second": "unreadable", "first": "warning", "third": "warning"}
    gone, failed, _third = document["clusters"]
    assert "no Helm release 'api' is stored in namespace" in gone["cause"]
    assert gone["next_step"] == "Fix what the message names, then run the audit again."
    assert "the newest revision 3 has failed; 2 is deployed" in failed["cause"]
    assert "`helm history`" in failed["next_step"]
    assert [finding["severity"] for finding in failed["findings"]] == ["warning", "warning"]
    assert (tmp_path / "report" / "unfinished.txt").read_text() == "second\n"


@pytest.mark.parametrize(
    "number, state",
    [
        pytest.param(signal.SIGINT, "interrupted", id="control-c", marks=pytest.mark.nightly),
        pytest.param(signal.SIGTERM, "interrupted", id="told-to-end", marks=pytest.mark.nightly),
        pytest.param(signal.SIGHUP, "interrupted", id="hung-up", marks=pytest.mark.nightly),
        pytest.param(signal.SIGKILL, "running", id="killed", marks=pytest.mark.nightly),
    ],
)
def test_a_run_that_is_ended_early_leaves_a_report_of_all_clusters(
    hosts: tuple[dict[str, World], Path],
    tmp_path: Path,
    eventually: Eventually,
    number: signal.Signals,
    state: str,
) -> None:
    worlds, path = hosts
    for name in ("first", "third"):
        worlds[name].registries(GHCR)
        worlds[name].roll_out()
    # A shell's background job ignores some of them and passes that on; a person's terminal does not.
    argv = ["env", "--default-signal", str(ANSIBLE_PLAYBOOK), "-i", str(path), "fleetops.nvcf.add"]
    with (
        worlds["second"].cluster.behaving(job_seconds=600),
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [*argv, "-e", '{"nvcf_waves": [1]}'],
            env=environment() | settings(tmp_path),
            stdout=log,
            stderr=log,
            start_new_session=True,
        ) as play,
    ):
        eventually(lambda: worlds["second"].newest_status == "pending-upgrade", "helm waits for its hook")
        others = list(descendants(play.pid))
        os.kill(play.pid, number)
    for pid in others:
        # Workers are in sessions of their own: nobody tells them when their parent is killed.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    document = read(tmp_path)
    assert states(document) == {"second": state, "third": "not_reached", "first": "unchanged"}
    assert document["result"] == state
    names = {path.name for path in (tmp_path / "report").iterdir() if not path.name.startswith(".")}
    assert names == {*FILES, "unfinished.txt"}
    assert (tmp_path / "report" / "unfinished.txt").read_text().split() in (["second", "third"], ["third", "second"])
