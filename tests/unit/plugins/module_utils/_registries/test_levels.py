# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Where a registry is and is not, over the levels."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import HeldRegistry
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.levels import Levels, compare, unmet
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.wanted import Wanted
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, held_registry, wanted

ONE = held_registry()
OTHER = held_registry(**QUAY)
LISTED = {"name": GHCR["name"], "hostname": GHCR["hostname"]}


def levels(
    *, stored: Any = (), rendered: Any = (), running: Any = (), recognized: Any = None, accepted: Any = None
) -> list[Levels]:
    return compare(
        FUNCTIONS, stored=stored, rendered=rendered, running=running, recognized=recognized, accepted=accepted
    )


@pytest.mark.parametrize(
    "stored,rendered,running,recognized,accepted",
    [
        row
        for row in itertools.product(
            [True, False], [True, False], [True, False, None], [True, False, None], [True, False, None]
        )
        if any(row[:4])
    ],
)
def test_each_level_is_told_by_itself(
    *, stored: bool, rendered: bool, running: bool | None, recognized: bool | None, accepted: bool | None
) -> None:
    found = levels(
        stored=[ONE] if stored else [],
        rendered=[ONE] if rendered else [],
        running=None if running is None else [ONE] if running else [],
        recognized=None if recognized is None else [LISTED] if recognized else [],
        accepted={"ghcr.io": accepted},
    )
    [level] = found
    given = stored, rendered, running, recognized, accepted
    assert (level.stored, level.rendered, level.running, level.recognized, level.accepted) == given
    known = {value for value in given if value is not None}
    assert bool(level.disagreement) is (len(known) > 1)


@pytest.mark.parametrize(
    "given,sentence",
    [
        pytest.param(
            {"stored": [ONE]}, "GHCR (ghcr.io) is stored, but not rendered and running", id="upgrade not applied"
        ),
        pytest.param(
            {"stored": [ONE], "rendered": [ONE]}, "GHCR (ghcr.io) is stored and rendered, but not running", id="old pod"
        ),
        pytest.param(
            {"stored": [ONE], "rendered": [ONE], "running": None, "recognized": []},
            "GHCR (ghcr.io) is stored and rendered, but not recognized",
            id="the API does not list it",
        ),
        pytest.param({"rendered": [ONE], "running": [ONE]}, "but not stored", id="edited by hand"),
        pytest.param({"recognized": [LISTED]}, "ghcr.io is recognized, but not stored", id="only the API knows it"),
    ],
)
def test_a_disagreement_is_one_sentence(given: dict[str, Any], sentence: str) -> None:
    [level] = levels(**given)
    assert sentence in level.disagreement


def test_one_key_with_other_data_at_another_level_is_two_rows() -> None:
    moved = held_registry(hostname="mirror.example.com")
    found = levels(stored=[ONE], rendered=[moved])
    assert [level.registry.hostname for level in found] == ["ghcr.io", "mirror.example.com"]
    assert all(level.disagreement for level in found)


def test_built_in_registries_of_the_apis_list_are_left_out() -> None:
    listed = [{"name": "NGC Private Registry", "hostname": "nvcr.io"}, LISTED]
    assert [level.registry.hostname for level in levels(recognized=listed)] == ["ghcr.io"]


@pytest.mark.parametrize(
    "key,name,hostname,listed",
    [
        pytest.param("HARBOR", "Ours", "harbor.example.com", ("Harbor Registry", "harbor.example.com"), id="Harbor"),
        pytest.param(
            "ARTIFACTORY", "Ours", "a.example.com", ("JFrog Artifactory Registry", "a.example.com"), id="JFrog"
        ),
        pytest.param("NGC", None, "mirror.example.com", ("NGC Private Registry", "mirror.example.com"), id="host"),
        pytest.param("NGC", "Our NGC", None, ("Our NGC", "nvcr.io"), id="name"),
    ],
)
def test_a_built_in_kind_is_found_in_the_apis_list_as_the_api_calls_it(
    key: str, name: str | None, hostname: str | None, listed: tuple[str, str]
) -> None:
    native = held_registry(key=key, name=name, hostname=hostname)
    rows = [LISTED, dict(zip(("name", "hostname"), listed, strict=True))]
    held = [ONE, native]
    found = levels(stored=held, rendered=held, running=held, recognized=rows)
    assert {level.registry.key: (level.recognized, level.disagreement) for level in found} == {
        "GHCR": (True, ""),
        key: (True, ""),
    }
    assert unmet(found, [wanted()], "exact") == []
    lost = levels(stored=held, rendered=held, running=held, recognized=[LISTED])
    assert [level.registry.key for level in lost if "but not recognized" in level.disagreement] == [key]


def test_a_registry_without_a_hostname_is_told_by_its_key() -> None:
    [level] = levels(stored=[held_registry(hostname=None)])
    assert level.disagreement == "GHCR is stored, but not rendered and running"


def test_what_only_the_api_knows_has_no_key_and_is_not_stored() -> None:
    [level] = levels(recognized=[LISTED], running=None)
    assert level.facts() == LISTED | {
        "key": "",
        "stored": False,
        "rendered": False,
        "running": None,
        "recognized": True,
        "accepted": None,
    }


def test_what_an_api_accepts_and_can_not_list_is_known_to_it_alone() -> None:
    [level] = levels(accepted={"ghcr.io": True, "quay.io": False, "other.test": None, "nvcr.io": True})
    assert (level.registry.hostname, level.recognized, level.accepted, level.elsewhere) == ("ghcr.io", None, True, True)
    assert level.disagreement == "ghcr.io is accepted, but not stored and rendered and running"
    assert levels(recognized=[], accepted={"ghcr.io": True}) == [], "it says itself that it has no such entry"


def everywhere(*registries: HeldRegistry) -> list[Levels]:
    rows = [{"name": str(one.name), "hostname": str(one.hostname)} for one in registries]
    return levels(stored=registries, rendered=registries, running=registries, recognized=rows)


def test_present_is_met_when_every_level_has_it() -> None:
    assert unmet(everywhere(ONE, OTHER), [wanted()], "present") == []


@pytest.mark.parametrize("accepted,met", [(True, True), (None, True), (False, False)])
def test_present_is_not_met_where_images_are_known_to_be_refused(*, accepted: bool | None, met: bool) -> None:
    found = levels(stored=[ONE], rendered=[ONE], running=[ONE], accepted={"ghcr.io": accepted})
    told = unmet(found, [wanted()], "present")
    assert told == ([] if met else ["GHCR (ghcr.io) is stored and rendered and running, but not accepted"])


def test_absent_is_not_met_while_images_are_accepted() -> None:
    assert unmet(levels(accepted={"ghcr.io": True}), [wanted()], "absent") == ["ghcr.io is still accepted"]
    assert unmet(levels(accepted={"ghcr.io": False}), [wanted()], "absent") == []


def test_present_is_met_without_asking_the_api() -> None:
    assert unmet(levels(stored=[ONE], rendered=[ONE], running=[ONE]), [wanted()], "present") == []


@pytest.mark.parametrize(
    "given,sentence",
    [
        pytest.param({}, "GHCR (ghcr.io) is not stored", id="nowhere"),
        pytest.param({"stored": [held_registry(name="Mirror")]}, "GHCR (ghcr.io) is not stored", id="other data"),
        pytest.param({"stored": [ONE]}, "is stored, but not rendered", id="not rendered"),
        pytest.param(
            {"stored": [ONE], "rendered": [ONE], "running": None}, "not all pods are known to run with it", id="unknown"
        ),
        pytest.param(
            {"stored": [ONE], "rendered": [ONE], "running": [ONE], "recognized": []}, "not recognized", id="not listed"
        ),
        pytest.param(
            {"stored": [ONE], "rendered": [held_registry(hostname="mirror.example.com")]},
            "is stored, but not rendered",
            id="rendered with other data",
        ),
    ],
)
def test_present_is_unmet_when_a_level_lacks_it(given: dict[str, Any], sentence: str) -> None:
    [told] = unmet(levels(**given), [wanted()], "present")
    assert sentence in told


@pytest.mark.parametrize(
    "entry", [Wanted(key="GHCR"), Wanted(key="ghcr"), Wanted(hostname="ghcr.io"), Wanted(hostname="https://GHCR.io/")]
)
def test_absent_is_unmet_however_the_entry_spells_it(entry: Wanted) -> None:
    assert unmet(everywhere(ONE, OTHER), [entry], "absent") != []


@pytest.mark.parametrize("entry", [Wanted(key="GHCR"), Wanted(hostname="ghcr.io")])
def test_absent_is_met_when_no_level_has_it(entry: Wanted) -> None:
    assert unmet(everywhere(OTHER), [entry], "absent") == []


@pytest.mark.parametrize(
    "given,where",
    [
        pytest.param({"stored": [ONE]}, "still stored", id="stored"),
        pytest.param({"rendered": [ONE]}, "still rendered", id="rendered"),
        pytest.param({"running": [ONE]}, "still running", id="running"),
        pytest.param({"stored": [ONE], "rendered": [ONE]}, "still stored and rendered", id="two levels"),
        pytest.param({"recognized": [LISTED]}, "still recognized", id="only the API knows it"),
    ],
)
def test_absent_is_unmet_while_any_level_has_it(given: dict[str, Any], where: str) -> None:
    [told] = unmet(levels(**given), [Wanted(key="GHCR", hostname="ghcr.io")], "absent")
    assert told.endswith(where)


def test_exact_does_not_call_a_wanted_registry_unwanted_of_which_only_the_api_knows() -> None:
    assert unmet(levels(recognized=[LISTED]), [wanted()], "exact") == ["GHCR (ghcr.io) is not stored"]


def test_exact_names_what_is_stored_and_not_wanted() -> None:
    assert unmet(everywhere(ONE, OTHER), [wanted()], "exact") == [
        "QUAY (quay.io) is stored and rendered and running and recognized, but not in registries"
    ]
    assert unmet(everywhere(ONE), [wanted()], "exact") == []


@pytest.mark.parametrize(
    "given", [{"rendered": [OTHER]}, {"running": [OTHER]}, {"recognized": [{"name": "Quay", "hostname": "quay.io"}]}]
)
def test_exact_names_what_is_not_wanted_at_any_level(given: dict[str, Any]) -> None:
    assert unmet(levels(**given), [], "exact") != []


@pytest.mark.parametrize(
    "given, nowhere, everywhere",
    [
        ({"stored": [ONE], "rendered": [ONE], "running": [ONE]}, False, True),
        ({"stored": [ONE], "rendered": [ONE], "running": [ONE], "recognized": [LISTED]}, False, True),
        ({"stored": [ONE], "rendered": [ONE], "running": [ONE], "recognized": []}, False, False),
        ({"stored": [ONE], "rendered": [ONE], "running": None}, False, False),
        ({"rendered": [ONE], "running": [ONE]}, False, False),
        ({"stored": [ONE], "running": [ONE]}, False, False),
    ],
)
def test_a_registry_is_everywhere_when_no_level_lacks_it(
    given: dict[str, Any], *, nowhere: bool, everywhere: bool
) -> None:
    [level] = levels(**given)
    assert (level.nowhere, level.everywhere) == (nowhere, everywhere)


@pytest.mark.parametrize("running, nowhere", [(False, True), (None, False), (True, False)])
def test_a_registry_is_nowhere_only_when_that_is_known_of_the_pods(*, running: bool | None, nowhere: bool) -> None:
    level = Levels(registry=ONE, stored=False, rendered=False, running=running, recognized=None)
    assert level.nowhere is nowhere


def test_what_may_still_run_in_a_pod_is_not_called_absent() -> None:
    unknown = Levels(registry=ONE, stored=False, rendered=False, running=None, recognized=None)
    assert unmet([unknown], [Wanted(key="GHCR")], "absent") == ["GHCR (ghcr.io) is still in a pod"]


def test_registries_come_by_key_then_host_then_name_whatever_half_is_missing() -> None:
    rows = [held_registry(hostname=None), held_registry(name=None), held_registry(), held_registry(key="ACR")]
    found = [(level.registry.key, level.registry.hostname, level.registry.name) for level in levels(stored=rows)]
    assert found == [
        ("ACR", "ghcr.io", GHCR["name"]),
        ("GHCR", None, GHCR["name"]),
        ("GHCR", "ghcr.io", None),
        ("GHCR", "ghcr.io", GHCR["name"]),
    ]


def test_a_row_of_the_apis_list_without_a_host_is_nobodys() -> None:
    assert levels(recognized=[{"name": "x", "hostname": ""}]) == []


def test_registries_that_differ_in_their_name_only_come_by_name() -> None:
    rows = [held_registry(name=name) for name in "hcadgbfe"]
    assert [level.registry.name for level in levels(stored=rows)] == list("abcdefgh")
