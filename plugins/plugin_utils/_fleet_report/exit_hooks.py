# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A last word before the process ends early. A callback is told of the orderly end only."""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def before_leaving(at_exit: Callable[[], None], at_signal: Callable[[], None]) -> None:
    """Has one called when the interpreter ends, the other when a signal comes, which then takes its former course.

    Only in this process: Ansible's workers are forks of it and inherit handlers.
    """
    owner = os.getpid()
    atexit.register(lambda: at_exit() if os.getpid() == owner else None)
    if threading.current_thread() is not threading.main_thread():
        return
    for signum in SIGNALS:
        former = signal.getsignal(signum)
        # What is ignored stays so: somebody started this with nohup. None: it was not set by Python.
        if former is not signal.SIG_IGN and former is not None:
            signal.signal(signum, _handler(former, owner, at_signal))


def _handler(
    former: Callable[[int, FrameType | None], object] | int, owner: int, at_signal: Callable[[], None]
) -> Callable[[int, FrameType | None], None]:
    def handle(signum: int, frame: FrameType | None) -> None:
        signal.signal(signum, former)
        try:
            if os.getpid() == owner:
                at_signal()
        finally:
            if callable(former):
                former(signum, frame)
            else:
                os.kill(os.getpid(), signum)

    return handle
