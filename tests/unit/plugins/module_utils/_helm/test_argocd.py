# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Application to which an object belongs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.argocd import application_of

ARGO = "argocd.argoproj.io"
MINE = "apps/Deployment:nvcf/nvcf-api"


@pytest.mark.parametrize(
    "marks, application",
    [
        ({"annotations": {f"{ARGO}/tracking-id": f"nvcf:{MINE}"}}, "nvcf"),
        ({"annotations": {f"{ARGO}/tracking-id": f"apps_nvcf-api:{MINE}"}}, "apps/nvcf-api"),
        ({"annotations": {f"{ARGO}/tracking-id": "nvcf:apps/Deployment:nvcf/another"}}, ""),
        ({"labels": {f"{ARGO}/instance": "nvcf"}}, "nvcf"),
        ({"labels": {"app.kubernetes.io/instance": "api"}, "managedFields": [{"manager": "helm"}]}, ""),
        (
            {"labels": {"app.kubernetes.io/instance": "nvcf"}, "managedFields": [{"manager": "argocd-controller"}]},
            "nvcf",
        ),
        ({}, ""),
    ],
)
def test_it_is_known_by_what_argo_cd_writes_and_by_nothing_else(marks: dict[str, Any], application: str) -> None:
    assert application_of({"metadata": {"name": "nvcf-api", "namespace": "nvcf", **marks}}) == application
