# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The life of the stand-in's processes, as a container runtime sees it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.behavior import Behavior
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.tokens import mint

MODULE = "ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api"
HALF_A_PAIR = {"NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME": "GitHub"}
SECONDS = 120
"""How long a test waits for something that is bound to happen."""


class Running:
    """A process of the stand-in on a port that the system chose."""

    def __init__(self, command: str, state: Path, env: dict[str, str]) -> None:
        arguments = ["--listen", "127.0.0.1:0", "--state", str(state), "--behavior", str(state / "behavior.json")]
        self.process = subprocess.Popen(
            [sys.executable, "-m", MODULE, command, *arguments], env=env, stdout=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self._address: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if match := re.search(r"Tomcat started on (\S+)", line):
                self._address.put(match[1])

    def address(self) -> str:
        return self._address.get(timeout=SECONDS)

    def end(self) -> int:
        status = self.process.wait(timeout=SECONDS)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


Start = Callable[[str, dict[str, str]], Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def starter(command: str, env: dict[str, str]) -> Running:
        started.append(Running(command, tmp_path, env))
        return started[-1]

    yield starter
    for running in started:
        running.process.kill()
        running.end()


def status(address: str, path: str, headers: dict[str, str] | None = None) -> int:
    request = urllib.request.Request(f"http://{address}{path}", headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def wait_until_up(address: str) -> None:
    while status(address, "/health") != 200:
        time.sleep(0.01)


@pytest.mark.parametrize("env", [{}, HALF_A_PAIR], ids=["whole", "half a pair"])
def test_an_open_port_answers_500_while_the_application_is_not_complete(
    tmp_path: Path, start: Start, env: dict[str, str]
) -> None:
    Behavior(start_seconds=600, failing_start_seconds=600, open_seconds=600).save(tmp_path / "behavior.json")
    assert status(start("serve", env).address(), "/health") == 500


def test_an_application_is_complete_some_time_after_its_port_is_open(start: Start) -> None:
    wait_until_up(start("serve", {}).address())


def test_half_a_pair_opens_the_port_and_then_ends_with_1(start: Start) -> None:
    running = start("serve", HALF_A_PAIR)
    assert running.address()
    assert running.end() == 1
    log = "".join(running.lines)
    assert "APPLICATION FAILED TO START" in log
    assert "Property: nvcf.registries.recognized.container.ghcr.hostname" in log
    assert "GitHub" not in log


def test_term_is_answered_with_143_after_going_on_for_a_while(tmp_path: Path, start: Start) -> None:
    Behavior(start_seconds=0, stop_seconds=1.5).save(tmp_path / "behavior.json")
    running = start("serve", {})
    address = running.address()
    wait_until_up(address)
    running.process.terminate()
    while not any("Commencing graceful shutdown" in line for line in running.lines):
        assert running.process.poll() is None
        time.sleep(0.01)
    assert status(address, "/health") == 200
    assert running.end() == 143


@pytest.mark.parametrize("env", [{}, HALF_A_PAIR])
def test_term_ends_a_process_that_is_still_starting(tmp_path: Path, start: Start, env: dict[str, str]) -> None:
    Behavior(start_seconds=600, failing_start_seconds=600).save(tmp_path / "behavior.json")
    running = start("serve", env)
    while not running.lines:
        assert running.process.poll() is None
        time.sleep(0.01)
    running.process.terminate()
    assert running.end() == 143


def test_tokens_of_the_service_open_the_api_after_the_bootstrap(tmp_path: Path, start: Start) -> None:
    keys = urllib.request.Request(f"http://{start('tokens', {}).address()}/v1/admin/keys", data=b"{}")
    with urllib.request.urlopen(keys, timeout=SECONDS) as response:
        token = json.load(response)["value"]
    address = start("serve", {}).address()
    wait_until_up(address)
    headers = {"Authorization": f"Bearer {token}"}
    assert status(address, "/v2/nvcf/functions", headers) == 404
    bootstrap(tmp_path)
    assert status(address, "/v2/nvcf/functions", headers) == 200


def test_the_bootstrap_takes_over_credentials_and_may_be_repeated(tmp_path: Path) -> None:
    assert "created" in bootstrap(tmp_path, REGISTRY_CREDENTIALS='[{"hostname": "nvcr.io", "password": "secret"}]')
    assert "exists (409)" in bootstrap(tmp_path)
    assert Store(tmp_path).credentials == {"nvcr.io"}


def bootstrap(state: Path, **env: str) -> str:
    command = [sys.executable, "-m", MODULE, "bootstrap", "--state", str(state)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert "secret" not in done.stdout + done.stderr
    return done.stdout


def test_the_order_of_registries_is_stable_within_a_process_and_differs_between_processes(
    tmp_path: Path, start: Start
) -> None:
    Behavior(start_seconds=0, account_bootstrapped="yes").save(tmp_path / "behavior.json")
    # Seven entries in each of three processes: the same order in all of them has a probability of 4e-8.
    env = {
        "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME": "GitHub",
        "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_HOSTNAME": "ghcr.io",
    }
    seen = set()
    for _unused in range(3):
        address = start("serve", env).address()
        wait_until_up(address)
        first, again = (listing(address, tmp_path) for _unused in range(2))
        assert first == again
        seen.add(first)
    assert len(seen) > 1


def listing(address: str, state: Path) -> bytes:
    headers = {"Authorization": f"Bearer {mint(state)}"}
    request = urllib.request.Request(f"http://{address}/v2/nvcf/recognized-registries", headers=headers)
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        return bytes(response.read())
