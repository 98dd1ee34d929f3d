# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Ansible package, Galaxy and Automation Hub ask of a collection, as far as files can show it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from ansible.plugins import loader
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT

PLUGINS = ROOT / "plugins"
SHIPPED = ("meta", "plugins", "roles", "playbooks")


def document(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return content


def text_files(*folders: str) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return [path for path in found if path.suffix in {".py", ".yml", ".yaml", ".txt"}]


def test_plugins_are_in_folders_that_ansible_knows() -> None:
    known = {
        str(one.subdir).removesuffix("_plugins")
        for one in vars(loader).values()
        if isinstance(one, loader.PluginLoader)
    }
    known = {"modules" if name == "library" else name for name in known} | {"doc_fragments", "plugin_utils"}
    found = {path.name for path in PLUGINS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert found
    assert found - known == set()


def test_shared_code_is_private() -> None:
    names = [path.name for kind in ("module_utils", "plugin_utils") for path in (PLUGINS / kind).glob("*.py")]
    assert names
    assert [name for name in names if not name.startswith("_")] == []


def test_what_is_shipped_for_use_refers_to_no_other_folder() -> None:
    foreign = re.compile(r"fleetops\.nvcf\.tests|fleetops/nvcf/(tests|extensions|docs)|playbook_dir|\.\./\.\./\.\.")
    assert [str(path) for path in text_files(*SHIPPED) if foreign.search(path.read_text(encoding="utf-8"))] == []


def test_the_collection_needs_no_other() -> None:
    assert document("galaxy.yml")["dependencies"] == {}


def test_tags_are_few_and_plain_and_one_is_of_galaxys_list() -> None:
    tags = document("galaxy.yml")["tags"]
    assert "cloud" in tags
    assert len(tags) <= 20
    assert [tag for tag in tags if not re.fullmatch(r"[a-z][a-z0-9_]*", tag)] == []


def test_the_licence_is_named_and_its_file_is_not_named_beside_it() -> None:
    metadata = document("galaxy.yml")
    assert metadata["license"] == ["GPL-3.0-or-later"]
    assert "license_file" not in metadata


def test_the_code_of_conduct_is_that_of_ansible() -> None:
    text = (ROOT / "CODE_OF_CONDUCT.md").read_text(encoding="utf-8")
    assert "https://docs.ansible.com/ansible/latest/community/code_of_conduct.html" in text


def test_sanity_has_no_exceptions() -> None:
    assert list((ROOT / "tests" / "sanity").glob("ignore*")) == []


def test_the_linter_skips_no_rule_and_no_content() -> None:
    settings = document(".ansible-lint")
    assert settings["profile"] == "production"
    assert not {"skip_list", "warn_list"} & settings.keys()
    content = ("plugins", "roles", "playbooks", "extensions", "meta")
    assert [path for path in settings["exclude_paths"] if path.startswith(content)] == []


def test_images_with_the_collection_are_held_to_no_version_of_a_package() -> None:
    lines = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert wanted
    assert [line for line in wanted if re.search(r"==|<|~=", line) or line.startswith("ansible")] == []
