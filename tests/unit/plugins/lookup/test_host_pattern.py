# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts a play works on, and when it must not begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pytest
from ansible import context
from ansible.errors import AnsibleError
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.fleetops.nvcf.plugins.lookup.host_pattern import LookupModule

EAST = ["east-1", "east-2"]
FLEET = MappingProxyType({"all": [*EAST, "gpu-1"], "nvcf_control_planes": EAST, "empty": []})


def looked_up(*terms: Any, groups: Mapping[str, Sequence[str]] = FLEET, at_most: Any = None, **variables: Any) -> Any:
    """The patterns that the lookup returns for a play."""
    known = {"groups": groups, **variables}
    loader = DataLoader()
    lookup = LookupModule(loader, Templar(loader, variables=known))
    return lookup.run(list(terms), known, **({} if at_most is None else {"at_most": at_most}))


def test_hosts_are_those_of_the_group_unless_the_variable_names_others() -> None:
    assert looked_up() == ["nvcf_control_planes"]
    assert looked_up(nvcf_hosts="east-1,gpu-1") == ["east-1,gpu-1"]
    assert looked_up(nvcf_hosts=trust_as_template("{{ groups.all }}")) == [FLEET["all"]]
    assert looked_up("gpu-1", nvcf_hosts="east-1") == ["gpu-1"], "a play that has a pattern of its own"


OTHERS = {"all": ["web-1"], "nvcf_control_plane": ["east-1"]}


@pytest.mark.parametrize(
    "given, said",
    [
        ({"groups": OTHERS}, "has no group nvcf_control_planes, and nvcf_hosts is not set.*-e nvcf_hosts=all.*web-1"),
        ({"groups": {}}, "The inventory holds no host"),
        ({"groups": {"all": ["web-1"], "nvcf_control_planes": []}}, "'nvcf_control_planes' .* match no host"),
        ({"nvcf_hosts": ""}, "hosts '' .* match no host"),
        ({"nvcf_hosts": None}, "hosts '' .* match no host"),
        ({"nvcf_hosts": []}, "hosts '' .* match no host"),
        ({"nvcf_hosts": " , "}, "hosts ' , ' .* match no host"),
        ({"nvcf_hosts": "estt-1"}, "hosts 'estt-1' .* match no host of the inventory. Did you mean east-1?"),
        ({"ansible_limit": "gpu-1"}, "hosts 'nvcf_control_planes' .* within --limit gpu-1"),
        ({"at_most": 1}, "match 2 hosts, and at most 1 .*--limit east-1, or allow more with -e nvcf_max_hosts=2"),
        ({"at_most": "2", "nvcf_hosts": "all"}, "hosts 'all' match 3 hosts, and at most 2 "),
        *(({"at_most": wrong}, "nvcf_max_hosts .* is not a number of hosts") for wrong in ("some", "", 0, "0", -1)),
    ],
)
def test_no_play_begins_on_hosts_that_nobody_has_chosen(given: Mapping[str, Any], said: str) -> None:
    with pytest.raises(AnsibleError, match=said):
        looked_up(**given)


def test_more_hosts_than_one_are_allowed_by_their_number_and_one_by_the_limit() -> None:
    assert looked_up(at_most="2") == ["nvcf_control_planes"]
    assert looked_up(at_most=1, ansible_limit="east-1") == ["nvcf_control_planes"]


def test_a_play_that_is_only_looked_at_needs_no_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict(listtasks=True))
    assert looked_up(groups={}) == ["nvcf_control_planes"]
    assert looked_up(at_most=1, nvcf_hosts="none") == ["none"]
