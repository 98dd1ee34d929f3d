# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX is given, in both forms: variables for configuration as code, and from them what `awx import` reads.

`python -m ansible_collections.fleetops.nvcf.tests.unit.awx.assets` writes the JSON files anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

EXTENSION = Path(__file__).resolve().parents[3] / "extensions" / "awx"
SOURCE = EXTENSION / "config-as-code.yml"
PROJECT = EXTENSION / "project"
Asset = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads `!unsafe`, which keeps Ansible from templating what AWX is to template, as plain text."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))  # type: ignore[arg-type] # any node is one


def variables() -> dict[str, list[Asset]]:
    """The variables, by name."""
    found: dict[str, list[Asset]] = yaml.load(SOURCE.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
    return found


def documents() -> dict[str, dict[str, list[Asset]]]:
    """What `awx import` reads, by file name, in the order in which the files are imported."""
    held = variables()
    return {
        "credential-types.json": {
            "credential_types": [_credential_type(a) for a in held["controller_credential_types"]]
        },
        "templates.json": {
            "inventory": [_inventory(asset) for asset in held["controller_inventories"]],
            "inventory_sources": [_inventory_source(asset) for asset in held["controller_inventory_sources"]],
            "job_templates": [_job_template(asset) for asset in held["controller_templates"]],
            "workflow_job_templates": [_workflow(asset) for asset in held["controller_workflows"]],
        },
        "schedules.json": {"schedules": [_schedule(asset) for asset in held["controller_schedules"]]},
        "notifications.json": {
            "notification_templates": [_notification(asset) for asset in held["controller_notifications"]]
        },
    }


def text(document: Mapping[str, Any]) -> str:
    """As it stands in the file."""
    return json.dumps(document, indent=2) + "\n"


# A natural key names an object by what people call it, and by the objects that it belongs to.


def organization(name: str) -> Asset:
    """The natural key of an organization."""
    return {"name": name, "type": "organization"}


def owned(kind: str, name: str, owner: str) -> Asset:
    """The natural key of what belongs to an organization."""
    return {"organization": organization(owner), "name": name, "type": kind}


def credential(name: str, owner: str) -> Asset:
    """The natural key of a credential, whose type has the same name here."""
    credential_type = {"name": name, "kind": "cloud", "type": "credential_type"}
    return {**owned("credential", name, owner), "credential_type": credential_type}


def environment(name: str) -> Asset:
    """The natural key of an execution environment."""
    return {"name": name, "type": "execution_environment"}


def _credential_type(asset: Asset) -> Asset:
    return {**asset, "natural_key": {"name": asset["name"], "kind": asset["kind"], "type": "credential_type"}}


def _inventory(asset: Asset) -> Asset:
    owner = asset["organization"]
    return {
        **asset,
        "organization": organization(owner),
        "variables": _text(asset["variables"]),
        "natural_key": owned("inventory", asset["name"], owner),
    }


def _inventory_source(asset: Asset) -> Asset:
    # The organization only tells the roles which inventory of that name is meant.
    owner = asset["organization"]
    inventory = owned("inventory", asset["inventory"], owner)
    return {
        **{field: value for field, value in asset.items() if field != "organization"},
        "inventory": inventory,
        "source_vars": _text(asset["source_vars"]),
        "source_project": owned("project", asset["source_project"], owner),
        "credential": credential(asset["credential"], owner),
        "execution_environment": environment(asset["execution_environment"]),
        "natural_key": {"name": asset["name"], "inventory": inventory, "type": "inventory_source"},
    }


def _job_template(asset: Asset) -> Asset:
    # A job template belongs to the organization of its project, so it has none to be set.
    owner = asset["organization"]
    own = {
        field: value for field, value in asset.items() if field not in ("organization", "credentials", "survey_spec")
    }
    return {
        **own,
        "project": owned("project", asset["project"], owner),
        "inventory": owned("inventory", asset["inventory"], owner),
        "execution_environment": environment(asset["execution_environment"]),
        "extra_vars": _text(asset["extra_vars"]),
        "related": {
            "credentials": [credential(name, owner) for name in asset["credentials"]],
            "survey_spec": asset["survey_spec"],
        },
        "natural_key": owned("job_template", asset["name"], owner),
    }


def _workflow(asset: Asset) -> Asset:
    key = owned("workflow_job_template", asset["name"], asset["organization"])
    own = {field: value for field, value in asset.items() if field not in ("simplified_workflow_nodes", "survey_spec")}
    return {
        **own,
        "organization": organization(asset["organization"]),
        "extra_vars": _text(asset["extra_vars"]),
        "related": {
            "survey_spec": asset["survey_spec"],
            "workflow_nodes": [_node(node, key) for node in asset["simplified_workflow_nodes"]],
        },
        "natural_key": key,
    }


def _node(asset: Asset, workflow: Asset) -> Asset:
    links = ("success_nodes", "failure_nodes", "always_nodes")
    apart = (*links, "lookup_organization", "approval_node")
    node = {field: value for field, value in asset.items() if field not in apart}
    related: Asset = {link: [_node_key(name, workflow) for name in asset[link]] for link in links if link in asset}
    if "approval_node" in asset:
        related["create_approval_template"] = asset["approval_node"]
    else:
        name, owner = asset["unified_job_template"], asset["lookup_organization"]
        node["unified_job_template"] = owned("job_template", name, owner)
    return {
        **node,
        "workflow_job_template": workflow,
        "related": related,
        "natural_key": _node_key(asset["identifier"], workflow),
    }


def _schedule(asset: Asset) -> Asset:
    # The organization only tells the roles which job template of that name is meant.
    template = owned("job_template", asset["unified_job_template"], asset["organization"])
    return {
        **{field: value for field, value in asset.items() if field != "organization"},
        "unified_job_template": template,
        "natural_key": {"unified_job_template": template, "name": asset["name"], "type": "schedule"},
    }


def _notification(asset: Asset) -> Asset:
    owner = asset["organization"]
    return {
        **asset,
        "organization": organization(owner),
        "natural_key": owned("notification_template", asset["name"], owner),
    }


def _text(held: Asset) -> str:
    """Variables as AWX stores them."""
    return yaml.safe_dump(held, sort_keys=False, width=1000) if held else ""


def _node_key(identifier: str, workflow: Asset) -> Asset:
    return {"workflow_job_template": workflow, "identifier": identifier, "type": "workflow_job_template_node"}


if __name__ == "__main__":
    for file_name, document in documents().items():
        (EXTENSION / file_name).write_text(text(document), encoding="utf-8")
