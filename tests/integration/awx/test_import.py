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
from ansible_collections.fleetops.nvcf.tests.integration.awx.resources import LINKS, RESOURCES
from ansible_collections.fleetops.nvcf.tests.integration.awx.rules import playbooks
from ansible_collections.fleetops.nvcf.tests.unit.awx.assets import documents

PAGE = (CHECKOUT / "docs" / "awx-import.md").read_text(encoding="utf-8")
ADD, REMOVE, AUDIT = "NVCF add registry", "NVCF remove registry", "NVCF audit"
SET, ROLL_BACK = "NVCF set registries", "NVCF roll back release"
NODE = "workflow_job_template_node"
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

    def document(self, arguments: str) -> tuple[int, str]:
        """Exit status and output of the documented command that checks, in the folder of the files."""
        command = f"python3 check.py {arguments}"
        assert re.search(rf"(?m)^ *\$ {re.escape(command)}$", PAGE), command
        environment = clean(self.folder, self.programs) | {
            "CONTROLLER_HOST": self.controller.address,
            "CONTROLLER_OAUTH_TOKEN": TOKEN,
        }
        return run([*shlex.split(command)], environment, self.extension)

    def prepare(self, *left_out: str) -> None:
        """Make what an operator makes, between the two imports."""
        self.controller.add("organization", name="Other" if "organization" in left_out else "Default")
        status, text = self.load(self.text("credential-types.json"))
        assert status == 0, text
        if "organization" not in left_out:
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
    assert held["job_template"] == {ADD, REMOVE, AUDIT, SET, ROLL_BACK}
    assert held["workflow_job_template"] == {WORKFLOW}


def test_job_templates_have_their_credential_and_their_questions(imported: Client) -> None:
    controller = imported.controller
    for name in (ADD, REMOVE, AUDIT, SET, ROLL_BACK):
        assert controller.linked("job_template", name, "credentials") == ["NVCF clusters"]
        assert controller.named("job_template", name)["survey_enabled"]
    asked = [question["variable"] for question in controller.blob("job_template", ADD, "survey_spec")["spec"]]
    assert asked[:3] == ["nvcf_registry_key", "nvcf_registry_name", "nvcf_registry_hostname"]
    assert [
        question["variable"] for question in controller.blob("workflow_job_template", WORKFLOW, "survey_spec")["spec"]
    ] == asked


def test_the_workflow_changes_nothing_before_somebody_approved_the_dry_run(imported: Client) -> None:
    controller = imported.controller
    nodes = {node["identifier"]: node for node in controller.objects[NODE].values()}
    ways = {(name, link): controller.linked(NODE, name, link) for name in nodes for link in LINKS}
    assert {way: to for way, to in ways.items() if to} == {
        ("audit-before", "failure_nodes"): ["dry-run"],
        ("dry-run", "success_nodes"): ["approve"],
        ("approve", "success_nodes"): ["add"],
        ("add", "always_nodes"): ["audit-after"],
    }
    templates = {name: node["unified_job_template"] for name, node in nodes.items()}
    add, audit = (controller.named("job_template", name)["id"] for name in (ADD, AUDIT))
    [approval] = controller.objects["workflow_approval_template"].values()
    assert templates == {
        "audit-before": audit,
        "dry-run": add,
        "approve": approval["id"],
        "add": add,
        "audit-after": audit,
    }
    assert (nodes["dry-run"]["job_type"], nodes["add"]["job_type"]) == ("check", "run")
    assert approval["timeout"] == 0


def test_a_second_import_makes_nothing_twice_and_only_the_approval_anew(imported: Client) -> None:
    objects = imported.controller.objects

    def held() -> tuple[dict[str, Any], list[int]]:
        """Everything but the ids of approvals, and these."""
        kept = copy.deepcopy(objects)
        approvals = list(kept.pop("workflow_approval_template"))
        for node in kept[NODE].values():
            node["unified_job_template"] = (
                node["unified_job_template"] not in approvals and node["unified_job_template"]
            )
        return kept, approvals

    before, [approval] = held()
    for name in ("credential-types.json", "templates.json"):
        status, text = imported.load(imported.text(name))
        assert (status, imported.controller.refusals) == (0, []), text
    after, [other] = held()
    assert after == before
    assert other != approval


def test_settings_of_the_clusters_and_what_is_attached_survive_a_second_import(client: Client) -> None:
    controller = client.controller
    client.prepare()
    client.load(client.text("templates.json"))
    # What an update of the inventory stores, and what operators do by hand.
    fleet = controller.named("inventory", "NVCF clusters")
    controller.add(
        "group", name="nvcf_control_planes", inventory=fleet["id"], variables="registry_allowlist_timeout: 1"
    )
    fleet["variables"] = "of: all"
    template, workflow = controller.named("job_template", AUDIT), controller.named("workflow_job_template", WORKFLOW)
    attached = {
        "labels": controller.add("label", name="fleet"),
        "instance_groups": controller.add("instance_group", name="edge"),
        "notification_templates_error": controller.add(
            "notification_template",
            name="chat",
            organization=fleet["organization"],
            notification_type="webhook",
            notification_configuration={"url": "https://chat.example", "headers": {}},
        ),
    }
    for related, number in attached.items():
        controller.attached["job_template", template["id"], related].append(number)
    template |= {"prevent_instance_group_fallback": True, "limit": "east-1", "verbosity": 3}
    workflow["limit"] = "west-*"
    before = copy.deepcopy(controller.objects["group"])

    assert client.load(client.text("templates.json"))[0] == 0
    assert controller.objects["group"] == before
    again = controller.named("job_template", AUDIT)
    for related, number in attached.items():
        assert controller.attached["job_template", again["id"], related] == [number]
    assert controller.named("workflow_job_template", WORKFLOW)["limit"] == "west-*"
    # And what docs/awx-import.md says that an import resets.
    assert controller.named("inventory", "NVCF clusters")["variables"] == ""
    assert (again["prevent_instance_group_fallback"], again["limit"], again["verbosity"]) == (False, "", 0)


def test_the_file_names_every_field_that_an_import_would_reset_anyway(client: Client) -> None:
    by_list = {resource.name or resource.path: resource for resource in RESOURCES.values()}
    for listed, held in json.loads(client.text("templates.json")).items():
        for asset in held:
            assert by_list[listed].defaults.keys() <= asset.keys(), asset["name"]


def test_a_field_that_the_file_changes_is_what_an_import_sets(client: Client) -> None:
    client.prepare()
    named = client.text("templates.json").replace(
        '"prevent_instance_group_fallback": false', '"prevent_instance_group_fallback": true'
    )
    for _time in range(2):
        assert client.load(named)[0] == 0
        assert client.controller.named("job_template", ADD)["prevent_instance_group_fallback"] is True


@pytest.mark.parametrize(
    "link, status, told",
    [
        (("audit-before", "success_nodes", "audit-after"), 0, "has a link to audit-after that is not in the file"),
        (("add", "success_nodes", "audit-after"), 1, "always_nodes lacks the link to audit-after"),
    ],
    ids=["added", "moved"],
)
def test_a_link_that_was_drawn_by_hand_stays_and_the_check_tells_it(
    client: Client, link: tuple[str, str, str], status: int, told: str
) -> None:
    controller = client.controller
    client.prepare()
    client.load(client.text("templates.json"))
    source, way, target = link
    nodes = {node["identifier"]: number for number, node in controller.objects[NODE].items()}
    for other in LINKS:
        held = controller.attached[NODE, nodes[source], other]
        held[:] = [number for number in held if number != nodes[target]]
    controller.attached[NODE, nodes[source], way].append(nodes[target])
    done, text = client.load(client.text("templates.json"))
    assert (done, "Relationship not allowed" in text) == (status, bool(status)), text
    assert controller.attached[NODE, nodes[source], way] == [nodes[target]]
    done, text = client.document("after templates.json")
    assert (done, told in text) == (1, True), text


@pytest.mark.parametrize("left_out, status", [("project", 1), ("credential", 1), ("execution_environment", 0)])
def test_the_clients_status_does_not_tell_that_the_execution_environment_is_missing(
    client: Client, left_out: str, status: int
) -> None:
    client.prepare(left_out)
    assert client.load(client.text("templates.json"))[0] == status


def test_the_documented_check_before_an_import_names_all_that_is_missing(client: Client) -> None:
    client.prepare("organization")
    status, text = client.document("before templates.json")
    assert (status, text.splitlines()) == (
        1,
        [
            "missing: organization Default does not exist.",
            "missing: project NVCF does not exist.",
            "missing: credential NVCF clusters does not exist.",
            "missing: execution environment NVCF does not exist.",
            "Do not import templates.json yet: create what is missing.",
        ],
    )


def test_the_documented_check_after_an_import_tells_what_is_not_whole_and_another_import_mends_it(
    client: Client,
) -> None:
    client.prepare("project", "credential", "execution_environment")
    status, text = client.load(client.text("templates.json"))
    assert (status, "null" in text) == (1, False), text
    status, text = client.document("after templates.json")
    assert status == 1
    for told in (
        "job template NVCF add registry does not exist.",
        "node add of NVCF add registry with approval: unified_job_template is null",
        "inventory source Contexts of the kubeconfig does not exist.",
    ):
        assert f"differs: {told}" in text
    client.make("project", "execution_environment")
    assert client.load(client.text("templates.json"))[0] == 1
    status, text = client.document("after templates.json")
    assert "differs: inventory source Contexts of the kubeconfig: credential is null, and in the file" in text
    assert "differs: job template NVCF audit: credential NVCF clusters is not attached." in text
    client.make("credential")
    assert client.load(client.text("templates.json"))[0] == 0
    assert client.document("after templates.json") == (
        0,
        "Everything in AWX is as in the file. Surveys were not compared.\n",
    )


def test_the_documented_check_shows_before_a_second_import_what_it_would_reset(imported: Client) -> None:
    assert imported.document("before templates.json") == (0, "All that the file refers to exists.\n")
    template = imported.controller.named("job_template", ADD)
    template["forks"] = 50
    status, text = imported.document("before templates.json")
    template["forks"] = 10
    assert (status, "differs: job template NVCF add registry: forks is 50, and in the file 10." in text) == (0, True)


def test_the_schedule_and_the_notification_are_imported_apart_and_attached_as_documented(client: Client) -> None:
    controller = client.controller
    client.prepare()
    for name in ("templates.json", "schedules.json", "notifications.json", "templates.json"):
        status, text = client.load(client.text(name))
        assert (status, controller.refusals) == (0, []), text
    nightly = controller.named("schedule", "NVCF audit every night")
    assert nightly["unified_job_template"] == controller.named("job_template", AUDIT)["id"]
    assert nightly["enabled"] is True
    commands = re.findall(r"(?m)^ *\$ awx (.+associate.+)$", PAGE)
    assert commands
    for command in commands:
        status, text = client.awx(*shlex.split(command))
        assert status == 0, text
    assert controller.linked("job_template", AUDIT, "notification_templates_error") == ["NVCF chat"]


def test_awx_takes_only_the_wrappers_for_playbooks(client: Client, tmp_path: Path) -> None:
    wrappers = ["add", "audit", "exact", "release_rollback", "remove", "rollback"]
    assert playbooks(client.extension / "project") == [f"{name}.yml" for name in wrappers]
    # The way to tell that a file is none, and where AWX does not look.
    (tmp_path / "roles").mkdir()
    for name in ("roles/play.yml", "play.yml", "play.txt"):
        (tmp_path / name).write_text("- hosts: all\n", encoding="utf-8")
    assert playbooks(tmp_path) == ["play.yml"]


@pytest.mark.parametrize("name", documents())
def test_no_field_is_written_that_the_client_would_drop_in_silence(client: Client, name: str) -> None:
    by_list = {resource.name or resource.path: resource for resource in RESOURCES.values()}
    for listed, assets in json.loads(client.text(name)).items():
        resource = by_list[listed]
        for asset in assets:
            assert asset.keys() - {"related", "natural_key"} <= resource.settable
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
