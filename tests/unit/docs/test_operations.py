# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's book knows every message of the collection, and no other."""

from __future__ import annotations

import re
from functools import cache

from ansible_collections.fleetops.nvcf.tests.unit.docs.pages import Page
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT, Told, from_plugins, from_role

BOOK = Page(ROOT / "docs" / "operations.md")
FRAGMENTS = [span for cell in BOOK.first_cells("words", "kind") for span in re.findall(r"`([^`]+)`", cell)]

SAID_ELSEWHERE = {
    "_kubeconfig/context_cache.py: entry['problem']": "what contexts.py said when the cache was filled",
    "_kubeconfig/validity.py: f'{kubeconfig.source or 'the connection options'}: {problems[0]}'": "the problems there",
    "_kubernetes/port_channel.py: cluster.unreachable(error)": "what api_client.py says of it",
    "_kubernetes/exec_login.py: kept['failure']": "what the credential plugin's first run said",
    "_nvcf/connect.py: str(error)": "what proxies.py says of a variable",
    "_operations/image_pull_check.py: result['summary']": "what row.py explains",
    "_operations/recognized_registry_audit.py: "
    "'; '.join((finding.text.removesuffix('.') for finding in failing)) + '.'": "the texts of findings",
    "_operations/recognized_registry_info.py: refusal.failure": "the texts of refusals",
    "_runtime/input_rules.py: f'{field} {shown(value)}: {reason}. {cure}.'": "what refuse is called with",
    "_rollout/wait.py: ' '.join(filter(None, (text, verdict.unready, shown)))": "what _failure is called with",
    "plugin_utils/_call.py: self._first_error()": "Ansible's own words",
}
"""Errors that only pass on words, with who wrote these."""


@cache
def everything() -> list[Told]:
    return [*from_plugins(), *from_role()]


def known(told: Told) -> bool:
    """A finding has a name instead of words, which has to stand there as it is."""
    if len(told.runs) == 1 and " " not in told.runs[0]:
        return told.runs[0] in FRAGMENTS
    return any(told.holds(fragment) for fragment in FRAGMENTS if " " in fragment)


def test_every_message_has_a_row() -> None:
    worded = [told for told in everything() if told.runs]
    assert len(worded) > 150, "the sources hold more messages than were found"
    assert [str(told) for told in worded if not known(told)] == []


def test_every_row_is_about_a_message_that_exists() -> None:
    told = everything()
    gone = [fragment for fragment in FRAGMENTS if not any(message.holds(fragment) for message in told)]
    assert gone == []


def test_an_error_without_words_of_its_own_is_one_that_passes_others_on() -> None:
    assert {told.where for told in everything() if not told.runs} == SAID_ELSEWHERE.keys()


def test_the_words_of_a_row_are_enough_to_know_the_message_by() -> None:
    letters = {fragment: len(re.sub(r"\W", "", fragment)) for fragment in FRAGMENTS if " " in fragment}
    assert [fragment for fragment, count in letters.items() if count < 7] == []
