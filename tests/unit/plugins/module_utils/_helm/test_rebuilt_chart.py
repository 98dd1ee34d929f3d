# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The chart that a stored release was made from."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.rebuilt_chart import rebuild
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of, pair

METADATA = {"apiVersion": "v2", "name": "helm-nvcf-api", "version": "1.25.1"}


def stored_file(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "data": base64.b64encode(content).decode()}


def rebuilt(folder: Path, **changes: Any) -> Path:
    return rebuild(FUNCTIONS, {"metadata": METADATA, **changes}, folder)


def values_of(chart: Path) -> Any:
    return json.loads((chart / "values.yaml").read_text(encoding="utf-8"))


def test_templates_and_files_come_back_byte_for_byte(tmp_path: Path) -> None:
    template, binary = b"{{ .Values.api }}\r\n\xc3\xa4", bytes(range(256))
    chart = rebuilt(
        tmp_path, templates=[stored_file("templates/a/b.yaml", template)], files=[stored_file("data.bin", binary)]
    )
    assert (chart / "templates/a/b.yaml").read_bytes() == template
    assert (chart / "data.bin").read_bytes() == binary


def test_metadata_and_schema_come_back(tmp_path: Path) -> None:
    schema = b'{"type": "object"}'
    chart = rebuilt(tmp_path, schema=base64.b64encode(schema).decode())
    assert json.loads((chart / "Chart.yaml").read_text(encoding="utf-8")) == METADATA
    assert (chart / "values.schema.json").read_bytes() == schema


@pytest.mark.parametrize("nothing", [{}, {"templates": None, "files": None, "values": None, "schema": None}])
def test_a_chart_of_nothing_but_metadata_is_one(tmp_path: Path, nothing: dict[str, None]) -> None:
    chart = rebuilt(tmp_path, **nothing)
    assert sorted(path.name for path in chart.iterdir()) == ["Chart.yaml", "values.yaml"]
    assert values_of(chart) == {}


def test_the_chart_lies_in_the_folder_that_is_given(tmp_path: Path) -> None:
    assert rebuilt(tmp_path).parent == tmp_path


@pytest.mark.parametrize(
    "registries",
    [
        pytest.param(env_of(GHCR, QUAY), id="whole"),
        pytest.param(pair("GHCR", "GitHub", None), id="half"),
        pytest.param(env_of(GHCR | {"key": "REG_EU"}), id="key that the API drops"),
    ],
)
def test_registries_of_earlier_values_are_no_defaults(tmp_path: Path, registries: dict[str, str]) -> None:
    defaults = {"api": {"env": {"LOG_LEVEL": "info", **registries}, "replicaCount": 1}, "other": [1]}
    assert values_of(rebuilt(tmp_path, values=defaults)) == {
        "api": {"env": {"LOG_LEVEL": "info"}, "replicaCount": 1},
        "other": [1],
    }


def test_the_stored_chart_is_left_as_it_was(tmp_path: Path) -> None:
    defaults = {"api": {"env": env_of(GHCR)}}
    rebuilt(tmp_path, values=defaults)
    assert defaults == {"api": {"env": env_of(GHCR)}}


def test_a_chart_with_dependencies_is_refused_with_the_other_way(tmp_path: Path) -> None:
    dependent = METADATA | {"dependencies": [{"name": "redis"}]}
    with pytest.raises(ReleaseError, match=r"^the chart has dependencies, which Helm .* and set chart_ref\.$"):
        rebuilt(tmp_path, metadata=dependent)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "stored,error",
    [
        ({"templates": [{"name": "templates/a.yaml", "data": "x"}]}, "Error"),
        ({"files": [{"name": "a", "data": None}]}, "TypeError"),
        ({"files": [{"data": "eA=="}]}, "KeyError"),
        ({"schema": "x"}, "Error"),
    ],
)
def test_a_stored_file_that_was_cut_short_is_told_before_anything_is_written(
    tmp_path: Path, stored: dict[str, Any], error: str
) -> None:
    with pytest.raises(ReleaseError, match=rf"unreadable file \({error}\): .* truncated\. .* set chart_ref\.$"):
        rebuilt(tmp_path, **stored)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside", "templates/../../outside", "{absolute}"])
def test_a_file_outside_of_the_chart_is_never_written(tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    with pytest.raises(ReleaseError, match="contains a path outside the chart"):
        rebuilt(tmp_path / "inside", files=[stored_file(name.format(absolute=outside), b"x")])
    assert not outside.exists()
    assert not (tmp_path / "inside/outside").exists()
