# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever ends an operation becomes an error that a person can act on, and that shows what was written."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath

from .errors import NvcfError, UnforeseenError
from .interrupts import Interrupted

_PACKAGE = "module_utils"


@contextmanager
def adding(report: Callable[[NvcfError], None]) -> Iterator[None]:
    """Lets `report` add to an error that passes; what no one has expected becomes an UnforeseenError first.

    Signals pass as they are: a process that must end does so.
    """
    try:
        yield
    except NvcfError as error:
        report(error)
        raise
    except (Interrupted, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        unforeseen = _unforeseen(error)
        report(unforeseen)
        raise unforeseen from error


def _unforeseen(error: BaseException) -> UnforeseenError:
    """By type and place: the text of an error may quote what it was about, and that may be a password."""
    kind = type(error).__name__
    if kind == "TaskTimeoutError":
        return UnforeseenError("the task was stopped by its `timeout` before it finished.")
    if isinstance(error, MemoryError):
        return UnforeseenError("this machine is out of memory. Lower forks, or use a machine with more memory.")
    return UnforeseenError(
        f"{kind} in {_place(error)}, an unexpected error in this collection. Please report this line with the "
        "versions of the collection, of ansible-core and of helm."
    )


def _place(error: BaseException) -> str:
    """The innermost line of this collection that was running."""
    frames = [(PurePath(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    own = [(path, line) for path, line in frames if _PACKAGE in path.parts] or frames
    path, line = own[-1]
    parts = path.parts
    shown = parts[parts.index(_PACKAGE) + 1 :] if _PACKAGE in parts else parts[-1:]
    return f"{'/'.join(shown)}, line {line}"
