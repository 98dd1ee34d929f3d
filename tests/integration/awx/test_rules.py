# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in for AWX refuses what AWX refuses; else an import that succeeds would say nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.awx.rules import (
    Refused,
    check_credential_type,
    check_job_template,
    check_link,
    check_node,
    check_notification,
    check_schedule,
    check_survey,
)

QUESTION = {"type": "text", "question_name": "Key", "variable": "key", "required": True}
CHOICE = QUESTION | {"type": "multiplechoice", "choices": ["fail", "wait"]}


@pytest.mark.parametrize(
    "injectors, reason",
    [
        ({"env": {"KUBECONFIG": "{{ kubeconfg }}"}}, "uses an undefined field"),
        ({"env": {"KUBECONFIG": "{{ tower.filename.kubeconfig }}"}}, "uses an undefined field"),
        ({"env": {"ANSIBLE_CONFIG": "{{ kubeconfig }}"}}, "may affect Ansible configuration"),
        ({"file": {"template": "{{ kubeconfig }}", "template.token": ""}}, "Must use multi-file syntax"),
        ({"environment": {}}, "unknown injector"),
    ],
)
def test_a_credential_type_that_could_not_be_injected_is_refused(injectors: dict[str, Any], reason: str) -> None:
    asset = {"kind": "cloud", "inputs": {"fields": [{"id": "kubeconfig"}]}, "injectors": injectors}
    with pytest.raises(Refused, match=reason):
        check_credential_type(asset)


@pytest.mark.parametrize(
    "spec, reason",
    [
        ([], "doesn't contain any items"),
        ([QUESTION, QUESTION], "duplicated"),
        ([QUESTION | {"required": "yes"}], "expected to be boolean"),
        ([QUESTION | {"type": "list"}], "not an allowed question type"),
        ([QUESTION | {"default": 1}], "wrong type"),
        ([QUESTION | {"max": "40"}], "expected to be integer"),
        ([CHOICE | {"default": "rollback"}], "must be one of the choices"),
    ],
)
def test_a_survey_that_could_not_be_asked_is_refused(spec: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        check_survey({"name": "", "description": "", "spec": spec})


def test_a_playbook_that_the_project_has_not_is_refused() -> None:
    with pytest.raises(Refused, match="not found for project"):
        check_job_template({"playbook": "fleetops.nvcf.add"}, {"playbooks": ["add.yml"]})


def test_a_node_must_not_say_what_its_job_template_does_not_ask() -> None:
    with pytest.raises(Refused, match="not configured to prompt"):
        check_node({"job_type": "check"}, {"ask_job_type_on_launch": False})
    check_node({"job_type": "check"}, {"ask_job_type_on_launch": True})


@pytest.mark.parametrize(
    "link, target, reason",
    [
        ("success_nodes", 2, "Relationship not allowed"),
        ("success_nodes", 1, "Cycle detected"),
        ("always_nodes", 1, "Cycle detected"),
    ],
)
def test_a_link_beside_another_to_the_same_node_or_back_is_refused(link: str, target: int, reason: str) -> None:
    # 1 leads to 2 and 2 to 3, always. From 1 to 2 and 1, and from 3 to 1.
    ways = {1: {"always_nodes": [2]}, 2: {"always_nodes": [3]}, 3: {}}
    node = 3 if link == "always_nodes" else 1
    with pytest.raises(Refused, match=reason):
        check_link(ways, node, link, target)
    check_link(ways, 1, "always_nodes", 2)


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"rrule": "RRULE:FREQ=DAILY;INTERVAL=1"}, "DTSTART"),
        ({"rrule": "DTSTART:20260101T020000Z RRULE:FREQ=DAILY"}, "INTERVAL"),
        ({"extra_data": {}}, "'key' value missing"),
        ({"extra_data": {"key": "GHCR", "other": ""}}, "not allowed"),
    ],
)
def test_a_schedule_that_could_not_be_run_is_refused(change: dict[str, Any], reason: str) -> None:
    schedule = {"rrule": "DTSTART:20260101T020000Z RRULE:FREQ=DAILY;INTERVAL=1", "extra_data": {"key": "GHCR"}}
    template, survey = {"ask_variables_on_launch": False}, {"spec": [QUESTION | {"default": "GHCR"}]}
    check_schedule(schedule, template, survey)
    with pytest.raises(Refused, match=reason):
        check_schedule(schedule | change, template, survey)


def test_a_notification_without_an_address_is_refused() -> None:
    with pytest.raises(Refused, match="Missing required fields"):
        check_notification({"notification_type": "webhook", "notification_configuration": {"headers": {}}})
