# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's own `nvcf-cli`, used as the vendor's guide does: what it says is what the operator would see.

It keeps state in HOME and talks to NVIDIA's hosted service unless configured otherwise, so every run has a home and a
configuration of its own and the base URL is always set.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .._runtime.errors import NoAnswerError, NvcfApiError
from .responses import Answer, understand
from .transport import Reply
from .workloads import Function, OnImage

_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_ID = re.compile(r"^Function ID:\s*(\S+)\s*$", re.MULTILINE)
_VERSION = re.compile(r"^Version ID:\s*(\S+)\s*$", re.MULTILINE)
_REFUSED = re.compile(r"API error (?P<status>\d{3}): ?(?P<body>\{.*\})?")
# Settings of the operator's shell would go before ours.
_FOREIGN = re.compile(r"NVCF_.*|API_HOST|API_KEYS_.*|HOME|NO_COLOR|XDG_.*")


@dataclass(frozen=True, kw_only=True)
class NvcfCli:
    """The program, aimed at one control plane."""

    binary: str
    home: Path
    base_url: str
    token: str = field(repr=False)
    timeout: float

    def create(self, *, name: str, image: str) -> tuple[Answer, Function | None]:
        """As `NvcfApi.create`; the program knows no tags."""
        argv = ["function", "create", "--name", name, "--image", image]
        argv += ["--inference-url", "/health", "--inference-port", "8080"]
        argv += ["--health-uri", "/health", "--health-timeout", "PT30S"]
        status, text = self._run(argv)
        if status != 0:
            return self._refusal(text), None
        function_id, version_id = _ID.search(text), _VERSION.search(text)
        if not (function_id and version_id):
            raise NvcfApiError(
                f"{self.binary} function create succeeded, but printed no ids: {_gist(text)}. Is it nvcf-cli?"
            )
        function = Function(id=function_id[1], version_id=version_id[1], name=name, image=image)
        return Answer(kind="accepted", status=200, detail=""), function

    def delete(self, made: OnImage) -> Answer:
        """As `NvcfApi.delete`. Both ids are always given: without them the program deletes what its state names."""
        status, text = self._run(["function", "delete", *made.ids])
        return Answer(kind="accepted", status=204, detail="") if status == 0 else self._refusal(text)

    def _refusal(self, text: str) -> Answer:
        match = _REFUSED.search(text)
        if match is None:
            raise NvcfApiError(f"{self.binary} failed without an answer of the API: {_gist(text)}.")
        return understand(Reply(status=int(match["status"]), headers={}, body=(match["body"] or "").encode()))

    def _run(self, arguments: Sequence[str]) -> tuple[int, str]:
        """Exit status and everything it printed, without colors."""
        try:
            # Not run_command: there is none outside a module.
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                [self.binary, "--config", str(self._configuration()), *arguments],
                env=self._environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=self.timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NoAnswerError(f"{self.binary} did not end within {self.timeout:.0f} s.", sent=True) from None
        except OSError as error:
            raise NoAnswerError(
                f"{self.binary!r} cannot be run: {error.strerror}. Set cli_binary.", sent=False, lasting=True
            ) from error
        return done.returncode, _COLOR.sub("", done.stdout.decode(errors="replace")).replace(self.token, "********")

    def _configuration(self) -> Path:
        """An empty one: the operator's own may name another control plane."""
        path = self.home / "nvcf-cli.yaml"
        path.touch(mode=0o600)
        return path

    def _environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        own = {"HOME": str(self.home), "NO_COLOR": "1", "NVCF_BASE_HTTP_URL": self.base_url, "NVCF_TOKEN": self.token}
        return {name: value for name, value in inherited.items() if not _FOREIGN.fullmatch(name)} | own


def _gist(text: str) -> str:
    """What matters of its output: the lines that are not chatter."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("DEBUG")]
    return " / ".join(lines[-3:])[:500] or "it printed nothing"
