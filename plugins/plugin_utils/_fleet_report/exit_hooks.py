# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hooks for a process that ends early: Ansible notifies a callback only of the regular end of a run."""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def install_exit_hooks(at_exit: Callable[[], None], at_signal: Callable[[], None]) -> None:
    """Calls `at_exit` when the interpreter ends, and `at_signal` when a signal arrives, before its previous handler.

    Only in this process: Ansible's workers are forks of it and inherit the handlers.
    """
    owner = os.getpid()
    atexit.register(lambda: at_exit() if os.getpid() == owner else None)
    if threading.current_thread() is not threading.main_thread():
        return
    for signum in SIGNALS:
        previous = signal.getsignal(signum)
        # An ignored signal stays ignored, as under nohup. None: the handler was not installed from Python.
        if previous is not signal.SIG_IGN and previous is not None:
            signal.signal(signum, _handler(previous, owner, at_signal))


def _handler(
    previous: Callable[[int, FrameType | None], object] | int, owner: int, at_signal: Callable[[], None]
) -> Callable[[int, FrameType | None], None]:
    def handle(signum: int, frame: FrameType | None) -> None:
        signal.signal(signum, previous)
        try:
            if os.getpid() == owner:
                at_signal()
        finally:
            if callable(previous):
                previous(signum, frame)
            else:
                os.kill(os.getpid(), signum)

    return handle
