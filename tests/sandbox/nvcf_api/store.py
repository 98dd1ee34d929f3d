# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What outlives the API's pods: the account, its registry credentials and its functions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ACCOUNT = "nvcf-default"

Function = dict[str, Any]
"""A function version as the API shows it."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS credential (hostname TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS function (version_id TEXT PRIMARY KEY, id TEXT NOT NULL, document TEXT NOT NULL);
"""


class Store:
    """One database file, shared by all processes of a cluster; every call is a transaction of its own."""

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._file = state / "nvcf.db"
        with self._connection() as connection:
            connection.executescript(_SCHEMA)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._file, timeout=30)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def bootstrap(self, credentials: Iterable[str]) -> bool:
        """Create the account with credentials for these hostnames; False, and nothing done, when it exists."""
        with self._connection() as connection:
            created = connection.execute("INSERT OR IGNORE INTO account VALUES (?)", (ACCOUNT,)).rowcount == 1
            if created:
                connection.executemany("INSERT OR IGNORE INTO credential VALUES (?)", ((host,) for host in credentials))
        return created

    @property
    def bootstrapped(self) -> bool:
        """Whether the account exists."""
        with self._connection() as connection:
            return connection.execute("SELECT 1 FROM account").fetchone() is not None

    @property
    def credentials(self) -> frozenset[str]:
        """Hostnames that the account has a credential for."""
        with self._connection() as connection:
            return frozenset(host for (host,) in connection.execute("SELECT hostname FROM credential"))

    def save(self, function: Mapping[str, Any]) -> None:
        """Add a function version, or replace it."""
        row = (function["versionId"], function["id"], json.dumps(function))
        with self._connection() as connection:
            connection.execute("INSERT OR REPLACE INTO function VALUES (?, ?, ?)", row)

    def functions(self) -> list[Function]:
        """Return all versions of all functions, oldest first."""
        with self._connection() as connection:
            return [json.loads(text) for (text,) in connection.execute("SELECT document FROM function ORDER BY rowid")]

    def find(self, function_id: str, version_id: str) -> Function | None:
        """Return one version of a function."""
        found = (item for item in self.functions() if (item["id"], item["versionId"]) == (function_id, version_id))
        return next(found, None)

    def delete(self, function_id: str, version_id: str) -> bool:
        """Remove one version; False when there is none."""
        with self._connection() as connection:
            statement = "DELETE FROM function WHERE id = ? AND version_id = ?"
            return connection.execute(statement, (function_id, version_id)).rowcount == 1
