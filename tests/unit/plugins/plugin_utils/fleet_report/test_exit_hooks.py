# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The last word of real processes that end, or are ended, in every way."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

TELLING = """
from __future__ import annotations
import os
import signal
import sys
import threading
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.exit_hooks import install_exit_hooks

def tell(word):
    print(word, flush=True)

def listen():
    install_exit_hooks(at_exit=lambda: tell("exit"), at_signal=lambda: tell("signal"))

def to_myself(number):
    os.kill(os.getpid(), number)
"""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def ended(script: str, *, ignoring: str = "") -> tuple[list[str], int]:
    """What a process told before it ended, and how it ended; below 0 by a signal."""
    surroundings = ["env", "--default-signal", *([f"--ignore-signal={ignoring}"] if ignoring else [])]
    done = subprocess.run(
        [*surroundings, sys.executable, "-c", TELLING + script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout.splitlines(), done.returncode


def test_a_process_that_ends_by_itself_says_so_once() -> None:
    assert ended("listen()\ntell('work')") == (["work", "exit"], 0)


def test_a_process_that_crashes_says_its_last_word_too() -> None:
    assert ended("listen()\nraise SystemExit(3)") == (["exit"], 3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_nobody_else_heeds_still_ends_the_process(number: signal.Signals) -> None:
    assert ended(f"listen()\nto_myself({number:d})\ntell('went on')") == (["signal"], -number)


def test_an_interrupt_is_still_pythons_own() -> None:
    script = f"listen()\ntry:\n    to_myself({signal.SIGINT:d})\nexcept KeyboardInterrupt:\n    tell('caught')"
    assert ended(script) == (["signal", "caught", "exit"], 0)


@pytest.mark.parametrize("number", SIGNALS)
def test_who_listened_before_is_told_after_the_last_word(number: signal.Signals) -> None:
    former = f"signal.signal({number:d}, lambda number, frame: tell(f'former {{number:d}}'))"
    assert ended(f"{former}\nlisten()\nto_myself({number:d})") == (["signal", f"former {number:d}", "exit"], 0)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_last_word_at_a_signal_is_said_once(number: signal.Signals) -> None:
    former = f"signal.signal({number:d}, lambda *given: tell('former'))"
    told, _code = ended(f"{former}\nlisten()\nto_myself({number:d})\nto_myself({number:d})")
    assert told == ["signal", "former", "former", "exit"]


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
def test_a_process_that_was_told_to_ignore_a_signal_outlives_it(name: str) -> None:
    assert ended(f"listen()\nto_myself(signal.SIG{name})\ntell('went on')", ignoring=name) == (["went on", "exit"], 0)


def test_a_last_word_that_fails_does_not_keep_the_signal_from_ending_the_process() -> None:
    script = (
        "install_exit_hooks(at_exit=lambda: None, at_signal=lambda: 1 / 0)\nto_myself(signal.SIGTERM)\ntell('went on')"
    )
    assert ended(script) == ([], -signal.SIGTERM)


def test_a_fork_says_no_last_word_for_its_parent() -> None:
    script = """
listen()
if (child := os.fork()) == 0:
    to_myself(signal.SIGTERM)
    tell("the child went on")
assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM
if (child := os.fork()) == 0:
    sys.exit()
os.waitpid(child, 0)
tell("parent")
"""
    assert ended(script) == (["parent", "exit"], 0)


def test_a_thread_can_set_no_handler_and_the_last_word_at_the_end_is_said_all_the_same() -> None:
    threaded = "thread = threading.Thread(target=listen)\nthread.start()\nthread.join()\n"
    script = threaded + "tell(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)"
    assert ended(script) == (["True", "exit"], 0)
