# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of AWX that matter here: which fields each has, what they refer to, and what tells them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One kind of object."""

    path: str
    name: str = ""
    """The key in the list of resources, where it is not the path."""
    fields: frozenset[str] = frozenset({"name"})
    """What can be set, without the references and what has a default."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Fields that hold the id of another object, with its kind."""
    nullable: frozenset[str] = frozenset()
    """References that AWX takes null for. The client sends null for what it does not find, and is content."""
    required: frozenset[str] = frozenset({"name"})
    unique: tuple[str, ...] = ("name",)
    attached: Mapping[str, str] = field(default_factory=dict)
    """Related lists that objects are put into, with their kind."""
    created: Mapping[str, str] = field(default_factory=dict)
    """Related lists in which objects are created."""
    blobs: frozenset[str] = frozenset()
    """Related documents."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """What AWX stores for a field that a POST or PUT does not name. Without one, a PUT leaves what is there."""
    prompts: frozenset[str] = frozenset()
    """Fields that AWX stores as one document, which a PUT replaces, but only if one of them is not null."""

    @property
    def settable(self) -> frozenset[str]:
        """All fields that a request may name."""
        return self.fields | self.references.keys() | self.defaults.keys() | self.prompts


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ASKED = """scm_branch diff_mode variables limit tags skip_tags job_type verbosity inventory credential
execution_environment labels forks job_slice_count timeout instance_groups"""
ASK = dict.fromkeys((f"ask_{prompt}_on_launch" for prompt in _ASKED.split()), False)
LINKS = ("success_nodes", "failure_nodes", "always_nodes")
PROMPTS = {
    "job_type": "job_type",
    "diff_mode": "diff_mode",
    "limit": "limit",
    "verbosity": "verbosity",
    "forks": "forks",
    "job_slice_count": "job_slice_count",
    "extra_data": "variables",
}
"""Fields of a workflow's node, and what its job template has to ask for."""
_PROMPTED = _words("job_type diff_mode limit verbosity forks job_slice_count scm_branch job_tags skip_tags timeout")
_NOTIFIED = dict.fromkeys(
    (f"notification_templates_{event}" for event in ("started", "success", "error")), "notification_template"
)

RESOURCES = {
    "organization": Resource(path="organizations", fields=_words("name description max_hosts")),
    "execution_environment": Resource(
        path="execution_environments", fields=_words("name description image pull"), required=_words("name image")
    ),
    "project": Resource(
        path="projects",
        fields=_words("name description scm_type scm_url scm_branch playbooks"),
        references={"organization": "organization"},
        unique=("name", "organization"),
    ),
    "credential_type": Resource(
        path="credential_types",
        fields=_words("name description kind inputs injectors"),
        required=_words("name kind"),
        unique=("name", "kind"),
    ),
    "credential": Resource(
        path="credentials",
        fields=_words("name description inputs"),
        references={"organization": "organization", "credential_type": "credential_type"},
        required=_words("name credential_type"),
        unique=("name", "organization", "credential_type"),
    ),
    "inventory": Resource(
        path="inventories",
        name="inventory",
        references={"organization": "organization"},
        required=_words("name organization"),
        unique=("name", "organization"),
        created={"groups": "group"},
        defaults={
            "description": "",
            "kind": "",
            "host_filter": None,
            "variables": "",
            "prevent_instance_group_fallback": False,
        },
    ),
    "inventory_source": Resource(
        path="inventory_sources",
        references={
            "inventory": "inventory",
            "source_project": "project",
            "credential": "credential",
            "execution_environment": "execution_environment",
        },
        nullable=_words("credential execution_environment"),
        required=_words("name inventory"),
        unique=("name", "inventory"),
        defaults=dict.fromkeys(
            _words("description source_path source_vars scm_branch enabled_var enabled_value host_filter limit"), ""
        )
        | dict.fromkeys(_words("overwrite overwrite_vars update_on_launch"), False)
        | {"source": None, "credential": None, "timeout": 0, "verbosity": 1, "update_cache_timeout": 0},
    ),
    "job_template": Resource(
        path="job_templates",
        references={
            "project": "project",
            "inventory": "inventory",
            "execution_environment": "execution_environment",
        },
        nullable=_words("execution_environment"),
        required=_words("name project playbook"),
        unique=("name", "organization"),
        attached={"credentials": "credential", "labels": "label", "instance_groups": "instance_group"} | _NOTIFIED,
        blobs=_words("survey_spec"),
        defaults=ASK
        | dict.fromkeys(
            _words("""description playbook scm_branch limit extra_vars job_tags skip_tags start_at_task host_config_key
            webhook_service"""),
            "",
        )
        | dict.fromkeys(_words("forks verbosity timeout"), 0)
        | dict.fromkeys(
            _words("""force_handlers use_fact_cache survey_enabled become_enabled diff_mode allow_simultaneous
            prevent_instance_group_fallback"""),
            False,
        )
        | {"job_type": "run", "job_slice_count": 1},
    ),
    "workflow_job_template": Resource(
        path="workflow_job_templates",
        references={"organization": "organization", "inventory": "inventory"},
        nullable=_words("organization inventory"),
        unique=("name", "organization"),
        attached=_NOTIFIED | {"notification_templates_approvals": "notification_template"},
        created={"workflow_nodes": "workflow_job_template_node"},
        blobs=_words("survey_spec"),
        defaults=dict.fromkeys(_words("description extra_vars webhook_service"), "")
        | dict.fromkeys(_words("survey_enabled allow_simultaneous"), False)
        | {
            f"ask_{prompt}_on_launch": False
            for prompt in _words("variables inventory scm_branch limit labels skip_tags tags")
        },
        prompts=_words("limit scm_branch job_tags skip_tags"),
    ),
    "workflow_job_template_node": Resource(
        path="workflow_job_template_nodes",
        fields=_words("identifier"),
        references={
            "workflow_job_template": "workflow_job_template",
            "unified_job_template": "job_template",
            "inventory": "inventory",
            "execution_environment": "execution_environment",
        },
        nullable=_words("unified_job_template inventory execution_environment"),
        required=_words("workflow_job_template identifier"),
        unique=("workflow_job_template", "identifier"),
        attached=dict.fromkeys(LINKS, "workflow_job_template_node"),
        blobs=_words("create_approval_template"),
        defaults={"extra_data": {}, "all_parents_must_converge": False},
        prompts=_PROMPTED,
    ),
    "workflow_approval_template": Resource(
        path="workflow_approval_templates", fields=_words("name description timeout"), unique=()
    ),
    "notification_template": Resource(
        path="notification_templates",
        fields=_words("name notification_type"),
        references={"organization": "organization"},
        required=_words("name organization notification_type"),
        unique=("name", "organization"),
        defaults={"description": "", "notification_configuration": {}, "messages": None},
    ),
    "schedule": Resource(
        path="schedules",
        fields=_words("name rrule"),
        references={"unified_job_template": "job_template"},
        required=_words("name rrule unified_job_template"),
        unique=("unified_job_template", "name"),
        defaults={"description": "", "enabled": True, "extra_data": {}},
        prompts=_PROMPTED,
    ),
    "group": Resource(
        path="groups",
        fields=_words("name variables"),
        references={"inventory": "inventory"},
        required=_words("name inventory"),
        unique=("name", "inventory"),
    ),
    # The client wants to know of these.
    "user": Resource(path="users"),
    "team": Resource(path="teams"),
    "application": Resource(path="applications"),
    "host": Resource(path="hosts"),
    "label": Resource(path="labels"),
    "instance_group": Resource(path="instance_groups"),
    "system_job_template": Resource(path="system_job_templates"),
}
