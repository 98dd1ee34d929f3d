# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a recognized registry is, and which ones the NVCF API can take.

The API binds the pairs `NVCF_REGISTRIES_RECOGNIZED_CONTAINER_<KEY>_NAME` and `_HOSTNAME` of its environment to a Spring
Boot map; that of another service does so with a prefix of its own. What it cannot bind it drops silently, and an
incomplete or duplicate entry ends its start; so every rule is checked here, before anything is written. Pure: no I/O.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .._runtime.input_rules import refuse, refuse_login, shown, unseen
from .._runtime.services import SERVICES

LONGEST = {"key": 63, "name": 255, "hostname": 253}
"""Characters: a hostname has no more; the others are what reports and histories have room for."""
KEY = re.compile(r"[A-Z][A-Z0-9]*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TOP_LABEL = re.compile(r"[a-z].*")

NATIVE_KEYS = {
    "NGC": "NGC",
    "DOCKER": "Docker Hub",
    "ECR": "Amazon ECR",
    "ECR_PUBLIC": "Amazon ECR Public",
    "ECRPUBLIC": "Amazon ECR Public",
    "ECR-PUBLIC": "Amazon ECR Public",
    "VOLCENGINE": "VolcEngine",
    "ACR": "Azure Container Registry",
    "HARBOR": "Harbor",
    "ARTIFACTORY": "JFrog Artifactory",
}
_BUILT_IN = [pair for service in SERVICES.values() for pair in service.built_in.values()]
_SELF_HOSTED = [name for service in SERVICES.values() for name in service.self_hosted.values()]
NATIVE_NAMES = tuple(dict.fromkeys((*(name for name, _host in _BUILT_IN), *_SELF_HOSTED)))
NATIVE_HOSTS = tuple(dict.fromkeys(host for _name, host in _BUILT_IN))
_REGION = r"(us|eu|ap|sa|ca|me|af|il|mx|cn)(-gov|-iso[a-z]?)?-(north|south|east|west|central)+-[1-9]"
_NATIVE_PATTERNS = (
    (re.compile(r"nvcr\.io"), "NGC"),
    (re.compile(r"docker\.io"), "Docker Hub"),
    (re.compile(r"public\.ecr\.aws"), "Amazon ECR Public"),
    (re.compile(rf"(\d{{12}}\.dkr\.ecr\.{_REGION}|dkr\.ecr)\.amazonaws\.com"), "Amazon ECR"),
    (re.compile(r"(.*\.)?cr\.volces\.com"), "VolcEngine"),
    (re.compile(r".*azurecr\.io.*"), "Azure Container Registry"),
)
"""Hosts that the API takes for its own kinds, regardless of its settings."""
_KINDRED_PATTERNS = (
    (re.compile(r".*\.nvcr\.io"), "NGC"),
    (re.compile(r".*\.docker\.io"), "Docker Hub"),
    (re.compile(r".*\.public\.ecr\.aws"), "Amazon ECR Public"),
    (re.compile(r"(.*\.)?dkr\.ecr\.(.*\.)?amazonaws\.com(\.cn)?"), "Amazon ECR"),
    (re.compile(r"(.*\.)?jfrog\.io"), "JFrog Artifactory"),
)
"""Other hosts of the same services, on which the API accepts images if it is configured with them."""
_NATIVE_WAY = "NVCF validates {0} itself: register a credential for it in NVCF instead of allowlisting it"


@dataclass(frozen=True, kw_only=True, order=True)
class RecognizedRegistry:
    """A container registry that the NVCF API is instructed to accept."""

    key: str
    """The map key, `^[A-Z][A-Z0-9]*$`."""
    name: str
    """What users read; unique in the API."""
    hostname: str
    """What an image reference must begin with, without port; unique in the API."""

    def facts(self) -> dict[str, str]:
        """For results and reports: `key`, `name`, `hostname`."""
        return {"key": self.key, "name": self.name, "hostname": self.hostname}


def check(registry: RecognizedRegistry, *, allow_unvalidated: bool = False) -> list[str]:
    """Checks one wanted registry against the API's rules.

    `allow_unvalidated` lets hosts pass which NVCF would validate if they were not registered this way.
    Returns warnings. Raises InputError with field, value, reason and cure.
    """
    check_key(registry.key)
    _check_name(registry.name)
    warnings = check_hostname(registry.hostname)
    _check_free(registry.hostname, allow_unvalidated=allow_unvalidated)
    return warnings


def check_key(key: str) -> None:
    """Raises InputError unless `key` is one that the API binds and that is free for the operator's use."""
    if service := NATIVE_KEYS.get(key.upper()):
        raise refuse("key", key, f"it belongs to {service}, which is built in", _NATIVE_WAY.format(service))
    _check_length("key", key)
    if not KEY.fullmatch(key):
        reason = "it is not a short uppercase word of A-Z and 0-9 that begins with a letter"
        if re.search(r"[_.]", key):
            reason += "; with an underscore or a dot the API drops the registry silently"
        suggestion = re.sub(r"[^A-Z0-9]", "", key.upper()).lstrip("0123456789")
        raise refuse("key", key, reason, f"Use for example {suggestion or 'MYREG'!r}")


def check_artifact_type(artifact_type: str) -> None:
    """Raises InputError for anything but container images."""
    if artifact_type != "CONTAINER":
        raise refuse(
            "artifact_type",
            artifact_type,
            "NVCF supports allowlisting for container images only, not for Helm-chart functions, models or resources",
            "Keep Helm charts in a registry that NVCF validates itself",
        )


def _check_name(name: str) -> None:
    _check_text("name", name)
    if name in NATIVE_NAMES:
        raise refuse(
            "name", name, "a built-in registry has this name and the API would not start", "Choose another name"
        )


def _check_text(field: str, value: str) -> None:
    if all(sign <= " " for sign in value):
        raise refuse(
            field,
            value,
            "it is empty or consists of spaces, and the API would not start",
            f"Give the registry a {field}",
        )
    _check_length(field, value)
    if not value.strip():
        raise refuse(field, value, "it contains only invisible characters", f"Give the registry a {field}")
    if value != value.strip():
        raise refuse(field, value, "it has leading or trailing spaces", f"Use {shown(value.strip())}")
    if hidden := unseen(value):
        raise refuse(field, value, f"it contains {hidden}", "Use one line of plain text")
    if "${" in value:
        raise refuse(field, value, "Spring would replace the placeholder in it", "Write the text out")


def _check_length(field: str, value: str) -> None:
    if len(value) > LONGEST[field]:
        reason = f"it has {len(value)} characters, and at most {LONGEST[field]} are allowed"
        raise refuse(field, value, reason, "Shorten it")


def check_hostname(hostname: str) -> list[str]:
    """Checks that an image reference can begin with it, regardless of who owns the host.

    Returns warnings. Raises InputError.
    """
    _check_text("hostname", hostname)
    host = bare_host(hostname)
    cure = f"Use {shown(host)}" if host else "Use the host as it stands in the image reference"
    refuse_login("hostname", hostname, cure)
    if "://" in hostname:
        raise refuse("hostname", hostname, "it has a scheme and would never match", cure)
    if "/" in hostname:
        raise refuse("hostname", hostname, "it has a path or a slash and would never match", cure)
    if "*" in hostname:
        raise refuse(
            "hostname", hostname, "the API does not support wildcards", "Name each host in an entry of its own"
        )
    if ":" in hostname:
        if hostname.count(":") > 1:
            raise refuse("hostname", hostname, "an IPv6 address cannot be matched", "Use a name or an IPv4 address")
        raise refuse("hostname", hostname, "with a port it would never match; without one it matches any port", cure)
    if hostname != hostname.lower():
        raise refuse("hostname", hostname, "uppercase letters match only images that are written in the same way", cure)
    if "_" in hostname:
        raise refuse(
            "hostname", hostname, "the API refuses images whose host has an underscore", "Use another DNS name"
        )
    if _is_ipv4(hostname):
        text = (
            f"hostname {hostname!r} is an IPv4 address: the API accepts images on it without a port only "
            f"({hostname}/app:1, not {hostname}:5000/app:1)."
        )
        return [text]
    labels = hostname.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise refuse("hostname", hostname, "it is not a DNS name", "Use the host as it stands in the image reference")
    if len(labels) > 1 and not _TOP_LABEL.fullmatch(labels[-1]):
        reason = "its last part does not begin with a letter, so Java finds no host in the image reference"
        raise refuse("hostname", hostname, reason, "Use a DNS name whose last part begins with a letter")
    return []


def _check_free(hostname: str, *, allow_unvalidated: bool) -> None:
    if service := native(hostname):
        raise refuse("hostname", hostname, f"it is a host of {service}, which is built in", _NATIVE_WAY.format(service))
    service = _service_of(hostname, _KINDRED_PATTERNS)
    if service and not allow_unvalidated:
        reason = f"it is a host of {service}, and nothing on it would be validated if it were allowlisted"
        cure = f"Register a credential for {service} in NVCF, or set allow_unvalidated for this registry"
        raise refuse("hostname", hostname, reason, cure)


def native(hostname: str) -> str:
    """The service whose host this is to the API, which validates it itself; empty for all others."""
    return _service_of(hostname, _NATIVE_PATTERNS)


def _service_of(hostname: str, patterns: Iterable[tuple[re.Pattern[str], str]]) -> str:
    return next((service for pattern, service in patterns if pattern.fullmatch(hostname)), "")


def _is_ipv4(hostname: str) -> bool:
    try:
        ipaddress.IPv4Address(hostname)
    except ValueError:
        return False
    return True


def bare_host(value: str) -> str:
    """The host that another user meant who wrote a URL, a path or a port around it."""
    host = value.strip().lower().partition("://")[2] or value.strip().lower()
    return host.partition("/")[0].rpartition("@")[2].partition(":")[0]


def check_together(registries: Iterable[RecognizedRegistry]) -> None:
    """Raises InputError when two wanted registries share what must be unique."""
    seen: dict[tuple[str, str], RecognizedRegistry] = {}
    for registry in registries:
        for field, value in registry.facts().items():
            other = seen.setdefault((field, value), registry)
            if other is not registry:
                raise refuse(
                    field,
                    value,
                    f"it is used twice, by {other.key} and {registry.key}, and the API would not start",
                    "Give each registry once",
                )
