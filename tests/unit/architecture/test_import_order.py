# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Imports point downwards: each package of plugins/ uses only those that stand below it here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "plugins"
COLLECTION = ("ansible_collections", "fleetops", "nvcf", "plugins")

ROOMS = (
    "module_utils/_operations",
    "module_utils/_release_state",
    "module_utils/_change",
    "module_utils/_image_pull",
    "module_utils/_nvcf",
    "module_utils/_rollout",
    "module_utils/_helm",
    "module_utils/_kubernetes",
    "module_utils/_kubeconfig",
    "module_utils/_registries",
    "module_utils/_runtime",
)
"""The packages, from top to bottom."""
FACES = ("action", "callback", "doc_fragments", "inventory", "lookup", "modules")
"""What Ansible calls; nothing imports it."""
HELPERS = "plugin_utils"
"""What only the faces use."""
PURE = {
    "module_utils/_registries",
    "module_utils/_rollout/verdict.py",
    "module_utils/_release_state/state.py",
    "module_utils/_release_state/findings.py",
    "module_utils/_release_state/refusals.py",
    "module_utils/_image_pull/credential_sources.py",
    "module_utils/_image_pull/kyverno.py",
    "module_utils/_image_pull/outcome.py",
    "module_utils/_image_pull/placement.py",
    "module_utils/_image_pull/remedy.py",
    "module_utils/_image_pull/row.py",
    "module_utils/_nvcf/responses.py",
    "module_utils/_helm/manifest_diff.py",
    "module_utils/_runtime/options.py",
}
"""Packages and files that decide, and read and write nothing."""
EFFECTS = {"ansible", "os", "pathlib", "subprocess", "socket", "ssl", "tempfile", "time", "urllib3", "kubernetes"}
"""Modules by which files, processes, the network and the clock are reached."""


def imports(path: Path, plugins: Path = PLUGINS) -> Iterator[tuple[str, ...]]:
    """What a file imports, as absolute names; from `a import b` both `a` and `a.b`."""
    package = (*COLLECTION, *path.relative_to(plugins).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = (*start, *(node.module.split(".") if node.module else ()))
            yield module
            yield from ((*module, alias.name) for alias in node.names)


def room(parts: tuple[str, ...]) -> str | None:
    """The room that a name inside plugins/ belongs to; None for what is not of this collection."""
    if parts[: len(COLLECTION)] != COLLECTION:
        return None
    inside = parts[len(COLLECTION) :]
    return "/".join(inside[:2]) if inside[:1] == ("module_utils",) else "/".join(inside[:1])


def upward(plugins: Path, rooms: tuple[str, ...]) -> list[str]:
    """Each import that does not point downwards."""
    order = {name: number for number, name in enumerate((*FACES, HELPERS, *rooms))}
    wrong = set()
    for path in sorted(plugins.rglob("*.py")):
        own = room((*COLLECTION, *path.relative_to(plugins).with_suffix("").parts))
        for used in {room(parts) for parts in imports(path, plugins)} - {None, own, "module_utils"}:
            assert own is not None
            assert used is not None
            if used in FACES or order[used] <= order[own]:
                wrong.add(f"{path.relative_to(plugins)} -> {used}")
    return sorted(wrong)


def test_every_package_of_module_utils_is_in_the_order() -> None:
    folders = {f"module_utils/{path.parent.name}" for path in (PLUGINS / "module_utils").rglob("*.py")}
    assert folders == set(ROOMS)


def test_no_import_points_upwards() -> None:
    assert upward(PLUGINS, ROOMS) == []


@pytest.mark.parametrize(
    "line",
    ["from .._top.a import f", "from .._top import a", "from ...modules import m"],
)
def test_an_upward_import_is_found_however_it_is_written(tmp_path: Path, line: str) -> None:
    (tmp_path / "module_utils/_bottom").mkdir(parents=True)
    (tmp_path / "module_utils/_bottom/b.py").write_text(line, encoding="utf-8")
    [found] = upward(tmp_path, ("module_utils/_top", "module_utils/_bottom"))
    assert found.startswith("module_utils/_bottom/b.py -> ")


def test_what_decides_reaches_no_file_no_process_no_network_and_no_clock() -> None:
    wrong = []
    for place in sorted(PURE):
        found = PLUGINS / place
        for path in sorted(found.rglob("*.py")) if found.is_dir() else [found]:
            used = {parts[0] for parts in imports(path)} & EFFECTS
            wrong += [f"{path.relative_to(PLUGINS)}: {name}" for name in sorted(used)]
    assert wrong == []


def test_nothing_in_a_package_imports_in_a_circle() -> None:
    """Between packages the order says so; here the files of one package."""
    for name in (*ROOMS, f"{HELPERS}/_fleet_report", f"{HELPERS}/_fleet_report/renderers"):
        files = {path.stem: path for path in (PLUGINS / name).glob("*.py")}
        prefix = (*COLLECTION, *name.split("/"))
        uses = {
            stem: {p[len(prefix)] for p in imports(path) if p[: len(prefix)] == prefix and len(p) > len(prefix)}
            for stem, path in files.items()
        }
        left = {stem: used & files.keys() for stem, used in uses.items()}
        while free := {stem for stem, used in left.items() if not used}:
            left = {stem: used - free for stem, used in left.items() if stem not in free}
        assert left == {}, name
