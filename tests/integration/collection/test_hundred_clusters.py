# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hundred clusters, three of them broken: what the playbooks say and where they stop."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.benchmark.copies import RELEASE, STORAGE
from ansible_collections.fleetops.nvcf.tests.benchmark.fleet import Fleet, fleet
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import Outcome, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR
from ansible_collections.fleetops.nvcf.tests.sandbox import tools

COUNT = 100
UNREACHABLE, PENDING, CRASHING = "c0007", "c0050", "c0100"
"""One in the second wave, which is the second to the eleventh cluster, and two in the third."""
CRASHED = {
    "ready": False,
    "restartCount": 4,
    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 1m20s restarting failed container"}},
    "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2099-01-01T00:00:00Z"}},
}


def break_helm(clusters: Fleet, name: str) -> None:
    """As a helm that was killed leaves it: the newest revision is pending for ever."""
    api, path = clusters.planes[name].api, f"/api/v1/namespaces/{name}/secrets"
    secret = api.get(f"{path}/{STORAGE}")
    labels = secret["metadata"]["labels"] | {"version": "2", "status": "pending-upgrade"}
    metadata = {"name": f"sh.helm.release.v1.{RELEASE}.v2", "labels": labels}
    api.post(path, {"metadata": metadata, "type": secret["type"], "data": secret["data"]})


def break_pods(clusters: Fleet, name: str) -> None:
    """As a kubelet reports an API that does not start."""
    api, path = clusters.planes[name].api, f"/api/v1/namespaces/{name}/pods"
    for pod in api.get(path)["items"]:
        statuses = [found | CRASHED for found in pod["status"]["containerStatuses"]]
        conditions = [{"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "False"}]
        status = {"containerStatuses": statuses, "conditions": conditions}
        api.patch(f"{path}/{pod['metadata']['name']}/status", {"status": status})


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
    behaviour = {"ready_seconds": 0.2, "start_seconds": 0.2, "job_seconds": 0.1}
    with fleet(COUNT, parked=True, registries=[GHCR], behaviour=behaviour, report=print) as clusters:
        break_helm(clusters, PENDING)
        break_pods(clusters, CRASHING)
        yield hosts_of(clusters, tmp_path_factory.mktemp("fleet"))


def run(hosts: Path, playbook: str, *more: str) -> Outcome:
    return run_playbook("-i", hosts, f"fleetops.nvcf.{playbook}", "--forks=20", *more)


def recap(outcome: Outcome) -> Mapping[str, tuple[int, int]]:
    """Changed and failed tasks of each host that was reached."""
    rows = re.findall(r"^(c\d{4}) +: ok=\d+ +changed=(\d+) .* failed=(\d+)", outcome.text, re.MULTILINE)
    return {name: (int(changed), int(failed)) for name, changed, failed in rows}


def failed(outcome: Outcome) -> set[str]:
    return {name for name, (_changed, failures) in recap(outcome).items() if failures}


def test_the_audit_tells_about_each_and_fails_for_the_broken_ones(hosts: Path) -> None:
    outcome = run(hosts, "audit")
    assert outcome.status == 2
    assert len(recap(outcome)) == COUNT
    assert failed(outcome) == {UNREACHABLE, PENDING, CRASHING}
    for told in ("can't be reached", "revision 2 is pending-upgrade since", "CrashLoopBackOff"):
        assert told in outcome.text, told


def test_the_run_ends_with_the_wave_in_which_something_failed(hosts: Path) -> None:
    outcome = run(hosts, "add")
    assert outcome.status != 0
    assert set(recap(outcome)) == {f"c{number:04}" for number in range(1, 12)}, "a canary and a tenth"
    assert failed(outcome) == {UNREACHABLE}


def test_with_a_share_of_failures_allowed_the_rest_is_seen_to(hosts: Path) -> None:
    outcome = run(hosts, "add", "-e", "nvcf_max_fail_percentage=10")
    assert outcome.status == 2
    assert len(recap(outcome)) == COUNT
    assert failed(outcome) == {UNREACHABLE, PENDING, CRASHING}
    assert all(changed == 0 for changed, _failures in recap(outcome).values())
    assert outcome.text.count("Nothing was written.") >= 1
