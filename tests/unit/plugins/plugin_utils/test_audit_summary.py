# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What an audit of many clusters is summed up to."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.plugins.plugin_utils._audit_summary import summed_up

VERDICTS = {"a": "ok", "b": "warning", "c": "drifted", "d": None, "e": "unreadable", "f": "unreachable", "g": "drifted"}


def test_a_workflow_learns_of_the_drifted_those_that_were_not_read_and_those_that_did_not_answer() -> None:
    lists = {"nvcf_drifted": ["c", "g"], "nvcf_unreadable": ["d", "e"], "nvcf_unreachable": ["f"]}
    assert summed_up(VERDICTS)["ansible_stats"] == {"data": lists, "aggregate": True, "per_host": False}


def test_a_fleet_in_order_sets_no_list() -> None:
    assert "ansible_stats" not in summed_up({"a": "ok", "b": "warning"})


def test_a_line_counts_the_verdicts_and_names_some_clusters_of_each_that_is_not_in_order() -> None:
    said = "1 ok, 1 warning (b), 2 drifted (c, g), 2 unreadable (d, e), 1 unreachable (f)"
    assert summed_up(VERDICTS)["msg"] == f"Audit of 7 clusters: {said}."
    many = {f"c{number:02}": "drifted" for number in range(12)}
    assert summed_up(many)["msg"].endswith(" c08, c09 and 2 more).")
    assert summed_up({"a": "ok"})["msg"] == "Audit of 1 cluster: 1 ok."
