# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that lead to a cluster."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of a kubeconfig file, or several joined by C(:), of which the first that names a thing wins, as with
        C(kubectl).
      - Without it the variables E(K8S_AUTH_KUBECONFIG) and E(KUBECONFIG), C(~/.kube/config), and the service account of
        the pod that this runs in are tried, in this order.
      - Only the one context that is used is ever handed to helm.
    type: path
  context:
    description:
      - The context of the kubeconfig; its current one if not set. Also E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description:
      - URL of the Kubernetes API server, instead of what the kubeconfig says. Also E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - A bearer token for the Kubernetes API server. Also E(K8S_AUTH_API_KEY).
    type: str
  validate_certs:
    description:
      - Whether the API server's certificate is verified. Also E(K8S_AUTH_VERIFY_SSL).
      - Without it the kubeconfig decides.
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description:
      - Path of the certificate authority that signed the API server's certificate. Also E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description:
      - Path of a client certificate. Goes with O(client_key). Also E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - Path of the key of O(client_cert). Also E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  proxy:
    description:
      - URL of a proxy in front of the API server. Also E(K8S_AUTH_PROXY).
    type: str
  no_proxy:
    description:
      - Hosts that O(proxy) is not used for, separated by commas. Also E(K8S_AUTH_NO_PROXY).
    type: str
  impersonate_user:
    description:
      - User to act as. Also E(K8S_AUTH_IMPERSONATE_USER).
    type: str
  impersonate_groups:
    description:
      - Groups to act as. Also E(K8S_AUTH_IMPERSONATE_GROUPS).
    type: list
    elements: str
  request_timeout:
    description:
      - Seconds for one request to the Kubernetes API.
    type: int
    default: 30
  outage_timeout:
    description:
      - Seconds for which a Kubernetes API server that does not answer, or not as one, is waited for when something is
        read. With V(0), it is asked again for no more than a second or two.
      - In the middle of a change it is waited for 90 seconds at least.
    type: int
    default: 0
requirements:
  - Python >= 3.12
  - kubernetes (Python library) >= 31
  - PyYAML >= 6
"""
