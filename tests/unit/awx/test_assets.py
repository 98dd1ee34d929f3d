# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX is given must fit the collection: its playbooks, and the variables that they take."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.tests.unit.awx.assets import EXTENSION, PROJECT, documents, text, variables
from jinja2.sandbox import SandboxedEnvironment

ROOT = EXTENSION.parents[1]
OF_PLAYBOOKS = {"nvcf_hosts", "nvcf_waves", "nvcf_max_fail_percentage", "nvcf_revision", "nvcf_service"}
RENAMED = {"nvcf_service": "registry_allowlist_rollback_service"}
TEMPLATES = {asset["playbook"]: asset for asset in variables()["controller_templates"]}
WORKFLOWS = variables()["controller_workflows"]
ENTRY_POINTS = {
    "add.yml": "main",
    "remove.yml": "main",
    "exact.yml": "main",
    "audit.yml": "audit",
    "release_rollback.yml": "release_rollback",
}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def options(playbook: str) -> dict[str, Any]:
    """The role's options that a playbook takes."""
    specs = read(ROOT / "roles" / "registry_allowlist" / "meta" / "argument_specs.yml")["argument_specs"]
    found: dict[str, Any] = specs[ENTRY_POINTS[playbook]]["options"]
    return found


def questions(asset: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {question["variable"]: question for question in asset["survey_spec"]["spec"]}


@pytest.mark.parametrize("name", documents())
def test_both_forms_say_the_same(name: str) -> None:
    assert (EXTENSION / name).read_text(encoding="utf-8") == text(documents()[name])


@pytest.mark.parametrize("playbook", ENTRY_POINTS)
def test_a_job_template_runs_a_file_of_the_project_that_imports_the_playbook(playbook: str) -> None:
    assert playbook in TEMPLATES
    [play] = read(PROJECT / playbook)
    assert play["ansible.builtin.import_playbook"] == f"fleetops.nvcf.{Path(playbook).stem}"
    assert (ROOT / "playbooks" / playbook).exists()


@pytest.mark.parametrize("asset", [*TEMPLATES.values(), *WORKFLOWS], ids=lambda asset: str(asset["name"]))
def test_two_runs_never_work_at_once_and_nobody_sets_other_variables(asset: dict[str, Any]) -> None:
    assert asset["allow_simultaneous"] is False
    assert asset["ask_variables_on_launch"] is False
    assert asset["ask_limit_on_launch"] is True


def test_only_the_audit_can_be_sliced() -> None:
    assert {asset["job_slice_count"] for asset in TEMPLATES.values()} == {1}
    asks = {playbook for playbook, asset in TEMPLATES.items() if asset.get("ask_job_slice_count_on_launch")}
    assert asks == {"audit.yml"}


@pytest.mark.parametrize("playbook", ["add.yml", "remove.yml", "exact.yml"])
def test_who_launches_a_change_can_choose_a_dry_run_and_the_diff(playbook: str) -> None:
    asset = TEMPLATES[playbook]
    assert (asset["ask_job_type_on_launch"], asset["ask_diff_mode_on_launch"], asset["diff_mode"]) == (True, True, True)


@pytest.mark.parametrize("playbook", ENTRY_POINTS)
def test_every_variable_is_one_that_the_playbook_takes(playbook: str) -> None:
    asset, known = TEMPLATES[playbook], options(playbook).keys() | OF_PLAYBOOKS
    assert asset["extra_vars"].keys() <= known
    used = set(re.findall(r"nvcf_registr\w+", str(asset["extra_vars"])))
    direct = questions(asset).keys() - used
    assert used <= questions(asset).keys()
    assert direct <= known


@pytest.mark.parametrize("playbook", ENTRY_POINTS)
def test_a_survey_offers_what_the_role_takes(playbook: str) -> None:
    known = options(playbook)
    chosen = {name: question for name, question in questions(TEMPLATES[playbook]).items() if "choices" in question}
    assert chosen
    for name, question in chosen.items():
        assert set(question["choices"]) == set(known[RENAMED.get(name, name)]["choices"])


def test_the_workflow_asks_all_that_its_change_needs() -> None:
    [workflow] = WORKFLOWS
    assert questions(workflow) == questions(TEMPLATES["add.yml"])


@pytest.mark.parametrize("asset", variables()["controller_credential_types"], ids=lambda asset: str(asset["name"]))
def test_no_secret_goes_into_the_environment_which_runner_reports(asset: dict[str, Any]) -> None:
    secret = {entry["id"]: "canary" for entry in asset["inputs"]["fields"] if entry.get("secret")}
    assert secret
    files = {label.partition(".")[2]: "/path" for label in asset["injectors"].get("file", {})}
    for template in asset["injectors"].get("env", {}).values():
        rendered = SandboxedEnvironment().from_string(template).render({**secret, "tower": {"filename": files}})
        assert rendered == "/path"


def test_an_execution_environment_holds_what_the_collection_needs_in_the_version_that_is_tested() -> None:
    definition = read(ROOT / "extensions" / "ee" / "execution-environment.yml")
    pinned = (ROOT / "requirements" / "awx.txt").read_text(encoding="utf-8")
    for package in ("ansible_core", "ansible_runner"):
        assert f"{definition['dependencies'][package]['package_pip']} \\\n" in pinned
    needed = [
        line for line in (ROOT / "requirements" / "runtime.in").read_text(encoding="utf-8").splitlines() if "=" in line
    ]
    declared = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in declared if "=" in line] == needed


def test_ansible_takes_the_settings_of_the_project_and_looks_for_results_less_often_than_by_itself() -> None:
    dump = [sys.executable, "-m", "ansible", "config", "dump", "--only-changed", "--format", "json"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    done = subprocess.run(dump, cwd=PROJECT, env=env, check=True, capture_output=True, text=True)
    changed = {one["name"]: one["value"] for one in json.loads(done.stdout) if "value" in one}
    assert set(changed) - {"CONFIG_FILE"} == {
        "DEFAULT_INTERNAL_POLL_INTERVAL",
        "CALLBACKS_ENABLED",
        "DISPLAY_SKIPPED_HOSTS",
    }
    assert 0.01 <= float(changed["DEFAULT_INTERNAL_POLL_INTERVAL"]) <= 0.1
    assert changed["CALLBACKS_ENABLED"] == ["fleetops.nvcf.fleet_report"]


def test_what_is_to_be_imported_once_is_in_no_file_that_is_imported_again() -> None:
    assert documents()["templates.json"].keys().isdisjoint({"schedules", "notification_templates"})
    assert "notification" not in (EXTENSION / "templates.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("asset", variables()["controller_notifications"], ids=lambda asset: str(asset["name"]))
def test_a_notification_holds_no_secret(asset: dict[str, Any]) -> None:
    configuration = asset["notification_configuration"]
    assert (configuration["username"], configuration["password"], configuration["headers"]) == ("", "", {})
    assert configuration["url"].startswith("https://chat.example/")


def test_a_rulebook_answers_each_required_question_of_what_it_launches_and_no_other() -> None:
    rules = read(ROOT / "extensions" / "eda" / "rulebooks" / "launch_on_change.yml")[0]["rules"]
    launched = {asset["name"]: questions(asset) for asset in (*TEMPLATES.values(), *WORKFLOWS)}
    for launch in (launch for rule in rules for action in rule["actions"] for launch in action.values()):
        asked, answers = launched[launch["name"]], launch["job_args"]["extra_vars"]
        # AWX fills in no default for whoever launches through its API.
        assert {name for name, question in asked.items() if question["required"]} <= answers.keys() <= asked.keys()
