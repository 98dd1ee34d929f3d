# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The program: its commands, its output and its exit status."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from . import record
from .client import ApiError, Client
from .settings import Settings, State, load

EXIT_HOSTED_SERVICE = 97
"""The real program would have talked to NVIDIA's hosted service. No test may ever do that."""


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"Error: {message}\n")


def main(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """Run one command and return its exit status."""
    if "FAKE_CLI_RECORD" in env:
        record.append(Path(env["FAKE_CLI_RECORD"]), arguments, env)
    # Not as the parser's defaults: those of a command's parser would undo what was given before the command.
    options = _parser().parse_args(arguments, argparse.Namespace(config=None, json=False, debug=False))
    state = State(Path(env["HOME"]) / ".nvcf-cli.state")
    settings = load(options.config, env, state)
    if not settings.base_http_url:
        print("FATAL: no base URL is set, this would be NVIDIA's hosted service", file=sys.stderr)
        return EXIT_HOSTED_SERVICE
    try:
        _Commands(settings, state, colour="NO_COLOR" not in env).run(options)
    except ApiError as error:
        print(f"Error: failed to {options.purpose}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    anywhere = _Parser(add_help=False)
    anywhere.add_argument("--config", type=Path, default=argparse.SUPPRESS)
    anywhere.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    anywhere.add_argument("--debug", action="store_true", default=argparse.SUPPRESS)
    parser = _Parser(prog="nvcf-cli", parents=[anywhere])
    commands = parser.add_subparsers(required=True)

    init = commands.add_parser("init", parents=[anywhere])
    init.set_defaults(command="init", purpose="initialize")

    function = commands.add_parser("function").add_subparsers(required=True)
    create = function.add_parser("create", parents=[anywhere])
    create.set_defaults(command="create", purpose="create function")
    create.add_argument("--name", required=True)
    create.add_argument("--image", required=True)
    create.add_argument("--inference-url", required=True)
    create.add_argument("--inference-port", type=int, default=8000)
    create.add_argument("--health-uri")
    create.add_argument("--health-timeout", default="PT10S")
    delete = function.add_parser("delete", parents=[anywhere])
    delete.set_defaults(command="delete", purpose="delete function")
    delete.add_argument("ids", nargs="*", metavar="function-id version-id")

    credential = commands.add_parser("registry-credential").add_subparsers(required=True)
    recognized = credential.add_parser("list-recognized", parents=[anywhere])
    recognized.set_defaults(command="list-recognized", purpose="list recognized registries")
    return parser


class _Commands:
    def __init__(self, settings: Settings, state: State, *, colour: bool) -> None:
        self._settings, self._state, self._colour = settings, state, colour
        self._api = Client(base_url=settings.base_http_url, host=settings.api_host, token=settings.token)

    def run(self, options: argparse.Namespace) -> None:
        if options.debug:
            print(f"DEBUG: base URL {self._settings.base_http_url}", file=sys.stderr)
        match options.command:
            case "init":
                self._init()
            case "create":
                self._create(options)
            case "delete":
                self._delete(options)
            case _:
                self._list_recognized(options)

    def _say(self, label: str, value: str) -> None:
        print(f"\x1b[36m{label}:\x1b[0m {value}" if self._colour else f"{label}: {value}")

    def _done(self, text: str) -> None:
        print(f"\x1b[32m✓ {text}\x1b[0m" if self._colour else f"✓ {text}")

    def _init(self) -> None:
        keys = Client(
            base_url=self._settings.api_keys_service_url or self._settings.base_http_url,
            host=self._settings.api_keys_host,
        )
        token = keys.call("POST", "/v1/admin/keys", {})["value"]
        self._state.remember(token=token)
        self._done("Initialized")
        self._say("Token", token)

    def _create(self, options: argparse.Namespace) -> None:
        body: dict[str, Any] = {
            "name": options.name,
            "containerImage": options.image,
            "inferenceUrl": options.inference_url,
            "inferencePort": options.inference_port,
        }
        if options.health_uri:
            body["health"] = {
                "protocol": "HTTP",
                "uri": options.health_uri,
                "port": options.inference_port,
                "timeout": options.health_timeout,
                "expectedStatusCode": 200,
            }
        function = self._api.call("POST", "/v2/nvcf/functions", body)["function"]
        self._state.remember(function_id=function["id"], version_id=function["versionId"])
        if not options.json:
            self._done("Function created successfully")
            self._say("Function ID", function["id"])
            self._say("Version ID", function["versionId"])

    def _delete(self, options: argparse.Namespace) -> None:
        remembered = self._state.read()
        ids = options.ids or [remembered.get("function_id", ""), remembered.get("version_id", "")]
        if len(ids) != 2 or not all(ids):
            raise ApiError("function ID and version ID are required")
        function_id, version_id = ids
        self._api.call("DELETE", f"/v2/nvcf/functions/{function_id}/versions/{version_id}")
        if not options.json:
            self._done("Function deleted successfully")

    def _list_recognized(self, options: argparse.Namespace) -> None:
        answer = self._api.call("GET", "/v2/nvcf/recognized-registries")
        if options.json:
            print(json.dumps(answer, indent=2))
            return
        for kind, registries in answer["recognizedRegistries"].items():
            for registry in registries:
                self._say(kind, f"{registry['name']} ({registry['hostname']})")
