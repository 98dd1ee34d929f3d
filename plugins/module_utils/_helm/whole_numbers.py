# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole numbers that helm renders otherwise when they are read from values than when they were given by `--set`. Pure.

Helm keeps what `--set` is given as an integer, and whatever it reads from a file as a floating-point number, of which a
template makes `5e+06`. Only the arguments of helm make integers, and values are not arguments here. As text they are
rendered as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from .manifest_diff import Difference, Place

LEAST = 10**6
"""The first whole number that is rendered with an exponent."""

Changed = tuple[Difference, Any, Any]
"""A difference with what is at its place before and after."""


def misread(values: Mapping[str, Any], changed: Iterable[Changed]) -> dict[Place, list[Difference]]:
    """The whole numbers of `values` to which differences are due, by their place; and those that helm would round."""
    result: dict[Place, list[Difference]] = {}
    texts = [(difference, _text(before), _text(after)) for difference, before, after in changed]
    for place, number in _numbers(values, ()):
        short = _rendered(number)
        due = [it for it, before, after in texts if short in after and after.replace(short, str(number)) == before]
        if due or Decimal(repr(float(number))) != number:
            result[place] = due
    return result


def as_text(values: Any, places: Sequence[Place]) -> Any:
    """A copy of `values` in which what is at `places` is text; everything else is the very same objects."""
    if () in places:
        return str(values)
    heads = {place[0] for place in places}
    deeper = {head: as_text(values[head], [it[1:] for it in places if it[0] == head]) for head in heads}
    if isinstance(values, Mapping):
        return {**values, **deeper}
    return [deeper.get(index, item) for index, item in enumerate(values)] if places else values


def _numbers(tree: Any, place: Place) -> Iterator[tuple[Place, int]]:
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _numbers(value, (*place, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _numbers(value, (*place, index))
    elif isinstance(tree, int) and not isinstance(tree, bool) and abs(tree) >= LEAST:
        yield place, tree


def _rendered(number: float) -> str:
    """What Go prints for it as a floating-point number."""
    sign, digits, exponent = Decimal(repr(float(number))).normalize().as_tuple()
    first, *rest = map(str, digits)
    point = "." if rest else ""
    return f"{'-' if sign else ''}{first}{point}{''.join(rest)}e{len(rest) + int(exponent):+03d}"


def _text(value: Any) -> str:
    """A scalar as it is rendered: the parser makes a number of some of what has an exponent, and text of the rest."""
    return _rendered(value) if isinstance(value, float) and abs(value) >= LEAST else str(value)
