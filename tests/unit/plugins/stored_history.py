# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A release with several revisions, a helm that goes back to one, and somebody else who is at it as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.plugins.module_utils._change.apply import Contended
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.release_handle import ReleaseHandle
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.write_record import WriteRecord
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.operation import Operation
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.options import parse
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import host, params_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.changed_cluster import FOREIGN, Cluster
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import SECRETS, stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response, serving

FORBIDDEN = Response(status=403, body={"reason": "Forbidden", "message": "not for you"})


def revision(
    number: int, status: str = "superseded", env: Mapping[str, str] | None = None, *, told: str = "", **changes: Any
) -> dict[str, Any]:
    """The document of a revision whose environment has these registries' variables; `told`: its description."""
    info = {"status": status, "description": told}
    return stored_release({"api": {"env": FOREIGN | dict(env or {})}}, revision=number, info=info, **changes)


class StoredHistory(Cluster):
    """The release and who works on it."""

    def __init__(self, folder: Path, *revisions: dict[str, Any]) -> None:
        super().__init__(folder)
        live = {path: item for path, item in self.kubernetes.objects.items() if not path.startswith(SECRETS)}
        self.kubernetes.objects = live | stored(*revisions)
        self.theirs: list[dict[str, Any]] = []
        """What somebody else has stored by the time at which helm has ended."""
        self.closed = False
        """Whether the API server refuses everything once helm has ended."""

    @property
    def written(self) -> list[list[str]]:
        """The calls of helm that change something."""
        return [call for call in self.calls if call[0] in ("upgrade", "rollback") and "--dry-run=server" not in call]

    def answer(self, request: Request) -> Response:
        if self.written:
            self.kubernetes.objects |= stored(*self.theirs)
            if self.closed:
                return FORBIDDEN
        return super().answer(request)

    @contextmanager
    def connected(
        self, operation: Operation[Any], *, written: WriteRecord | None = None, **given: Any
    ) -> Iterator[tuple[ReleaseHandle, Any]]:
        """The release, and the options of a task of `operation`; `written`: to look at afterwards."""
        with self._params(operation, given) as params:
            options = parse(operation.options, params)
            contended: Contended | None = None
            with connect(options.connection) as cluster:
                record = WriteRecord() if written is None else written
                handle = ReleaseHandle(cluster=cluster, release=options.release, helm=options.helm, written=record)
                try:
                    yield handle, options
                except Contended as other:
                    # Who plans anew is inside of the connection, which takes it for a fault of the collection.
                    contended = other
            if contended:
                raise contended

    def operate(self, operation: Operation[Any], *, check_mode: bool = False, **given: Any) -> dict[str, Any]:
        """The whole operation's result."""
        with self._params(operation, given) as params:
            return operation.start(host(check_mode=check_mode), params)

    @contextmanager
    def _params(self, operation: Operation[Any], given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        with serving(self.answer) as server:
            yield params_of(operation, host=server.url, helm_binary=str(self.helm), **given)
