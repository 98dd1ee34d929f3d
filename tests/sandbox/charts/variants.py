# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Charts that differ from the stand-in chart in one respect, made on demand instead of kept on disk."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

CHARTS = Path(__file__).parent
API_CHART = CHARTS / "helm-nvcf-api"
TASKS_CHART = CHARTS / "helm-nvcf-nvct-api"
API_KEYS_CHART = CHARTS / "api-keys"
STACK_VALUES = CHARTS / "values.yaml"
TASKS_VALUES = CHARTS / "tasks-values.yaml"

WITHOUT_CHECKSUM_VERSION = "1.23.0"
"""A version from before the chart annotated its pods with the checksum of their environment."""

OTHER_CONTENT: Mapping[str, tuple[str, str]] = {
    "templates/deployment.tpl": (
        "          envFrom:\n",
        '          args: ["--spring.main.banner-mode=off"]\n          envFrom:\n',
    )
}
"""Something else than before under the same version."""

NEEDS_NEW_SETTING: Mapping[str, tuple[str, str]] = {
    "templates/configmap-env.tpl": (
        "\ndata:\n",
        '\ndata:\n  NEW_SETTING: {{ required "api.newSetting is required" .Values.api.newSetting | quote }}\n',
    )
}
"""A value that no release made with an earlier version has."""

FAILING_HOOK: Mapping[str, tuple[str, str]] = {
    "templates/job-account-bootstrap.tpl": (
        "  backoffLimit:",
        "  activeDeadlineSeconds: 0\n  backoffLimit:",
    )
}
"""An account bootstrap whose Job fails at once, whatever runs in it."""

_CHECKSUM_LINE = re.compile(r"^ *checksum/config-env:.*\n", re.MULTILINE)
_VERSION_LINE = re.compile(r"^version:.*$", re.MULTILINE)


def variant(
    source: Path,
    target: Path,
    *,
    version: str,
    drop_checksum: bool = False,
    edits: Mapping[str, tuple[str, str]] | None = None,
) -> Path:
    """Copy the chart `source` to the new folder `target` with changes, and return `target`.

    `edits` maps a file of the chart to a text that occurs in it exactly once and its replacement. A text that does
    not is a ValueError: the variant would silently be the original.
    """
    shutil.copytree(source, target)
    chart = target / "Chart.yaml"
    chart.write_text(_replace_line(_VERSION_LINE, f"version: {version}", chart), encoding="utf-8")
    if drop_checksum:
        deployment = target / "templates" / "deployment.tpl"
        deployment.write_text(_replace_line(_CHECKSUM_LINE, "", deployment), encoding="utf-8")
    for name, (old, new) in (edits or {}).items():
        file = target / name
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise ValueError(f"{name} holds {text.count(old)} times, not once: {old!r}")
        file.write_text(text.replace(old, new), encoding="utf-8")
    return target


def _replace_line(pattern: re.Pattern[str], line: str, file: Path) -> str:
    text, count = pattern.subn(line, file.read_text(encoding="utf-8"))
    if count != 1:
        raise ValueError(f"{file.name} holds {count} lines like {pattern.pattern!r}, not one")
    return text
