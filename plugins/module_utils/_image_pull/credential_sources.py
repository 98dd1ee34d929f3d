# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From which objects of a cluster the kubelet can have credentials for an image. Pure.

Of a Secret only the names of the registries in it are ever looked at.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from json import loads
from typing import Any
from urllib.parse import urlsplit

from .._runtime.input_rules import image, refuse, shown

PULL_SECRETS: Mapping[str, str] = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
}
"""Types of Secrets that the kubelet takes credentials from, and the key that they are under. It ignores all others."""
DOCKER_HUB = frozenset({"docker.io", "index.docker.io"})


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image as it stands in a pod."""

    reference: str
    host: str
    """The registry, with its port if any."""
    path: str
    """What follows, without tag and digest, beginning with a slash."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One object from which credentials can come."""

    kind: str
    """Secret, or a kind of Kyverno's policies."""
    name: str
    host: str | None
    """The Secret's entry that fits the image; None for a policy, which does not say."""
    used: bool | None
    """Whether the ServiceAccount names the Secret; None where that is not known."""

    def facts(self) -> dict[str, Any]:
        """For results and reports: `kind`, `name`, `host`, `used`."""
        return {"kind": self.kind, "name": self.name, "host": self.host, "used": self.used}


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What of a namespace bears on pulling images, without any credential."""

    namespace: str
    service_account: str
    referenced: tuple[str, ...] | None
    """Names of the Secrets that the ServiceAccount gives to its pods; None where it may not be read."""
    registries: Mapping[str, tuple[str, ...]]
    """The entries of each pull secret, by its name."""
    unusable: tuple[str, ...]
    """Names that the ServiceAccount gives although there is no pull secret behind them, or an unreadable one."""
    policies: tuple[Source, ...]
    hidden: tuple[str, ...]
    """What may not be looked at."""
    kyverno: str | None = None
    """The API version of Kyverno's in which a policy for this namespace can be written; None without any."""


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """How likely it is that the cluster has credentials, and why."""

    sources: tuple[Source, ...]
    verdict: str
    """likely or unknown: that no credential is needed, or that one is refused, shows only when an image is pulled."""
    seen: str
    """The reasons of the verdict, what is amiss, and what may not be looked at."""
    explanation: str
    """The same with what no one can see."""

    @property
    def likely(self) -> bool:
        """Whether pods are given a credential for the image, which may be a wrong one."""
        return self.verdict == "likely"

    def facts(self) -> dict[str, Any]:
        """For results and reports: `sources`, `verdict`, `explanation`."""
        return {
            "sources": [source.facts() for source in self.sources],
            "verdict": self.verdict,
            "explanation": self.explanation,
        }


def parse_image(reference: str) -> Image:
    """Raises InputError when the kubelet would not take the first part for a registry's host."""
    image("image", reference)
    host, _slash, rest = reference.partition("/")
    path = rest.partition("@")[0]
    if ":" in path.rpartition("/")[2]:
        path = path.rpartition(":")[0]
    if not ("." in host or ":" in host or host == "localhost"):
        reason = f"{shown(host)} has neither a dot nor a port, so nodes would pull it from docker.io"
        raise refuse("image", reference, reason, "Give host/path:tag with the registry's full hostname")
    return Image(reference=reference, host=host, path=f"/{path}")


def entry_matches(entry: str, image: Image) -> bool:
    """Whether the kubelet uses the credentials under this entry of a pull secret for the image.

    Its rules (pkg/credentialprovider/keyring.go): the same port or none on both sides, as many labels in the host, each
    of which may be a pattern, and a path that the image's path begins with.
    """
    try:
        parts = urlsplit(entry if entry.startswith(("https://", "http://")) else f"https://{entry}")
    except ValueError:
        # `[oops`: the kubelet passes over what is not a URL.
        return False
    if parts.netloc == "index.docker.io" and image.host in DOCKER_HUB:
        return True
    name, port = _split_port(parts.netloc)
    wanted, wanted_port = _split_port(image.host)
    # Docker writes its API's root, which says nothing about paths.
    path = parts.path[3:] if parts.path.startswith(("/v1/", "/v2/")) else parts.path
    patterns, labels = name.split("."), wanted.split(".")
    return (
        port == wanted_port
        and len(patterns) == len(labels)
        and all(fnmatchcase(label, pattern) for label, pattern in zip(labels, patterns, strict=True))
        and image.path.startswith(path)
    )


def _split_port(netloc: str) -> tuple[str, str]:
    name, _colon, port = netloc.partition(":")
    return name, port


def registries_of(secret: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The registries that a Secret holds credentials for, None when the kubelet takes none from it."""
    key = PULL_SECRETS.get(str(secret.get("type")))
    content = (secret.get("data") or {}).get(key)
    if not content:
        return None
    try:
        document = loads(base64.b64decode(content))
        entries = document.get("auths") or {} if key == ".dockerconfigjson" else document
        return tuple(sorted(map(str, entries)))
    except (ValueError, AttributeError, TypeError):
        return None


def assess(image: Image, survey: Survey) -> Assessment:
    """What the survey says about the image."""
    secrets = tuple(_secret_sources(image, survey))
    used = [source for source in secrets if source.used]
    verdict = "likely" if used else "unknown"
    seen = " ".join([_about_secrets(image, survey, secrets), *_about_the_rest(survey)])
    unseen = (
        " Credentials of the nodes and those that NVCF puts on its own pods are not visible, and a public image needs "
        "none: only a probe shows whether the image can be pulled."
    )
    explanation = seen if used else seen + unseen
    return Assessment(sources=secrets + survey.policies, verdict=verdict, seen=seen, explanation=explanation)


def _secret_sources(image: Image, survey: Survey) -> Iterator[Source]:
    for name, entries in sorted(survey.registries.items()):
        fitting = [entry for entry in entries if entry_matches(entry, image)]
        if fitting:
            # The longest entry is the one that the kubelet tries first.
            host = max(fitting, key=len)
            used = None if survey.referenced is None else name in survey.referenced
            yield Source(kind="Secret", name=name, host=host, used=used)


def _about_secrets(image: Image, survey: Survey, secrets: Sequence[Source]) -> str:
    account = f"ServiceAccount {survey.namespace}/{survey.service_account}"
    if used := [source.name for source in secrets if source.used]:
        return f"{account} gives its pods credentials for {image.host}: Secret {', '.join(used)}."
    found = ", ".join(source.name for source in secrets)
    if not found:
        return f"In namespace {survey.namespace}, no readable pull secret has an entry for {image.host}."
    if survey.referenced is None:
        return f"Secret {found} in namespace {survey.namespace} has an entry for {image.host}."
    return (
        f"Secret {found} in namespace {survey.namespace} has an entry for {image.host}, but {account} does not name "
        "it: add it to the account's imagePullSecrets."
    )


def _about_the_rest(survey: Survey) -> Iterator[str]:
    if survey.unusable:
        yield (
            f"ServiceAccount {survey.namespace}/{survey.service_account} names {', '.join(survey.unusable)}, behind "
            "which there is no readable pull secret."
        )
    if survey.policies:
        named = ", ".join(f"{policy.kind} {policy.name}" for policy in survey.policies)
        yield f"Kyverno may add more: {named}."
    if survey.hidden:
        yield f"Not checked because of missing permissions: {', '.join(survey.hidden)}."
