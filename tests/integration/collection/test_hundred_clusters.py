# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hundred clusters, three of them broken: what the playbooks say and where they stop."""

from __future__ import annotations

import html
import json
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.fleetops.nvcf.tests.benchmark.copies import RELEASE, STORAGE
from ansible_collections.fleetops.nvcf.tests.benchmark.fleet import Fleet, fleet
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import Outcome, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, PREFIX, pair
from ansible_collections.fleetops.nvcf.tests.sandbox import tools
from ansible_collections.fleetops.nvcf.tests.sandbox.helm import run_helm
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values

COUNT = 100
UNREACHABLE, PENDING, CRASHING = "c0007", "c0050", "c0100"
"""One in the second wave, which is the second to the eleventh cluster, and two in the third."""
NAMES = tuple(f"c{number:04}" for number in range(1, COUNT + 1))
REACHED = set(NAMES[:11])
"""A canary and a tenth."""
PATIENCE_SECONDS = 120


def break_helm(clusters: Fleet, name: str) -> None:
    """As a helm that was killed leaves it: the newest revision is pending for ever."""
    api, path = clusters.planes[name].api, f"/api/v1/namespaces/{name}/secrets"
    secret = api.get(f"{path}/{STORAGE}")
    labels = secret["metadata"]["labels"] | {"version": "2", "status": "pending-upgrade"}
    metadata = {"name": f"sh.helm.release.v1.{RELEASE}.v2", "labels": labels}
    api.post(path, {"metadata": metadata, "type": secret["type"], "data": secret["data"]})


def break_pods(clusters: Fleet, name: str) -> None:
    """As a stack does that gives the API half a pair: helm upgrades without its hook, and the new pod crash-loops."""
    plane = clusters.planes[name]
    values = stack_values()
    values["api"]["env"] |= pair(GHCR) | {f"{PREFIX}HALF_NAME": "Half a pair"}
    run_helm(
        ["upgrade", RELEASE, clusters.chart, f"--namespace={name}", "--values=-", "--no-hooks", "--plain-http"],
        home=plane.kubeconfig.parent / "helm",
        kubeconfig=plane.kubeconfig,
        stdin=json.dumps(values),
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not any(crashed(pod) for pod in plane.api.get(f"/api/v1/namespaces/{name}/pods")["items"]):
        assert time.monotonic() < deadline, "the pod does not crash"
        time.sleep(0.5)


def crashed(pod: Mapping[str, Any]) -> bool:
    """Whether the kubelet waits long enough with the next start for a test to find it waiting."""
    return any(status["restartCount"] >= 4 for status in pod["status"].get("containerStatuses") or [])


def hosts_of(clusters: Fleet, folder: Path) -> Path:
    """The inventory, with one cluster behind an address where nobody listens."""
    names = clusters.first(COUNT)
    merged = clusters.kubeconfig(names)
    dead = folder / "dead"
    document = json.loads(merged.read_text(encoding="utf-8"))
    for entry in document["clusters"]:
        entry["cluster"]["server"] = "https://127.0.0.1:9"
    dead.write_text(json.dumps(document), encoding="utf-8")

    def variables(name: str) -> dict[str, str]:
        return {
            "registry_allowlist_namespace": name,
            "registry_allowlist_kubeconfig": str(dead if name == UNREACHABLE else merged),
        }

    return clusters.inventory(
        names,
        variables,
        ansible_connection="local",
        ansible_python_interpreter=sys.executable,
        registry_allowlist_helm_binary=str(tools.helm(4)),
        registry_allowlist_registries=[GHCR],
    )


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All hundred with the registry at every level, but for what is broken."""
    behavior = {"ready_seconds": 0.2, "start_seconds": 0.2, "job_seconds": 0.1}
    with fleet(0, COUNT, registries=[GHCR], behavior=behavior, report=print) as clusters:
        break_helm(clusters, PENDING)
        break_pods(clusters, CRASHING)
        yield hosts_of(clusters, tmp_path_factory.mktemp("fleet"))


@dataclass(frozen=True)
class Told:
    """A run's end, and the report that it leaves."""

    outcome: Outcome
    folder: Path

    @property
    def document(self) -> Mapping[str, Any]:
        document: Mapping[str, Any] = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        return document

    @property
    def states(self) -> Mapping[str, int]:
        """How many clusters are in each state."""
        totals: Mapping[str, int] = self.document["totals"]
        return totals

    @property
    def unfinished(self) -> list[str]:
        return (self.folder / "unfinished.txt").read_text(encoding="utf-8").split()

    @property
    def junit(self) -> tuple[int, int, int, int]:
        """Test cases, failures, errors, skipped."""
        [suite] = ElementTree.parse(self.folder / "junit.xml").getroot()  # noqa: S314 - our own
        assert len(suite) == int(suite.get("tests", ""))
        tests, failures, errors, skipped = (int(suite.get(name, "")) for name in JUNIT)
        return tests, failures, errors, skipped

    def row(self, name: str) -> Mapping[str, Any]:
        [row] = [row for row in self.document["clusters"] if row["host"] == name]
        found: Mapping[str, Any] = row
        # What a person reads says the same as what a program does.
        page = (self.folder / "index.html").read_text(encoding="utf-8")
        [body] = re.findall(rf'<th scope="row">{name}\b.*?</tbody>', page, re.DOTALL)
        assert row["cause"] in html.unescape(body)
        assert row["next_step"] in html.unescape(body)
        return found

    @property
    def page_rows(self) -> int:
        return (self.folder / "index.html").read_text(encoding="utf-8").count("<tbody data-state=")


JUNIT = ("tests", "failures", "errors", "skipped")


def run(hosts: Path, folder: Path, playbook: str, *more: str) -> Told:
    settings = {
        "ANSIBLE_CALLBACKS_ENABLED": "fleetops.nvcf.fleet_report",
        "FLEETOPS_NVCF_REPORT_FOLDER": str(folder),
    }
    outcome = run_playbook("-i", hosts, f"fleetops.nvcf.{playbook}", "--forks=20", *more, settings=settings)
    return Told(outcome=outcome, folder=folder)


def recap(told: Told) -> Mapping[str, tuple[int, int]]:
    """Changed and failed tasks of each host that was reached."""
    rows = re.findall(r"^(c\d{4}) +: ok=\d+ +changed=(\d+) .* failed=(\d+)", told.outcome.text, re.MULTILINE)
    return {name: (int(changed), int(failed)) for name, changed, failed in rows}


def failed(told: Told) -> set[str]:
    return {name for name, (_changed, failures) in recap(told).items() if failures}


@pytest.mark.nightly
def test_the_audit_tells_about_each_and_fails_for_the_broken_ones(hosts: Path, tmp_path: Path) -> None:
    told = run(hosts, tmp_path, "audit")
    assert told.outcome.status == 2
    assert len(recap(told)) == COUNT
    assert failed(told) == {UNREACHABLE, PENDING, CRASHING}

    assert told.states == {"unreachable": 1, "drifted": 2, "unchanged": 97}
    assert told.document["result"] == "finished"
    assert told.unfinished == [UNREACHABLE, PENDING, CRASHING]
    assert told.junit == (100, 2, 1, 0)
    assert told.page_rows == COUNT
    row = told.row(UNREACHABLE)
    assert row["state"] == "unreachable"
    assert "cannot be reached" in row["cause"]
    assert "kubectl get --raw /version" in row["next_step"]
    row = told.row(PENDING)
    assert row["state"] == "drifted"
    assert "revision 2 is pending-upgrade since" in row["cause"]
    assert "registry_allowlist_on_pending: rollback" in row["next_step"]
    row = told.row(CRASHING)
    assert row["state"] == "drifted"
    assert "CrashLoopBackOff: exit code 1" in row["cause"]
    assert "HALF: HOSTNAME is missing or empty: the API does not start" in row["cause"]
    assert "remove it with state absent" in row["next_step"]


def test_the_run_ends_with_the_wave_in_which_something_failed(hosts: Path, tmp_path: Path) -> None:
    told = run(hosts, tmp_path, "add")
    assert told.outcome.status == 2
    assert set(recap(told)) == REACHED
    assert failed(told) == {UNREACHABLE}

    assert told.states == {"unreachable": 1, "unchanged": 10, "not_reached": 89}
    assert told.document["result"] == "stopped"
    assert [(wave["clusters"], wave["seconds"] is None) for wave in told.document["waves"]] == [
        (1, False),
        (10, False),
        (89, True),
    ]
    left = [name for name in NAMES if name not in REACHED]
    assert told.unfinished == [UNREACHABLE, *left]
    assert told.junit == (100, 0, 1, 89)
    assert told.page_rows == COUNT
    row = told.row(UNREACHABLE)
    assert (row["state"], row["wave"]) == ("unreachable", 2)
    assert "cannot be reached" in row["cause"]
    assert "the same kubeconfig and context" in row["next_step"]
    row = told.row(CRASHING)
    assert (row["state"], row["wave"], row["cause"]) == ("not_reached", None, "")
    assert row["next_step"].startswith("Nothing was done on this cluster.")
    assert "10 of 100 clusters are in the desired state; 1 unreachable; 89 not started" in told.outcome.text


@pytest.mark.nightly
def test_with_a_share_of_failures_allowed_the_rest_is_seen_to(hosts: Path, tmp_path: Path) -> None:
    told = run(hosts, tmp_path, "add", "-e", "nvcf_max_fail_percentage=10")
    assert told.outcome.status == 2
    assert len(recap(told)) == COUNT
    assert failed(told) == {UNREACHABLE, PENDING, CRASHING}
    assert all(changed == 0 for changed, _failures in recap(told).values())

    assert told.states == {"unreachable": 1, "failed": 2, "unchanged": 97}
    assert told.document["result"] == "finished"
    assert told.unfinished == [PENDING, CRASHING, UNREACHABLE]
    assert told.junit == (100, 2, 1, 0)
    assert told.page_rows == COUNT
    for name, cause in ((PENDING, "pending-upgrade"), (CRASHING, "HALF: HOSTNAME is missing or empty")):
        row = told.row(name)
        assert (row["state"], row["wave"], row["restored"]) == ("failed", 3, None)
        assert cause in row["cause"]
        assert row["next_step"].startswith("Nothing was written.")
