# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Where the program takes its settings from: the environment, else a configuration file, else its state file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

_VARIABLES = {
    "base_http_url": "NVCF_BASE_HTTP_URL",
    "api_keys_service_url": "API_KEYS_SERVICE_URL",
    "api_host": "API_HOST",
    "api_keys_host": "API_KEYS_HOST",
    "token": "NVCF_TOKEN",
}


@dataclass(frozen=True)
class State:
    """What one run leaves for the next, in HOME."""

    file: Path

    def read(self) -> dict[str, str]:
        """Return what earlier runs have left."""
        return dict(json.loads(self.file.read_text(encoding="utf-8"))) if self.file.exists() else {}

    def remember(self, **values: str) -> None:
        """Add to what is there, or replace it."""
        kept = self.read() | values
        self.file.touch(mode=0o600)
        self.file.write_text(json.dumps(kept), encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Empty means unset."""

    base_http_url: str
    api_keys_service_url: str
    api_host: str
    api_keys_host: str
    token: str


def load(config: Path | None, env: Mapping[str, str], state: State) -> Settings:
    """Collect the settings; without `config`, the file in the working folder or in HOME is used when there."""
    usual = (Path(".nvcf-cli.yaml"), state.file.with_name(".nvcf-cli.yaml"))
    file = config or next((path for path in usual if path.exists()), None)
    configured = yaml.safe_load(file.read_text(encoding="utf-8")) or {} if file else {}
    left = state.read()
    return Settings(
        **{
            name: env.get(variable) or configured.get(name) or left.get(name, "")
            for name, variable in _VARIABLES.items()
        }
    )
