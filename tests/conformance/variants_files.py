# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Kubeconfig files: which are read, how they are merged, what is in them."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.conformance.variant import (
    CONFIG,
    EAST,
    TOKEN,
    WEST,
    End,
    Group,
    Variant,
    case,
    config,
    two,
    written,
)

_CONTEXT = {"name": "east", "context": {"cluster": "east", "user": "user"}}
_BOTH = {"KUBECONFIG": "@folder@/one:@folder@/two"}
_YAML = """
apiVersion: v1
kind: Config
current-context: {name}
clusters:
- name: {name}
  cluster: {{server: "@east@", certificate-authority: "@ca@"}}
users:
- name: {name}
  user: {{token: "@token@"}}
contexts:
- name: {name}
  context: {{cluster: {name}, user: {name}}}
"""

WHICH = [
    Variant(name="variable", what="The variable KUBECONFIG names one file.", files={CONFIG: config()}),
    Variant(
        name="home",
        what="Nothing names a file; there is `~/.kube/config`.",
        files={".kube/config": config()},
        environ={},
    ),
    Variant(
        name="option",
        what="The option `kubeconfig` names a file, and KUBECONFIG another one.",
        files={CONFIG: two("west"), "chosen": config()},
        options={"kubeconfig": "@folder@/chosen"},
        flags=["--kubeconfig", "@folder@/chosen"],
    ),
    Variant(
        name="k8s-auth-kubeconfig",
        what="K8S_AUTH_KUBECONFIG names a file, and KUBECONFIG another one. kubectl is given `--kubeconfig`.",
        files={CONFIG: two("west"), "chosen": config()},
        environ={"KUBECONFIG": "@folder@/config", "K8S_AUTH_KUBECONFIG": "@folder@/chosen"},
        flags=["--kubeconfig", "@folder@/chosen"],
    ),
    Variant(
        name="option-missing",
        what="The option `kubeconfig` names a file that is not there.",
        files={CONFIG: config()},
        options={"kubeconfig": "@folder@/none"},
        flags=["--kubeconfig", "@folder@/none"],
        end=End.REFUSED,
        names=["/none"],
    ),
    Variant(
        name="merged",
        what="KUBECONFIG names two files. The first has the context and the cluster, the second the user.",
        files={"one": config(users=[]), "two": config(clusters=[], contexts=[], current="")},
        environ=_BOTH,
    ),
    Variant(
        name="merged-first-wins",
        what="Both files of KUBECONFIG have an entry of the same name. The first is taken, whole.",
        files={"one": config(), "two": config(WEST, {"token": "no-token"})},
        environ=_BOTH,
    ),
    Variant(
        name="merged-current",
        what="Both files of KUBECONFIG name a current context. The first is taken.",
        files={"one": two("west"), "two": two("east")},
        environ=_BOTH,
        reached=frozenset({"west"}),
    ),
    Variant(
        name="merged-current-empty",
        what="The first file of KUBECONFIG has an empty current-context, the second names one.",
        files={"one": two(""), "two": two("west")},
        environ=_BOTH,
        reached=frozenset({"west"}),
    ),
    Variant(
        name="merged-missing",
        what="The first file of KUBECONFIG is not there.",
        files={"two": config()},
        environ=_BOTH,
    ),
    Variant(
        name="merged-empty-part",
        what="KUBECONFIG has an empty part between two colons, and the same file twice.",
        files={"one": config()},
        environ={"KUBECONFIG": "@folder@/one::@folder@/one:"},
    ),
    Variant(
        name="merged-broken",
        what="The first file of KUBECONFIG is good, the second is not YAML.",
        files={"one": config(), "two": "clusters: [unfinished\n"},
        environ=_BOTH,
        end=End.REFUSED,
        names=["/two"],
    ),
    Variant(
        name="all-missing",
        what="No file of KUBECONFIG is there; `~/.kube/config` is, but is not looked at.",
        files={".kube/config": config()},
        environ=_BOTH,
        end=End.REFUSED,
        names=["KUBECONFIG"],
    ),
    Variant(
        name="relative",
        what="Paths in the files are relative. Each starts at the folder of its own file.",
        files={
            "one/config": config(users=[]),
            "two/config": config(
                clusters=[],
                contexts=[],
                users=[{"name": "user", "user": {"tokenFile": "sub/token"}}],
                current="",
            ),
            "two/sub/token": "@token@",
        },
        environ={"KUBECONFIG": "@folder@/one/config:@folder@/two/config"},
    ),
    Variant(
        name="folder",
        what="KUBECONFIG names a folder.",
        files={"one/config": config()},
        environ={"KUBECONFIG": "@folder@/one"},
        end=End.REFUSED,
        names=["/one"],
    ),
    Variant(
        name="tilde",
        what="KUBECONFIG begins with `~`, quoted, so that no shell replaces it.",
        files={CONFIG: config()},
        environ={"KUBECONFIG": "~/config"},
        end=End.ONLY_OURS,
        differs="Ansible replaces `~` in paths, so that is what users write; kubectl looks for a folder named `~`.",
    ),
]

CONTENT = [
    Variant(
        name="yaml",
        what="The file is YAML without quotes.",
        files={CONFIG: _YAML.format(name="east")},
    ),
    Variant(name="json", what="The file is JSON.", files={CONFIG: written(config())}),
    Variant(
        name="json-tabs",
        what="The file is JSON, indented with tabs.",
        files={CONFIG: written(config()).replace("\n ", "\n\t")},
    ),
    Variant(
        name="yaml-tabs",
        what="The file is YAML, indented with tabs.",
        files={CONFIG: _YAML.format(name="east").replace("\n  ", "\n\t")},
        end=End.REFUSED,
        names=["config"],
    ),
    Variant(
        name="yaml-anchors",
        what="A cluster's entry is written once and used twice, with an anchor of YAML.",
        files={
            CONFIG: _YAML.format(name="east")
            .replace("  cluster: {server", "  cluster: &one {server")
            .replace("users:", "- {name: north, cluster: *one}\nusers:")
            .replace("{cluster: east,", "{cluster: north,")
        },
    ),
    Variant(
        name="byte-order-mark",
        what="The file begins with a byte order mark, as some editors write it.",
        files={CONFIG: "\ufeff" + written(config())},
    ),
    Variant(
        name="unknown-fields",
        what="There are fields that no one knows, in the file and in its entries.",
        files={CONFIG: config({**EAST, "color": "red"}, {**TOKEN, "shoe-size": 43}, shelf={"a": 1})},
    ),
    Variant(
        name="number-as-name",
        what="Names are digits without quotes: YAML takes them for numbers.",
        files={CONFIG: _YAML.format(name="4711")},
        end=End.ONLY_OURS,
        differs="Digits are a name anyway, and lead to the same entry.",
    ),
    Variant(
        name="number-as-name-quoted",
        what="Names are digits in quotes.",
        files={CONFIG: _YAML.format(name='"4711"')},
    ),
    Variant(
        name="no-api-version",
        what="The file has neither apiVersion nor kind.",
        files={CONFIG: {k: v for k, v in config().items() if k not in ("apiVersion", "kind")}},
    ),
    Variant(
        name="other-api-version",
        what="The file's apiVersion is v2.",
        files={CONFIG: config(apiVersion="v2")},
        end=End.REFUSED,
        names=["apiVersion"],
    ),
    Variant(name="empty", what="The file is empty.", files={CONFIG: ""}, end=End.REFUSED, names=["config"]),
    Variant(
        name="list",
        what="The file is a list.",
        files={CONFIG: "- a\n- b\n"},
        end=End.REFUSED,
        names=["config"],
    ),
    Variant(
        name="two-clusters-of-a-name",
        what="Two clusters in one file have the same name.",
        files={CONFIG: config(clusters=[{"name": "east", "cluster": EAST}, {"name": "east", "cluster": WEST}])},
        end=End.REFUSED,
        names=["clusters", "east"],
    ),
    Variant(
        name="two-users-of-a-name",
        what="Two users in one file have the same name.",
        files={CONFIG: config(users=[{"name": "user", "user": TOKEN}, {"name": "user", "user": {"token": "x"}}])},
        end=End.REFUSED,
        names=["users", "user"],
    ),
    Variant(
        name="two-contexts-of-a-name",
        what="Two contexts in one file have the same name.",
        files={CONFIG: config(contexts=[_CONTEXT, _CONTEXT])},
        end=End.REFUSED,
        names=["contexts", "east"],
    ),
    Variant(
        name="two-keys",
        what="An entry has the same field twice, with two values.",
        files={
            CONFIG: written(config()).replace('"token": "@token@"', '"token": "no-token", "token": "@token@"'),
        },
    ),
    case(
        "upper-case-field",
        "The field is written `Token`, which is none.",
        user={"Token": "@token@"},
        end=End.REFUSED,
        names=["no credential"],
    ),
]

GROUPS = [
    Group(title="Which file", variants=WHICH),
    Group(title="What is in the file", variants=CONTENT),
]
