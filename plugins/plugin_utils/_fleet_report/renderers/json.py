# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report for programs. `docs/fleet-report.md` describes it; an incompatible change increments SCHEMA. Pure."""

from __future__ import annotations

import json
from typing import Any

from ..model import LEVELS, Facts, Report, Row

SCHEMA = 1


def render_json(report: Report) -> str:
    """The whole report as one JSON document."""
    document = {
        "schema": SCHEMA,
        "title": report.title,
        "playbook": report.playbook,
        "result": report.ending,
        "headline": report.headline,
        "check_mode": report.check_mode,
        "started": report.started.isoformat(timespec="seconds"),
        "seconds": round(report.seconds, 3),
        "totals": {state.key: count for state, count in report.totals},
        "unfinished": list(report.unfinished),
        "waves": [
            {
                "play": wave.play,
                "number": wave.number,
                "of": wave.of,
                "clusters": wave.size,
                "seconds": None if wave.seconds is None else round(wave.seconds, 3),
            }
            for wave in report.waves
        ],
        "clusters": [_row(row) for row in report.rows],
        "values_fragments": [
            {"clusters": list(fragment.hosts), "values": fragment.values, "remove": list(fragment.removed)}
            for fragment in report.fragments
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _row(row: Row) -> dict[str, Any]:
    return {
        "host": row.host,
        "groups": list(row.groups),
        "wave": row.wave,
        "state": row.state.key,
        "cause": row.cause,
        "next_step": row.next_step,
        "failed_task": row.failed_task,
        "seconds": round(row.seconds, 3),
        "phases": {phase: round(seconds, 3) for phase, seconds in row.phases},
        **_facts(row.facts),
    }


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        "cluster": facts.cluster,
        "services": [
            {
                "service": part.service,
                "release": part.release,
                "revision_before": part.before,
                "revision_after": part.after,
            }
            for part in facts.parts or (facts,)
        ],
        "release": facts.release,
        "status": facts.status,
        "chart": facts.chart,
        "app_version": facts.app_version,
        "revision_before": facts.before,
        "revision_after": facts.after,
        "change": facts.change,
        "restored": facts.restored,
        "restoration": facts.restoration,
        "registries": [
            {
                "service": registry.service,
                "key": registry.key,
                "name": registry.name,
                "hostname": registry.hostname,
                **dict(zip(LEVELS, registry.levels, strict=True)),
            }
            for registry in facts.registries
        ],
        "pending": facts.pending,
        "pods": facts.pods,
        "stranded": list(facts.stranded),
        "drift": list(facts.drift),
        "disagreements": list(facts.disagreements),
        "problems": list(facts.problems),
        "next_sync_drops": list(facts.next_sync_drops),
        "tried": list(facts.tried),
        "findings": [
            {"severity": finding.severity, "text": finding.text, "next_step": finding.next_step}
            for finding in facts.findings
        ],
    }
