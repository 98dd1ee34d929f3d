# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Running helm: what it gets, and what is told when it fails. The programs here are small scripts in its place."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm import cli
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.cli import GRACE_SECONDS, Chart, Helm
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.redaction import MASK, Redactor

CANARY = "pa55word-canary"
MakeHelm = Callable[..., Helm]


@pytest.fixture
def helm(tmp_path: Path) -> MakeHelm:
    """Makes a helm whose program is the given Python, with `sys` imported."""

    def make(program: str, **environ: str) -> Helm:
        path = tmp_path / "helm"
        path.write_text(f"#!{sys.executable} -IS\nimport os, sys, time\n{program}\n", encoding="utf-8")
        path.chmod(0o700)
        return Helm(
            binary=str(path),
            kubeconfig=tmp_path / "kubeconfig.json",
            release="api",
            namespace="nvcf",
            redact=Redactor({"password": CANARY}, public=()),
            environ=environ,
        )

    return make


@pytest.mark.parametrize(
    "printed,version",
    [("v4.3.1", (4, 3)), ("v3.14.0\\n", (3, 14)), ("3.22.0", (3, 22)), ("v4.0.0-rc.1", (4, 0)), ("v10.0.0", (10, 0))],
)
def test_the_version_is_read(helm: MakeHelm, printed: str, version: tuple[int, int]) -> None:
    assert helm(f"sys.stdout.write('{printed}')").version() == version


@pytest.mark.parametrize("printed", ["v3.13.9", "v2.17.0"])
def test_an_old_helm_is_refused_with_the_version_that_is_needed(helm: MakeHelm, printed: str) -> None:
    with pytest.raises(HelmError, match=rf"{printed} is too old: 3\.14 or newer is required"):
        helm(f"print('{printed}')").version()


def test_a_program_that_is_no_helm_is_told(helm: MakeHelm) -> None:
    with pytest.raises(HelmError, match="printed 'usage', which is not a version"):
        helm("print('usage')").version()


def test_a_missing_helm_is_told_with_what_to_do(helm: MakeHelm) -> None:
    absent = Helm(**{**vars(helm("")), "binary": "helm-that-is-nowhere"})
    with pytest.raises(HelmError, match=r"'helm-that-is-nowhere' does not exist\. Install Helm 4"):
        absent.version()
    with pytest.raises(HelmError, match="cannot be run: No such file or directory"):
        absent.run(["helm-that-is-nowhere", "version"], timeout=5)


def test_values_arrive_on_stdin_and_in_no_argument(helm: MakeHelm) -> None:
    program = helm("import json; print(json.dumps({'stdin': sys.stdin.read(), 'argv': sys.argv[1:]}))")
    printed = program.upgrade([program.binary, "upgrade"], {"password": CANARY}, timeout=5)
    assert json.loads(printed) == {"stdin": f'{{"password": "{CANARY}"}}', "argv": ["upgrade"]}


def test_variables_that_lead_elsewhere_or_print_values_are_kept_from_helm(helm: MakeHelm) -> None:
    elsewhere = [
        "KUBECONFIG",
        "HELM_KUBECONTEXT",
        "HELM_KUBETOKEN",
        "HELM_KUBEASUSER",
        "HELM_KUBEINSECURE_SKIP_TLS_VERIFY",
        "HELM_NAMESPACE",
        "HELM_DRIVER_SQL_CONNECTION_STRING",
        "HELM_DEBUG",
        "HELM_MAX_HISTORY",
    ]
    kept = [
        "PATH",
        "HELM_DRIVER",
        "HOME",
        "HELM_CACHE_HOME",
        "HELM_REGISTRY_CONFIG",
        "HTTPS_PROXY",
        "KUBECONFIG_BACKUP",
    ]
    program = helm("print(*os.environ)", **dict.fromkeys(elsewhere + kept, "/x"))
    seen = program.run([program.binary], timeout=5).split()
    assert set(kept) <= set(seen)
    assert not set(elsewhere) & set(seen)


def test_helm_keeps_revisions_where_they_were_read_whatever_the_environment_says(helm: MakeHelm) -> None:
    program = replace(helm("print(os.environ['HELM_DRIVER'])", HELM_DRIVER="sql"), driver="configmap")
    assert program.run([program.binary], timeout=5).strip() == "configmap"


@pytest.mark.parametrize("set_by_the_operator, seen", [({}, "400"), ({"GOGC": "50"}, "50")])
def test_helm_spares_itself_the_garbage_collection_unless_the_operator_says_how(
    helm: MakeHelm, set_by_the_operator: dict[str, str], seen: str
) -> None:
    program = helm("print(os.environ['GOGC'])", **set_by_the_operator)
    assert program.run([program.binary], timeout=5).strip() == seen


def test_a_failure_tells_command_reason_and_status_without_values(helm: MakeHelm) -> None:
    program = helm(
        f"print('WARNING: Kubernetes configuration file is group-readable', file=sys.stderr)\n"
        f"print('Error: UPGRADE FAILED: {CANARY} is not a number', file=sys.stderr)\n"
        f"print('{CANARY}')\nsys.exit(3)"
    )
    with pytest.raises(HelmError) as caught:
        program.run([program.binary, "upgrade", "api chart"], timeout=5)
    reason = f"UPGRADE FAILED: {MASK} is not a number"
    assert str(caught.value) == f"helm upgrade of release nvcf/api failed: {reason}"
    assert caught.value.facts["helm"] == {
        "command": f"{program.binary} upgrade 'api chart'",
        "rc": 3,
        "stderr": reason,
    }


PENDING = "another operation (install/upgrade/rollback) is in progress"


@pytest.mark.parametrize(
    "words,locked",
    [
        pytest.param(f"Error: UPGRADE FAILED: {PENDING}", True, id="a newest revision that is pending"),
        pytest.param("Error: UPGRADE FAILED: release: already exists", True, id="the next one made in that moment"),
        pytest.param("Error: release: already exists", True, id="a rollback"),
        pytest.param(f"level=WARN msg=x\nError: UPGRADE FAILED: {PENDING}\n", True, id="after a warning"),
        pytest.param(
            'Error: UPGRADE FAILED: pre-upgrade hooks failed: jobs.batch "bootstrap" already exists',
            False,
            id="own hook",
        ),
        pytest.param(
            "Error: UPGRADE FAILED: Operation cannot be fulfilled: the object has been modified", False, id="a conflict"
        ),
        pytest.param(f"Error: UPGRADE FAILED: hook printed: {PENDING}, so what?", False, id="quoted by another"),
    ],
)
def test_only_helms_own_refusal_tells_that_another_helm_is_at_work(helm: MakeHelm, words: str, *, locked: bool) -> None:
    program = helm(f"sys.exit({words!r})")
    with pytest.raises(HelmError) as caught:
        program.run([program.binary, "upgrade"], timeout=5)
    assert caught.value.locked is locked


def test_a_refusal_is_known_where_its_words_are_values_too(helm: MakeHelm) -> None:
    program = helm("sys.exit('Error: UPGRADE FAILED: release: already exists')")
    program = replace(program, redact=Redactor({"channel": "release", "policy": "already exists"}, public=()))
    with pytest.raises(HelmError) as caught:
        program.run([program.binary, "upgrade"], timeout=5)
    assert caught.value.locked
    assert MASK in str(caught.value)


@pytest.mark.parametrize(
    "script, told",
    [
        ("sys.exit(1)", "it printed no error message"),
        (
            "os.kill(os.getpid(), 9)",
            r"it was ended by signal 9 \(Killed\)\. This run did not send that signal: .* sent it\.",
        ),
        (
            "print('Error: lost', file=sys.stderr, flush=True); os.kill(os.getpid(), 9)",
            r"it was ended by signal 9 \(Killed\); its output: lost\. This run .*",
        ),
    ],
)
def test_a_failure_without_a_reason_of_its_own_is_told(helm: MakeHelm, script: str, told: str) -> None:
    program = helm(script)
    with pytest.raises(HelmError, match=f"failed: {told}$"):
        program.run([program.binary, "upgrade"], timeout=5)


def test_a_long_reason_is_cut(helm: MakeHelm) -> None:
    program = helm("sys.exit('Error: ' + 'x' * 9000)")
    with pytest.raises(HelmError) as caught:
        program.run([program.binary, "upgrade"], timeout=5)
    assert caught.value.facts["helm"]["stderr"] == "x" * 2000


def test_bytes_that_are_no_text_do_no_harm(helm: MakeHelm) -> None:
    program = helm(r"sys.stdout.buffer.write(b'\xff'); sys.stderr.buffer.write(b'\xfe'); sys.exit(os.environ == {})")
    assert program.run([program.binary], timeout=5) == "\N{REPLACEMENT CHARACTER}"


def test_a_helm_that_does_not_read_its_values_is_told_by_its_own_error(helm: MakeHelm) -> None:
    program = helm("os.close(0); sys.exit('Error: no such chart')")
    with pytest.raises(HelmError, match="no such chart"):
        program.upgrade([program.binary, "upgrade"], {"big": "x" * 1_000_000}, timeout=5)


@pytest.mark.parametrize("printed", ["Release upgraded", "{}", "[]", "null", '{"manifest": null}', '{"manifest": ""'])
def test_a_wrapper_that_does_not_print_a_release_is_told(helm: MakeHelm, printed: str) -> None:
    program = helm(f"print({printed!r})")
    with pytest.raises(HelmError, match="did not print the release as JSON"):
        program.render([program.binary, "upgrade"], {}, timeout=5)


WAITING = "import signal\nsignal.pause()"


def test_a_helm_that_hangs_is_ended_and_told(helm: MakeHelm) -> None:
    program = helm(WAITING)
    with pytest.raises(HelmError, match="did not end within 0 s") as caught:
        program.run([program.binary, "upgrade"], timeout=0.3)
    assert caught.value.facts["helm"]["rc"] is None


def test_an_upgrade_gets_time_to_tidy_up_after_its_own_timeout(helm: MakeHelm, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float | None] = []
    real = subprocess.Popen.communicate

    def communicate(child: subprocess.Popen[bytes], data: bytes, timeout: float) -> tuple[bytes, bytes]:
        waited.append(timeout)
        return real(child, data, timeout)

    monkeypatch.setattr(subprocess.Popen, "communicate", communicate)
    program = helm("print('{}')")
    program.upgrade([program.binary, "upgrade"], {}, timeout=900)
    assert waited == [900 + GRACE_SECONDS]


UNMOVED = "import signal, subprocess\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
NOTES = "open(sys.argv[0] + '.pid', 'a').write(f'{os.getpid()}\\n')\n"


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(NOTES + WAITING, id="asked to stop"),
        pytest.param(UNMOVED + NOTES + WAITING, id="killed when it does not"),
        pytest.param(
            "import subprocess\n" + NOTES + f"subprocess.run([sys.executable, '-c', {UNMOVED + WAITING!r}])",
            id="a script around a helm that outlives it",
        ),
    ],
)
def test_an_interrupt_leaves_no_helm_behind(helm: MakeHelm, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(cli, "STOP_SECONDS", 0.5)
    made = helm(program)

    def interrupt(_signum: int, _frame: object) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        with pytest.raises(KeyboardInterrupt):
            made.run([made.binary, "upgrade"], timeout=60)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
    [group] = Path(f"{made.binary}.pid").read_text(encoding="utf-8").split()
    assert running_in(int(group)) == []


def running_in(group: int) -> list[int]:
    """The processes of a group that have not ended."""
    shown = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in shown.splitlines()]
    return [int(pid) for pid, of_group, state in rows if int(of_group) == group and not state.startswith("Z")]


def test_an_error_that_is_cut_shows_no_half_of_a_value(helm: MakeHelm, monkeypatch: pytest.MonkeyPatch) -> None:
    program = helm(f"sys.exit('Error: failed\\nbecause of {CANARY}')")
    monkeypatch.setattr(cli, "MOST_STDERR", len(f"Error: failed\nbecause of {CANARY}") - 4)
    with pytest.raises(HelmError) as caught:
        program.run([program.binary, "upgrade"], timeout=5)
    assert caught.value.facts["helm"]["stderr"] == "failed"


def test_a_pull_returns_the_archive_of_the_pinned_version(helm: MakeHelm, tmp_path: Path) -> None:
    program = helm(
        "assert sys.argv[1:5] == ['pull', 'oci://r/api', '--version', '1.25.1'], sys.argv\n"
        "open(sys.argv[sys.argv.index('--destination') + 1] + '/api-1.25.1.tgz', 'w').close()\n"
        "assert sys.argv[-1] == '--plain-http'"
    )
    chart = Chart(ref="oci://r/api", version="1.25.1")
    assert program.pull(chart, tmp_path, ["--plain-http"]) == tmp_path / "api-1.25.1.tgz"


def test_a_pull_that_leaves_nothing_is_told(helm: MakeHelm, tmp_path: Path) -> None:
    with pytest.raises(HelmError, match="left 0 archives, but one is expected"):
        helm("").pull(Chart(ref="oci://r/api", version="1"), tmp_path, [])
