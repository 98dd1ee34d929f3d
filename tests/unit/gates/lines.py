# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of code: what is left of Python files without blank lines, comments and documentation."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable
from pathlib import Path

DOCUMENTS = frozenset({"DOCUMENTATION", "EXAMPLES", "RETURN"})
"""What Ansible's documentation is assigned to."""

SILENT = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})
"""Tokens that make no line a line of code."""


def lines_of(source: str) -> int:
    """How many lines of the source are code."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    spoken = [token for token in tokens if token.type not in SILENT and token.type != tokenize.ENDMARKER]
    lines = {line for token in spoken for line in range(token.start[0], token.end[0] + 1)}
    return len(lines - _documented(ast.parse(source)))


def lines_below(folders: Iterable[Path]) -> int:
    """How many lines of all Python files below the folders are code."""
    files = (path for folder in folders for path in folder.rglob("*.py"))
    return sum(lines_of(path.read_text(encoding="utf-8")) for path in files)


def _documented(tree: ast.Module) -> set[int]:
    """The lines of docstrings and the like, and of Ansible's documentation and its fragments."""
    found: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                found |= _lines(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str())) if name in DOCUMENTS:
                found |= _lines(node)
            case ast.ClassDef(name="ModuleDocFragment"):
                found |= _lines(node)
    return found


def _lines(node: ast.stmt) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
