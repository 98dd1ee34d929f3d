# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Letting an interrupted operation tidy up.

Ansible's worker dies at once when it gets a signal: no `finally` runs, and private files and a running helm are left
behind. While an operation runs, a signal becomes an exception instead; the worker dies right after the operation has
ended its helm and removed its files. What hangs at the same time is interrupted again.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
TIDY_SECONDS = 10
"""Time for the first step of tidying up, which may be that helm notes its end in the cluster."""
STEP_SECONDS = 3
"""Time for each further one."""
_PR_SET_PDEATHSIG = 1
_waiting: list[Callable[[], None]] | None = None
"""Signals that are held back; None when they are not."""


class Interrupted(BaseException):
    """A signal asked for the end. Not an Exception, so that nothing handles it as a failure of its own."""

    def __init__(self, signum: int) -> None:
        super().__init__(signal.strsignal(signum) or str(signum))
        self.signum = signum


@contextmanager
def orderly_interrupts() -> Iterator[None]:
    """Turns the first signal into an Interrupted; afterwards the signal takes its former course."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def interrupt(signum: int, _frame: FrameType | None) -> None:
        if _waiting is not None:
            _waiting.append(lambda: interrupt(signum, None))
            return
        for other in heard:
            signal.signal(other, signal.SIG_IGN)
        received.append(signum)
        # A cluster that does not answer must not hold up the end: each look at it is broken off.
        signal.signal(signal.SIGALRM, interrupt_again)
        signal.setitimer(signal.ITIMER_REAL, TIDY_SECONDS, STEP_SECONDS)
        raise Interrupted(signum)

    def interrupt_again(_signum: int, _frame: FrameType | None) -> NoReturn:
        raise Interrupted(received[0])

    # What is ignored stays so: another user started this with nohup.
    heard = [signum for signum in SIGNALS if signal.getsignal(signum) is not signal.SIG_IGN]
    former = {signum: signal.signal(signum, interrupt) for signum in heard}
    try:
        yield
    except BaseException:
        # Whatever tidying up has met: it is over.
        if not received:
            raise
    finally:
        if received:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        for signum, handler in former.items():
            signal.signal(signum, handler if handler is not None else signal.SIG_DFL)
    if received:
        os.kill(os.getpid(), received[0])
        raise KeyboardInterrupt  # where the former course was a handler that returns


@contextmanager
def held_back() -> Iterator[Callable[[], None]]:
    """Lets a signal wait until the function that this gives is called: for what must not be cut in two."""
    global _waiting  # noqa: PLW0603 - signals concern the whole process
    _waiting = []

    def release() -> None:
        global _waiting
        waiting, _waiting = _waiting, None
        for deliver in waiting or []:
            deliver()

    try:
        yield release
    finally:
        release()


def end_with_parent() -> None:
    """Has the kernel signal this worker (SIGTERM) when the process that forked it dies in any way. On Linux only."""
    parent = multiprocessing.parent_process()
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # It may have died before.
    if os.getppid() != parent.pid:
        os.kill(os.getpid(), signal.SIGTERM)
