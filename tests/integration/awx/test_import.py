# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX's own client imports what the collection ships. AWX itself is not here: `controller` stands in for its API."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.fleetops.nvcf.tests.integration.awx.controller import TOKEN, Controller
from ansible_collections.fleetops.nvcf.tests.integration.awx.environment import clean, run
from ansible_collections.fleetops.nvcf.tests.integration.awx.resources import RESOURCES

ADD, ROLLBACK, AUDIT = "NVCF add registry", "NVCF rollback registry", "NVCF audit"
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

    def load(self, text: str) -> tuple[int, str]:
        """Exit status and output of `awx import`."""
        command: list[str | Path] = [self.programs / "awx", "--conf.host", self.controller.address]
        return run(
            [*command, "--conf.token", TOKEN, "import"], clean(self.folder, self.programs), self.folder, stdin=text
        )

    def prepare(self, *left_out: str) -> None:
        """Make what an operator makes, between the two imports."""
        add = self.controller.add
        owner = add("organization", name="Default")
        status, text = self.load(self.text("credential-types.json"))
        assert status == 0, text
        if "execution_environment" not in left_out:
            add("execution_environment", name="NVCF", image="registry.example/nvcf-ee:1")
        if "project" not in left_out:
            playbooks = [file.name for file in (self.extension / "project").glob("*.yml")]
            add("project", name="NVCF", organization=owner, playbooks=playbooks)
        if "credential" not in left_out:
            kind = self.controller.named("credential_type", "NVCF clusters")["id"]
            add("credential", name="NVCF clusters", organization=owner, credential_type=kind)


@pytest.fixture
def client(controller: Controller, programs: Path, collections: Path, tmp_path: Path) -> Client:
    """The client of an AWX in which nothing is yet."""
    return Client(controller, programs, collections, tmp_path)


@pytest.fixture
def imported(client: Client) -> Client:
    """A client that has imported everything."""
    client.prepare()
    status, text = client.load(client.text("templates.json"))
    assert (status, client.controller.refusals) == (0, []), text
    return client


def test_everything_is_imported_without_a_refusal(imported: Client) -> None:
    held = {
        kind: {a.get("name") or a["identifier"] for a in found.values()}
        for kind, found in imported.controller.objects.items()
    }
    assert held["credential_type"] == {"NVCF clusters", "NVCF chart registry"}
    assert held["inventory"] == {"NVCF clusters"}
    assert held["inventory_source"] == {"Contexts of the kubeconfig"}
    assert held["job_template"] == {ADD, ROLLBACK, AUDIT}
    assert held["workflow_job_template"] == {WORKFLOW}


def test_job_templates_have_their_credential_and_their_questions(imported: Client) -> None:
    controller = imported.controller
    for name in (ADD, ROLLBACK, AUDIT):
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
    assert controller.blob(kind, "approve", "create_approval_template")["timeout"] == 0


def test_a_second_import_makes_nothing_twice(imported: Client) -> None:
    before = copy.deepcopy(imported.controller.objects)
    for name in ("credential-types.json", "templates.json"):
        status, text = imported.load(imported.text(name))
        assert (status, imported.controller.refusals) == (0, []), text
    assert imported.controller.objects == before


@pytest.mark.parametrize("left_out", ["project", "execution_environment", "credential"])
def test_an_import_fails_when_something_that_it_refers_to_is_not_there(client: Client, left_out: str) -> None:
    client.prepare(left_out)
    status, text = client.load(client.text("templates.json"))
    assert status == 1, text
    assert any("refers to nothing" in refusal for refusal in client.controller.refusals)


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
