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
      - A task that sets O(kubeconfig), O(context) or O(host) is never taken to another cluster by the environment. With
        E(K8S_AUTH_HOST) set, none of the variables that go with it counts for such a task.
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
      - URL of a proxy in front of the API server, C(http://), C(https://) or C(socks5://), with a login in it or not.
        Also E(K8S_AUTH_PROXY).
      - Without it the field C(proxy-url) of the kubeconfig counts, and without that the variables E(HTTPS_PROXY) and
        E(NO_PROXY), all as for C(kubectl).
    type: str
  no_proxy:
    description:
      - Hosts that are reached without a proxy, separated by commas. Also E(K8S_AUTH_NO_PROXY).
    type: str
  proxy_headers:
    description:
      - What the proxy is sent besides. Helm can be given no more than the login, so a proxy that asks for another of
        these headers stops a change before anything is written.
    type: dict
    suboptions:
      proxy_basic_auth:
        description: The login for the proxy, C(user:password). Also E(K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH).
        type: str
      basic_auth:
        description: The same as the header C(Authorization). Also E(K8S_AUTH_PROXY_HEADERS_BASIC_AUTH).
        type: str
      user_agent:
        description: The header C(User-Agent). Also E(K8S_AUTH_PROXY_HEADERS_USER_AGENT).
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
      - From V(1) to V(86400).
    type: int
    default: 30
  outage_timeout:
    description:
      - Seconds for which a Kubernetes API server that does not answer, or not as one, is waited for when something is
        read. With V(0), it is asked again for no more than a second or two.
      - In the middle of a change it is waited for 90 seconds at least.
      - From V(0) to V(86400).
    type: int
    default: 0
requirements:
  - Python >= 3.12
  - kubernetes (Python library) >= 31, with urllib3 >= 2
  - PySocks (Python library), for a SOCKS proxy only
  - PyYAML >= 6
"""
