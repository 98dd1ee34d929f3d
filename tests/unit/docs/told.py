# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that the collection can tell an operator: the words of each error, cause, finding and warning.

They are found by what they are handed to in the sources, so that a new one cannot be missed: an error, a function that
returns one, or a record that carries a cause into an error's text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]

CAUSES = frozenset({"Problem", "Verdict", "Trouble", "Cause", "Outcome", "Refusal"})
"""Records whose text becomes part of an error's."""
BESIDE = frozenset({"way_out"})
"""What such a record holds beside its text."""
FINDINGS = frozenset({"Finding", "_error", "_warning"})
"""Makers of an audit's findings, which are known by their kind."""
QUIET = frozenset({"done", "waiting", "pulled"})
"""Kinds and reasons that are no trouble."""
CONSTANTS = frozenset({"_CURES", "EXPLANATIONS", "REASONS"})
"""Maps of such texts."""
EXPLAINERS = frozenset(
    {"explain", "_reason", "disagreement", "unmet", "classify", "check_hostname", "_missed", "fates", "_conflict"}
    | {"_told_of_api", "_told_of_hooks", "same_cluster", "outlook", "way", "ignored_login"}
)
"""Functions that make such texts."""
WARNERS = frozenset({"warn", "warning"})
SHORTEST = 8
"""What is shorter is punctuation or a unit."""

Texts = list[tuple[str, ...]]
"""The alternatives that an expression can be, each as what is literal in it."""


@dataclass(frozen=True, kw_only=True, order=True)
class Told:
    """One message."""

    where: str
    runs: tuple[str, ...]
    """What is between its placeholders; empty when all of it was said elsewhere."""

    def __str__(self) -> str:
        return f"{self.where}: {' … '.join(self.runs) or 'nothing but placeholders'}"

    def holds(self, fragment: str) -> bool:
        """Whether the fragment's words are in the message, with `…` for one or more placeholders."""
        return _pattern(fragment).search("\0".join(self.runs)) is not None


@cache
def _pattern(fragment: str) -> re.Pattern[str]:
    return re.compile(".*\0.*".join(re.escape(_flat(piece)) for piece in fragment.split("…")))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _says_something(runs: Sequence[str]) -> bool:
    """Whether there are words in it: not just punctuation, or a name of one word."""
    words = " ".join(run for run in runs if any(map(str.isalpha, run)))
    return len(words) >= SHORTEST and " " in words


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One Python file."""

    path: Path
    folder: Path
    """Where the sources are: several folders below it have a file of the same name."""
    tree: ast.Module
    errors: frozenset[str]
    functions: Mapping[str, ast.FunctionDef]
    makers: frozenset[str] = frozenset()
    """Functions of any file that return an error."""
    scope: Mapping[str, Sequence[ast.expr]] = field(default_factory=dict)
    """What is assigned to each name in the function that is looked at."""

    @property
    def place(self) -> str:
        return str(self.path.relative_to(self.folder)).removeprefix("module_utils/")

    def told(self, node: ast.AST) -> Iterator[Told]:
        """All messages below `node`."""
        source = self
        if isinstance(node, (ast.FunctionDef, ast.Module)):
            source = replace(self, scope={**self.scope, **_assigned(node)})
        yield from source._of(node)
        for child in ast.iter_child_nodes(node):
            yield from source.told(child)

    def _of(self, node: ast.AST) -> Iterator[Told]:
        match node:
            case ast.Call():
                yield from self._of_call(node, _name(node.func))
            case ast.FunctionDef(name=name) if name in EXPLAINERS:
                parts = [n for n in ast.walk(node) if isinstance(n, (ast.JoinedStr, ast.Return))]
                values = [n.value if isinstance(n, ast.Return) else n for n in parts]
                yield from self._each(node, [part for value in values if value for part in _parts(value)])
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name in CONSTANTS:
                yield from self._each(node, [value])

    def _of_call(self, node: ast.Call, name: str) -> Iterator[Told]:
        values = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg not in BESIDE)]
        if any(isinstance(value, ast.Constant) and value.value in QUIET for value in values):
            return
        if name in FINDINGS:
            given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "kind")]
            kinds = [str(value.value) for value in given if isinstance(value, ast.Constant)]
            yield from (Told(where=self._where(node), runs=(kind,)) for kind in kinds)
        elif name in CAUSES or (name in WARNERS and isinstance(node.func, ast.Attribute)):
            yield from self._each(node, values)
        elif name in self.errors or self._is_reason(name):
            # What is handed to the class beside its text are facts.
            yield from self._each(node, node.args[:1], always=True)
        elif name in self.makers:
            # Of several texts, as a reason and its cure, one is enough to know the message by.
            every = tuple(run for value in node.args for runs in self._texts(value, 3) for run in runs)
            yield from self._worded(node, [every])

    def _is_reason(self, name: str) -> bool:
        """What a credential plugin answered is judged with plain ValueErrors, whose words become the error's."""
        return name == "ValueError" and self.path.stem in ("credentials", "exec_plugin")

    def _each(self, node: ast.AST, values: Sequence[ast.expr], *, always: bool = False) -> Iterator[Told]:
        texts = [runs for value in values for runs in self._texts(value, 3)]
        found = list(self._worded(node, texts))
        yield from found
        if always and not found:
            said = " ".join(map(ast.unparse, values))
            yield Told(where=f"{self.place}: {said}", runs=())

    def _worded(self, node: ast.AST, texts: Texts) -> Iterator[Told]:
        for text in texts:
            runs = tuple(filter(None, map(_flat, text)))
            if _says_something(runs):
                yield Told(where=self._where(node), runs=runs)

    def _where(self, node: ast.AST) -> str:
        return f"{self.place}:{getattr(node, 'lineno', 0)}"

    def _texts(self, node: ast.AST, depth: int) -> Texts:
        found: Texts = []
        match node:
            case ast.Constant(value=str() as text):
                found = [(text,)]
            case ast.JoinedStr(values=values):
                found = [tuple(run for part in values for run in self._run(part, depth))]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                ends = self._texts(right, depth) or [()]
                found = [(*start, *end) for start in self._texts(left, depth) for end in ends]
            case ast.IfExp(body=body, orelse=orelse):
                found = [*self._texts(body, depth), *self._texts(orelse, depth)]
            case ast.Dict(values=values):
                found = [text for value in values for text in self._texts(value, depth)]
            case ast.Call(func=ast.Attribute(value=(ast.JoinedStr() | ast.Constant()) as value)):
                found = self._texts(value, depth)
            case ast.Name(id=name) if depth:
                found = [text for value in self.scope.get(name, ()) for text in self._texts(value, depth - 1)]
            case ast.Call(func=function) if depth and (called := self.functions.get(_name(function))):
                inside = replace(self, scope=_assigned(called))
                returned = [n.value for n in ast.walk(called) if isinstance(n, ast.Return) and n.value]
                found = [text for value in returned for text in inside._texts(value, depth - 1)]
        return found

    def _run(self, value: ast.expr, depth: int) -> Iterator[str]:
        """What is literal in a part of an f-string; a name stands for the words that it was given."""
        match value:
            case ast.Constant(value=str() as text):
                yield text
            case ast.FormattedValue(value=ast.Name() as name) if depth:
                for words in self._texts(name, depth - 1)[:1]:
                    yield from words


def _assigned(node: ast.AST) -> dict[str, list[ast.expr]]:
    """By name; of a module what is assigned at its top, so that functions do not share their variables."""
    found: dict[str, list[ast.expr]] = {}
    for one in node.body if isinstance(node, ast.Module) else ast.walk(node):
        match one:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.setdefault(name, []).append(value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for one_name, value in zip(names, values, strict=True):
                    if isinstance(one_name, ast.Name):
                        found.setdefault(one_name.id, []).append(value)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                found.setdefault(name, []).append(value)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                found.setdefault(name, []).append(value)
    return found


def _parts(value: ast.expr) -> Sequence[ast.expr]:
    """What is returned as a pair is a word for programs and one for people."""
    return value.elts if isinstance(value, ast.Tuple) else [value]


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _error_classes(trees: Sequence[ast.Module]) -> frozenset[str]:
    """NvcfError and whatever is derived from it, in any file."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    names = {"NvcfError"}
    while more := {c.name for c in classes if c.name not in names and names & {_name(base) for base in c.bases}}:
        names |= more
    return frozenset(names)


def _makers(trees: Sequence[ast.Module], errors: frozenset[str]) -> frozenset[str]:
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return frozenset(f.name for f in functions if isinstance(f.returns, ast.Name) and f.returns.id in errors)


def from_plugins(folder: Path = ROOT / "plugins") -> list[Told]:
    """What the plugins tell."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))}
    errors = _error_classes(list(trees.values()))
    makers = _makers(list(trees.values()), errors)
    found: set[Told] = set()
    for path, tree in trees.items():
        functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        source = _Source(folder=folder, path=path, tree=tree, errors=errors, functions=functions, makers=makers)
        found |= set(source.told(tree))
    return sorted(found)


def from_role() -> list[Told]:
    """What the role's own tasks tell when they fail."""
    found = []
    for path in sorted((ROOT / "roles").rglob("*.yml")):
        for text in _failures(yaml.safe_load(path.read_text(encoding="utf-8"))):
            runs = tuple(filter(None, map(_flat, re.split(r"\{\{.*?\}\}", text, flags=re.DOTALL))))
            if _says_something(runs):
                found.append(Told(where=str(path.relative_to(ROOT)), runs=runs))
    return found


def _failures(tree: Any) -> Iterator[str]:
    """Texts of assertions and failures, and of variables in which such a text is put together."""
    if isinstance(tree, list):
        for item in tree:
            yield from _failures(item)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key in ("fail_msg", "success_msg"):
                yield str(value)
            elif key == "ansible.builtin.fail":
                yield str(value["msg"])
            elif str(key).startswith("__registry_allowlist_") and isinstance(value, str):
                # Sentences are quoted inside the template.
                yield from re.findall(r"'([A-Z][^'{}|]+\.)'", value)
                yield value
            else:
                yield from _failures(value)
