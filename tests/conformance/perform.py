# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Runs a variant with kubectl and with the collection, and compares both with what the variant promises."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.conformance.ours import ALLOWED
from ansible_collections.fleetops.nvcf.tests.conformance.scene import Scene
from ansible_collections.fleetops.nvcf.tests.conformance.variant import ADMINISTRATOR, Text, Variant, written
from ansible_collections.fleetops.nvcf.tests.sandbox.tools import HELM, KUBECTL

PACKAGE = "ansible_collections.fleetops.nvcf.tests.conformance.ours"
COLLECTIONS = Path(__file__).resolve().parents[2] / ".venv" / "collections"
ANSWER_SECONDS = 25
_USER = re.compile(r'User "([^"]+)" cannot (?!impersonate)')
_HIDDEN = "the selfsubjectreviews API is not enabled"
"""What kubectl says where the API server has said who may not ask who it is."""


@dataclass(kw_only=True)
class Driver:
    """`ours.py` under one interpreter, kept from variant to variant."""

    python: str
    _process: subprocess.Popen[str] | None = None

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer; a crash where none comes."""
        process = self._process if self._process and self._process.poll() is None else self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        ready, _w, _x = select.select([process.stdout], [], [], ANSWER_SECONDS)
        line = process.stdout.readline() if ready else ""
        if not line:
            self.close()
            return {"crash": "it ended" if ready else f"no answer within {ANSWER_SECONDS} s"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Ends it."""
        if self._process:
            self._process.kill()
            with self._process as process:
                process.wait()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        environ = {"PYTHONPATH": str(COLLECTIONS), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        self._process = subprocess.Popen(
            [self.python, "-m", PACKAGE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environ,
            # There is no terminal to ask a person at, wherever the tests run.
            start_new_session=True,
        )
        return self._process


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one way has come to."""

    way: str
    identity: str | None
    """None where it is refused."""
    told: str
    reached: frozenset[str]
    user: Mapping[str, Any] | None = None
    """All that the API server says of the user, where it does."""
    impersonated: frozenset[str] = frozenset()
    """Where the variant has it noted."""
    crash: str = ""


@dataclass(kw_only=True)
class Run:
    """One variant, in a folder of its own."""

    variant: Variant
    scene: Scene
    folder: Path
    problems: list[str] = field(default_factory=list)

    def kubectl(self) -> Outcome:
        """What kubectl comes to."""
        folder = self._written("kubectl", self.variant.kubectl_files)
        flags = [self.scene.filled(flag, folder) for flag in self.variant.flags]
        # Else it would ask whatever listens on port 8080, wherever nothing names a server.
        environ = {"KUBERNETES_MASTER": "http://127.0.0.1:9", **self._environ(folder, self.variant.kubectl_environ)}
        argv = [
            str(KUBECTL.program()),
            "auth",
            "whoami",
            "-o",
            "json",
            f"--request-timeout={self.variant.seconds}s",
            *flags,
        ]
        before = self.scene.counts()
        done = self._asked(argv, environ, folder)
        noted = frozenset(self.scene.notes)
        reached = self._reached(before)
        if done.returncode == 0:
            user = json.loads(done.stdout)["status"]["userInfo"]
            name = user["username"]
            return Outcome(way="kubectl", identity=name, told="", reached=reached, user=user, impersonated=noted)
        told = done.stderr
        if _HIDDEN in told:
            named_by = ["get", "--raw", "/api/v1/namespaces/default/secrets", *argv[5:]]
            told = self._asked([argv[0], *named_by], environ, folder).stderr
        named = _USER.search(told)
        return Outcome(way="kubectl", identity=named and named[1], told=done.stderr.strip()[-400:], reached=reached)

    @staticmethod
    def _asked(argv: list[str], environ: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            env=environ,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=False,
            start_new_session=True,
        )

    def ours(self, driver: Driver, ways: tuple[str, ...]) -> Iterator[Outcome]:
        """What the collection comes to, each way by itself, so that it is seen which server that has reached."""
        folder = self._written("ours", {})
        options = {"request_timeout": self.variant.seconds, **_filled(self.variant.options, self.scene, folder)}
        question = {
            "environ": self._environ(folder, {}),
            "options": options,
            "helm": str(HELM[4].program()),
            "seconds": self.variant.seconds,
        }
        for way in ways:
            before = self.scene.counts()
            answer = driver.ask({**question, "way": way})
            user = answer.get("user")
            noted = frozenset(self.scene.notes)
            yield Outcome(
                way=way,
                identity=user["username"] if user else answer.get("identity"),
                told=answer.get("refused") or answer.get("text") or "",
                reached=self._reached(before),
                user=user,
                impersonated=noted,
                crash=answer.get("crash", ""),
            )

    def judge_kubectl(self, outcome: Outcome) -> None:
        """Whether the variant tells what kubectl does."""
        if self.variant.kubectl_varies:
            return
        if self.variant.kubectl_refuses:
            self._expect(outcome.identity is None, outcome, "is not refused")
            return
        self._expect(outcome.identity == self.variant.identity, outcome, f"is not {self.variant.identity}")
        if "hostile:noting" in self.variant.reached:
            self._expect(bool(outcome.impersonated), outcome, "is not noted")
        expected = self.variant.kubectl_reached or self.variant.reached
        self._expect(outcome.reached == expected, outcome, f"reaches not {sorted(expected)}")

    def judge(self, outcome: Outcome, yardstick: Outcome | None) -> None:
        """Whether one of the collection's ways does what the variant promises, and what kubectl does."""
        if outcome.crash:
            self._expect(False, outcome, f"breaks: {outcome.crash}")
            return
        self._expect(not any(one in outcome.told for one in self.scene.secrets), outcome, "reports a secret")
        if self.variant.refused:
            self._judge_refusal(outcome)
            return
        wanted = self.variant.identity
        if wanted == ADMINISTRATOR and outcome.way != "rest":
            wanted = ALLOWED
        self._expect(outcome.identity == wanted, outcome, f"is not {wanted}")
        self._expect(outcome.reached == self.variant.reached, outcome, f"reaches not {sorted(self.variant.reached)}")
        if yardstick:
            other = sorted(outcome.impersonated ^ yardstick.impersonated)
            self._expect(not other, outcome, f"impersonates otherwise than kubectl: {other}")
        if outcome.user and yardstick and yardstick.user:
            self._expect(outcome.user == yardstick.user, outcome, f"is {outcome.user}, kubectl {yardstick.user}")

    def conclude(self, *more: str) -> None:
        """Fails with the problems alone: a traceback would say nothing."""
        if self.problems:
            pytest.fail("\n".join([*self.problems, *more]), pytrace=False)

    def _judge_refusal(self, outcome: Outcome) -> None:
        self._expect(outcome.identity is None, outcome, "is not refused")
        astray = outcome.reached - self.variant.touched
        self._expect(not astray, outcome, f"reaches {sorted(astray)} before it is refused")
        if outcome.identity is None and outcome.way != "helm":
            wanted = [self.scene.filled(name, self.folder) for name in self.variant.names]
            missing = [name for name in wanted if name not in outcome.told]
            self._expect(not missing, outcome, f"does not name {missing}")
            self._expect("Traceback" not in outcome.told, outcome, "shows a traceback")

    def _expect(self, holds: bool, outcome: Outcome, problem: str) -> None:
        if not holds:
            found = outcome.identity or "refused"
            self.problems.append(
                f"{outcome.way} {problem}: {found}, reached {sorted(outcome.reached)}, reported: {outcome.told[:400]}"
            )

    def _reached(self, before: Mapping[str, int]) -> frozenset[str]:
        now = self.scene.counts()
        return frozenset(name for name, count in now.items() if count > before.get(name, 0))

    def _environ(self, folder: Path, more: Mapping[str, str]) -> dict[str, str]:
        """Nothing is inherited but where programs are."""
        variables = {name: self.scene.filled(value, folder) for name, value in {**self.variant.environ, **more}.items()}
        return {"HOME": str(folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **variables}

    def _written(self, name: str, instead: Mapping[str, Text]) -> Path:
        """The variant's files, with every name in them replaced, in a new folder."""
        folder = self.folder / name
        for path, text in {**self.variant.files, **instead}.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            # No newline is added or changed: tokens are about that.
            place.write_bytes(self.scene.filled(written(text), folder).encode())
            place.chmod(0o700 if path.endswith(".sh") else 0o600)
        folder.mkdir(exist_ok=True)
        return folder


def _filled(value: Any, scene: Scene, folder: Path) -> Any:
    if isinstance(value, str):
        return scene.filled(value, folder)
    if isinstance(value, Mapping):
        return {name: _filled(one, scene, folder) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, scene, folder) for one in value]
    return value
