# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that name a release, and those for changing one with helm."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  service:
    description:
      - Which service of NVCF, each with a release and a list of recognized registries of its own.
      - V(functions) is the NVCF API, of the chart C(helm-nvcf-api).
      - V(tasks) is the NVCT API, of the chart C(helm-nvcf-nvct-api). It has no endpoint that lists its registries, so
        the level C(recognized) is not known of it.
    type: str
    choices: [functions, tasks]
    default: functions
  release:
    description:
      - Name of the Helm release.
      - Without it the name in the stack of NVCF, which is C(api) for V(functions) and C(nvct-api) for V(tasks) as the
        O(service).
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
      - The helm program, version 3.14 or newer, version 4 recommended. Looked for only when the release is to be
        changed.
    type: path
    default: helm
  timeout:
    description:
      - Seconds that helm waits for the account bootstrap Job, which runs at every upgrade.
      - From V(1) to V(86400).
    type: int
    default: 900
  pending_min_age:
    description:
      - Seconds after which a pending revision may be considered abandoned. A younger one is never rolled back, because
        another helm may be at work on it.
      - Without it, a minute more than O(timeout), so long as a helm of this collection may be at work. Set it where
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
      - V(reference) takes the chart from O(chart_ref).
      - V(release) rebuilds it from what Helm stored with the release, so that no registry has to be reached. Charts
        with dependencies cannot be rebuilt, nor those that render something else each time.
    type: str
    choices: [reference, release]
    default: reference
  chart_ref:
    description:
      - The chart that the release was installed from, as C(oci://registry/path), C(repository/name), the URL of an
        archive or a local path. Needed only when the release is to be changed.
      - Mutually exclusive with O(chart_repository).
    type: str
  chart_repository:
    description:
      - Where the charts of all services are, for example V(oci://nvcr.io/my-org). What O(chart_ref) would be follows
        from it and the name of the chart that the release was installed from.
    type: str
  chart_version:
    description:
      - Version of the chart. The deployed one if not set, so that a change of registries is never an upgrade of NVCF.
    type: str
  chart_plain_http:
    description:
      - Whether the registry of O(chart_ref) is spoken to without TLS.
    type: bool
    default: false
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
      - User for the registry of an C(oci://) O(chart_ref). Without it, what C(helm registry login) has stored is used.
    type: str
  registry_password:
    description:
      - Password of O(registry_username). It is handed to helm in a private file, never as an argument.
    type: str
"""

    ROLLOUT = r"""
options:
  rollout_timeout:
    description:
      - Seconds to wait. The API needs between 13 and 60 to start, and its pods 20 to 30 more to be called ready.
      - From V(1) to V(86400).
    type: int
    default: 900
"""
