# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which changes of a release's history are events."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from ansible.inventory.manager import split_host_pattern
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import History, Revision
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._release_events.changes import Changes, limit_to

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ABOUT = {"host": "east-1", "context": "east-1", "namespace": "nvcf", "release": "api", "service": "functions"}


def revision(
    number: int, status: str = "deployed", mark: str = "", *, age: float = 60, writer: str = "helm"
) -> Revision:
    created = NOW - timedelta(seconds=age - number)
    return Revision(number=number, status=status, modified=created, created=created, mark=mark, writer=writer)


def history(*revisions: Revision) -> History:
    return History(service=FUNCTIONS, name="api", namespace="nvcf", revisions=revisions, seen=NOW)


def types(looks: Sequence[History | None], **options: bool) -> list[str | None]:
    changes = Changes(about=dict(ABOUT), **options)
    return [event["type"] if (event := changes.see(look)) else None for look in looks]


OWN = "a1b2.1"
"""The mark of a run that found revision 1 to be the newest."""
FIRST = revision(1)
LATER = {"pending": history(FIRST, revision(2, "pending-upgrade")), "deployed": history(FIRST, revision(2))}


def test_a_deployment_gives_one_event_when_it_is_deployed() -> None:
    assert types([history(FIRST), LATER["pending"], LATER["deployed"], LATER["deployed"]]) == [
        None,
        None,
        "changed",
        None,
    ]


def test_the_event_says_where_and_which_revision_and_limits_a_run_to_the_host() -> None:
    changes = Changes(about=dict(ABOUT))
    changes.see(history(FIRST))
    assert changes.see(LATER["deployed"]) == {
        **ABOUT,
        "type": "changed",
        "revision": 2,
        "status": "deployed",
        "created": "2026-11-29T11:59:02+00:00",
        "writer": "helm",
        "by_collection": False,
        "replacements": 0,
        "meta": {"hosts": ["east-1"]},
    }


def test_what_is_there_at_the_start_is_reported_only_where_that_was_asked_for() -> None:
    assert types([history(FIRST), history(FIRST)], report_existing=True) == ["present", None]
    assert types([LATER["pending"]], report_existing=True) == [None]
    assert types([None], report_existing=True) == [None]


def test_what_was_pending_at_the_start_is_a_change_once_it_is_deployed() -> None:
    assert types([LATER["pending"], LATER["deployed"]]) == [None, "changed"]


def test_a_revision_of_this_collection_is_no_event_and_one_that_inherits_its_label_is() -> None:
    own = revision(2, mark=OWN)
    assert types([history(FIRST), history(FIRST, own), history(FIRST, own, revision(3, mark=OWN))]) == [
        None,
        None,
        "changed",
    ]


def test_a_label_that_was_set_by_hand_hides_no_change() -> None:
    assert types([history(FIRST), history(FIRST, revision(2, mark="mine"))]) == [None, "changed"]


def test_a_failed_deployment_is_an_event_of_its_own() -> None:
    assert types([history(FIRST), history(FIRST, revision(2, "failed"))]) == [None, "failed"]


@pytest.mark.parametrize("left", [None, history(revision(2, "uninstalled", OWN))], ids=["nothing", "history kept"])
def test_an_uninstallation_is_an_event_whoever_deployed_last(left: History | None) -> None:
    changes = Changes(about=dict(ABOUT))
    changes.see(history(FIRST, revision(2, mark=OWN)))
    event = changes.see(left)
    assert event is not None
    assert (event["type"], event["revision"], event["status"]) == ("uninstalled", 2, "uninstalled")


def test_a_new_installation_is_a_change_although_its_number_was_there_before() -> None:
    assert types([history(FIRST), history(revision(1, age=10))]) == [None, "changed"]


def test_a_pending_revision_that_is_deleted_is_no_change() -> None:
    assert types([history(FIRST), LATER["pending"], history(FIRST)]) == [None, None, None]


def contest(*, age: float) -> list[History]:
    """Others and this collection replace each other's revisions."""
    marks = ("", "a.1", "a.1", "b.3", "b.3")
    all_of_it = [revision(number, mark=mark, age=age) for number, mark in enumerate(marks, 1)]
    return [history(*all_of_it[:end]) for end in range(1, 6)]


def test_who_replaces_this_collections_revisions_again_within_an_hour_contests_them() -> None:
    assert types(contest(age=60)) == [None, None, "changed", None, "contested"]


def test_what_was_replaced_long_ago_is_no_contest() -> None:
    assert types(contest(age=4000)) == [None, None, "changed", None, "changed"]


def test_a_writer_that_ansible_would_take_for_a_template_is_left_out() -> None:
    changes = Changes(about=dict(ABOUT))
    changes.see(history(FIRST))
    event = changes.see(history(FIRST, revision(2, writer="{{ lookup('pipe', 'id') }}")))
    assert event is not None
    assert event["writer"] == ""


@pytest.mark.parametrize("host", ["east-1", "arn:aws:eks:eu:1:cluster/a.b", "a,b", "kind 1", "~x", "[a]", "é{{ x }}"])
def test_the_limit_matches_the_host_alone_whatever_is_in_its_name(host: str) -> None:
    pattern = limit_to(host)
    assert split_host_pattern(f"{pattern},other") == [pattern, "other"]
    assert "{" not in pattern
    if pattern != host:
        assert pattern[0] == "~"
        assert re.match(pattern[1:], host)
        others = {f"{host}x", f"x{host}", *(host.replace(sign, "x", 1) for sign in re.findall(r"\W", host))} - {host}
        assert not any(re.match(pattern[1:], other) for other in others)
