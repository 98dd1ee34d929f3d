# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a run knows of its own writes when something ends it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.write_record import WriteRecord
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError, NvcfError


def told(trail: WriteRecord, error: NvcfError) -> dict[str, Any]:
    """The facts of an error that has passed the trail."""
    with pytest.raises(type(error)) as caught, trail.on_errors():
        raise error
    assert caught.value is error
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


def test_an_error_before_the_first_write_claims_nothing_about_the_release() -> None:
    assert told(WriteRecord(base=4, good=4), HelmError("no", helm={"rc": 1})) == {"helm": {"rc": 1}}


def test_an_error_after_a_write_tells_what_there_is_to_take_back_beside_its_own_facts() -> None:
    facts = told(WriteRecord(changed=True, base=4, good=3, newest=5), HelmError("no", helm={"rc": 1}))
    assert facts == {
        "helm": {"rc": 1},
        "changed": True,
        "previous_revision": 4,
        "last_good_revision": 3,
        "newest_revision": 5,
    }


def test_an_error_that_took_itself_for_harmless_is_corrected_by_what_was_written() -> None:
    assert told(WriteRecord(changed=True, newest=5), NvcfError("no", changed=False))["changed"] is True


def test_what_is_written_inside_the_block_counts_although_nothing_was_before_it() -> None:
    trail, error = WriteRecord(), NvcfError("no")

    def write() -> None:
        with trail.on_errors():
            trail.wrote(9)
            raise error

    with pytest.raises(NvcfError):
        write()
    assert error.facts == {"changed": True, "newest_revision": 9}


def test_what_is_no_error_of_the_collection_passes_as_it_is() -> None:
    error = RuntimeError("a bug")
    with pytest.raises(RuntimeError) as caught, WriteRecord(changed=True, newest=1).on_errors():
        raise error
    assert caught.value is error
    assert not hasattr(error, "facts")
