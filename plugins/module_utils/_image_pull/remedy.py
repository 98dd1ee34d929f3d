# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to run so that pods of a namespace are given a credential for an image's registry. Pure."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict

from .credential_sources import Assessment, Image, Survey
from .kyverno import pod_patch
from .outcome import Outcome

LONGEST_NAME = 60
_USERNAME, _PASSWORD = '"$REGISTRY_USERNAME"', '"$REGISTRY_PASSWORD"'


@dataclass(frozen=True, kw_only=True)
class Kubectl:
    """How kubectl reaches a cluster."""

    kubeconfig: str | None
    context: str | None
    server: str | None
    """What is asked instead of the context's server."""

    def command(self, namespace: str, *words: str) -> str:
        """The beginning of a command line."""
        paths = self.kubeconfig or ""
        # The option takes one file, and the variable several.
        before = [f"KUBECONFIG={shlex.quote(paths)}"] if ":" in paths else []
        flags = {"kubeconfig": None if before else self.kubeconfig, "context": self.context, "server": self.server}
        options = [f"--{name}={shlex.quote(value)}" for name, value in flags.items() if value]
        return " ".join([*before, "kubectl", *options, f"--namespace={shlex.quote(namespace)}", *words])


class RemedyFacts(TypedDict):
    """Commands that add a pull secret, and the Kyverno policy that does."""

    commands: list[str]
    policy: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """Commands for a shell, which take the login from its variables, and a policy that does without the last."""

    commands: tuple[str, ...]
    policy: dict[str, Any] | None
    """Instead of a change of the ServiceAccount, where Kyverno is there."""

    def facts(self) -> RemedyFacts:
        """For results and reports."""
        return {"commands": list(self.commands), "policy": self.policy}

    def __str__(self) -> str:
        login = (
            "with REGISTRY_USERNAME and REGISTRY_PASSWORD in the environment, "
            if _PASSWORD in str(self.facts())
            else ""
        )
        return f"To give pods the credential, {login}run: `{' && '.join(self.commands)}`."


def lacks_credential(outcome: Outcome | None, assessment: Assessment) -> bool:
    """Whether a credential is what is missing, or where no node was asked, might be."""
    if outcome is None:
        return not assessment.likely and not any(source.kind != "Secret" for source in assessment.sources)
    return outcome.reason == "unauthorized" or (outcome.reason == "rate_limited" and not assessment.likely)


def remedy(image: Image, survey: Survey, kubectl: Kubectl, assessment: Assessment) -> Remedy:
    """What gives the pods of the survey's ServiceAccount a credential for the image's registry."""
    unused = [source.name for source in assessment.sources if source.kind == "Secret" and not source.used]
    # A Secret that is given to pods and was refused may hold other registries' entries: it is left alone. The kubelet
    # tries all that fit.
    create = assessment.likely or not unused
    secret = _name(image) if create else unused[0]
    namespace = survey.namespace
    commands = []
    if create:
        commands.append(
            _create(kubectl, namespace, secret, image, anew=secret in {*survey.registries, *survey.unusable})
        )
    commands += _give(kubectl, survey, secret)
    policy = survey.kyverno and pod_patch(survey.kyverno, name=f"add-{secret}", namespace=namespace, secret=secret)
    return Remedy(commands=tuple(commands), policy=policy or None)


def _name(image: Image) -> str:
    return f"pull-{re.sub(r'[^a-z0-9]+', '-', image.host.lower()).strip('-')}"[:LONGEST_NAME].rstrip("-")


def _create(kubectl: Kubectl, namespace: str, secret: str, image: Image, *, anew: bool) -> str:
    login = f"--docker-username {_USERNAME} --docker-password {_PASSWORD}"
    made = kubectl.command(
        namespace, "create secret docker-registry", secret, f"--docker-server={shlex.quote(image.host)}", login
    )
    if not anew:
        return made
    return f"{made} --dry-run=client --output=json | {kubectl.command(namespace, 'replace --filename=-')}"


def _give(kubectl: Kubectl, survey: Survey, secret: str) -> Iterator[str]:
    """The ServiceAccount's list has no merge key: a plain patch would drop what is in it."""
    if survey.referenced is not None and secret in survey.referenced:
        return
    account = shlex.quote(survey.service_account)
    further = [{"op": "add", "path": "/imagePullSecrets/-", "value": {"name": secret}}]
    first = [
        {"op": "test", "path": "/imagePullSecrets", "value": None},
        {"op": "add", "path": "/imagePullSecrets", "value": [{"name": secret}]},
    ]
    patches = [further, first] if survey.referenced is None else [further if survey.referenced else first]
    given = [
        kubectl.command(
            survey.namespace,
            "patch serviceaccount",
            account,
            f"--type=json --patch={shlex.quote(json.dumps(patch, separators=(',', ':')))}",
        )
        for patch in patches
    ]
    # Where the list cannot be seen there may be none yet.
    yield f"{{ {given[0]} || {given[1]}; }}" if len(given) > 1 else given[0]
