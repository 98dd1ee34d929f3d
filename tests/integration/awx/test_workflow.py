# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflow's jobs, one after the other as its links lead, each with what AWX fills in. AWX itself is not here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.awx.jobs import ANSWERS, Jobs
from ansible_collections.fleetops.nvcf.tests.integration.awx.resources import PROMPTS
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, World, pair

WORKFLOW = "NVCF add registry with approval"


@dataclass(frozen=True)
class Step:
    """A node that was reached: its job's status and output, or that somebody approves."""

    name: str
    status: str
    text: str = ""


def steps(jobs: Jobs, answers: dict[str, Any]) -> Iterator[Step]:
    """Run the workflow. Its answers go to every job, which takes those that its own survey asks for."""
    workflow = jobs.station.asset("templates.json", "workflow_job_templates", WORKFLOW)
    nodes = {node["identifier"]: node for node in workflow["related"]["workflow_nodes"]}
    links = {name: _links(node) for name, node in nodes.items()}
    [name] = nodes.keys() - {target for way in links.values() for targets in way.values() for target in targets}
    while True:
        node = nodes[name]
        if "create_approval_template" in node["related"]:
            step = Step(name, "successful")
        else:
            prompts = {field: node[field] for field in PROMPTS if field in node}
            step = Step(name, *jobs.work(node["unified_job_template"]["name"], answers, prompts=prompts))
        yield step
        way = "success_nodes" if step.status == "successful" else "failure_nodes"
        following = [*links[name][way], *links[name]["always_nodes"]]
        if not following:
            return
        [name] = following


def _links(node: dict[str, Any]) -> dict[str, list[str]]:
    ways = ("success_nodes", "failure_nodes", "always_nodes")
    return {way: [target["identifier"] for target in node["related"].get(way, [])] for way in ways}


def test_the_workflow_adds_what_its_dry_run_has_shown_once_and_then_has_nothing_to_do(jobs: Jobs, world: World) -> None:
    seen = []
    for step in steps(jobs, ANSWERS):
        seen.append((step.name, step.status))
        assert len(world.history()) == (2 if step.name in ("add", "audit-after") else 1)
        if step.name == "dry-run":
            assert all(f"+{name}" in step.text for name in pair(GHCR)), step.text
    assert seen == [
        ("audit-before", "failed"),
        ("dry-run", "successful"),
        ("approve", "successful"),
        ("add", "successful"),
        ("audit-after", "successful"),
    ]
    assert world.env().items() >= pair(GHCR).items()
    assert [(step.name, step.status) for step in steps(jobs, ANSWERS)] == [("audit-before", "successful")]


@pytest.mark.nightly
def test_nobody_is_asked_to_approve_what_a_dry_run_could_not_do(jobs: Jobs, world: World) -> None:
    answers = ANSWERS | {"nvcf_registry_hostname": "ghcr.io/with/a/path"}
    assert [(step.name, step.status) for step in steps(jobs, answers)] == [
        ("audit-before", "failed"),
        ("dry-run", "failed"),
    ]
    assert len(world.history()) == 1
