# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that lead to the NVCF API."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Address of the NVCF API, for example V(https://api.nvcf.example.com).
      - By default the API is reached by a port-forward to one of its ready pods, through the Kubernetes API server.
        That needs no route to the cluster, but the permission to create C(pods/portforward).
    type: str
  api_host_header:
    description:
      - The Host header to send, if a gateway routes by it and O(api_url) is the address of the gateway.
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
      - It is also the time to wait for a token issuer that is starting, up to 30 seconds.
      - From V(1) to V(86400).
    type: int
    default: 30
  token:
    description:
      - Bearer token for the NVCF API.
      - Without O(token) and O(token_file), a token is requested from the control plane's token issuer, by a
        port-forward. For tasks, an API key is created with it, like C(nvcf-cli api-key generate --for task).
    type: str
  token_file:
    description:
      - Path of a file that contains only the token.
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
      - Name of a GPU in a registered GPU cluster. The tasks API checks it before the image.
      - By default the first one that the functions API lists, which requires a scope that few tokens have.
    type: str
  instance_type:
    description:
      - Name of an instance type with the O(gpu).
    type: str
"""
