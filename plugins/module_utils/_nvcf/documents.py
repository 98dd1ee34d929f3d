# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the documents of the APIs, whose shape no one promises. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


class ShapeError(Exception):
    """A document that is not what the API answers with: says where and what it is, never what is in it."""


def an_object(value: Any, what: str = "the document") -> Mapping[str, Any]:
    """Raises ShapeError for anything else."""
    if not isinstance(value, dict):
        raise ShapeError(f"{what} is {_type(value)}, not an object")
    return value


def a_list(value: Any, what: str) -> list[Any]:
    """Raises ShapeError for anything else."""
    if not isinstance(value, list):
        raise ShapeError(f"{what} is {_type(value)}, not a list")
    return value


def rows(document: Mapping[str, Any], part: str) -> list[Mapping[str, Any]]:
    """The objects in a list that is a part of the document."""
    return [an_object(row, f"a row of {part}") for row in a_list(document.get(part), part)]


def text(row: Mapping[str, Any], part: str, *, required: bool = False) -> str:
    """A text in an object, empty where it is missing and may be."""
    value = row.get(part)
    if isinstance(value, str) and (value or not required):
        return value
    if value is None and not required:
        return ""
    raise ShapeError(f"{part} is {'empty' if value == '' else _type(value)}, not a text")


def _type(value: Any) -> str:
    """What came, in the words of JSON; a body that is not JSON at all counts as nothing."""
    if value is None:
        return "null or missing"
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    return names.get(type(value), "a number")


def moment(value: Any) -> datetime | None:
    """A point in time; None where it can\'t be read as one."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
