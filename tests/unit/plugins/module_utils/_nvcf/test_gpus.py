# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which GPU a task is asked for with."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.client import NvcfApi
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.gpus import Gpu
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfApiError
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import ScriptedService, reply

GROUPS = {
    "clusterGroups": [
        {"name": "a", "gpus": [{"name": "T4", "instanceTypes": [{"name": "t4-big"}, {"name": "t4", "default": True}]}]},
        {"name": "b", "gpus": [{"name": "H100", "instanceTypes": [{"name": "h100", "default": True}]}]},
    ]
}


def api(status: int, document: object) -> NvcfApi:
    return NvcfApi(service=ScriptedService([reply(status, document)]), token="t0ken")


@pytest.mark.parametrize(
    "given,found",
    [
        (Gpu(), Gpu(name="T4", instance_type="t4")),
        (Gpu(name="h100"), Gpu(name="H100", instance_type="h100")),
        (Gpu(instance_type="T4-BIG"), Gpu(name="T4", instance_type="t4-big")),
        (Gpu(name="T4", instance_type="h100"), Gpu(name="T4", instance_type="h100")),
        (Gpu(name="A100"), Gpu(name="A100")),
    ],
)
def test_what_is_not_given_is_taken_from_what_there_is(given: Gpu, found: Gpu) -> None:
    assert given.among(api(200, GROUPS).gpus()) == found


@pytest.mark.parametrize(
    "status,document",
    [(403, {"detail": "Access Denied"}), (200, {}), (200, {"clusterGroups": [{"gpus": [{"instanceTypes": "x"}]}]})],
)
def test_gpus_that_are_not_told_are_an_error_which_quotes_nothing_of_the_document(
    status: int, document: object
) -> None:
    with pytest.raises(NvcfApiError, match="did not list cluster groups"):
        api(status, document).gpus()
