# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that lead to the NVCF API."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Address at which the NVCF API answers, for example V(https://api.nvcf.example.com).
      - Without it the API is reached in one of its ready pods, by a port-forward through the Kubernetes API server. No
        route to the cluster is needed for that, but the right to create C(pods/portforward).
    type: str
  api_host_header:
    description:
      - The Host header to send, where a gateway routes by it and O(api_url) is the gateway's bare address.
    type: str
  api_ca_cert:
    description:
      - Path of the certificate authority that signed the certificate at O(api_url).
    type: path
  api_validate_certs:
    description:
      - Whether the certificate at O(api_url) is verified.
    type: bool
    default: true
  api_timeout:
    description:
      - Seconds for one request to the NVCF API.
      - A token issuer that is just starting is waited for as long, but not more than 30 seconds.
      - From V(1) to V(86400).
    type: int
    default: 30
  token:
    description:
      - Bearer token for the NVCF API.
      - Without O(token) and O(token_file) one is made at the control plane's token issuer, which is reached by a
        port-forward as well. For tasks an API key is made with it, as C(nvcf-cli api-key generate --for task) does.
    type: str
  token_file:
    description:
      - Path of a file that holds the token and nothing else.
    type: path
  api_keys_namespace:
    description:
      - Namespace of the token issuer.
    type: str
    default: api-keys
  api_keys_service:
    description:
      - Service of the token issuer.
    type: str
    default: admin-token-issuer-proxy
  gpu:
    description:
      - Name of a GPU in a registered GPU cluster. The API for tasks looks at that before it looks at an image.
      - Without it the first one that the functions API lists, which few tokens may see.
    type: str
  instance_type:
    description:
      - Name of an instance type with the O(gpu).
    type: str
"""
