# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Log lines in Spring Boot's layout, on standard output, which becomes the log of the pod."""

from __future__ import annotations

from datetime import UTC, datetime


def info(logger: str, message: str) -> None:
    """Log what happens."""
    _write(" INFO", logger, message)


def error(logger: str, message: str) -> None:
    """Log what went wrong."""
    _write("ERROR", logger, message)


def _write(level: str, logger: str, message: str) -> None:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    print(f"{stamp}Z {level} 1 --- [nvcf-api] [           main] {logger} : {message}", flush=True)
