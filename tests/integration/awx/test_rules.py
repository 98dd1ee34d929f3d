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
    check_node,
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
