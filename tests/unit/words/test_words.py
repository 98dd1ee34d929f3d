# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check that finds words to avoid."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.words.__main__ import ROOT, avoided, main, read_by_users

AVOIDED = avoided()


def found(text: str) -> list[tuple[int, str]]:
    return [match for entry in AVOIDED for match in entry.found(text)]


@pytest.mark.parametrize(
    "text",
    [
        "the cluster ought to have it",
        "Somebody changed the release.",
        "'x' is no URL",
        "it cannot be had",
        "The change is taken back.",
        "it has blanks around it",
        "e.g. ghcr.io",
        "it doesn't start",
        "Whitelist the host",
    ],
)
def test_a_riddle_is_found(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        "there is no Service nvcf/api",
        "the key is no longer recognized",
        "At least one of these must be set.",
        "The release was rolled back to revision 3.",
        "bought, brought, thought",
        "blanket, backup, retelling",
    ],
)
def test_plain_words_are_not(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "A comment that goes\non here.",
        "    # A comment that goes\n    # on here.",
        '    "a text that goes "\n    f"on here"',
        "- a list that goes\n  on here",
    ],
)
def test_a_sentence_is_read_across_its_lines(text: str) -> None:
    assert found(text) == [(1, "goes on")]


def test_the_line_is_that_on_which_the_words_begin() -> None:
    assert found("one\ntwo\n  # three ought to\nfour") == [(3, "ought")]


def test_what_users_read_is_read_and_tests_are_not() -> None:
    names = {str(path.relative_to(ROOT)) for path in read_by_users([])}
    assert {"README.md", "docs/operations.md", "playbooks/add.yml", "plugins/modules/api_rollout.py"} <= names
    assert not {name for name in names if Path(name).parts[0] in ("tests", "LICENSES")}
    below = {str(path.relative_to(ROOT)) for path in read_by_users(["plugins/modules", "README.md"])}
    assert {"README.md", "plugins/modules/api_rollout.py"} < below < names


def test_a_path_that_does_not_exist_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["words", "README.md", "plugin"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "no such file or folder: plugin" in capsys.readouterr().err
