# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A credential plugin that answers as a test says, and remembers how it was run."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

V1 = "client.authentication.k8s.io/v1"

# Run without site-packages, because it is started often.
_PROGRAM = """#!{python} -SE
import json, os, pathlib, sys, time
folder = pathlib.Path(__file__).parent
answers = json.loads((folder / "answers.json").read_text())
log = folder / "calls"
earlier = len(log.read_text().splitlines()) if log.exists() else 0
answer = answers[min(earlier, len(answers) - 1)]
if answer["life"]:
    whole = json.loads(answer["stdout"])
    end = time.gmtime(time.time() + answer["life"])
    whole["status"]["expirationTimestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", end)
    answer["stdout"] = json.dumps(whole)
with (folder / "calls").open("a") as log:
    print(json.dumps({{"argv": sys.argv[1:], "environ": dict(os.environ), "input": sys.stdin.read()}}), file=log)
sys.stderr.write(answer["stderr"])
sys.stdout.write(answer["stdout"])
sys.exit(answer["code"])
"""


def moment(seconds: float) -> str:
    """So many seconds from now, as RFC 3339 has it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def exec_credential(**status: Any) -> str:
    """What a plugin prints."""
    return json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status})


@dataclass(frozen=True)
class LoginFake:
    """The program in a folder of its own."""

    folder: Path

    @classmethod
    def made(cls, folder: Path, **status: Any) -> LoginFake:
        """The program, which gives a credential with this status."""
        folder.mkdir(parents=True)
        fake = cls(folder)
        fake.program.write_text(_PROGRAM.format(python=sys.executable), encoding="utf-8")
        fake.program.chmod(0o700)
        fake.gives(**status)
        return fake

    @property
    def program(self) -> Path:
        return self.folder / "login"

    @property
    def calls(self) -> list[dict[str, Any]]:
        """How it was run, each time."""
        log = self.folder / "calls"
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []

    def gives(self, **status: Any) -> None:
        """From now on it gives this."""
        self.prints(exec_credential(**status))

    def prints(self, stdout: str, *, stderr: str = "", code: int = 0) -> None:
        """From now on it ends like this."""
        self._answer([{"stdout": stdout, "stderr": stderr, "code": code, "life": None}])

    def gives_in_turn(self, *statuses: Mapping[str, Any], life: Sequence[float]) -> None:
        """Its first calls of all give these for so many seconds, and the last of them is given from then on."""
        given = [{"stdout": exec_credential(**status), "stderr": "", "code": 0} for status in statuses]
        self._answer([answer | {"life": seconds} for answer, seconds in zip(given, life, strict=True)])

    def _answer(self, answers: list[dict[str, Any]]) -> None:
        (self.folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")

    def user(self, **section: Any) -> dict[str, Any]:
        """A kubeconfig's user that runs it."""
        return {"exec": {"apiVersion": V1, "command": str(self.program), "interactiveMode": "Never"} | section}
