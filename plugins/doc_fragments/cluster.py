# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that lead to a cluster."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of a kubeconfig file, or several paths separated by C(:). The first file that defines an entry takes
        precedence, as with C(kubectl).
      - By default the environment variables E(K8S_AUTH_KUBECONFIG) and E(KUBECONFIG), C(~/.kube/config), and the
        service account of the current pod are tried, in this order.
      - Helm receives only the context that is used.
    type: path
    aliases: [kubeconfig_path]
  context:
    description:
      - The context of the kubeconfig, by default its current context. Also E(K8S_AUTH_CONTEXT).
      - If a task sets O(kubeconfig), O(context) or O(host), environment variables never select another cluster.
        With E(K8S_AUTH_HOST) set, the variables that belong to it do not apply to such a task.
      - An empty context is an error, because the current context may be another cluster.
    type: str
    aliases: [kube_context]
  host:
    description:
      - URL of the Kubernetes API server, instead of the one in the kubeconfig. Also E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - A bearer token for the Kubernetes API server. Also E(K8S_AUTH_API_KEY).
      - Mutually exclusive with O(username).
    type: str
  username:
    description:
      - User for basic authentication, without a colon. Requires O(password). Also E(K8S_AUTH_USERNAME).
      - Kubernetes API servers do not accept a username and a password. Only an authenticating proxy in front of one
        does.
    type: str
  password:
    description:
      - Password of O(username). Also E(K8S_AUTH_PASSWORD).
      - Helm receives it in a private kubeconfig, never as an argument.
    type: str
  validate_certs:
    description:
      - Whether the API server's certificate is verified. Also E(K8S_AUTH_VERIFY_SSL).
      - By default the kubeconfig decides.
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description:
      - Path of the certificate authority that signed the API server's certificate. Also E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description:
      - Path of a client certificate. Requires O(client_key). Also E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - Path of the key of O(client_cert). Also E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  proxy:
    description:
      - URL of a proxy in front of the API server, C(http://), C(https://) or C(socks5://), with or without a login.
        Also E(K8S_AUTH_PROXY).
      - By default the field C(proxy-url) of the kubeconfig applies, then the environment variables E(HTTPS_PROXY)
        and E(NO_PROXY), as for C(kubectl).
    type: str
  no_proxy:
    description:
      - Hosts that are reached without a proxy, separated by commas. Also E(K8S_AUTH_NO_PROXY).
    type: str
  proxy_headers:
    description:
      - Headers for the proxy. Helm supports only the login, so a proxy that requires another header stops a change
        before anything is written.
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
      - Seconds to wait for a Kubernetes API server that does not answer, or not correctly, when reading. With V(0),
        requests are repeated for one or two seconds at most.
      - During a change, the wait is at least 90 seconds.
      - From V(0) to V(86400).
    type: int
    default: 0
notes:
  - An option with an empty text is the same as an option that is not set, because AWX sends unanswered questions of a
    survey as empty texts. O(context) is an exception, see there.
requirements:
  - Python >= 3.12
  - kubernetes (Python library) >= 31, with urllib3 >= 2
  - PySocks (Python library), for a SOCKS proxy only
  - PyYAML >= 6
seealso:
  - name: Operations
    description: Symptoms, messages and recipes for the operator on call.
    link: https://fleetops.github.io/ansible-nvcf/operations.html
  - name: Connections
    description: Kubeconfigs, proxies, certificates and logins that work.
    link: https://fleetops.github.io/ansible-nvcf/connections.html
"""
