# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which looks at a release's history are events, and what an event contains: metadata only. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from ...module_utils._helm.storage import DEPLOYED, UNINSTALLED, History, Revision

Kind = Literal["present", "changed", "contested", "failed", "uninstalled"]

CONTEST = timedelta(hours=1)
CONTESTED = 2
"""How often others must have replaced a revision of this collection within that time, so that adding does not help."""

_SETTLED = (DEPLOYED, "failed", UNINSTALLED)
_PLAIN = re.compile(r"[A-Za-z0-9_][\w.-]*", re.ASCII)
_WRITER = re.compile(r"[\w .()/:@+-]{1,128}", re.ASCII)
"""A program names itself to the API server, and a name must not become a template where Ansible gets the event."""

_Sight = tuple[int, datetime | None, str]
"""Number, creation and status of the newest revision: after an uninstallation, numbers begin again."""
_NOTHING: _Sight = (0, None, UNINSTALLED)


@dataclass(kw_only=True)
class Changes:
    """What has become of one release since it was first looked at. Looks may be far apart: each shows all revisions."""

    about: dict[str, Any]
    """What every event says: host, context, namespace, release, service."""
    report_existing: bool = False
    _known: _Sight | None = field(default=None, init=False)
    _last: int = field(default=0, init=False)

    def see(self, history: History | None) -> dict[str, Any] | None:
        """The event that this look is, or None. `history` is None where no revision is stored."""
        known, sight = self._known, _sight(history)
        settled = sight[2] in _SETTLED
        self._last = sight[0] or self._last
        # The first one counts while it is pending as well: what it ends as is a change.
        if sight == known or not (settled or known is None):
            return None
        self._known = sight
        if known is None:
            kind: Kind | None = "present" if self.report_existing and settled and history else None
        else:
            kind = _kind(history)
        return self._event(kind, history) if kind else None

    def _event(self, kind: Kind, history: History | None) -> dict[str, Any]:
        newest = history.newest if history else None
        return {
            "type": kind,
            **self.about,
            "revision": newest.number if newest else self._last,
            "status": newest.status if newest else UNINSTALLED,
            "created": newest.created.isoformat() if newest and newest.created else None,
            "writer": newest.writer if newest and _WRITER.fullmatch(newest.writer) else "",
            "by_collection": bool(history and newest and is_own(history, newest)),
            "replacements": replacements(history) if history else 0,
            "meta": {"hosts": [limit_to(self.about["host"])]},
        }


def _kind(history: History | None) -> Kind | None:
    """What a settled change is to those who follow; None for one that this collection has made."""
    if history is None or history.newest.status == UNINSTALLED:
        return "uninstalled"
    if is_own(history, history.newest):
        return None
    if history.newest.status != DEPLOYED:
        return "failed"
    return "contested" if replacements(history) >= CONTESTED else "changed"


def is_own(history: History, revision: Revision) -> bool:
    """Whether a run of this collection has stored it. A label alone does not show that: Helm hands labels down."""
    return bool(revision.mark) and _marked(history, revision.mark) is revision


def _marked(history: History, mark: str) -> Revision | None:
    try:
        return history.marked(mark)
    except ValueError:
        # Someone has set a label of that name by hand.
        return None


def replacements(history: History) -> int:
    """How many revisions of this collection were replaced by others within the last hour."""
    pairs = zip(history.revisions, history.revisions[1:], strict=False)
    return sum(
        is_own(history, before) and not is_own(history, after) and after.status != "failed"
        for before, after in pairs
        if after.created and history.seen - after.created <= CONTEST
    )


def limit_to(host: str) -> str:
    """The pattern that matches this host and no other: Ansible splits patterns at colons, commas and spaces."""
    if _PLAIN.fullmatch(host):
        return host
    escaped = "".join(one if one.isascii() and one.isalnum() else f"\\U{ord(one):08x}" for one in host)
    return f"~{escaped}$"


def _sight(history: History | None) -> _Sight:
    if history is None:
        return _NOTHING
    return history.newest.number, history.newest.created, history.newest.status
