# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Contexts: which one is taken, and where it points to."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.conformance.variant import (
    CONFIG,
    EAST,
    TOKEN,
    End,
    Group,
    Variant,
    case,
    config,
    two,
)

_CONTEXT = {"name": "east", "context": {"cluster": "east", "user": "user"}}

CONTEXTS = [
    Variant(
        name="current",
        what="The file's current-context is taken.",
        files={CONFIG: two("west")},
        reached=frozenset({"west"}),
    ),
    Variant(
        name="context-option",
        what="The option `context` names another one.",
        files={CONFIG: two("west")},
        options={"context": "east"},
        flags=["--context", "east"],
    ),
    Variant(
        name="k8s-auth-context",
        what="K8S_AUTH_CONTEXT names another one. kubectl is given `--context`.",
        files={CONFIG: two("west")},
        environ={"KUBECONFIG": "@folder@/config", "K8S_AUTH_CONTEXT": "east"},
        flags=["--context", "east"],
    ),
    Variant(
        name="context-unknown",
        what="The option `context` names one that is not there.",
        files={CONFIG: two()},
        options={"context": "north"},
        flags=["--context", "north"],
        end=End.REFUSED,
        names=["north", "east, west"],
    ),
    Variant(
        name="current-unknown",
        what="current-context names one that is not there.",
        files={CONFIG: two("north")},
        end=End.REFUSED,
        names=["north"],
    ),
    Variant(
        name="current-absent",
        what="The file has no current-context, and none is named.",
        files={CONFIG: two(None)},
        end=End.REFUSED,
        names=["current-context"],
    ),
    Variant(
        name="cluster-unknown",
        what="The context points to a cluster that is not there.",
        files={CONFIG: config(clusters=[{"name": "other", "cluster": EAST}])},
        end=End.REFUSED,
        names=["east"],
    ),
    Variant(
        name="user-unknown",
        what="The context points to a user that is not there.",
        files={CONFIG: config(users=[])},
        end=End.REFUSED,
        names=["user"],
    ),
    Variant(
        name="user-unnamed",
        what="The context names no user.",
        files={CONFIG: config(contexts=[{"name": "east", "context": {"cluster": "east"}}])},
        end=End.REFUSED,
        names=["no credential"],
    ),
    case("user-empty", "The user's entry is empty.", user={}, end=End.REFUSED, names=["no credential"]),
    Variant(
        name="other-entries-broken",
        what="Another context and another user of the file make no sense.",
        files={
            CONFIG: config(
                users=[{"name": "user", "user": TOKEN}, {"name": "bad", "user": {"as-uid": "1", "token": "a"}}],
                contexts=[_CONTEXT, {"name": "bad", "context": {"cluster": "none", "user": "bad"}}],
            )
        },
    ),
    Variant(
        name="namespace-odd",
        what="The context's namespace is not a name that Kubernetes knows.",
        files={
            CONFIG: config(
                contexts=[{"name": "east", "context": {"cluster": "east", "user": "user", "namespace": "Not One"}}]
            )
        },
    ),
]

GROUPS = [Group(title="Which context", variants=CONTEXTS)]
