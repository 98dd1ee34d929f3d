# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Letting an interrupted operation tidy up.

Ansible's worker dies on the spot when it is told to: no `finally` runs, and private files and a running helm are left
behind. While an operation runs, a signal becomes an exception instead; the worker dies right after the operation has
ended its helm and removed its files.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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

    def interrupt(signum: int, _frame: FrameType | None) -> NoReturn:
        for other in SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        raise Interrupted(signum)

    # What is ignored stays so: somebody started this with nohup.
    heard = [signum for signum in SIGNALS if signal.getsignal(signum) is not signal.SIG_IGN]
    former = {signum: signal.signal(signum, interrupt) for signum in heard}
    received: int | None = None
    try:
        yield
    except Interrupted as interrupted:
        received = interrupted.signum
    finally:
        for signum, handler in former.items():
            signal.signal(signum, handler if handler is not None else signal.SIG_DFL)
    if received is not None:
        os.kill(os.getpid(), received)
        raise KeyboardInterrupt  # where the former course was a handler that returns
