# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documents of a YAML stream as Helm and the API server read them. Pure.

PyYAML makes a node of each value, finds its type by trying patterns, and makes the value of the node: that is two
thirds of the time. Nearly all of a manifest are maps, lists, and short plain words that come again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

try:
    import yaml
    from yaml import CSafeLoader as Loader
except ImportError:
    try:
        from yaml import SafeLoader as Loader  # type: ignore[assignment]
    except ImportError:
        pass


WORD = 64
"""Letters of what is remembered."""
_TYPES = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str"))


class _UnusualError(Exception):
    """A document is left to PyYAML: with tags, anchors, merged maps or keys that are no text."""


def documents(text: str) -> Iterator[Any]:
    """What is in each document. Raises yaml.YAMLError, ValueError."""
    try:
        found = list(_usual(text))
    except _UnusualError:
        found = list(yaml.load_all(text, Loader=_loader()))
    yield from found


@cache
def _loader() -> type[Loader]:
    """A loader to which dates and equal signs are text, as to the YAML parser of Helm and the API server."""
    foreign = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")
    resolvers = {
        sign: [(tag, pattern) for tag, pattern in rules if tag not in foreign]
        for sign, rules in Loader.yaml_implicit_resolvers.items()
    }
    return type("ManifestLoader", (Loader,), {"yaml_implicit_resolvers": resolvers})


def _usual(text: str) -> Iterator[Any]:
    loader = _loader()(text)
    try:
        while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                yield _value(loader, loader.get_event())
    finally:
        loader.dispose()


def _value(loader: Any, event: Any) -> Any:
    """The value that begins with the event."""
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None:
        raise _UnusualError
    if isinstance(event, yaml.ScalarEvent):
        if not event.implicit[0]:
            return event.value
        return _word(event.value) if len(event.value) <= WORD else _plain(event.value)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(event := loader.get_event(), yaml.SequenceEndEvent):
            items.append(_value(loader, event))
        return items
    found = {}
    while not isinstance(event := loader.get_event(), yaml.MappingEndEvent):
        key = _value(loader, event)
        if not isinstance(key, str):
            raise _UnusualError
        found[key] = _value(loader, loader.get_event())
    return found


@lru_cache(maxsize=4096)
def _word(text: str) -> Any:
    return _plain(text)


def _plain(text: str) -> Any:
    """The value of what is written without quotes."""
    loader = _loader()("")
    try:
        tag = loader.resolve(yaml.ScalarNode, text, (True, False))
        if tag not in _TYPES:
            raise _UnusualError
        return loader.construct_object(yaml.ScalarNode(tag, text))
    finally:
        loader.dispose()
