# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""There is twice as much code in unit tests as in what they test, and lines are counted fairly."""

from __future__ import annotations

from textwrap import dedent

from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT
from ansible_collections.fleetops.nvcf.tests.unit.gates.lines import lines_below, lines_of


def test_unit_tests_have_twice_the_lines_of_plugins() -> None:
    plugins, tests = (lines_below([ROOT / name]) for name in ("plugins", "tests/unit"))
    assert tests >= 2 * plugins, f"{tests} lines of unit tests for {plugins} of plugins"


def test_comments_blanks_and_documentation_are_no_code() -> None:
    source = '''\
        """What the file is for."""

        # Why.
        DOCUMENTATION = r"""
        options: {}
        """
        NAME = """
        a string is code
        """


        def function() -> None:
            """What it does."""
            call(
                1,  # for a reason
            )
    '''
    assert lines_of(dedent(source)) == 3 + 4
