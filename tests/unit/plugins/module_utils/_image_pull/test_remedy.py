# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The commands that give pods a credential. That kubectl takes them is tested with the real one."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.credential_sources import (
    Assessment,
    Source,
    Survey,
    assess,
    parse_image,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.outcome import Outcome
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.remedy import (
    Kubectl,
    Remedy,
    lacks_credential,
    remedy,
)

HERE = Kubectl(kubeconfig="/a/config", context="gpu-1", server=None)


def survey(**changes: Any) -> Survey:
    whole: dict[str, Any] = {"referenced": (), "registries": {}, "unusable": (), "policies": (), "hidden": ()}
    return Survey(**{"namespace": "work", "service_account": "worker", **whole, **changes})


def found(image: str = "ghcr.io/a/b:1", kubectl: Kubectl = HERE, **changes: Any) -> Remedy:
    parsed, seen = parse_image(image), survey(**changes)
    return remedy(parsed, seen, kubectl, assess(parsed, seen))


@pytest.mark.parametrize(
    "kubectl,begin",
    [
        (HERE, "kubectl --kubeconfig=/a/config --context=gpu-1 --namespace=work "),
        (Kubectl(kubeconfig=None, context="a b;c", server=None), "kubectl --context='a b;c' --namespace=work "),
        (
            Kubectl(kubeconfig="/a:/b", context="x", server=None),
            "KUBECONFIG=/a:/b kubectl --context=x --namespace=work ",
        ),
        (
            Kubectl(kubeconfig=None, context=None, server="https://a:6443"),
            "kubectl --server=https://a:6443 --namespace",
        ),
        (Kubectl(kubeconfig=None, context=None, server=None), "kubectl --namespace=work "),
    ],
)
def test_each_command_reaches_the_cluster_that_was_asked(kubectl: Kubectl, begin: str) -> None:
    commands = found(kubectl=kubectl).commands
    assert len(commands) == 2
    assert all(command.startswith(begin) for command in commands)


@pytest.mark.parametrize(
    "image,name",
    [
        ("ghcr.io/a:1", "pull-ghcr-io"),
        ("reg.local:5000/a:1", "pull-reg-local-5000"),
        (f"{'long.' * 20}io/a:1", f"pull-{'long-' * 10}long"),
        ("[::1]:5000/a:1", "pull-1-5000"),
    ],
)
def test_the_secret_is_called_like_the_registry_and_is_for_its_host(image: str, name: str) -> None:
    words = shlex.split(found(image).commands[0])
    assert name in words
    assert f"--docker-server={image.partition('/')[0]}" in words


KUBECTL = "kubectl --kubeconfig=/a/config --context=gpu-1 --namespace=work"
CREATE = (
    f"{KUBECTL} create secret docker-registry pull-ghcr-io --docker-server=ghcr.io "
    '--docker-username "$REGISTRY_USERNAME" --docker-password "$REGISTRY_PASSWORD"'
)
PATCH = f"{KUBECTL} patch serviceaccount worker --type=json --patch="
FIRST = (
    PATCH + """'[{"op":"test","path":"/imagePullSecrets","value":null},"""
    """{"op":"add","path":"/imagePullSecrets","value":[{"name":"pull-ghcr-io"}]}]'"""
)
FURTHER = PATCH + """'[{"op":"add","path":"/imagePullSecrets/-","value":{"name":"pull-ghcr-io"}}]'"""
REPLACE = f"{CREATE} --dry-run=client --output=json | {KUBECTL} replace --filename=-"


@pytest.mark.parametrize(
    "changes,commands",
    [
        pytest.param({}, [CREATE, FIRST], id="nothing there"),
        pytest.param({"referenced": ("old",)}, [CREATE, FURTHER], id="others there"),
        pytest.param({"referenced": None}, [CREATE, f"{{ {FURTHER} || {FIRST}; }}"], id="not seen"),
        pytest.param(
            {"registries": {"mine": ("ghcr.io",)}}, [FIRST.replace("pull-ghcr-io", "mine")], id="given to no one"
        ),
        pytest.param(
            {"referenced": ("mine",), "registries": {"mine": ("ghcr.io",)}}, [CREATE, FURTHER], id="of others, refused"
        ),
        pytest.param(
            {"referenced": ("pull-ghcr-io",), "registries": {"pull-ghcr-io": ("ghcr.io",)}}, [REPLACE], id="ours"
        ),
        pytest.param({"referenced": ("pull-ghcr-io",), "unusable": ("pull-ghcr-io",)}, [REPLACE], id="broken"),
    ],
)
def test_only_what_is_missing_is_done(changes: dict[str, Any], commands: list[str]) -> None:
    assert found(**changes).facts() == {"commands": commands, "policy": None}


def test_the_commands_are_one_line_for_a_shell() -> None:
    login = "with REGISTRY_USERNAME and REGISTRY_PASSWORD in the environment"
    assert str(found()) == f"To give pods the credential, {login}, run: `{CREATE} && {FIRST}`."
    given = FIRST.replace("pull-ghcr-io", "mine")
    assert str(found(registries={"mine": ("ghcr.io",)})) == f"To give pods the credential, run: `{given}`."


def test_names_are_quoted_for_the_shell() -> None:
    assert found(service_account="a b").commands[1].startswith(f"{KUBECTL} patch serviceaccount 'a b' --type")


def test_a_policy_is_proposed_where_kyverno_is_there() -> None:
    assert found().facts()["policy"] is None
    policy = found(kyverno="kyverno.io/v1").facts()["policy"]
    assert policy
    assert policy["metadata"] == {
        "name": "add-pull-ghcr-io",
        "namespace": "work",
    }


LIKELY = Assessment(sources=(), verdict="likely", seen="", explanation="")
UNKNOWN = Assessment(sources=(), verdict="unknown", seen="", explanation="")
SECRET, POLICY = (Source(kind=kind, name="x", host=None, used=False) for kind in ("Secret", "Policy"))


@pytest.mark.parametrize(
    "reason,assessment,lacking",
    [
        ("unauthorized", LIKELY, True),
        ("unauthorized", UNKNOWN, True),
        ("rate_limited", LIKELY, False),
        ("rate_limited", UNKNOWN, True),
        ("pulled", UNKNOWN, False),
        ("no_such_host", UNKNOWN, False),
        ("admission_refused", UNKNOWN, False),
        (None, LIKELY, False),
        (None, UNKNOWN, True),
        (None, replace(UNKNOWN, sources=(SECRET,)), True),
        (None, replace(UNKNOWN, sources=(SECRET, POLICY)), False),
    ],
)
def test_a_credential_is_proposed_where_it_can_help(
    reason: str | None, assessment: Assessment, *, lacking: bool
) -> None:
    outcome = reason and Outcome(pulled=reason == "pulled", reason=reason, message="", meaning="")
    assert lacks_credential(outcome or None, assessment) is lacking
