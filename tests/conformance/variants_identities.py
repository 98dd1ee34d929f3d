# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Impersonation, and the auth providers of old."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.conformance.variant import (
    SOMEBODY,
    TOKEN,
    End,
    Group,
    case,
)

_EAST = frozenset({"east"})
_ACTOR = {"token": "@actor.token@"}
_FILE = {"tokenFile": "token"}

IMPERSONATION = [
    case("as", "The user impersonates another one.", user={**_ACTOR, "as": SOMEBODY}, identity=SOMEBODY),
    case(
        "as-whole",
        "With uid, groups and extra.",
        {"server": "@hostile:noting@", "certificate-authority": "@tls:good.ca@"},
        {
            **_ACTOR,
            "as": SOMEBODY,
            "as-uid": "4711",
            "as-groups": ["blue", "green"],
            "as-user-extra": {"scopes": ["view", "edit"], "example.org/Level%": ["1"]},
        },
        identity=SOMEBODY,
        reached=frozenset({"hostile:noting"}),
    ),
    case("as-umlaut", "The name is not ASCII.", user={**_ACTOR, "as": "Jürgen"}, identity="Jürgen"),
    case(
        "as-groups-alone",
        "Groups are given without a user.",
        user={**_ACTOR, "as-groups": ["blue"]},
        end=End.REFUSED,
        names=["as-groups"],
    ),
    case(
        "as-uid-alone",
        "A uid is given without a user.",
        user={**_ACTOR, "as-uid": "4711"},
        end=End.REFUSED,
        names=["as-uid"],
    ),
    case(
        "as-extra-alone",
        "Extra is given without a user.",
        user={**_ACTOR, "as-user-extra": {"scopes": ["a"]}},
        end=End.REFUSED,
        names=["as-user-extra"],
    ),
    case(
        "as-without-right",
        "The user may not impersonate.",
        user={**TOKEN, "as": SOMEBODY},
        end=End.REFUSED,
        touched=_EAST,
        names=["impersonate"],
    ),
]

PROVIDERS = [
    case(
        "gcp",
        "The user has the auth-provider gcp, which Kubernetes no longer supports.",
        user={"auth-provider": {"name": "gcp", "config": {"access-token": "@token@"}}},
        end=End.REFUSED,
        names=["auth-provider", "gcp"],
    ),
    case(
        "oidc",
        "The user has the auth-provider oidc with a token that is still good.",
        end=End.ONLY_KUBECTL,
        differs="Its token is renewed by writing into the file. A plugin such as kubelogin needs none of that.",
        user={
            "auth-provider": {
                "name": "oidc",
                "config": {"id-token": "@token@", "idp-issuer-url": "https://idp.example", "client-id": "me"},
            }
        },
        names=["auth-provider", "oidc"],
    ),
    case(
        "provider-unknown",
        "The user has an auth-provider that no one knows.",
        user={"auth-provider": {"name": "mine"}},
        end=End.REFUSED,
        names=["auth-provider", "mine"],
    ),
    case(
        "provider-beside-exec",
        "The user has an auth-provider and an exec section.",
        end=End.REFUSED,
        user={
            "auth-provider": {"name": "oidc", "config": {}},
            "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "true", "interactiveMode": "Never"},
        },
        names=["auth-provider", "exec"],
    ),
]

GROUPS = [
    Group(title="Impersonation", variants=IMPERSONATION),
    Group(title="Auth providers", variants=PROVIDERS),
]
