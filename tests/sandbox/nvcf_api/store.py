# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What outlives the APIs' pods: the account, its registry credentials, its API keys, its functions and its tasks."""

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

Document = dict[str, Any]
"""A task or an API key; both have an `id`."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS credential (hostname TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS function (version_id TEXT PRIMARY KEY, id TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS other (kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (kind, id));
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

    def put(self, kind: str, document: Mapping[str, Any]) -> None:
        """Add a document of that kind, or replace the one with its id."""
        with self._connection() as connection:
            row = (kind, document["id"], json.dumps(document))
            connection.execute("INSERT OR REPLACE INTO other VALUES (?, ?, ?)", row)

    def all(self, kind: str) -> list[Document]:
        """Return all documents of that kind, oldest first."""
        with self._connection() as connection:
            rows = connection.execute("SELECT document FROM other WHERE kind = ? ORDER BY rowid", (kind,))
            return [json.loads(text) for (text,) in rows]

    def drop(self, kind: str, document_id: str) -> bool:
        """Remove a document; False when there is none."""
        with self._connection() as connection:
            statement = "DELETE FROM other WHERE kind = ? AND id = ?"
            return connection.execute(statement, (kind, document_id)).rowcount == 1

    def clear(self) -> None:
        """Forget all tasks and API keys."""
        with self._connection() as connection:
            connection.execute("DELETE FROM other")
