# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Command line: `serve` the functions API or `serve-tasks`, hand out `tokens`, `bootstrap` the account.

What serves gets its configuration from exactly the environment of its pod; everything about the sandbox is an option.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from . import log
from .kinds import FUNCTIONS, TASKS
from .process import Address, serve_api, serve_tokens
from .store import ACCOUNT, Store


def main(arguments: list[str], env: Mapping[str, str]) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    match options.command:
        case "serve" | "serve-tasks":
            kind = FUNCTIONS if options.command == "serve" else TASKS
            return asyncio.run(serve_api(options.listen, options.state, options.behavior, env, kind))
        case "tokens":
            return asyncio.run(serve_tokens(options.listen, options.state, options.behavior))
        case _:
            return bootstrap(options.state, env)


def bootstrap(state: Path, env: Mapping[str, str]) -> int:
    """Create the account with the credentials in REGISTRY_CREDENTIALS; one that exists is left alone and is fine."""
    hosts = [credential["hostname"] for credential in json.loads(env.get("REGISTRY_CREDENTIALS", "[]"))]
    created = Store(state).bootstrap(hosts)
    log.info("account-bootstrap", f"account {ACCOUNT} {'created' if created else 'exists (409)'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nvcf_api", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("serve", "serve-tasks", "tokens"):
        command = commands.add_parser(name)
        command.add_argument("--listen", type=Address.parse, required=True, metavar="HOST:PORT")
        command.add_argument("--state", type=Path, required=True, help="folder shared by the cluster's processes")
        command.add_argument("--behavior", type=Path, required=True, help="the cluster's behavior file")
    command = commands.add_parser("bootstrap")
    command.add_argument("--state", type=Path, required=True, help="folder shared by the cluster's processes")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
