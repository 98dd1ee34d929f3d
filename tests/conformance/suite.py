# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""All variants."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.conformance.variants_contexts import GROUPS as CONTEXTS
from ansible_collections.fleetops.nvcf.tests.conformance.variants_exec import GROUPS as PLUGINS
from ansible_collections.fleetops.nvcf.tests.conformance.variants_files import GROUPS as FILES
from ansible_collections.fleetops.nvcf.tests.conformance.variants_identities import GROUPS as IDENTITIES
from ansible_collections.fleetops.nvcf.tests.conformance.variants_options import GROUPS as OPTIONS
from ansible_collections.fleetops.nvcf.tests.conformance.variants_proxies import GROUPS as PROXIES
from ansible_collections.fleetops.nvcf.tests.conformance.variants_proxy_url import GROUPS as PROXY_URL
from ansible_collections.fleetops.nvcf.tests.conformance.variants_servers import GROUPS as SERVERS
from ansible_collections.fleetops.nvcf.tests.conformance.variants_tls import GROUPS as TLS
from ansible_collections.fleetops.nvcf.tests.conformance.variants_users import GROUPS as USERS

SUITE = [*FILES, *CONTEXTS, *USERS, *IDENTITIES, *PLUGINS, *TLS, *SERVERS, *PROXIES, *PROXY_URL, *OPTIONS]
_NAMES = [variant.name for group in SUITE for variant in group.variants]
assert len(set(_NAMES)) == len(_NAMES)
