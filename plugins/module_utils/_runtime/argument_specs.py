# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that several modules share. Their documentation is in doc_fragments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback

Spec = Mapping[str, Mapping[str, Any]]


def _option(variable: str, **more: Any) -> dict[str, Any]:
    """An option that may also come from the environment variable that kubernetes.core users already set."""
    return {"fallback": (env_fallback, [f"K8S_AUTH_{variable}"]), **more}


CLUSTER: Spec = {
    "kubeconfig": _option("KUBECONFIG", type="path"),
    "context": _option("CONTEXT"),
    "host": _option("HOST"),
    "api_key": _option("API_KEY", no_log=True),
    "validate_certs": _option("VERIFY_SSL", type="bool", aliases=["verify_ssl"]),
    "ca_cert": _option("SSL_CA_CERT", type="path", aliases=["ssl_ca_cert"]),
    "client_cert": _option("CERT_FILE", type="path", aliases=["cert_file"]),
    "client_key": _option("KEY_FILE", type="path", aliases=["key_file"], no_log=False),
    # A proxy's address may carry a password.
    "proxy": _option("PROXY", no_log=True),
    "no_proxy": _option("NO_PROXY"),
    "impersonate_user": _option("IMPERSONATE_USER"),
    "impersonate_groups": _option("IMPERSONATE_GROUPS", type="list", elements="str"),
    "request_timeout": {"type": "int", "default": 30},
}

RELEASE: Spec = {
    "release": {"default": "api", "aliases": ["release_name"]},
    "namespace": {"default": "nvcf", "aliases": ["release_namespace"]},
}

NVCF_API: Spec = {
    "api_url": {},
    "api_host_header": {},
    "api_ca_cert": {"type": "path"},
    "api_validate_certs": {"type": "bool", "default": True},
    "token": {"no_log": True},
    "token_file": {"type": "path", "no_log": False},
    "api_timeout": {"type": "int", "default": 30},
    "api_keys_namespace": {"default": "api-keys", "no_log": False},
    "api_keys_service": {"default": "admin-token-issuer-proxy", "no_log": False},
}

HELM: Spec = {
    "helm_binary": {"type": "path", "default": "helm"},
    "timeout": {"type": "int", "default": 900},
    "pending_min_age": {"type": "int"},
}

ROLLOUT: Spec = {"rollout_timeout": {"type": "int", "default": 900}}

CHART: Spec = {
    "chart_source": {"choices": ["reference", "release"], "default": "reference"},
    "chart_ref": {},
    "chart_version": {},
    "chart_plain_http": {"type": "bool", "default": False},
    "chart_validate_certs": {"type": "bool", "default": True},
    "chart_ca_cert": {"type": "path"},
    "registry_username": {},
    "registry_password": {"no_log": True},
}

STATE: Mapping[str, Any] = {"choices": ["present", "absent", "exact"], "default": "present"}


def registries(*, required: bool) -> Mapping[str, Any]:
    """The list of wanted registries."""
    entry = {"key": {"no_log": False}, "name": {}, "hostname": {}, "artifact_type": {"default": "CONTAINER"}}
    return {"type": "list", "elements": "dict", "required": required, "options": entry}
