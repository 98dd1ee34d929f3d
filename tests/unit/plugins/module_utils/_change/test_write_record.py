# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a run knows of its own writes when something ends it."""

from __future__ import annotations

from typing import Any

from ansible_collections.fleetops.nvcf.plugins.module_utils._change.write_record import WriteRecord
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import Revision
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError, NvcfError


def told(trail: WriteRecord, error: NvcfError) -> dict[str, Any]:
    """The facts of an error that ends the run."""
    trail.report(error)
    return error.facts


def test_a_run_that_has_written_nothing_says_so_and_nothing_else() -> None:
    assert WriteRecord().facts() == {"changed": False}


def test_what_a_change_is_built_on_is_also_where_it_returns_to() -> None:
    trail = WriteRecord()
    trail.built_on(4)
    assert trail.facts() == {"changed": False, "previous_revision": 4, "last_good_revision": 4}


def test_a_revision_to_return_to_may_be_older_than_the_one_that_was_built_on() -> None:
    assert WriteRecord(base=4, good=2).facts() == {"changed": False, "previous_revision": 4, "last_good_revision": 2}


def test_after_a_write_its_revision_is_the_newest_that_this_run_knows() -> None:
    trail = WriteRecord()
    trail.wrote(5)
    trail.wrote(6)
    assert trail.facts() == {"changed": True, "newest_revision": 6}


def test_building_on_another_revision_does_not_undo_that_something_was_written() -> None:
    trail = WriteRecord()
    trail.wrote(6)
    trail.built_on(5)
    assert trail.facts() == {
        "changed": True,
        "previous_revision": 5,
        "last_good_revision": 5,
        "newest_revision": 6,
    }


def test_an_error_before_the_first_write_says_that_nothing_was_written() -> None:
    assert told(WriteRecord(base=4, good=4), HelmError("no", helm={"rc": 1})) == {"helm": {"rc": 1}, "written": False}


def test_an_error_after_a_write_tells_what_there_is_to_take_back_beside_its_own_facts() -> None:
    facts = told(WriteRecord(changed=True, base=4, good=3, newest=5, mark="a.4"), HelmError("no", helm={"rc": 1}))
    assert facts == {
        "helm": {"rc": 1},
        "changed": True,
        "written": True,
        "previous_revision": 4,
        "last_good_revision": 3,
        "newest_revision": 5,
        "mark": "a.4",
    }


def test_an_error_that_took_itself_for_harmless_is_corrected_by_what_was_written() -> None:
    assert told(WriteRecord(changed=True, newest=5), NvcfError("no", changed=False))["changed"] is True


def test_a_helm_that_was_started_may_have_written_until_the_cluster_tells() -> None:
    trail = WriteRecord()
    trail.begin("a.4")
    assert trail.facts() == {"changed": True, "mark": "a.4"}
    trail.end(Revision(number=5, status="failed", modified=None))
    assert trail.facts() == {"changed": True, "mark": "a.4", "newest_revision": 5}


def test_a_helm_that_has_stored_nothing_leaves_what_was_known_before() -> None:
    trail = WriteRecord()
    trail.begin("a.4")
    trail.end(None)
    assert trail.facts() == {"changed": False}
    trail.begin("b.4")
    trail.end(Revision(number=5, status="deployed", modified=None))
    trail.begin("c.5")
    trail.end(None)
    assert trail.facts() == {"changed": True, "mark": "b.4", "newest_revision": 5}
