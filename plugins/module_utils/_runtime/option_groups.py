# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that several modules share. Their documentation is in doc_fragments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .input_rules import (
    argument,
    bearer,
    chart,
    header,
    label,
    login_name,
    release_name,
    sent_to_proxy,
    server,
    url,
    version,
)
from .options import option
from .services import FUNCTIONS, SERVICES, Service

DAY = 86_400
SECONDS = (1, DAY, "seconds")
"""What may be waited for."""
SECONDS_OR_NONE = (0, DAY, "seconds")
REVISION = (1, 2**31 - 1, "")

PROXY_HEADERS = {
    "proxy_basic_auth": {"type": "str", "no_log": True},
    "basic_auth": {"type": "str", "no_log": True},
    "user_agent": {"type": "str"},
}
"""What may be sent to a proxy, as kubernetes.core has it."""


def _connection(variable: str, **spec: Any) -> Any:
    """An option that may also come from the environment variable that kubernetes.core users already set.

    Ansible does not get it: what a task says and what only the environment says have not the same weight.
    """
    return option(variable=variable, **spec)


@dataclass(frozen=True, kw_only=True)
class ConnectionOptions:
    """Which cluster to connect to, and as whom."""

    kubeconfig: str | None = _connection("KUBECONFIG", type="path", aliases=["kubeconfig_path"])
    """One path, or several as in the variable KUBECONFIG."""
    context: str | None = _connection("CONTEXT", aliases=["kube_context"])
    host: str | None = _connection("HOST", rule=server)
    """The API server's URL."""
    api_key: str | None = _connection("API_KEY", no_log=True, rule=bearer)
    username: str | None = _connection("USERNAME", rule=login_name)
    password: str | None = _connection("PASSWORD", no_log=True)
    validate_certs: bool | None = _connection("VERIFY_SSL", type="bool", aliases=["verify_ssl"])
    ca_cert: str | None = _connection("SSL_CA_CERT", type="path", aliases=["ssl_ca_cert"])
    client_cert: str | None = _connection("CERT_FILE", type="path", aliases=["cert_file"])
    client_key: str | None = _connection("KEY_FILE", type="path", aliases=["key_file"], no_log=False)
    # A proxy's address may carry a password.
    proxy: str | None = _connection("PROXY", no_log=True)
    no_proxy: str | None = _connection("NO_PROXY")
    proxy_headers: dict[str, str | None] | None = _connection(
        "PROXY_HEADERS", type="dict", options=PROXY_HEADERS, rule=sent_to_proxy
    )
    impersonate_user: str | None = _connection("IMPERSONATE_USER")
    impersonate_groups: tuple[str, ...] | None = _connection("IMPERSONATE_GROUPS", type="list", elements="str")
    request_timeout: int = option(type="int", default=30, within=SECONDS)
    """Seconds for one request."""
    outage_timeout: int = option(type="int", default=0, within=SECONDS_OR_NONE)
    """Seconds for which an API server that is away is waited for before something is read."""


@dataclass(frozen=True, kw_only=True)
class ReleaseOptions:
    """Which Helm release."""

    service: str = option(choices=list(SERVICES), default=FUNCTIONS.name)
    release: str | None = option(aliases=["release_name"], rule=release_name)
    """None: that of the vendor's stack."""
    namespace: str = option(default="nvcf", aliases=["release_namespace"], rule=label)

    @property
    def of(self) -> Service:
        """The service whose release it is."""
        return SERVICES[self.service]

    @property
    def name(self) -> str:
        """The release's name."""
        return self.release or self.of.release

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class ApiOptions:
    """How to reach the NVCF API, and with which token."""

    api_url: str | None = option(rule=url)
    """None: by a port-forward to one of its pods."""
    api_host_header: str | None = option(rule=header)
    api_ca_cert: str | None = option(type="path")
    api_validate_certs: bool = option(type="bool", default=True)
    token: str | None = option(no_log=True, rule=bearer)
    token_file: str | None = option(type="path", no_log=False)
    api_timeout: int = option(type="int", default=30, within=SECONDS)
    """Seconds for one request."""
    api_keys_namespace: str = option(default="api-keys", no_log=False, rule=label)
    api_keys_service: str = option(default="admin-token-issuer-proxy", no_log=False, rule=label)
    gpu: str | None = option()
    """What a task is asked for with, which its API looks at first; None: one that the functions API shows."""
    instance_type: str | None = option()


TOKENS = {"mutually_exclusive": [["token", "token_file"]]}
"""What AnsibleModule needs to know about ApiOptions beside its options."""


@dataclass(frozen=True, kw_only=True)
class HelmOptions:
    """How to run the helm program, and from when on one that runs counts as abandoned."""

    helm_binary: str = option(type="path", default="helm", aliases=["binary_path"], rule=argument)
    timeout: int = option(type="int", default=900, within=SECONDS)
    """Seconds for one run of helm."""
    pending_min_age: int | None = option(type="int", within=(0, 365 * DAY, "seconds"))
    """Seconds after which a pending revision counts as abandoned; None: longer than such a run may take."""


@dataclass(frozen=True, kw_only=True)
class PendingOptions:
    """What to do about a Helm operation that is under way, or was killed."""

    on_pending: Literal["fail", "wait", "rollback"] = option(choices=["fail", "wait", "rollback"], default="fail")
    pending_timeout: int = option(type="int", default=600, within=SECONDS_OR_NONE)
    """Seconds to wait for it."""


@dataclass(frozen=True, kw_only=True)
class RolloutOptions:
    """How long to wait for the API's pods."""

    rollout_timeout: int = option(type="int", default=900, within=SECONDS)
    """Seconds."""


@dataclass(frozen=True, kw_only=True)
class ChartOptions:
    """Where the chart comes from."""

    chart_source: Literal["reference", "release"] = option(choices=["reference", "release"], default="reference")
    chart_ref: str | None = option(rule=chart)
    chart_repository: str | None = option(rule=chart)
    """What stands before the chart's name in its reference."""
    chart_version: str | None = option(rule=version)
    """None: that of the deployed revision."""
    chart_plain_http: bool = option(type="bool", default=False, aliases=["plain_http"])
    chart_validate_certs: bool = option(type="bool", default=True)
    chart_ca_cert: str | None = option(type="path")
    registry_username: str | None = option(aliases=["repo_username"], rule=login_name)
    registry_password: str | None = option(aliases=["repo_password"], no_log=True)
