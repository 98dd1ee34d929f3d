# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Functions that a removal leaves without a registry."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.workloads import Function
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.workloads_by_host import leaving, refused, stranded
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import HeldRegistry
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.wanted import State, Wanted
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS

GHCR = HeldRegistry(service=FUNCTIONS, key="GHCR", name="GitHub", hostname="ghcr.io")
CORP = HeldRegistry(service=FUNCTIONS, key="CORP", name="Ours", hostname="registry.corp.example")
HARBOR = HeldRegistry(service=FUNCTIONS, key="HARBOR", name="Ours", hostname="harbor.corp.example")
HALF = HeldRegistry(service=FUNCTIONS, key="HALF", name="Half", hostname=None)


@pytest.mark.parametrize(
    "wanted,state,gone",
    [
        pytest.param([Wanted(key="GHCR")], "absent", {"ghcr.io"}, id="by-key"),
        pytest.param([Wanted(hostname="ghcr.io")], "absent", {"ghcr.io"}, id="by-host"),
        pytest.param([Wanted(key="ghcr")], "absent", {"ghcr.io"}, id="by-key-in-lower-case"),
        pytest.param([Wanted(key="NONE")], "absent", set(), id="what-is-not-there"),
        pytest.param([Wanted(key="GHCR", name="GitHub", hostname="ghcr.io")], "present", set(), id="added"),
        pytest.param(
            [Wanted(key="GHCR", name="GitHub", hostname="ghcr.io")], "exact", {"registry.corp.example"}, id="exact"
        ),
        pytest.param(
            [Wanted(key="NEW", name="New", hostname="ghcr.io")], "exact", {"registry.corp.example"}, id="renamed"
        ),
    ],
)
def test_the_hosts_that_go_are_those_that_are_stored_and_will_not_be(
    wanted: list[Wanted], state: State, gone: set[str]
) -> None:
    assert leaving([GHCR, CORP, HARBOR, HALF], wanted, state) == gone


def test_functions_on_these_hosts_are_found_with_any_port_and_no_others() -> None:
    images = ["ghcr.io/a:1", "ghcr.io:5000/b:1", "ghcr.io.example/c:1", "docker.io/ghcr.io/d:1", ""]
    functions = [Function(id=str(n), version_id="v", name=f"f{n}", image=image) for n, image in enumerate(images)]
    assert [function.id for function in stranded(reversed(functions), {"ghcr.io"})] == ["0", "1"]


@pytest.mark.parametrize(
    "image,known",
    [
        pytest.param("ghcr.io/a:1", True, id="listed"),
        pytest.param("ghcr.io:5000/a:1", True, id="listed-and-any-port"),
        pytest.param("GHCR.io/a:1", False, id="another-case-does-not-match"),
        pytest.param("with.port:5000/a:1", False, id="a-listed-port-never-matches"),
        pytest.param("quay.io/a:1", False, id="not-listed"),
        pytest.param("nvcr.io/org/a:1", True, id="native"),
        pytest.param("123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1", True, id="native-of-a-region"),
        pytest.param("ours.azurecr.io/a:1", True, id="native-of-an-account"),
        pytest.param("", True, id="a-helm-chart-has-no-image"),
    ],
)
def test_a_function_is_refused_on_hosts_that_the_api_neither_lists_nor_validates(image: str, *, known: bool) -> None:
    listed = [{"name": "GitHub", "hostname": "ghcr.io"}, {"name": "Wrong", "hostname": "with.port:5000"}]
    function = Function(id="0", version_id="v", name="f", image=image)
    assert refused([function], listed) == ([] if known else [function])
