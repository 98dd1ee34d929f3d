# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registries as a patch of what a GitOps tool deploys."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.patches import patch_of, unread, variables_of
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS, TASKS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, env_of, held_registry, wanted

VALUES = {"api": {"env": env_of(GHCR)}}


@pytest.mark.parametrize(
    "reference, document",
    [
        (
            "HelmRelease flux-system/nvcf-api",
            {
                "apiVersion": "helm.toolkit.fluxcd.io/v2",
                "kind": "HelmRelease",
                "metadata": {"name": "nvcf-api", "namespace": "flux-system"},
                "spec": {"values": VALUES},
            },
        ),
        (
            "Application nvcf",
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "Application",
                "metadata": {"name": "nvcf"},
                "spec": {"source": {"helm": {"valuesObject": VALUES}}},
            },
        ),
    ],
)
def test_each_tool_gets_an_object_that_can_be_merged_into_its_own(reference: str, document: Any) -> None:
    assert yaml.safe_load(patch_of(reference, [held_registry()])) == document


def test_nothing_is_null_and_no_half_is_put_into_values() -> None:
    half = held_registry(key="HALF", hostname=None)
    assert patch_of("Application nvcf", [half]) == ""
    assert patch_of("Application nvcf", [held_registry(), half]) == patch_of("Application nvcf", [held_registry()])


def test_where_values_cannot_be_read_what_is_asked_for_is_what_belongs_into_them() -> None:
    after, removed = unread(FUNCTIONS, [wanted()], "present")
    assert (after, removed) == ((held_registry(),), ())
    by_host = wanted(key=None, name=None)
    after, removed = unread(TASKS, [wanted(name=None, hostname=None), by_host], "absent")
    prefix = "NVCT_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_"
    assert (after, variables_of(removed)) == ((), [f"{prefix}NAME", f"{prefix}HOSTNAME"])
