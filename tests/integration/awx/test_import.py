# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX's own client imports what the collection ships. AWX itself is not here: `controller` stands in for its API."""

from __future__ import annotations

import copy
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.tests.integration.awx.controller import TOKEN, Controller
from ansible_collections.fleetops.nvcf.tests.integration.awx.environment import CHECKOUT, clean, run
from ansible_collections.fleetops.nvcf.tests.integration.awx.resources import RESOURCES
from ansible_collections.fleetops.nvcf.tests.integration.awx.rules import playbooks

ADD, REMOVE, AUDIT = "NVCF add registry", "NVCF remove registry", "NVCF audit"
WORKFLOW = "NVCF add registry with approval"


class Client:
    """`awx import` with the files of the installed collection."""

    def __init__(self, controller: Controller, programs: Path, collections: Path, folder: Path) -> None:
        self.controller = controller
        self.programs = programs
        self.extension = collections / "ansible_collections" / "fleetops" / "nvcf" / "extensions" / "awx"
        self.folder = folder

    def text(self, name: str) -> str:
        """A file of the extension."""
        return (self.extension / name).read_text(encoding="utf-8")

    def awx(self, *arguments: str, stdin: str = "") -> tuple[int, str]:
        """Exit status and output of `awx` with these arguments."""
        command: list[str | Path] = [self.programs / "awx", "--conf.host", self.controller.address]
        command += ["--conf.token", TOKEN, *arguments]
        return run(command, clean(self.folder, self.programs), self.folder, stdin=stdin)

    def load(self, text: str) -> tuple[int, str]:
        """Exit status and output of `awx import`."""
        return self.awx("import", stdin=text)

    def prepare(self, *left_out: str) -> None:
        """Make what an operator makes, between the two imports."""
        self.controller.add("organization", name="Default")
        status, text = self.load(self.text("credential-types.json"))
        assert status == 0, text
        self.make(*(kind for kind in ("execution_environment", "project", "credential") if kind not in left_out))

    def make(self, *kinds: str) -> None:
        """What the templates refer to."""
        add, owner = self.controller.add, self.controller.named("organization", "Default")["id"]
        if "execution_environment" in kinds:
            add("execution_environment", name="NVCF", image="registry.example/nvcf-ee:1")
        if "project" in kinds:
            found = playbooks(self.extension / "project")
            add("project", name="NVCF", organization=owner, playbooks=found)
        if "credential" in kinds:
            kind = self.controller.named("credential_type", "NVCF clusters")["id"]
            add("credential", name="NVCF clusters", organization=owner, credential_type=kind)


@pytest.fixture
def client(controller: Controller, programs: Path, collections: Path, tmp_path: Path) -> Client:
    """The client of an AWX in which nothing is yet."""
    return Client(controller, programs, collections, tmp_path)


@pytest.fixture(scope="module")
def imported(programs: Path, collections: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client that has imported everything. Tests look at it; a second import changes nothing that they look at."""
    controller = Controller()
    with controller.serving():
        client = Client(controller, programs, collections, tmp_path_factory.mktemp("imported"))
        client.prepare()
        status, text = client.load(client.text("templates.json"))
        assert (status, client.controller.refusals) == (0, []), text
        yield client


def test_everything_is_imported_without_a_refusal(imported: Client) -> None:
    held = {
        kind: {a.get("name") or a["identifier"] for a in found.values()}
        for kind, found in imported.controller.objects.items()
    }
    assert held["credential_type"] == {"NVCF clusters", "NVCF chart registry"}
    assert held["inventory"] == {"NVCF clusters"}
    assert held["inventory_source"] == {"Contexts of the kubeconfig"}
    assert held["job_template"] == {ADD, REMOVE, AUDIT}
    assert held["workflow_job_template"] == {WORKFLOW}


def test_job_templates_have_their_credential_and_their_questions(imported: Client) -> None:
    controller = imported.controller
    for name in (ADD, REMOVE, AUDIT):
        assert controller.linked("job_template", name, "credentials") == ["NVCF clusters"]
        assert controller.named("job_template", name)["survey_enabled"]
    asked = [question["variable"] for question in controller.blob("job_template", ADD, "survey_spec")["spec"]]
    assert asked[:3] == ["nvcf_registry_key", "nvcf_registry_name", "nvcf_registry_hostname"]
    assert [
        question["variable"] for question in controller.blob("workflow_job_template", WORKFLOW, "survey_spec")["spec"]
    ] == asked


def test_the_workflow_changes_nothing_before_somebody_approved_the_dry_run(imported: Client) -> None:
    controller, kind = imported.controller, "workflow_job_template_node"
    nodes = {node["identifier"]: node for node in controller.objects[kind].values()}
    ways = {
        (name, link): controller.linked(kind, name, link)
        for name in nodes
        for link in ("success_nodes", "failure_nodes", "always_nodes")
    }
    assert {way: to for way, to in ways.items() if to} == {
        ("audit-before", "failure_nodes"): ["dry-run"],
        ("dry-run", "success_nodes"): ["approve"],
        ("approve", "success_nodes"): ["add"],
        ("add", "always_nodes"): ["audit-after"],
    }
    templates = {name: node.get("unified_job_template") for name, node in nodes.items()}
    add, audit = (controller.named("job_template", name)["id"] for name in (ADD, AUDIT))
    assert templates == {"audit-before": audit, "dry-run": add, "approve": None, "add": add, "audit-after": audit}
    assert (nodes["dry-run"]["job_type"], nodes["add"]["job_type"]) == ("check", "run")
    [approval] = controller.objects["workflow_approval_template"].values()
    assert (nodes["approve"]["approval_template"], approval["timeout"]) == (approval["id"], 0)


def test_a_second_import_makes_nothing_twice_and_only_the_approval_anew(imported: Client) -> None:
    objects = imported.controller.objects

    def held() -> tuple[dict[str, Any], list[int]]:
        """Everything but the ids of approvals, and these."""
        kept = copy.deepcopy(objects)
        approvals = kept.pop("workflow_approval_template")
        for node in kept["workflow_job_template_node"].values():
            node.pop("approval_template", None)
        return kept, list(approvals)

    before, [approval] = held()
    for name in ("credential-types.json", "templates.json"):
        status, text = imported.load(imported.text(name))
        assert (status, imported.controller.refusals) == (0, []), text
    after, [other] = held()
    assert after == before
    assert other != approval


@pytest.mark.parametrize("left_out", ["project", "credential"])
def test_an_import_fails_without_the_project_or_the_credential(client: Client, left_out: str) -> None:
    client.prepare(left_out)
    status, text = client.load(client.text("templates.json"))
    assert status == 1, text


def test_an_import_does_not_notice_that_the_execution_environment_is_missing(client: Client) -> None:
    client.prepare("execution_environment")
    status, text = client.load(client.text("templates.json"))
    assert (status, client.controller.refusals) == (0, []), text
    assert client.controller.named("job_template", ADD)["execution_environment"] is None


def test_the_preflight_of_the_documentation_notices_what_is_missing(client: Client) -> None:
    commands = re.findall(r"(?m)^ *\$ awx (\w+ get .+)$", (CHECKOUT / "docs" / "awx.md").read_text(encoding="utf-8"))
    assert len(commands) == 3
    client.prepare("execution_environment", "project", "credential")
    for command in commands:
        status, text = client.awx(*shlex.split(command))
        assert status != 0
        assert "Could not find any" in text
    client.make("execution_environment", "project", "credential")
    assert [client.awx(*shlex.split(command))[0] for command in commands] == [0, 0, 0]


def test_awx_takes_only_the_three_wrappers_for_playbooks(client: Client, tmp_path: Path) -> None:
    assert playbooks(client.extension / "project") == ["add.yml", "audit.yml", "remove.yml", "rollback.yml"]
    # The way to tell that a file is none, and where AWX does not look.
    (tmp_path / "roles").mkdir()
    for name in ("roles/play.yml", "play.yml", "play.txt"):
        (tmp_path / name).write_text("- hosts: all\n", encoding="utf-8")
    assert playbooks(tmp_path) == ["play.yml"]


@pytest.mark.parametrize("name", ["credential-types.json", "templates.json"])
def test_no_field_is_written_that_the_client_would_drop_in_silence(client: Client, name: str) -> None:
    by_list = {resource.name or resource.path: resource for resource in RESOURCES.values()}
    for listed, assets in json.loads(client.text(name)).items():
        resource = by_list[listed]
        for asset in assets:
            assert asset.keys() - {"related", "natural_key"} <= resource.fields | resource.references.keys()
            assert (
                asset.get("related", {}).keys() <= resource.attached.keys() | resource.created.keys() | resource.blobs
            )


def test_variables_of_a_job_template_are_those_of_the_configuration_as_code(imported: Client) -> None:
    stored = yaml.safe_load(imported.controller.named("job_template", ADD)["extra_vars"])
    assert stored["registry_allowlist_registries"] == [
        {
            "key": "{{ nvcf_registry_key }}",
            "name": "{{ nvcf_registry_name }}",
            "hostname": "{{ nvcf_registry_hostname }}",
        }
    ]
