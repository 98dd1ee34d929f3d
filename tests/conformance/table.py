# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Renders docs/connections.md from the variants."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.fleetops.nvcf.tests.conformance.suite import SUITE
from ansible_collections.fleetops.nvcf.tests.conformance.variant import (
    ADMINISTRATOR,
    ANONYMOUS,
    POWERLESS,
    VISITOR,
    End,
    Group,
    Variant,
)

USUAL = {VISITOR, ADMINISTRATOR}
"""Whose token is in the file."""
WHO = {POWERLESS: "the certificate's user", ANONYMOUS: "no one (`system:anonymous`)"}
PAGE = Path(__file__).resolve().parents[2] / "docs" / "connections.md"


def page() -> str:
    """The whole page."""
    head = (Path(__file__).parent / "connections.md.in").read_text(encoding="utf-8")
    count = sum(len(group.variants) for group in SUITE)
    return head.replace("@COUNT@", str(count)).replace("@TABLES@", "\n\n".join(map(_table, SUITE)))


def _table(group: Group) -> str:
    note = [group.note, ""] if group.note else []
    lines = [f"## {group.title}", "", *note, "| what is given | what happens | why it differs |", "|---|---|---|"]
    return "\n".join([*lines, *map(_row, group.variants)])


def _row(variant: Variant) -> str:
    why = " ".join(filter(None, (variant.differs, variant.kubectl_varies)))
    return f"| {_cell(variant.what)} | {_cell(_happens(variant))} | {_cell(why)} |"


def _happens(variant: Variant) -> str:
    who = f" as {WHO.get(variant.identity, 'the one who is impersonated')}" if variant.identity not in USUAL else ""
    names = ", ".join(f"`{name.lstrip('/')}`" for name in variant.names if "@" not in name)
    message = f"; the message names {names}" if names else ""
    return {
        End.CONNECTS: f"connects{_through(variant)}{who}",
        End.REFUSED: f"refused{message}",
        End.ONLY_KUBECTL: f"differs: refused, kubectl connects{who}{message}",
        End.ONLY_OURS: f"differs: connects{who}, kubectl refuses",
    }[variant.end]


def _through(variant: Variant) -> str:
    return " through the proxy" if any(name.startswith("proxy:") for name in variant.reached) else ""


def _cell(text: str) -> str:
    """Names of fields and variables stand out; what has a meaning in Markdown loses it."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else _marked(part) for part in parts).replace("|", "\\|")


def _marked(text: str) -> str:
    return re.sub(r"\w+(?:[-_]\w+)+", _name, text)


def _name(found: re.Match[str]) -> str:
    """Words with a hyphen are no names unless a kubeconfig has them."""
    word = found[0]
    return f"`{word}`" if "_" in word or word in FIELDS else word


FIELDS = {
    "auth-provider",
    "current-context",
    "disable-compression",
    "insecure-skip-tls-verify",
    "proxy-url",
    "tls-server-name",
}


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE} is written")


if __name__ == "__main__":
    main()
