# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The stand-in for the operator's client, run as a program against the stand-in API."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.binding import bind
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.context import Context
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.middleware import Handler
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.process import api_app
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.token_service import token_app
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.tokens import mint
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_cli import install
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_cli.record import digest

GHCR = {
    "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME": "GitHub",
    "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_HOSTNAME": "ghcr.io",
}
CREATE = ["function", "create", "--name", "t", "--inference-url", "/health", "--inference-port", "8080"]


@dataclass(frozen=True)
class Cli:
    """The program with an address for it, a HOME and a cluster behind it."""

    program: Path
    folder: Path
    url: str
    hosts: list[str]
    """Host headers of the requests so far."""

    @property
    def store(self) -> Store:
        return Store(self.folder)

    @property
    def state(self) -> dict[str, str]:
        return dict(json.loads((self.folder / ".nvcf-cli.state").read_text()))

    def env(self, **changes: str) -> dict[str, str]:
        here = {
            "HOME": str(self.folder),
            "NO_COLOR": "1",
            "NVCF_BASE_HTTP_URL": self.url,
            "NVCF_TOKEN": mint(self.folder),
        }
        return {name: value for name, value in (here | changes).items() if value}

    def run(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run it with an environment of nothing but what is needed; an empty value leaves a variable out."""
        env = self.env(**changes)
        return subprocess.run(
            [self.program, *arguments], env=env, cwd=self.folder, capture_output=True, text=True, check=False
        )

    def create(self, **changes: str) -> subprocess.CompletedProcess[str]:
        return self.run(*CREATE, "--image", "ghcr.io/x:1", **changes)


def merged(state: Path, hosts: list[str]) -> web.Application:
    """Serve both services at one address, as a gateway does, and note the Host headers."""

    @web.middleware
    async def note_host(request: web.Request, handler: Handler) -> web.StreamResponse:
        hosts.append(request.host)
        return await handler(request)

    started = asyncio.Event()
    started.set()
    context = Context(registries=bind(GHCR), state=state, behavior_file=state / "behavior.json", store=Store(state))
    app = api_app(context, started)
    app.middlewares.insert(0, note_host)
    for route in token_app(state, state / "behavior.json").router.routes():
        if route.resource is not None and route.resource.canonical in ("/v1/admin/keys", "/v1/keys"):
            app.router.add_route(route.method, route.resource.canonical, route.handler)
    return app


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    Store(tmp_path).bootstrap([])
    loop = asyncio.new_event_loop()
    hosts: list[str] = []
    runner = web.AppRunner(merged(tmp_path, hosts), access_log=None)
    loop.run_until_complete(runner.setup())
    loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", 0).start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    host, port = runner.addresses[0][:2]
    try:
        yield Cli(install(tmp_path), tmp_path, f"http://{host}:{port}", hosts)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_create_prints_both_ids_and_chatters_on_stderr(cli: Cli) -> None:
    done = cli.create()
    (function,) = cli.store.functions()
    assert done.returncode == 0
    assert f"Function ID: {function['id']}\nVersion ID: {function['versionId']}\n" in done.stdout
    assert done.stderr.startswith("DEBUG")


def test_output_is_colored_even_into_a_pipe_unless_told_not_to(cli: Cli) -> None:
    assert "\x1b[" in cli.create(NO_COLOR="").stdout
    assert "\x1b[" not in cli.create().stdout


def test_create_sends_all_five_health_fields_or_none(cli: Cli) -> None:
    cli.create()
    cli.run(*CREATE, "--image", "ghcr.io/x:1", "--health-uri", "/up", "--health-timeout", "PT30S")
    without, with_health = cli.store.functions()
    assert "health" not in without
    expected = {"protocol": "HTTP", "uri": "/up", "port": 8080, "timeout": "PT30S", "expectedStatusCode": 200}
    assert with_health["health"] == expected


def test_with_json_create_and_delete_print_nothing_and_ids_are_in_the_state_file(cli: Cli) -> None:
    assert cli.run("--json", *CREATE, "--image", "ghcr.io/x:1").stdout == ""
    (function,) = cli.store.functions()
    assert (cli.state["function_id"], cli.state["version_id"]) == (function["id"], function["versionId"])
    assert cli.run("function", "delete", function["id"], function["versionId"], "--json").stdout == ""
    assert cli.store.functions() == []


def test_a_refusal_is_one_line_of_problem_json(cli: Cli) -> None:
    refused = cli.run(*CREATE, "--image", "quay.io/x:1")
    assert (refused.returncode, refused.stdout) == (1, "")
    prefix = "Error: failed to create function: API error 400: "
    (line,) = (line for line in refused.stderr.splitlines() if line.startswith("Error"))
    assert line.startswith(prefix)
    assert "Unsupported registry hostname quay.io" in json.loads(line.removeprefix(prefix))["detail"]


def test_401_has_nothing_after_the_colon(cli: Cli) -> None:
    refused = cli.create(NVCF_TOKEN=mint(cli.folder, lifetime=timedelta(seconds=-1)))
    assert refused.returncode == 1
    assert "Error: failed to create function: API error 401: \n" in refused.stderr


def test_the_second_delete_fails_with_404(cli: Cli) -> None:
    cli.create()
    ids = [cli.state["function_id"], cli.state["version_id"]]
    first, second = (cli.run("function", "delete", *ids) for _unused in range(2))
    assert first.returncode == 0
    assert second.returncode == 1
    assert "Error: failed to delete function: API error 404: {" in second.stderr


def test_delete_without_ids_takes_whatever_was_created_last(cli: Cli) -> None:
    cli.create()
    cli.create()
    last = cli.state["version_id"]
    assert cli.run("function", "delete").returncode == 0
    (left,) = cli.store.functions()
    assert left["versionId"] != last


def test_delete_without_ids_and_state_fails(cli: Cli) -> None:
    assert cli.run("function", "delete").returncode == 1


def test_the_registries_are_clean_json(cli: Cli) -> None:
    answer = json.loads(cli.run("--json", "registry-credential", "list-recognized").stdout)
    assert {"name": "GitHub", "hostname": "ghcr.io"} in answer["recognizedRegistries"]["CONTAINER"]


def test_init_prints_the_token_and_keeps_it_for_later_runs(cli: Cli) -> None:
    done = cli.run("init", NVCF_TOKEN="", API_KEYS_SERVICE_URL=cli.url)
    token = cli.state["token"]
    assert f"Token: {token}\n" in done.stdout
    assert cli.create(NVCF_TOKEN="").returncode == 0
    assert (cli.folder / ".nvcf-cli.state").stat().st_mode & 0o777 == 0o600


def test_a_key_for_tasks_is_made_with_the_token_and_kept(cli: Cli) -> None:
    done = cli.run("api-key", "generate", "--for", "task", API_KEYS_SERVICE_URL=cli.url)
    assert f"task key: {cli.state['nvct_api_key']}\n" in done.stdout
    shown = json.loads(cli.run("--json", "api-key", "generate", "--for", "task", API_KEYS_SERVICE_URL=cli.url).stdout)
    assert [key["apiKey"] for key in shown["keys"]] == [cli.state["nvct_api_key"]]
    refused = cli.run("api-key", "generate", "--for", "task", API_KEYS_SERVICE_URL=cli.url, NVCF_TOKEN="")
    assert "Error: failed to generate task API key: API error 401: " in refused.stderr


def test_environment_wins_over_configuration_and_configuration_over_state(cli: Cli) -> None:
    valid, expired = mint(cli.folder), mint(cli.folder, lifetime=timedelta(seconds=-1))
    (cli.folder / ".nvcf-cli.state").write_text(json.dumps({"token": expired}))
    config = cli.folder / "given.yaml"
    config.write_text(json.dumps({"base_http_url": cli.url, "token": valid}))
    create: list[Any] = [*CREATE, "--image", "ghcr.io/x:1"]
    assert cli.run(*create, NVCF_TOKEN="").returncode == 1
    assert cli.run("--config", "given.yaml", *create, NVCF_TOKEN="", NVCF_BASE_HTTP_URL="").returncode == 0
    assert cli.run("--config", "given.yaml", *create, NVCF_TOKEN=expired).returncode == 1


def test_each_service_is_asked_for_under_its_own_host(cli: Cli) -> None:
    cli.create()
    cli.create(API_HOST="api.east-1.nvcf.test")
    cli.run("init", API_KEYS_HOST="api-keys.east-1.nvcf.test", API_HOST="api.east-1.nvcf.test")
    assert cli.hosts == [cli.url.removeprefix("http://"), "api.east-1.nvcf.test", "api-keys.east-1.nvcf.test"]


def test_without_a_base_url_it_refuses_loudly_because_that_is_the_hosted_service(cli: Cli) -> None:
    refused = cli.create(NVCF_BASE_HTTP_URL="")
    assert refused.returncode == 97
    assert "hosted service" in refused.stderr


def test_a_missing_or_unknown_flag_is_an_error_with_status_1(cli: Cli) -> None:
    for arguments in (["function", "create"], [*CREATE, "--image", "ghcr.io/x:1", "--unknown"], ["nonsense"]):
        refused = cli.run(*arguments)
        assert refused.returncode == 1
        assert refused.stderr.startswith("Error: ")


def test_a_record_tells_how_it_was_called_without_the_token(cli: Cli) -> None:
    token = mint(cli.folder)
    cli.create(FAKE_CLI_RECORD="record", NVCF_TOKEN=token, API_HOST="api.test")
    cli.run("function", "delete", FAKE_CLI_RECORD="record")
    text = (cli.folder / "record").read_text()
    assert token not in text
    create, delete = (json.loads(line) for line in text.splitlines())
    assert create == {
        "argv": [*CREATE, "--image", "ghcr.io/x:1"],
        "home": str(cli.folder),
        "env": {
            "API_HOST": "api.test",
            "NO_COLOR": "1",
            "NVCF_BASE_HTTP_URL": cli.url,
            "NVCF_TOKEN": digest(token),
        },
    }
    assert delete["argv"] == ["function", "delete"]
