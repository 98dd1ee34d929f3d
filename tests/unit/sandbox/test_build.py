# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Building tools into the cache, with a small program in the place of the Go compiler."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox import build as builder
from ansible_collections.fleetops.nvcf.tests.sandbox.build import build, build_argv
from ansible_collections.fleetops.nvcf.tests.sandbox.errors import SandboxError
from ansible_collections.fleetops.nvcf.tests.sandbox.tools import ALL, ETCD, HELM, KUBERNETES_TOOL, Tool

FAKE_GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version go{version} linux/amd64"; exit; fi
echo run >>"{folder}/runs"
echo "go: downloading example.test/m v1.0.0" >&2
echo "example.test/m/cmd/thing" >&2
{body}
"""
TOOL = Tool(
    name="thing", version="1.0", packages=("example.test/m/cmd/thing",), programs=("thing",), purpose="", minutes=1
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLEETOPS_NVCF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "cache"


def fake_go(folder: Path, body: str, version: str = "1.26.0") -> None:
    program = folder / "go"
    program.write_text(FAKE_GO.format(version=version, folder=folder, body=body))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def test_a_tool_is_built_once_and_then_found(cache: Path, tmp_path: Path) -> None:
    fake_go(tmp_path, 'echo >"$GOBIN/thing"')
    lines: list[str] = []
    build(lines.append, [TOOL])
    assert TOOL.program().exists()
    build(lines.append, [TOOL])
    assert (tmp_path / "runs").read_text() == "run\n"
    assert lines[-1] == f"thing 1.0 is built already: {cache / 'tools' / 'thing-1.0'}"


@pytest.mark.usefixtures("cache")
def test_the_build_says_beforehand_how_long_it_may_take(tmp_path: Path) -> None:
    fake_go(tmp_path, 'echo >"$GOBIN/thing"')
    lines: list[str] = []
    build(lines.append, [TOOL])
    assert "about 1 minutes" in lines[0]
    assert lines[-1].startswith("thing 1.0: done in")


@pytest.mark.usefixtures("cache")
def test_progress_is_shown_while_it_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "PROGRESS_SECONDS", 0.1)
    fake_go(tmp_path, f'until [ -e "{tmp_path}/seen" ]; do sleep 0.05; done; echo >"$GOBIN/thing"')
    lines: list[str] = []

    def report(line: str) -> None:
        lines.append(line)
        if "compiled" in line:
            (tmp_path / "seen").touch()

    build(report, [TOOL])
    assert any(line.endswith("1 packages compiled") for line in lines)


def test_a_failed_build_tells_the_compilers_words_and_leaves_no_tool(cache: Path, tmp_path: Path) -> None:
    fake_go(tmp_path, 'echo >"$GOBIN/thing"; echo "cannot find module" >&2; exit 1')
    with pytest.raises(SandboxError, match=r"building thing 1.0 failed:\n(.*\n)*cannot find module"):
        build(lambda _line: None, [TOOL])
    assert not TOOL.built
    assert [path.name for path in (cache / "tools").iterdir()] == [".thing-1.0.lock"]


def test_an_interrupted_build_leaves_nothing_that_looks_finished(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go(tmp_path, 'echo >"$GOBIN/thing"; sleep 0.2')

    def interrupt(line: str) -> None:
        if line.startswith("  "):
            raise KeyboardInterrupt

    monkeypatch.setattr(builder, "PROGRESS_SECONDS", 0.01)
    with pytest.raises(KeyboardInterrupt):
        build(interrupt, [TOOL])
    assert not TOOL.built
    assert [path.name for path in (cache / "tools").iterdir()] == [".thing-1.0.lock"]


def test_what_a_killed_build_left_is_not_part_of_the_next(cache: Path, tmp_path: Path) -> None:
    left = cache / "tools" / ".thing-1.0.partial"
    left.mkdir(parents=True)
    (left / "rest").touch()
    fake_go(tmp_path, 'echo >"$GOBIN/thing"')
    build(lambda _line: None, [TOOL])
    assert [path.name for path in TOOL.folder.iterdir()] == ["thing"]


@pytest.mark.usefixtures("cache")
def test_an_old_go_is_not_used_and_the_cure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_go(tmp_path, "exit 9", version="1.25.9")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SandboxError, match=r"Go 1\.26 or newer is needed to build the sandbox\."):
        build(lambda _line: None, [TOOL])
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("cache")
def test_a_tool_that_was_not_built_says_how_to_get_it() -> None:
    with pytest.raises(SandboxError, match=r"helm 4.* is not built yet .* run the `build` command"):
        HELM[4].program()


def test_the_control_plane_is_built_from_the_pinned_module_without_changing_it() -> None:
    argv = build_argv(KUBERNETES_TOOL, Path("go"), Path("target"))
    assert argv[:2] == ["go", "build"]
    assert "-mod=readonly" in argv
    assert "-o=target/" in argv
    assert "gitVersion=v1.37.2" in next(option for option in argv if option.startswith("-ldflags"))


def test_a_single_program_gets_its_own_name_whatever_its_package_is_called() -> None:
    assert "-o=target/etcd" in build_argv(ETCD, Path("go"), Path("target"))


def test_helm_is_installed_at_its_pinned_version() -> None:
    assert build_argv(HELM[3], Path("go"), Path("target"))[-1] == "helm.sh/helm/v3/cmd/helm@v3.22.0"


def test_pinned_versions_agree_with_the_module_file() -> None:
    assert KUBERNETES_TOOL.module is not None
    text = (KUBERNETES_TOOL.module / "go.mod").read_text()
    assert f"k8s.io/kubernetes v{KUBERNETES_TOOL.version}\n" in text
    assert f"go.etcd.io/etcd/server/v3 v{ETCD.version}\n" in text


def test_no_two_tools_share_a_folder() -> None:
    assert len({tool.folder for tool in ALL}) == len(ALL)
