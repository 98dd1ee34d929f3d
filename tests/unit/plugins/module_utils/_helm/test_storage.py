# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Helm's stored revisions, read over the Kubernetes API."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.records import decode
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import (
    History,
    Revision,
    read_history,
    read_release,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import (
    METADATA_LIST,
    Cluster,
    connect,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import NOON
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import packed, revision_secret, stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, Server, serving

SECRETS = "/api/v1/namespaces/nvcf/secrets"
VALUES = {"api": {"env": {"PASSWORD": "canary-value"}}}


def secret(number: int, status: str = "superseded", *, stamp: int | None = None, **changes: Any) -> dict[str, Any]:
    return revision_secret(stored_release(VALUES, revision=number, info={"status": status}, **changes), stamp=stamp)


@contextmanager
def storage(*secrets: dict[str, Any]) -> Iterator[tuple[Cluster, Server]]:
    fake = KubernetesFake({f"{SECRETS}/{item['metadata']['name']}": item for item in secrets})
    with serving(fake) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        yield cluster, server


CREATED = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
"""Of all Secrets of the fake."""


@pytest.mark.parametrize(
    "modified,begun,known", [(-900, None, 0), (-900, 5, 5), (7, 5, 7), (None, None, 0), (-9, -9, 0)]
)
def test_a_revision_is_as_young_as_the_youngest_of_its_times(
    modified: int | None, begun: int | None, known: int
) -> None:
    """Helm copies modifiedAt from the revision before, and drops createdAt while it waits for hooks."""
    fresh = secret(2, "pending-upgrade")
    for label, seconds in (("modifiedAt", modified), ("createdAt", begun)):
        if seconds is not None:
            fresh["metadata"]["labels"][label] = str(int(CREATED.timestamp()) + seconds)
    with storage(secret(1), fresh) as (cluster, _server):
        newest = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf").newest
    assert newest.modified == CREATED + timedelta(seconds=known)


def test_the_history_is_read_as_metadata_only_oldest_first() -> None:
    with storage(secret(10), secret(2), secret(9)) as (cluster, server):
        history = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")
    assert [revision.number for revision in history.revisions] == [2, 9, 10]
    [request] = server.requests
    assert request.header("Accept") == METADATA_LIST
    assert request.query["labelSelector"] == ["owner=helm,name=api"]


@pytest.mark.parametrize(
    "statuses,deployed,newest",
    [
        pytest.param(["superseded", "deployed"], 2, "deployed", id="healthy"),
        pytest.param(["deployed", "failed", "failed"], 1, "failed", id="failed after deployed"),
        pytest.param(["deployed", "pending-upgrade"], 1, "pending-upgrade", id="pending after deployed"),
        pytest.param(["deployed", "deployed"], 2, "deployed", id="two deployed"),
        pytest.param(["failed"], None, "failed", id="never deployed"),
        pytest.param(["superseded", "uninstalling"], None, "uninstalling", id="on its way out"),
    ],
)
def test_the_base_is_the_last_deployed_revision_whatever_came_after(
    statuses: list[str], deployed: int | None, newest: str
) -> None:
    with storage(*(secret(number, status) for number, status in enumerate(statuses, 1))) as (cluster, _server):
        history = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")
    assert (history.deployed.number if history.deployed else None) == deployed
    assert history.newest.status == newest


@pytest.mark.parametrize(
    "status,pending",
    [
        ("pending-install", True),
        ("pending-upgrade", True),
        ("pending-rollback", True),
        ("uninstalling", True),
        ("deployed", False),
        ("failed", False),
        ("superseded", False),
        ("uninstalled", False),
    ],
)
def test_a_revision_is_pending_while_a_helm_works_on_it(status: str, *, pending: bool) -> None:
    with storage(secret(1, status)) as (cluster, _server):
        assert read_history(cluster, FUNCTIONS, release="api", namespace="nvcf").newest.pending is pending


def test_a_revision_is_found_by_number_until_it_is_pruned() -> None:
    with storage(secret(4), secret(5)) as (cluster, _server):
        history = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")
    found = history.revision(4)
    assert found is not None
    assert found.number == 4
    assert history.revision(3) is None


def test_a_release_that_is_not_there_is_told_with_those_that_are() -> None:
    with (
        storage(secret(1, name="nvct-api"), secret(1, name="sis")) as (cluster, _server),
        pytest.raises(ReleaseError, match=r"no Helm release 'api' .*Releases there: nvct-api, sis\."),
    ):
        read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")


@pytest.mark.parametrize("label, edited", [("version", "two"), ("version", ""), ("createdAt", "yesterday")])
def test_a_secret_whose_labels_were_edited_is_named(label: str, edited: str) -> None:
    odd = secret(2)
    odd["metadata"]["namespace"] = "nvcf"
    odd["metadata"]["labels"][label] = edited
    with (
        storage(secret(1), odd) as (cluster, _server),
        pytest.raises(ReleaseError, match=r"Secret nvcf/sh\.helm\.release\.v1\.api\.v2 is labeled as a revision of"),
    ):
        read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")


def test_an_empty_namespace_is_told() -> None:
    with storage() as (cluster, _server), pytest.raises(ReleaseError, match="No release is stored there"):
        read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")


def read(document_or_secret: dict[str, Any]) -> Any:
    with storage(document_or_secret) as (cluster, _server):
        return read_release(cluster, read_history(cluster, FUNCTIONS, release="api", namespace="nvcf"), 1)


def test_a_revision_is_read_whole() -> None:
    release = read(secret(1, "deployed"))
    assert release.values == VALUES
    assert release.facts() == {
        "name": "api",
        "namespace": "nvcf",
        "revision": 1,
        "status": "deployed",
        "chart": "helm-nvcf-api",
        "chart_version": "1.25.1",
        "app_version": "1.14.1",
    }
    assert release.apply_method == "ssa"
    assert "kind" in release.manifest


def test_what_helm_3_does_not_store_is_empty() -> None:
    document = stored_release({})
    del document["apply_method"]
    document["config"] = None
    release = read(revision_secret(document))
    assert release.apply_method == ""
    assert release.values == {}


def test_no_value_and_no_manifest_shows_in_a_releases_repr() -> None:
    assert "canary-value" not in repr(read(secret(1)))


@pytest.mark.parametrize("compressed", [True, False])
def test_helms_storage_is_decoded_with_and_without_gzip(*, compressed: bool) -> None:
    document = {"name": "api", "umlaut": "ä"}
    record = {"data": {"release": packed(document, compressed=compressed)}}
    assert decode("secret", record) == document
    assert decode("configmap", {"data": {"release": base64.b64decode(record["data"]["release"]).decode()}}) == document


def test_a_negative_zero_stays_one() -> None:
    """Go writes it without a fraction, which Python takes for the integer 0."""
    stored = base64.b64encode(b'{"numbers": [-0, 0, -1, 10]}').decode()
    [zero, *integers] = decode("configmap", {"data": {"release": stored}})["numbers"]
    assert json.dumps(zero) == "-0.0"
    assert json.dumps(integers) == "[0, -1, 10]"


def twice(data: bytes) -> str:
    return base64.b64encode(base64.b64encode(data)).decode()


GZIPPED = gzip.compress(json.dumps(stored_release({})).encode())


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="empty"),
        pytest.param("%%%", id="no base64"),
        pytest.param(twice(b""), id="nothing inside"),
        pytest.param(twice(b"{"), id="no JSON"),
        pytest.param(twice(b"[]"), id="no object"),
        pytest.param(twice(b"\xff\xfe"), id="no text"),
        pytest.param(twice(GZIPPED[:-20]), id="cut short"),
        pytest.param(twice(GZIPPED[:-4] + b"abcd"), id="wrong length at its end"),
        pytest.param(twice(GZIPPED[:20] + b"\xff" * 20 + GZIPPED[40:]), id="damaged inside"),
        pytest.param(packed({}), id="an object without a name"),
    ],
)
def test_what_is_no_stored_release_is_told_without_its_content(data: str) -> None:
    damaged = secret(1, "deployed") | {"data": {"release": data}}
    with pytest.raises(ReleaseError, match="does not contain a Helm release") as caught:
        read(damaged)
    assert caught.value.__suppress_context__


def test_a_secret_without_data_is_told() -> None:
    with pytest.raises(ReleaseError, match="does not contain a Helm release"):
        read(secret(1) | {"data": {}})


def moments(*created: int | None) -> History:
    """Revisions that were begun so many seconds after noon, oldest first."""
    revisions = [
        Revision(
            number=number,
            status="superseded",
            modified=None,
            created=None if second is None else NOON + timedelta(seconds=second),
        )
        for number, second in enumerate(created, 1)
    ]
    return History(service=FUNCTIONS, name="api", namespace="nvcf", revisions=tuple(revisions))


@pytest.mark.parametrize(
    "created, in_effect",
    [
        pytest.param((-2, -1), [2], id="the last that was begun before"),
        pytest.param((-1, 1), [1], id="not what came later"),
        pytest.param((-1, 0), [1, 2], id="and what was begun in the same second"),
        pytest.param((0, 0), [1, 2], id="several of the same second"),
        pytest.param((1, 2), [], id="pruned"),
        pytest.param((-1, None), [1], id="a time that is not known"),
    ],
)
def test_the_revision_in_effect_is_known_to_the_second(created: tuple[int | None, ...], in_effect: list[int]) -> None:
    assert [revision.number for revision in moments(*created).in_effect(NOON)] == in_effect
