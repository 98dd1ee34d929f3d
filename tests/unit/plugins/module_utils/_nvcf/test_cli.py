# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The operator's own program, run apart from the operator's own settings."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.cli import NvcfCli
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.workloads import Function
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NoAnswerError, NvcfApiError

TOKEN = "t0ken-canary"
URL = "http://127.0.0.1:9"
CREATED = "\x1b[32mFunction ID: 0a1b\x1b[0m\nVersion ID:  2c3d \nStatus: ACTIVE\n"
FUNCTION = Function(id="0a1b", version_id="2c3d", name="probe", image="ghcr.io/a/b:1")
# Not the whole interpreter: site takes longer than all else.
PROGRAM = """#!{python} -SE
import json, os, pathlib, sys, time
folder = pathlib.Path(__file__).parent
call = {{"argv": sys.argv[1:], "environ": dict(os.environ), "input": sys.stdin.read()}}
(folder / "call.json").write_text(json.dumps(call))
sys.stdout.buffer.write((folder / "stdout").read_bytes())
sys.stderr.write({stderr!r})
sys.stdout.flush()
time.sleep({sleeps})
sys.exit({code})
"""

MakeCli = Callable[..., NvcfCli]


@pytest.fixture
def cli(tmp_path: Path) -> MakeCli:
    """The program, which ends as it is told to."""

    def made(
        stdout: str | bytes = "", *, stderr: str = "", code: int = 0, sleeps: float = 0, timeout: float = 20
    ) -> NvcfCli:
        binary, home = tmp_path / "nvcf-cli", tmp_path / "home"
        binary.write_text(
            PROGRAM.format(python=sys.executable, stderr=stderr, code=code, sleeps=sleeps), encoding="utf-8"
        )
        binary.chmod(0o700)
        home.mkdir(exist_ok=True)
        (tmp_path / "stdout").write_bytes(stdout if isinstance(stdout, bytes) else stdout.encode())
        return NvcfCli(binary=str(binary), home=home, base_url=URL, token=TOKEN, timeout=timeout)

    return made


def called(cli: NvcfCli) -> dict[str, Any]:
    """How it was run."""
    found: dict[str, Any] = json.loads(Path(cli.binary).with_name("call.json").read_text(encoding="utf-8"))
    return found


def test_a_function_is_created_as_the_vendors_guide_does_it(cli: MakeCli) -> None:
    program = cli(CREATED)
    answer, function = program.create(name="probe", image="ghcr.io/a/b:1")
    assert (answer.kind, answer.status) == ("accepted", 200)
    assert function == FUNCTION
    argv = called(program)["argv"]
    assert argv[2:4] == ["function", "create"]
    pairs = dict(zip(argv[4::2], argv[5::2], strict=True))
    assert pairs == {
        "--name": "probe",
        "--image": "ghcr.io/a/b:1",
        "--inference-url": "/health",
        "--inference-port": "8080",
        "--health-uri": "/health",
        "--health-timeout": "PT30S",
    }


def test_a_function_is_deleted_by_both_of_its_ids(cli: MakeCli) -> None:
    """Without them the program deletes whatever it has made last."""
    program = cli("deleted")
    answer = program.delete(FUNCTION)
    assert (answer.kind, answer.status) == ("accepted", 204)
    assert called(program)["argv"][2:] == ["function", "delete", "0a1b", "2c3d"]


def test_the_configuration_is_an_empty_one_of_its_own_that_nobody_else_reads(cli: MakeCli) -> None:
    program = cli(CREATED)
    program.create(name="probe", image="i")
    program.delete(FUNCTION)
    flag, path = called(program)["argv"][:2]
    assert (flag, Path(path).parent) == ("--config", program.home)
    assert Path(path).read_bytes() == b""
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_settings_of_the_operators_shell_do_not_lead_the_program_elsewhere(
    cli: MakeCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = ["NVCF_TOKEN", "NVCF_BASE_HTTP_URL", "NVCF_CONFIG", "API_HOST", "API_KEYS_HOST", "XDG_CONFIG_HOME"]
    for name in foreign:
        monkeypatch.setenv(name, "foreign")
    kept = {"HTTPS_PROXY": "http://proxy", "MY_NVCF_X": "mine", "API_HOSTS": "kept"}
    for name, value in kept.items():
        monkeypatch.setenv(name, value)
    program = cli(CREATED)
    program.create(name="probe", image="i")
    environ = called(program)["environ"]
    assert "foreign" not in environ.values()
    assert environ["HOME"] == str(program.home)
    assert (environ["NVCF_BASE_HTTP_URL"], environ["NVCF_TOKEN"], environ["NO_COLOR"]) == (URL, TOKEN, "1")
    assert kept.items() <= environ.items()


def test_the_token_is_in_no_argument_and_the_program_can_ask_nobody_anything(cli: MakeCli) -> None:
    program = cli(CREATED)
    program.create(name="probe", image="i")
    assert TOKEN not in str(called(program)["argv"])
    assert called(program)["input"] == ""
    assert TOKEN not in repr(program)


def test_the_apis_refusal_is_understood_as_that_of_the_api(cli: MakeCli) -> None:
    body = json.dumps({"title": "x", "status": 400, "detail": "Missing CONTAINER registry for hostname 'ghcr.io'"})
    answer, function = cli(f"DEBUG: POST\n\x1b[31mError: API error 400: {body}\x1b[0m\n", code=1).create(
        name="probe", image="ghcr.io/a/b:1"
    )
    assert function is None
    assert answer.status == 400
    assert "Missing CONTAINER registry for hostname 'ghcr.io'" in answer.detail
    assert answer.kind != "accepted"


def test_a_refusal_on_standard_error_is_found_too(cli: MakeCli) -> None:
    assert cli("", stderr="Error: API error 404: {}", code=1).delete(FUNCTION).status == 404


@pytest.mark.parametrize("text", ["API error 503: upstream is away", "API error 503: "])
def test_a_refusal_without_a_body_keeps_its_status(cli: MakeCli, text: str) -> None:
    assert cli(text, code=1).delete(FUNCTION).status == 503


def test_the_exit_status_tells_success_whatever_is_printed(cli: MakeCli) -> None:
    assert cli("API error 404: {} (ignored)", code=0).delete(FUNCTION).kind == "accepted"


@pytest.mark.parametrize(
    "stdout", ["", "Function ID: 0a1b\n", "Version ID: 2c3d\n", "see Function ID: 1 Version ID: 2"]
)
def test_a_success_without_both_ids_is_no_nvcf_cli(cli: MakeCli, stdout: str) -> None:
    program = cli(stdout)
    with pytest.raises(
        NvcfApiError, match=r"function create succeeded, but printed no ids: .*Is it nvcf-cli\?"
    ) as told:
        program.create(name="probe", image="i")
    assert program.binary in str(told.value)


def test_a_failure_without_an_answer_is_told_by_its_last_lines_without_chatter(cli: MakeCli) -> None:
    stdout = "first\n\n  second  \nDEBUG chatter\nthird\nfourth\nDEBUG more\n"
    with pytest.raises(NvcfApiError, match=r"failed without an answer of the API: second / third / fourth\."):
        cli(stdout, code=3).delete(FUNCTION)


def test_a_failure_without_a_word_says_so(cli: MakeCli) -> None:
    with pytest.raises(NvcfApiError, match="it printed nothing"):
        cli("DEBUG only chatter\n \n", code=1).delete(FUNCTION)


def test_a_long_output_is_cut(cli: MakeCli) -> None:
    with pytest.raises(NvcfApiError) as caught:
        cli("x" * 501, code=1).delete(FUNCTION)
    assert str(caught.value).count("x") == 500


def test_a_token_that_the_program_prints_is_masked(cli: MakeCli) -> None:
    with pytest.raises(NvcfApiError) as caught:
        cli(f"Authorization: Bearer {TOKEN} was refused, {TOKEN}", code=1).delete(FUNCTION)
    assert TOKEN not in str(caught.value)
    assert str(caught.value).count("********") == 2


def test_a_token_inside_a_color_is_masked_too(cli: MakeCli) -> None:
    with pytest.raises(NvcfApiError) as caught:
        cli(f"{TOKEN[:4]}\x1b[1m{TOKEN[4:]}\x1b[0m", code=1).delete(FUNCTION)
    assert TOKEN not in str(caught.value)


def test_bytes_that_are_no_text_do_no_harm(cli: MakeCli) -> None:
    with pytest.raises(NvcfApiError, match="\N{REPLACEMENT CHARACTER}broken"):
        cli(b"\xffbroken", code=1).delete(FUNCTION)


def test_a_program_that_hangs_may_have_done_its_work(cli: MakeCli) -> None:
    with pytest.raises(NoAnswerError, match=r"did not end within 0 s\.") as caught:
        cli(sleeps=30, timeout=0.2).delete(FUNCTION)
    assert (caught.value.sent, caught.value.lasting) == (True, False)


@pytest.mark.parametrize("there,reason", [(False, "No such file or directory"), (True, "Permission denied")])
def test_a_program_that_can_not_be_run_has_done_nothing_and_trying_again_does_not_help(
    cli: MakeCli, reason: str, *, there: bool
) -> None:
    program = cli()
    if there:
        Path(program.binary).chmod(0o600)
    else:
        Path(program.binary).unlink()
    with pytest.raises(NoAnswerError, match=rf"nvcf-cli' cannot be run: {reason}\. Set cli_binary\.") as caught:
        program.create(name="probe", image="i")
    assert (caught.value.sent, caught.value.lasting) == (False, True)
