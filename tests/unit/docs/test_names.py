# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What documents call by name exists: variables, options, modules, playbooks, tests and targets of make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.fleetops.nvcf.tests.unit.docs.pages import Page, pages
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT
from ansible_collections.fleetops.nvcf.tests.unit.plugins.entries import MODULES, operation_of

PAGES = pages()
SPECS: dict[str, Any] = yaml.safe_load(
    (ROOT / "roles/registry_allowlist/meta/argument_specs.yml").read_text(encoding="utf-8")
)["argument_specs"]
VARIABLES = {option for spec in SPECS.values() for option in spec["options"]}
PREFIX = "registry_allowlist_"


def words(page: Page, pattern: str) -> set[str]:
    return set(re.findall(pattern, page.text))


def strangers(find: Callable[[Page], set[str]]) -> dict[str, set[str]]:
    """What `find` finds, by document."""
    found = {str(page): find(page) for page in PAGES}
    return {name: names for name, names in found.items() if names}


def content_names() -> set[str]:
    """Of everything that has a name with `fleetops.nvcf.` before it."""
    plugins = ("modules", "inventory", "callback", "lookup")
    files: list[Path] = [*(path for kind in plugins for path in (ROOT / "plugins" / kind).glob("*.py"))]
    files += [*(ROOT / "playbooks").glob("*.yml"), *(ROOT / "roles").iterdir()]
    files += [*(ROOT / "extensions/eda/rulebooks").glob("*.yml"), *(ROOT / "extensions/eda/plugins").rglob("*.py")]
    return {path.stem for path in files}


def test_variables_of_the_role_exist() -> None:
    assert strangers(lambda page: words(page, rf"\b{PREFIX}\w+") - VARIABLES) == {}


def test_modules_plugins_playbooks_and_roles_exist() -> None:
    known = content_names() | {"git"}
    # Files of these endings are called after it, not in it.
    assert strangers(lambda page: words(page, r"\bfleetops\.nvcf\.([a-z_]+)\b(?!\.)") - known) == {}


def test_named_tests_exist() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    known = set(re.findall(r"def (test_\w+)\(", sources))
    assert strangers(lambda page: {span for span in page.spans if re.fullmatch(r"test_\w+", span)} - known) == {}


def test_targets_of_make_exist() -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    def unknown(page: Page) -> set[str]:
        return {match[1] for span in page.spans if (match := re.match(r"make ([a-z-]+)\b", span))} - known

    assert strangers(unknown) == {}


def test_the_guide_names_variables_of_the_role() -> None:
    guide = Page(ROOT / "docs" / "guide.md")
    short = {match[1] for span in guide.spans if (match := re.match(r"\.([a-z_]+)", span))}
    assert len(short) > 8
    assert {name for name in short if PREFIX + name not in VARIABLES} == set()


def test_ad_hoc_commands_of_the_book_give_options_that_the_module_has() -> None:
    book = Page(ROOT / "docs" / "operations.md")
    commands = re.findall(r"-m fleetops\.nvcf\.(\w+) -a '([^']*)'", book.text)
    assert len(commands) > 5
    for module, arguments in commands:
        options = set(re.findall(r"(\w+)=", arguments))
        assert options <= operation_of(module).argument_spec.keys(), module


def fields(tree: Any) -> Iterator[str]:
    """Names of everything that is documented as returned or taken."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield str(key)
            yield from fields(value)


def test_names_in_the_books_columns_are_options_results_or_variables() -> None:
    known = VARIABLES | {variable.removeprefix(PREFIX) for variable in VARIABLES} | set(MODULES) | content_names()
    known |= {option for name in MODULES for option in fields(operation_of(name).argument_spec)}
    known |= {field for name in MODULES for field in fields(yaml.safe_load(MODULES[name].RETURN))}
    for plugin in ("inventory.kubeconfig", "callback.fleet_report"):
        module = import_module(f"ansible_collections.fleetops.nvcf.plugins.{plugin}")
        known |= set(fields(yaml.safe_load(module.DOCUMENTATION)))
    playbooks = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").glob("*.yml"))
    known |= set(re.findall(r"\bnvcf_\w+", playbooks))
    book = Page(ROOT / "docs" / "operations.md")
    findings = {"failed_revision", "next_sync_drops"}
    answers = {"not_recognized", "credential_missing", "bad_image", "no_account", "rate_limited"}
    answers |= {"other_issuer", "key_refused", "no_gpu"}
    ansible = {"ansible_connection", "ansible_host", "ansible_python_interpreter"}
    scopes = {"manage_registry_credentials", "register_function", "delete_function", "list_functions"}
    found = {match[0] for span in book.spans if (match := re.match(r"[a-z]+(?:_[a-z]+)+(?=$|:)", span))}
    assert found - known - findings - answers - ansible - scopes == set()
