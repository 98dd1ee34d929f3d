# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX checks before it stores an object. Each function raises Refused with AWX's reason in short."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .resources import PROMPTS

Asset = Mapping[str, Any]
QUESTIONS: Mapping[str, type | tuple[type, ...]] = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": float,
}
VARIABLE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# The prefix counts from AWX 21.2 on.
OF_A_PLAYBOOK = re.compile(r"\s*-?\s*(hosts|(ansible\.builtin\.)?(include|import_playbook)):")
NOT_FOR_PLAYBOOKS = {"roles", "tasks", "group_vars", "host_vars"}


class Refused(Exception):
    """AWX answers 400."""


def refuse_if(condition: object, reason: str) -> None:
    """Refuse for this reason if the condition holds."""
    if condition:
        raise Refused(reason)


def playbooks(project: Path) -> list[str]:
    """The files of a project that AWX takes for playbooks: by their place, ending and lines, without reading YAML."""
    found = []
    for path in sorted(project.rglob("*")):
        within = path.relative_to(project)
        hidden = any(part in NOT_FOR_PLAYBOOKS or part.startswith(".") for part in within.parent.parts)
        if path.suffix in (".yml", ".yaml") and path.is_file() and not hidden:
            lines = path.read_text(encoding="utf-8", errors="ignore").splitlines()
            if any(OF_A_PLAYBOOK.match(line) for line in lines):
                found.append(str(within))
    return found


def check_credential_type(asset: Asset) -> None:
    """Templates may use the type's own fields and the files that it makes, and must not steer Ansible."""
    refuse_if(asset["kind"] not in ("cloud", "net"), "kind must be cloud or net")
    declared = asset.get("inputs", {}).get("fields", [])
    names = {entry["id"] for entry in declared}
    refuse_if(len(names) != len(declared), "ids of fields must differ")
    refuse_if(set(asset.get("inputs", {}).get("required", [])) - names, "required names an unknown field")
    injectors = asset.get("injectors", {})
    refuse_if(set(injectors) - {"file", "env", "extra_vars"}, "unknown injector")
    files = injectors.get("file", {})
    refuse_if("template" in files and len(files) > 1, "Must use multi-file syntax when injecting multiple files")
    for name in (*injectors.get("env", {}), *injectors.get("extra_vars", {})):
        refuse_if(not VARIABLE.fullmatch(name), f"{name} is not the name of a variable")
    for name in injectors.get("env", {}):
        refuse_if(name.startswith("ANSIBLE_"), f"Environment variable {name} may affect Ansible configuration")
    labels = {name.partition(".")[2]: "EXAMPLE" for name in files}
    known = dict.fromkeys(names, "EXAMPLE") | {"tower": SimpleNamespace(filename=SimpleNamespace(**labels))}
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for kind, templates in injectors.items():
        for name, template in templates.items():
            try:
                environment.from_string(template).render(**known)
            except TemplateError as error:
                raise Refused(f"{kind} {name} uses an undefined field ({error})") from error


def check_survey(survey: Asset) -> None:
    """The rules for questions."""
    for name, kind in (("name", str), ("description", str), ("spec", list)):
        refuse_if(not isinstance(survey.get(name), kind), f"Expected {kind.__name__} for field '{name}'")
    refuse_if(not survey["spec"], "'spec' doesn't contain any items")
    asked: set[str] = set()
    for question in survey["spec"]:
        for name in ("type", "question_name", "variable"):
            refuse_if(not isinstance(question.get(name), str), f"'{name}' missing from survey question")
        refuse_if(not isinstance(question.get("required"), bool), "'required' is expected to be boolean")
        refuse_if(question["variable"] in asked, f"'variable' '{question['variable']}' duplicated")
        asked.add(question["variable"])
        _check_question(question)


def _check_question(question: Asset) -> None:
    kind = question["type"]
    refuse_if(kind not in QUESTIONS, f"{kind} is not an allowed question type")
    default = question.get("default", "")
    refuse_if(default != "" and not isinstance(default, QUESTIONS[kind]), f"Default value {default} has the wrong type")
    for limit in ("min", "max"):
        refuse_if(not isinstance(question.get(limit, 0), int | None), f"The {limit} limit is expected to be integer")
    if kind in ("multiplechoice", "multiselect"):
        refuse_if("choices" not in question, "must specify choices")
        refuse_if(set(default.splitlines()) - set(question["choices"]), "Default choice must be one of the choices")


def check_job_template(asset: Asset, project: Asset) -> None:
    """The playbook is a file of the project, and the variables are a mapping."""
    refuse_if(asset["playbook"] not in project["playbooks"], f"Playbook {asset['playbook']} not found for project")
    refuse_if(asset.get("job_type", "run") not in ("run", "check"), "job_type must be run or check")
    refuse_if(not isinstance(yaml.safe_load(asset.get("extra_vars") or "{}"), dict), "extra_vars must be a mapping")


def check_node(asset: Asset, template: Asset | None) -> None:
    """A node says only what its job template asks for. One without a template is taken as it is."""
    for name, prompt in PROMPTS.items():
        said = asset.get(name) not in (None, {})
        refused = template is not None and said and not template.get(f"ask_{prompt}_on_launch")
        refuse_if(refused, f"Field {name} is not configured to prompt on launch")


def check_link(ways: Mapping[int, Mapping[str, list[int]]], node: int, link: str, target: int) -> None:
    """A node leads to another by one link at most, whatever its kind, and never back to itself."""
    others = [held for name, targets in ways[node].items() if name != link for held in targets]
    refuse_if(target in others, "Relationship not allowed.")
    reached, ahead = {target}, [target]
    while ahead:
        following = {held for targets in ways[ahead.pop()].values() for held in targets} - reached
        reached |= following
        ahead += following
    refuse_if(node in reached, "Cycle detected.")


def check_schedule(asset: Asset, template: Asset, survey: Asset) -> None:
    """The rule begins with a time in a zone, and required questions are answered: defaults do not count."""
    begins = re.match(r"DTSTART(:\d{8}T\d{6}Z|;TZID=[^:]+:\d{8}T\d{6}) ", asset["rrule"])
    refuse_if(not begins, "Valid DTSTART required in rrule")
    refuse_if(not re.search(r"RRULE:\S*INTERVAL=\d", asset["rrule"]), "INTERVAL required in rrule")
    questions = {question["variable"]: question for question in survey["spec"]}
    for name, question in questions.items():
        refuse_if(question["required"] and name not in asset["extra_data"], f"'{name}' value missing")
    refuse_if(
        asset["extra_data"].keys() - questions and not template["ask_variables_on_launch"], "Variables are not allowed"
    )


def check_notification(asset: Asset) -> None:
    """What a webhook needs."""
    configuration = asset["notification_configuration"]
    refuse_if(asset["notification_type"] != "webhook", "the stand-in knows webhooks only")
    refuse_if({"url", "headers"} - configuration.keys(), "Missing required fields for Notification Configuration")
    refuse_if(not isinstance(configuration["headers"], dict), "Configuration field 'headers' incorrect type")
