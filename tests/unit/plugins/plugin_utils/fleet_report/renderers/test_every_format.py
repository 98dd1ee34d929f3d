# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What holds for every format of a report."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import Report, State
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.html import render_html
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.json import render_json
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.junit import render_junit
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.markdown import render_markdown
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.table import render_table
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    changed,
    failed,
    plain,
    report,
)

Render = Callable[[Report], str]

every_format = pytest.mark.parametrize(
    "render",
    [render_html, render_json, render_junit, render_markdown, lambda it: render_table(it, width=100)],
    ids=["html", "json", "junit", "markdown", "table"],
)


@every_format
@pytest.mark.parametrize(
    "expected", ["west-1", "has exited with code 1", "Fix the cause", "east-1"], ids=["host", "cause", "next", "good"]
)
def test_host_cause_and_next_step_are_in_it(render: Render, expected: str) -> None:
    assert expected in render(report(failed("west-1"), changed("east-1")))


@every_format
def test_a_cluster_of_which_only_the_state_is_known_can_be_shown(render: Render) -> None:
    assert "only" in render(report(plain("only", State.SKIPPED)))
