# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what a run says is so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.fleetops.nvcf.tests.faults.rows import End, Operation
from ansible_collections.fleetops.nvcf.tests.faults.scene import Ran
from ansible_collections.fleetops.nvcf.tests.faults.state import MINE, State

RETURNED = re.compile(
    r"The release (?:was returned to|is at) revision (\d+)(?: \(stored as new revision (\d+)\))?, "
    r"and its pods are ready\."
)
LACKING = re.compile(r"The user lacks this permission|The credentials were rejected|Kubernetes user cannot create")
RUN_TOGETHER = re.compile(r"[^.!?] (?:The release was (?:returned|not rolled back)|Nothing was written)")
NEWEST = re.compile(r"newest is (\d+) \(([a-z-]+) ")
ROLLBACKS = ("Rollback to", "fleetops.nvcf: rollback to")
"""How helm's description and the collection's of such a revision begin."""


def end_of(ran: Ran, operation: Operation) -> End:
    """How the run ended, by its own words. One that stopped at its first look does not speak of the release."""
    if ran.status == 0:
        return End.DONE
    if ran.status not in (1, 2, 4) or not ran.told:
        return End.ENDED
    if RETURNED.search(ran.told):
        return End.RETURNED
    first = operation is not Operation.RETURN and len(ran.results) == 1
    if first or "Nothing was written." in ran.told:
        return End.UNTOUCHED
    if "The release was not rolled back." in ran.told:
        return End.LEFT
    return End.UNKNOWN


def false_sentences(
    ran: Ran, before: State, after: State, operation: Operation, *, others: bool, forbidden: bool
) -> list[str]:
    """What the run says that is not so.

    `others`: somebody else has changed the same registry meanwhile. `forbidden`: the row takes rights away.
    """
    found = list(_false(ran, before, after, operation, others=others))
    if not forbidden and (blamed := LACKING.search(ran.told)):
        found.append(f"'{blamed[0]}', but the user may do everything")
    return found


def _false(ran: Ran, before: State, after: State, operation: Operation, *, others: bool) -> Iterator[str]:
    told, end = ran.told, end_of(ran, operation)
    own = own_revisions(before, after)
    if end is End.DONE and (wrong := after.holds(operation is Operation.ADD)):
        yield f"it succeeded, but {wrong}"
    if end is End.UNTOUCHED:
        if own:
            yield f"'Nothing was written.', but there is {own}"
        registry = {key: after.config_map.get(key) for key in MINE}
        if not others and registry != {key: before.config_map.get(key) for key in MINE}:
            yield f"'Nothing was written.', but the ConfigMap has {registry}"
    if "The release was not rolled back." in told and not own:
        yield f"'was not rolled back' is said of a change, but nothing was written: {after.history}"
    if found := RETURNED.search(told):
        yield from _not_returned(int(found[1]), after)
        if found[2] and int(found[2]) != after.newest.number:
            yield f"it is said to be revision {found[2]} now, but there are {after.history}"
    if run_together := RUN_TOGETHER.search(told):
        yield f"two sentences are one: {told[: run_together.end()][-60:]}"
    for number, status in NEWEST.findall(told):
        if (int(number), status) not in {(one.number, one.status) for one in after.revisions}:
            yield f"it names revision {number} ({status}), but there are {after.history}"
    for line in ran.results:
        result = line["result"]
        if "Set the recogni" in line["task"] and line["outcome"] == "failed":
            yield from _wrong_facts(result.get("changed"), result.get("newest_revision"), own, after)


def _not_returned(number: int, after: State) -> Iterator[str]:
    target = after.revision(number)
    if target is None:
        yield f"returned to revision {number}, which does not exist: {after.history}"
        return
    if after.newest.status != "deployed":
        yield f"returned to revision {number}, but the newest is {after.history[-1]}"
    if after.newest.values != target.values:
        yield f"returned to revision {number}, but the newest has other values"
    if {k: after.config_map.get(k) for k in MINE} != {k: target.env.get(k) for k in MINE}:
        yield f"returned to revision {number}, but the ConfigMap has not what it says"
    if not after.rolled_out:
        yield f"returned to revision {number} 'and its pods are ready', but they are not"


def _wrong_facts(changed: object, newest: object, own: list[str], after: State) -> Iterator[str]:
    if not changed and own:
        yield f"the result's changed is {changed}, but there is {own}"
    if isinstance(newest, int) and changed and newest > after.newest.number:
        yield f"the result's newest_revision is {newest}, but there are {after.history}"


def own_revisions(before: State, after: State) -> list[str]:
    """Revisions that the collection wrote since: with a mark of their own, or rollbacks."""
    known = {one.number for one in before.revisions}
    former = {"", *(one.run for one in before.revisions)}
    found = []
    for one in after.revisions:
        if one.number not in known and (one.run not in former or one.description.startswith(ROLLBACKS)):
            found.append(f"{one.number} {one.status} ({one.description})")
        former.add(one.run)
    return found
