# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of AWX that matter here: which fields each has, what they refer to, and what tells them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One kind of object."""

    path: str
    name: str = ""
    """The key in the list of resources, where it is not the path."""
    fields: frozenset[str] = frozenset()
    """What can be set, without the references."""
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


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ASKED = """scm_branch diff_mode variables limit tags skip_tags job_type verbosity inventory credential
execution_environment labels forks job_slice_count timeout instance_groups"""
ASK = frozenset(f"ask_{prompt}_on_launch" for prompt in _ASKED.split())
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
        fields=_words("name description kind host_filter variables prevent_instance_group_fallback"),
        references={"organization": "organization"},
        required=_words("name organization"),
        unique=("name", "organization"),
    ),
    "inventory_source": Resource(
        path="inventory_sources",
        fields=_words("""name description source source_path source_vars scm_branch enabled_var enabled_value
        host_filter overwrite overwrite_vars timeout verbosity limit update_on_launch update_cache_timeout"""),
        references={
            "inventory": "inventory",
            "source_project": "project",
            "credential": "credential",
            "execution_environment": "execution_environment",
        },
        nullable=_words("credential execution_environment"),
        required=_words("name inventory"),
        unique=("name", "inventory"),
    ),
    "job_template": Resource(
        path="job_templates",
        fields=ASK
        | _words("""name description job_type playbook scm_branch forks limit verbosity extra_vars job_tags
        force_handlers skip_tags start_at_task timeout use_fact_cache host_config_key survey_enabled become_enabled
        diff_mode allow_simultaneous job_slice_count webhook_service prevent_instance_group_fallback"""),
        references={
            "project": "project",
            "inventory": "inventory",
            "execution_environment": "execution_environment",
        },
        nullable=_words("execution_environment"),
        required=_words("name project playbook"),
        unique=("name", "organization"),
        attached={"credentials": "credential"},
        blobs=_words("survey_spec"),
    ),
    "workflow_job_template": Resource(
        path="workflow_job_templates",
        fields=_words("""name description extra_vars survey_enabled allow_simultaneous limit scm_branch
        webhook_service job_tags skip_tags ask_variables_on_launch ask_inventory_on_launch ask_scm_branch_on_launch
        ask_limit_on_launch ask_labels_on_launch ask_skip_tags_on_launch ask_tags_on_launch"""),
        references={"organization": "organization", "inventory": "inventory"},
        nullable=_words("organization inventory"),
        unique=("name", "organization"),
        created={"workflow_nodes": "workflow_job_template_node"},
        blobs=_words("survey_spec"),
    ),
    "workflow_job_template_node": Resource(
        path="workflow_job_template_nodes",
        fields=_words("""extra_data scm_branch job_type job_tags skip_tags limit diff_mode verbosity forks
        job_slice_count timeout all_parents_must_converge identifier"""),
        references={
            "workflow_job_template": "workflow_job_template",
            "unified_job_template": "job_template",
            "inventory": "inventory",
            "execution_environment": "execution_environment",
        },
        nullable=_words("unified_job_template inventory execution_environment"),
        required=_words("workflow_job_template identifier"),
        unique=("workflow_job_template", "identifier"),
        attached={
            "success_nodes": "workflow_job_template_node",
            "failure_nodes": "workflow_job_template_node",
            "always_nodes": "workflow_job_template_node",
        },
        blobs=_words("create_approval_template"),
    ),
    "workflow_approval_template": Resource(
        path="workflow_approval_templates", fields=_words("name description timeout"), unique=()
    ),
    # The client wants to know of these.
    "user": Resource(path="users"),
    "team": Resource(path="teams"),
    "notification_template": Resource(path="notification_templates"),
    "application": Resource(path="applications"),
    "schedule": Resource(path="schedules"),
    "group": Resource(path="groups"),
    "host": Resource(path="hosts"),
    "label": Resource(path="labels"),
    "system_job_template": Resource(path="system_job_templates"),
}
