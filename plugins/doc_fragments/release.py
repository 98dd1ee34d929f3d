# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that name a release, and those for changing one with helm."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  service:
    description:
      - The NVCF service. Each has its own release and its own list of recognized registries.
      - V(functions) is the NVCF API, of the chart C(helm-nvcf-api).
      - V(tasks) is the NVCT API, of the chart C(helm-nvcf-nvct-api). It has no endpoint that lists its registries,
        so its level C(recognized) is unknown.
    type: str
    choices: [functions, tasks]
    default: functions
  release:
    description:
      - Name of the Helm release.
      - By default the name in the NVCF stack, C(api) for the O(service) V(functions), and C(nvct-api) for V(tasks).
    type: str
    aliases: [release_name]
  namespace:
    description:
      - Namespace of the release.
    type: str
    default: nvcf
    aliases: [release_namespace]
"""

    HELM = r"""
options:
  helm_binary:
    description:
      - The helm program, version 3.14 or newer, version 4 recommended. It is required only for changes.
    type: path
    default: helm
    aliases: [binary_path]
  timeout:
    description:
      - Seconds for one run of helm and its hooks. A helm that has not ended a minute later is stopped.
      - From V(1) to V(86400).
    type: int
    default: 900
  pending_min_age:
    description:
      - Seconds after which a pending revision is considered abandoned. A younger one is never rolled back, because
        another helm process may be running.
      - By default O(timeout) plus one minute, the longest time that helm of this collection can run. Increase it if
        other tools give helm more time.
      - From V(0) to V(31536000).
    type: int
requirements:
  - helm >= 3.14
"""

    CHART = r"""
options:
  chart_source:
    description:
      - V(reference) uses the chart from O(chart_ref).
      - V(release) rebuilds the chart from the data that Helm stored with the release, so no registry is needed.
        Charts with dependencies, and charts that render differently each time, cannot be rebuilt.
    type: str
    choices: [reference, release]
    default: reference
  chart_ref:
    description:
      - The chart that the release was installed from, as C(oci://registry/path), C(repository/name), the URL of an
        archive or a local path. It is required only for changes.
      - Mutually exclusive with O(chart_repository).
    type: str
  chart_repository:
    description:
      - The location of the charts of all services, for example V(oci://nvcr.io/my-org). The value of O(chart_ref)
        is derived from it and the name of the release's chart.
    type: str
  chart_version:
    description:
      - Version of the chart, by default the deployed one, so that a change of registries never upgrades NVCF.
    type: str
  chart_plain_http:
    description:
      - Whether to connect to the registry of O(chart_ref) without TLS.
    type: bool
    default: false
    aliases: [plain_http]
  chart_validate_certs:
    description:
      - Whether the certificate of the registry of O(chart_ref) is verified.
    type: bool
    default: true
  chart_ca_cert:
    description:
      - Path of the certificate authority that signed the certificate of the registry of O(chart_ref).
    type: path
  registry_username:
    description:
      - User for the registry of an C(oci://) O(chart_ref). By default the login of C(helm registry login) is used.
    type: str
    aliases: [repo_username]
  registry_password:
    description:
      - Password of O(registry_username). Helm receives it in a private file, never as an argument.
    type: str
    aliases: [repo_password]
"""

    ROLLOUT = r"""
options:
  rollout_timeout:
    description:
      - Seconds to wait for the rollout. The API needs 13 to 60 seconds to start, and its pods another 20 to 30 to
        become ready.
      - From V(1) to V(86400).
    type: int
    default: 900
"""
