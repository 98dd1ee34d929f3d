# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Signals while an operation runs: real ones, sent to a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.interrupts import SIGNALS, orderly_interrupts

IMPORTS = """
import os, signal, sys, time
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime import interrupts
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.interrupts import (
    Interrupted, held_back, orderly_interrupts
)

# Whoever runs the tests may have some of them ignored (nohup, a shell's background job), and that is inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, signal.SIG_DFL)
"""
# Every operation here can take its time: the signal has come before the process goes on.
BLOCK = """
with orderly_interrupts():
    try:
        os.kill(os.getpid(), signal.{signal})
        time.sleep(60)
    finally:
        print("tidied up", flush=True)
print("went on", flush=True)
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", IMPORTS + program], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_lets_the_operation_tidy_up_and_ends_the_process_by_that_signal(signum: signal.Signals) -> None:
    # Python would turn an interrupt into an exception by itself; Ansible's worker has given that up.
    done = run("signal.signal(signal.SIGINT, signal.SIG_DFL)" + BLOCK.format(signal=signum.name))
    assert done.stdout == "tidied up\n"
    assert done.returncode == -signum


def test_a_handler_of_before_hears_the_signal_afterwards() -> None:
    handler = "signal.signal(signal.SIGTERM, lambda *_arguments: print('heard', flush=True))"
    done = run(handler + BLOCK.format(signal="SIGTERM"))
    assert done.stdout == "tidied up\nheard\n"
    assert "KeyboardInterrupt" in done.stderr


def test_pythons_own_interrupt_is_an_interrupt_afterwards() -> None:
    done = run(BLOCK.format(signal="SIGINT"))
    assert done.stdout == "tidied up\n"
    assert "KeyboardInterrupt" in done.stderr
    assert done.returncode == -signal.SIGINT


def test_a_second_signal_does_not_disturb_the_tidying_up() -> None:
    done = run("""
with orderly_interrupts():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    finally:
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(os.getpid(), signum)
        print("tidied up", flush=True)
""")
    assert done.stdout == "tidied up\n"
    assert done.returncode == -signal.SIGTERM


def test_each_step_of_tidying_up_that_hangs_is_broken_off() -> None:
    done = run("""
interrupts.TIDY_SECONDS = interrupts.STEP_SECONDS = 0.2
with orderly_interrupts():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        try:
            time.sleep(600)
        finally:
            try:
                time.sleep(600)
            finally:
                print("tidied up", flush=True)
""")
    assert done.stdout == "tidied up\n"
    assert done.returncode == -signal.SIGTERM


def test_an_error_of_tidying_up_is_none_of_the_operation() -> None:
    done = run("""
with orderly_interrupts():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        raise ValueError("no answer")
print("went on", flush=True)
""")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", -signal.SIGTERM)


def test_a_signal_that_is_held_back_comes_when_it_is_let_go() -> None:
    done = run("""
with orderly_interrupts(), held_back() as release:
    os.kill(os.getpid(), signal.SIGTERM)
    print("started", flush=True)
    try:
        release()
    finally:
        print("tidied up", flush=True)
""")
    assert done.stdout == "started\ntidied up\n"
    assert done.returncode == -signal.SIGTERM


def test_what_was_ignored_before_stays_ignored() -> None:
    done = run("""
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with orderly_interrupts():
    os.kill(os.getpid(), signal.SIGHUP)
print("went on", flush=True)
""")
    assert (done.stdout, done.returncode) == ("went on\n", 0)


def test_no_handler_of_failures_takes_an_interrupt_for_one() -> None:
    done = run("""
with orderly_interrupts():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    except Exception:
        print("handled", flush=True)
""")
    assert done.stdout == ""
    assert done.returncode == -signal.SIGTERM


def test_an_interrupt_knows_its_signal() -> None:
    done = run("""
with orderly_interrupts():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    except Interrupted as interrupted:
        print(interrupted.signum == signal.SIGTERM, interrupted, flush=True)
        raise
""")
    assert done.stdout == "True Terminated\n"


def test_afterwards_every_signal_has_its_former_handler() -> None:
    former = [signal.getsignal(signum) for signum in SIGNALS]
    with orderly_interrupts():
        during = [signal.getsignal(signum) for signum in SIGNALS]
    assert [signal.getsignal(signum) for signum in SIGNALS] == former
    assert during != former


def test_an_error_of_the_operation_passes_and_restores_the_handlers() -> None:
    former = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ValueError, match="broken"), orderly_interrupts():
        raise ValueError("broken")
    assert signal.getsignal(signal.SIGTERM) == former


def test_outside_of_the_main_thread_signals_are_left_alone() -> None:
    former = signal.getsignal(signal.SIGTERM)
    seen = []

    def work() -> None:
        with orderly_interrupts():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [former]
