# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Where the chart for a change comes from."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.chart import obtain
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.cli import Chart, Helm
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import Release
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError, InputError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ChartOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.private_files import Workspace
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.redaction import Redactor
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import sharing
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS

OCI = "oci://registry.example.com:5000/org/helm-nvcf-api"
BASE = Release(
    service=FUNCTIONS,
    name="api",
    namespace="nvcf",
    revision=1,
    status="deployed",
    values={},
    chart={"metadata": {"name": "helm-nvcf-api", "version": "1.25.1"}, "templates": []},
    manifest="",
)
LOGIN = {"registry_username": "jane", "registry_password": "pa55word-canary"}

# Stands in for `helm pull`: notes its arguments and the login that it was given, and leaves an archive.
PULL = """
arguments = sys.argv[1:]
note = {"argv": arguments}
if "--registry-config" in arguments:
    login = pathlib.Path(arguments[arguments.index("--registry-config") + 1])
    note |= {"login": json.loads(login.read_text()), "mode": login.stat().st_mode & 0o777}
pathlib.Path(sys.argv[0]).with_name("note.json").write_text(json.dumps(note))
(pathlib.Path(arguments[arguments.index("--destination") + 1]) / "chart.tgz").write_bytes(b"chart")
"""


class Source:
    """A release whose chart is to be had, with a program in the place of helm."""

    def __init__(self, folder: Path, workspace: Workspace) -> None:
        self.folder = folder
        self.workspace = workspace

    def obtain(self, *, program: str = PULL, **given: Any) -> Chart:
        binary = self.folder / "helm"
        binary.write_text(f"#!{sys.executable} -IS\nimport json, pathlib, sys\n{program}\n", encoding="utf-8")
        binary.chmod(0o700)
        helm = Helm(
            binary=str(binary),
            kubeconfig=self.folder / "kubeconfig.json",
            release="api",
            namespace="nvcf",
            redact=Redactor({}, public=()),
        )
        return obtain(helm, BASE, ChartOptions(**given), self.workspace)

    @property
    def pulled(self) -> Mapping[str, Any]:
        note: dict[str, Any] = json.loads((self.folder / "note.json").read_text(encoding="utf-8"))
        return note

    @property
    def asked(self) -> bool:
        return (self.folder / "note.json").exists()


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    with Workspace() as workspace:
        yield Source(tmp_path, workspace)


def test_a_chart_is_fetched_once_in_the_version_that_is_deployed(source: Source) -> None:
    chart = source.obtain(chart_ref=OCI)
    assert chart == Chart(ref=str(source.workspace.path / "chart.tgz"))
    assert source.pulled["argv"] == ["pull", OCI, "--version", "1.25.1", "--destination", str(source.workspace.path)]


def test_another_version_is_fetched_only_when_it_is_asked_for(source: Source) -> None:
    source.obtain(chart_ref=OCI, chart_version="1.26.0")
    assert source.pulled["argv"][2:4] == ["--version", "1.26.0"]


@pytest.mark.parametrize("name", ["mine", "mine.tgz"])
def test_a_chart_on_this_machine_is_copied_before_it_is_looked_at(source: Source, tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    edited = place if place.suffix else place / "templates" / "a.yaml"
    edited.parent.mkdir(parents=True, exist_ok=True)
    edited.write_text("before")
    [copy] = source.obtain(chart_ref=str(place)).argv
    edited.write_text("after")
    assert (Path(copy) / edited.relative_to(place)).read_text() == "before"
    assert not source.asked


def test_a_chart_that_is_not_there_is_told(source: Source) -> None:
    with pytest.raises(InputError, match=r"chart_ref /nowhere/chart cannot be read: No such file or directory\."):
        source.obtain(chart_ref="/nowhere/chart")


def test_a_chart_can_come_from_the_release_itself(source: Source) -> None:
    chart = source.obtain(chart_source="release", chart_ref=None)
    assert json.loads((Path(chart.ref) / "Chart.yaml").read_text(encoding="utf-8"))["version"] == "1.25.1"
    assert not source.asked


def test_without_a_reference_it_is_told_what_to_give(source: Source) -> None:
    with pytest.raises(
        InputError, match=r"oci://registry\.example\.com/org/helm-nvcf-api, or chart_repository, or set"
    ):
        source.obtain()


@pytest.mark.parametrize(
    "given,flags",
    [
        pytest.param({"chart_plain_http": True}, ["--plain-http"], id="without TLS"),
        pytest.param({"chart_validate_certs": False}, ["--insecure-skip-tls-verify"], id="without verification"),
    ],
)
def test_how_the_registry_is_talked_to_is_handed_on(source: Source, given: dict[str, Any], flags: list[str]) -> None:
    source.obtain(chart_ref=OCI, **given)
    assert source.pulled["argv"][-len(flags) :] == flags


def test_an_authority_of_ones_own_is_handed_on(source: Source, tmp_path: Path) -> None:
    authority = tmp_path / "ca.crt"
    authority.write_text("-----BEGIN CERTIFICATE-----", encoding="utf-8")
    source.obtain(chart_ref=OCI, chart_ca_cert=str(authority))
    assert source.pulled["argv"][-2:] == ["--ca-file", str(authority)]


@pytest.mark.parametrize("content,told", [(None, "No such file"), ("x", "contains no certificate in PEM format")])
def test_what_is_no_authority_is_refused_before_anything_is_fetched(
    source: Source, tmp_path: Path, content: str | None, told: str
) -> None:
    if content:
        (tmp_path / "ca.crt").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        source.obtain(chart_ref=OCI, chart_ca_cert=str(tmp_path / "ca.crt"))
    assert not source.asked


def test_a_chart_that_is_a_device_is_not_read_without_end(source: Source) -> None:
    with pytest.raises(InputError, match="chart_ref /dev/zero cannot be read: it is a pipe or a device"):
        source.obtain(chart_ref="/dev/zero")


def test_a_login_is_a_private_file_and_no_argument(source: Source) -> None:
    source.obtain(chart_ref=OCI, **LOGIN)
    [(host, entry)] = source.pulled["login"]["auths"].items()
    assert host == "registry.example.com:5000"
    assert base64.b64decode(entry["auth"]) == b"jane:pa55word-canary"
    assert source.pulled["mode"] == 0o600
    assert "pa55word-canary" not in str(source.pulled["argv"])


@pytest.mark.parametrize("missing", LOGIN)
def test_half_a_login_is_refused_before_anything_is_fetched(source: Source, missing: str) -> None:
    with pytest.raises(InputError, match="must be set together"):
        source.obtain(chart_ref=OCI, **{name: value for name, value in LOGIN.items() if name != missing})
    assert not source.asked


def test_a_login_for_another_kind_of_repository_is_refused_with_what_to_do(source: Source) -> None:
    with pytest.raises(InputError, match="run `helm repo add` first") as caught:
        source.obtain(chart_ref="https://charts.example.com/api.tgz", **LOGIN)
    assert "pa55word-canary" not in str(caught.value)


def test_a_chart_that_can_not_be_fetched_is_an_error_of_helm(source: Source) -> None:
    with pytest.raises(HelmError, match="not found"):
        source.obtain(program="sys.exit('Error: not found')", chart_ref=OCI)


def test_the_clusters_of_a_run_share_one_fetch_and_those_with_another_login_do_not(
    tmp_path: Path, source: Source
) -> None:
    with sharing(str(tmp_path)):
        first, again = source.obtain(chart_ref=OCI), source.obtain(chart_ref=OCI, program="sys.exit(1)")
        assert first == again
        assert Path(first.ref).read_bytes() == b"chart"
        with pytest.raises(HelmError):
            source.obtain(chart_ref=OCI, program="sys.exit(1)", **LOGIN)


def test_the_clusters_of_a_run_share_a_failed_fetch_and_are_told_so(tmp_path: Path, source: Source) -> None:
    with sharing(str(tmp_path)):
        with pytest.raises(HelmError, match="it hangs"):
            source.obtain(chart_ref=OCI, program="sys.exit('Error: it hangs')")
        with pytest.raises(HelmError, match=r"hangs\. This failed 0 s ago for another cluster of this run"):
            source.obtain(chart_ref=OCI)
        assert source.obtain(chart_ref=OCI, **LOGIN).ref
