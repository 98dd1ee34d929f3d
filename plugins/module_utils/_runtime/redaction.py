# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes a release's values out of text that another program wrote. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

SHORTEST = 6
"""Hiding every `1.2` or `true` would leave no error readable, so shorter strings are hidden under these keys only."""
SECRET_KEY = re.compile(r"pass(word|phrase|wd)?|pwd|secret|token|credential|auth(?!or)|[a-z]key$|_key$", re.IGNORECASE)
SHORTEST_SECRET = 3
MASK = "********"
_WORD = re.compile(r"\w")
_HTML = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"})


# Where a name shows that a secret follows. What is not a secret is left: that one is missing is worth knowing.
_SAYS = r"(?!(?:null|none|true|false)(?=[\s,;&}]|$)|\*{3})"
_QUOTED = r"""(?:"[^"\n]*"|'[^'\n]*')"""
_PATTERNS = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), MASK),
    # The end of one whose beginning is not there.
    (re.compile(r"\A[A-Za-z0-9+/=\s]+(?=-----END [A-Z ]*PRIVATE KEY-----)"), MASK),
    # Looks once at each run of such characters, however often `eyJ` stands in it.
    (re.compile(r"(?<![\w-])(?=[\w-]++\.[\w-]{6})([\w-]*?\b)eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?"), rf"\1{MASK}"),
    (re.compile(r"\b(?:nvapi-[\w-]{16,}|gh[pousr]_\w{16,}|(?:AKIA|ASIA)[A-Z0-9]{16})\b"), MASK),
    (re.compile(r"(\w://)[^\s/@\"':]*:[^\s/@\"']+@"), rf"\1{MASK}@"),
    (re.compile(r"(\bauthorization[\"']?\s*[:=]\s*)[^\n,;}]+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"(\bbearer\s+)[\w.~+/=-]{16,}", re.IGNORECASE), rf"\1{MASK}"),
    (
        re.compile(
            rf"((?:password|passwd|passphrase|pwd)[\"']?\s*[=:]\s*){_SAYS}(?:{_QUOTED}|[^\s,;&}}]+)", re.IGNORECASE
        ),
        rf"\1{MASK}",
    ),
    (
        # These words stand in sentences, too: `InvalidToken: has expired`.
        re.compile(
            r"((?:secret|token|credentials?|(?:api|access|private|secret)[._-]?key)(?:[\"']\s*[:=]|=|\s*[:=](?=\s*[\"'])"
            rf"|\s*[:=](?=\s*\S{{16}}))\s*){_SAYS}(?:{_QUOTED}|[^\s,;&}}]+)",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
)


_LOGIN = re.compile(r"//([^\s/]+@)")


def logins(given: Any) -> Iterator[str]:
    """The logins of all URLs in what was given as options, each with the sign that ends it."""
    if isinstance(given, Mapping):
        # The scheme of an API server's address may be left out.
        given = [f"//{value}" if name == "host" else value for name, value in given.items()]
    if isinstance(given, list):
        for one in given:
            yield from logins(one)
    elif isinstance(given, str):
        yield from _LOGIN.findall(given)


def without_credentials(text: str) -> str:
    """`text` without what looks like a secret, for secrets that no value of a release holds."""
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return text


class Redactor:
    """Replaces every string that occurs in a values tree, plain or in base64, except what is public anyway.

    Helm's error texts quote values and rendered Secrets, and a password does not differ from a name by its form;
    so the rule is the other way round: what is not known to be public is hidden. A short string is hidden where it
    stands as a word of its own, if its key says that it is a secret.
    """

    def __init__(self, values: Any, *, public: Collection[str]) -> None:
        leaves = set(_leaves(values))
        hidden = {text for leaf, _secret in leaves for text in _forms(leaf) if len(text) >= SHORTEST}
        words = {text for leaf, secret in leaves if secret for text in _forms(leaf) if len(text) >= SHORTEST_SECRET}
        self._starting: dict[str, dict[int, set[str]]] = {}
        for text in (hidden | words) - set(public):
            start = self._starting.setdefault(text[:SHORTEST_SECRET], {})
            start.setdefault(len(text), set()).add(text)
        # The longest first.
        self._starting = {start: dict(sorted(texts.items(), reverse=True)) for start, texts in self._starting.items()}
        self._hidden = hidden

    def __call__(self, text: str) -> str:
        """`text` with what is not public replaced by asterisks, in time that does not grow with the values' number."""
        shown: list[str] = []
        done = place = 0
        while place < len(text):
            found = self._found(text, place)
            if not found:
                place += 1
                continue
            shown += [text[done:place], MASK]
            done = place = place + found
        return "".join([*shown, text[done:]])

    def _found(self, text: str, place: int) -> int:
        """The length of the longest text to be hidden that stands there; 0 for none."""
        for length, texts in self._starting.get(text[place : place + SHORTEST_SECRET], {}).items():
            piece = text[place : place + length]
            if piece in texts and (piece in self._hidden or _is_word(text, place, place + length)):
                return length
        return 0


def _is_word(text: str, start: int, end: int) -> bool:
    return not _WORD.match(text[start - 1 : start]) and not _WORD.match(text[end : end + 1])


def _leaves(tree: Any, *, secret: bool = False) -> Iterator[tuple[str, bool]]:
    """Each text, and whether a key above it says that it is a secret."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, secret=secret or SECRET_KEY.search(str(key)) is not None)
    elif isinstance(tree, list):
        for value in tree:
            yield from _leaves(value, secret=secret)
    elif tree is not None and not isinstance(tree, bool):
        yield str(tree), secret


def _forms(leaf: str) -> Iterator[str]:
    yield leaf
    yield leaf.strip()
    # Programs that print line by line; quotation of Go and YAML.
    yield from (line.strip() for line in leaf.splitlines())
    yield leaf.encode("unicode_escape").decode()
    yield leaf.replace("'", "''")
    for ascii_only in (True, False):
        quoted = json.dumps(leaf, ensure_ascii=ascii_only)[1:-1]
        yield quoted
        # Go's JSON may be put into HTML as it is.
        yield quoted.translate(_HTML)
    yield base64.b64encode(leaf.encode()).decode()
