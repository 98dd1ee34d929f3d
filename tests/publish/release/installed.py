# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The collection as its users have it: installed from the tarball, beside what it needs and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.tests.integration.awx.environment import clean, install_collection

from .paths import Refused, environment_folder, output

NAME = "fleetops.nvcf"
SILENT = {"action", "doc_fragments", "module_utils", "plugin_utils"}
"""Folders of plugins/ without pages of their own: an action is documented as the module of its name."""
IMPORT = """
import importlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
assert sys.argv[2] not in " ".join(sys.path), sys.path
found = [path.relative_to(root).with_suffix("") for path in sorted((root / sys.argv[3]).rglob("*.py"))]
for path in found:
    importlib.import_module(".".join(path.parts).removesuffix(".__init__"))
print(len(found))
"""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A folder with the collection in it, and an environment to use it from."""

    work: Path
    collections: Path
    programs: Path

    @classmethod
    def from_tarball(cls, tarball: Path, work: Path) -> Installed:
        """Install it as a user does who has downloaded it, without a network."""
        programs = environment_folder("installed")
        work.mkdir()
        return cls(work=work, collections=install_collection(programs, tarball, work), programs=programs)

    @property
    def root(self) -> Path:
        """The folder of the collection itself."""
        return self.collections / "ansible_collections" / "fleetops" / "nvcf"

    def run(self, program: str, *arguments: str | Path) -> str:
        """What one of the environment's programs prints, with the collection on its path and no checkout."""
        environment = clean(self.work, self.programs) | {
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "PYTHONPATH": str(self.collections),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return output(self.programs / program, *arguments, folder=self.work, environment=environment)

    def verify(self) -> str:
        """What ansible-galaxy says of the checksums of what it has installed."""
        self.run("ansible-galaxy", "collection", "verify", "--offline", NAME)
        return f"{len(list(self.root.rglob('*')))} files and folders are as MANIFEST.json says"

    def documentation(self) -> str:
        """Every plugin, module and role has a page."""
        wanted: dict[str, list[str]] = {"role": [path.name for path in (self.root / "roles").iterdir()]}
        for folder in (self.root / "plugins").iterdir():
            if folder.name not in SILENT:
                kind = "module" if folder.name == "modules" else folder.name
                wanted[kind] = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
        for kind, names in wanted.items():
            full = {f"{NAME}.{name}" for name in names}
            text = self.run("ansible-doc", "--type", kind, "--json", *sorted(full))
            found: dict[str, Any] = json.loads(text[text.index("{") :])
            if absent := sorted(full - {name for name, page in found.items() if page}):
                raise Refused(
                    f"ansible-doc --type {kind} has no page for {', '.join(absent)}.", text[: text.index("{")]
                )
        return f"{sum(map(len, wanted.values()))} pages"

    def playbooks(self) -> str:
        """Ansible reads every playbook, with the role and all that it includes, and lists its tasks."""
        names = sorted(path.stem for path in (self.root / "playbooks").glob("*.yml"))
        inventory = self.work / "inventory.yml"
        inventory.write_text("nvcf_control_planes: {hosts: {east-1: {ansible_connection: local}}}\n", encoding="utf-8")
        full = [f"{NAME}.{name}" for name in names]
        self.run("ansible-playbook", "-i", inventory, "--syntax-check", *full)
        listed = self.run("ansible-playbook", "-i", inventory, "--list-tasks", *full)
        if listed.count("playbook: ") != len(names):
            raise Refused(f"ansible-playbook --list-tasks did not list {', '.join(names)}.", listed)
        return f"{len(names)} playbooks"

    def imports(self, checkout: Path) -> str:
        """All Python of the collection can be imported with what it says it needs."""
        below = "ansible_collections/fleetops/nvcf/plugins"
        count = self.run("python", "-c", IMPORT, self.collections, checkout, below)
        return f"{count.split()[-1]} Python files"
