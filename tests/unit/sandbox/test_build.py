# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Building tools into the cache, with a small program in the place of the Go compiler."""

from __future__ import annotations

import io
import os
import re
import sys
import threading
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox import __main__ as command_line
from ansible_collections.fleetops.nvcf.tests.sandbox import build as builder
from ansible_collections.fleetops.nvcf.tests.sandbox.build import build
from ansible_collections.fleetops.nvcf.tests.sandbox.errors import SandboxError
from ansible_collections.fleetops.nvcf.tests.sandbox.golang import batches
from ansible_collections.fleetops.nvcf.tests.sandbox.locks import locked
from ansible_collections.fleetops.nvcf.tests.sandbox.progress import Display, History, Work, duration
from ansible_collections.fleetops.nvcf.tests.sandbox.tools import ALL, BASIC, ETCD, HELM, KUBE_APISERVER, Tool
from ansible_collections.fleetops.nvcf.tests.unit.sandbox.fake_go import install_go, install_program, runs

THING = Tool(name="thing", version="1.0.0", package="example.test/m/thing")


def named(tool: Tool) -> str:
    """As it is told to Go: one that has no module is resolved by its version."""
    return tool.package if tool.module else f"{tool.package}@v{tool.version}"


class Terminal(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLEETOPS_NVCF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return tmp_path / "cache"


def said(tool: Tool = THING) -> str:
    """Build a tool and return what was said, which is not to a terminal."""
    stream = io.StringIO()
    build(Display(stream), [tool])
    return stream.getvalue()


@pytest.mark.usefixtures("cache")
def test_a_tool_is_built_once_and_then_found(tmp_path: Path) -> None:
    install_go(tmp_path)
    said()
    assert THING.program().exists()
    assert said() == "nothing to build; there are thing 1.0.0\n"
    assert runs(tmp_path) == [["example.test/m/thing@v1.0.0"]]


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    "options, others",
    [
        pytest.param(["--basic"], [named(HELM[4])], id="basic"),
        pytest.param([], [named(tool) for tool in ALL[3:]], id="all"),
    ],
)
def test_only_what_is_asked_for_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], others: list[str]
) -> None:
    install_go(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sandbox", "build", *options])
    assert command_line.main() == 0
    # In one run, because most packages of one are packages of the others too.
    assert runs(tmp_path) == [[tool.package for tool in BASIC[:3]], *([other] for other in others)]


@pytest.mark.usefixtures("cache")
def test_a_program_of_the_right_version_on_path_is_taken(tmp_path: Path) -> None:
    install_program(tmp_path / "thing", "thing v1.0.0 linux/amd64")
    assert f"thing 1.0.0: using {tmp_path}/thing\n" in said()
    assert THING.program() == tmp_path / "thing"
    assert not THING.built


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    "answer, problem",
    [("thing v1.0.1", "it is 1.0.1, not 1.0.0"), ("hello", "it does not report a version")],
    ids=["other version", "no version"],
)
def test_another_program_on_path_is_not_taken_and_it_is_said_why(tmp_path: Path, answer: str, problem: str) -> None:
    install_go(tmp_path)
    install_program(tmp_path / "thing", answer)
    assert f"thing 1.0.0: not using {tmp_path}/thing: {problem}\n" in said()
    assert THING.program() == THING.folder / "thing"


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    "tool, answer",
    [
        (KUBE_APISERVER, "Kubernetes v{version}"),
        (ETCD, "etcd Version: {version}\nGit SHA: Not provided\nGo Version: go1.26.8"),
        (HELM[3], "v{version}+g1a2b3c4"),
        (ALL[-1], "registry github.com/distribution/distribution/v3 v{version}"),
    ],
    ids=lambda value: value.name if isinstance(value, Tool) else "",
)
def test_versions_are_read_as_the_programs_report_them(tmp_path: Path, tool: Tool, answer: str) -> None:
    install_program(tmp_path / tool.name, answer.format(version=tool.version))
    assert tool.program() == tmp_path / tool.name


@pytest.mark.usefixtures("cache")
def test_any_patch_release_of_kubebuilder_assets_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assets = tmp_path / "assets"
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    install_program(assets / "thing", "thing v1.0.7")
    assert f"thing 1.0.7: using {assets}/thing\n" in said()
    assert THING.program() == assets / "thing"


@pytest.mark.usefixtures("cache")
def test_another_minor_version_of_kubebuilder_assets_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = tmp_path / "assets"
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    install_program(assets / "thing", "thing v1.10.0")
    install_go(tmp_path)
    assert f"thing 1.0.0: not using {assets}/thing: it is 1.10.0, not 1.0\n" in said()
    assert THING.built


@pytest.mark.usefixtures("cache")
def test_progress_on_a_terminal_is_one_line(tmp_path: Path) -> None:
    install_go(tmp_path, packages=[f"example.test/m/{number}" for number in range(200)])
    terminal = Terminal()
    build(Display(terminal), [THING])
    progress = [line for line in terminal.getvalue().split("\n") if "%" in line]
    assert len(progress) == 1
    assert progress[0].count("\r") > 200
    assert progress[0].endswith(f"into {THING.folder.parent}")


@pytest.mark.usefixtures("cache")
def test_progress_elsewhere_is_a_few_lines(tmp_path: Path) -> None:
    install_go(tmp_path, packages=[f"example.test/m/{number}" for number in range(200)])
    progress = [line for line in said().splitlines() if "%" in line]
    assert len(progress) == 10
    assert [line.split()[0] for line in progress[:3]] == ["0%", "10%", "20%"]


@pytest.mark.usefixtures("cache")
def test_the_time_left_comes_from_earlier_builds(tmp_path: Path) -> None:
    install_go(tmp_path)
    assert "1 packages to compile; time left not known yet\n" in said()
    other = Tool(name="other", version="1.0.0", package="example.test/m/other")
    assert re.search(r"1 packages to compile; about \d+ s left, going by earlier builds\n", said(other))


@pytest.mark.usefixtures("cache")
def test_the_forecast_is_in_proportion_to_the_size(tmp_path: Path) -> None:
    (tmp_path / "cache" / "tools").mkdir(parents=True)
    assert History().seconds(5_000) is None
    History().add(1_000, 60)
    History().add(3_000, 60)
    assert History().seconds(5_000) == 150


def test_a_package_is_done_when_the_compiler_has_begun_with_as_many_others_as_there_are_cores() -> None:
    work = Work(total=100, expected=None)
    work.next({str(number): 10 for number in range(10)})
    shares = []
    for number in range(10):
        work.begin(str(number))
        shares.append(work.share)
    cores = os.cpu_count() or 1
    assert shares == [max(number + 1 - cores, 0) / 10 for number in range(10)]
    assert work.left(60) == f"about {duration(60 / work.share - 60)} left at this rate"


def test_a_failed_build_tells_the_compilers_words_and_leaves_no_tool(cache: Path, tmp_path: Path) -> None:
    install_go(tmp_path, more='sys.exit("cannot find module")')
    with pytest.raises(SandboxError, match=r"building thing 1.0.0 failed:\n(.*\n)*cannot find module"):
        said()
    assert [path.name for path in (cache / "tools").iterdir()] == [".lock"]


def test_an_interrupted_build_leaves_nothing_that_looks_finished(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_go(tmp_path, more="time.sleep(600)")
    monkeypatch.setattr(builder, "TICK_SECONDS", 0.01)

    class Interrupted(Display):
        def show(self, *_state: str, **_milestone: str) -> None:
            if runs(tmp_path):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(Interrupted(io.StringIO()), [THING])
    assert [path.name for path in (cache / "tools").iterdir()] == [".lock"]


def test_what_a_killed_build_left_is_not_part_of_the_next(cache: Path, tmp_path: Path) -> None:
    left = cache / "tools" / ".partial"
    left.mkdir(parents=True)
    (left / "rest").touch()
    install_go(tmp_path)
    said()
    assert [path.name for path in THING.folder.iterdir()] == ["thing"]
    assert not left.exists()


def test_of_two_builds_at_once_the_second_says_that_it_waits(cache: Path, tmp_path: Path) -> None:
    install_go(tmp_path)
    waiting = threading.Event()

    class Watched(Display):
        def say(self, line: str) -> None:
            if "waiting" in line:
                waiting.set()

    second = threading.Thread(target=build, args=(Watched(io.StringIO()), [THING]))
    with locked(cache / "tools" / ".lock"):
        second.start()
        assert waiting.wait(60)
        THING.folder.mkdir()
    second.join()
    assert runs(tmp_path) == []


@pytest.mark.usefixtures("cache")
def test_an_old_go_is_not_used_and_the_cure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_go(tmp_path, version="1.25.9")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SandboxError, match=r"Go 1\.26 or newer is needed to build the sandbox\."):
        said()
    assert runs(tmp_path) == []


@pytest.mark.usefixtures("cache")
def test_a_tool_that_was_not_built_says_how_to_get_it() -> None:
    with pytest.raises(SandboxError, match=r"helm 4.* is not built yet .* run the `build` command"):
        HELM[4].program()


def test_the_control_plane_is_built_from_the_pinned_module_without_changing_it() -> None:
    [batch] = batches(Path("go"), BASIC[:3], Path("target"))
    argv = batch.argv("-v")
    assert argv[:4] == ["go", "build", "-C", str(KUBE_APISERVER.module)]
    assert "-mod=readonly" in argv
    assert f"gitVersion=v{KUBE_APISERVER.version}" in next(option for option in argv if option.startswith("-ldflags"))


def test_pinned_versions_agree_with_the_module_file() -> None:
    assert KUBE_APISERVER.module is not None
    text = (KUBE_APISERVER.module / "go.mod").read_text()
    assert f"k8s.io/kubernetes v{KUBE_APISERVER.version}\n" in text
    assert f"go.etcd.io/etcd/server/v3 v{ETCD.version}\n" in text


def test_no_two_tools_share_a_folder() -> None:
    assert len({tool.folder for tool in ALL}) == len(ALL)
