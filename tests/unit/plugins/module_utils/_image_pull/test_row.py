# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is told of many images on many clusters."""

from __future__ import annotations

from typing import Any

from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.credential_sources import Assessment
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.outcome import Outcome
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.placement import Pool
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.remedy import Remedy
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.row import MOST_TOLD, Row, summary
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    ConnectionOptionsError,
    KubernetesError,
)

SEEN = Assessment(sources=(), verdict="unknown", seen="Nothing is seen.", explanation="Nothing is seen. Who knows.")
PULLED = Outcome(pulled=True, reason="pulled", message="", meaning="the image was pulled")
REFUSED = Outcome(pulled=False, reason="tls", message="x509", meaning="no trust")


def row(cluster: str = "one", image: str = "a.io/b:1", pool: str = "", **known: Any) -> Row:
    on = Pool(name=pool, nodes=("n",)) if pool else None
    return Row(cluster=cluster, namespace="work", image=image, assessment=SEEN, pool=on, **known)


def test_failures_come_first_and_what_was_pulled_where_is_told_once() -> None:
    told = summary(
        [
            row(outcome=PULLED),
            row("two", outcome=REFUSED, pool="arm64"),
            row("two", outcome=PULLED, pool="amd64"),
            row("two", outcome=PULLED, pool="amd64, a2"),
            Row(cluster="three", namespace="work", error=ConnectionOptionsError("there is no such context")),
        ]
    )
    assert told == (
        "cluster two: a.io/b:1 could not be pulled for a pod of namespace work on nodes of the pool arm64 (tls): "
        "no trust. Message of the node: x509. Nothing is seen. "
        "cluster three: there is no such context. "
        "Nodes can pull a.io/b:1 for pods of namespace work on one, two (amd64; amd64, a2)."
    )


def test_without_a_probe_each_explanation_is_told() -> None:
    assert summary([row()]) == "Nothing is seen. Who knows."
    assert summary([row(), row("two")]) == (
        "cluster one, a.io/b:1: Nothing is seen. Who knows. cluster two, a.io/b:1: Nothing is seen. Who knows."
    )


def test_of_many_failures_only_some_are_told_and_the_others_are_counted() -> None:
    told = summary([row(f"c{number}", outcome=REFUSED) for number in range(MOST_TOLD + 3)])
    assert told.count("could not be pulled for a pod") == MOST_TOLD
    assert "3 more could not be pulled: see results." in told


def test_a_row_holds_what_is_known_and_why_it_failed() -> None:
    unasked: dict[str, Any] = {
        "cluster": "one",
        "image": "a.io/b:1",
        "pool": None,
        "failed": False,
        "msg": "cluster one: Nothing is seen. Who knows.",
        "sources": [],
        "verdict": "unknown",
        "explanation": "Nothing is seen. Who knows.",
        "pulled": None,
        "reason": None,
        "message": None,
        "remedy": None,
    }
    assert row().facts() == unasked
    assert row(outcome=PULLED, pool="arm64").facts() == unasked | {
        "pool": "arm64",
        "msg": "cluster one: Nodes can pull a.io/b:1 for pods of namespace work on nodes of the pool arm64.",
        "pulled": True,
        "reason": "pulled",
        "message": "",
    }
    broken = row(error=KubernetesError("etcd is away", status=500)).facts()
    failed = {"failed": True, "pulled": False, "reason": "cluster_error", "message": "etcd is away"}
    assert broken == unasked | failed | {"msg": "cluster one: a.io/b:1: etcd is away."}
    silent = Row(cluster="one", namespace="work", error=KubernetesError("No one is there!", status=0)).facts()
    assert silent == unasked | failed | {
        "image": None,
        "msg": "cluster one: No one is there!",
        "explanation": "",
        "reason": "no_answer",
        "message": "No one is there!",
    }


def test_a_remedy_ends_what_is_told_and_is_among_the_facts() -> None:
    remedy = Remedy(commands=("run this",), policy={"kind": "Policy"})
    told = row(outcome=REFUSED, remedy=remedy)
    assert str(told).endswith("Nothing is seen. To give pods the credential, run: `run this`.")
    assert told.facts()["remedy"] == {"commands": ["run this"], "policy": {"kind": "Policy"}}
    assert str(row(remedy=remedy)) == "Nothing is seen. Who knows. To give pods the credential, run: `run this`."
