# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that a kubeconfig's `exec` section names, run as client-go runs it.

The kubernetes library runs it too, but does not report why it failed and gives no way to reuse what it gave.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._runtime.errors import ConnectionOptionsError
from .._runtime.files import content
from .._runtime.redaction import MASK, Redactor
from .credentials import Credential, from_status

TIMEOUT_SECONDS = 300
"""Time enough for a person to confirm a login elsewhere."""
_SECRET = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
"""Tokens and keys are long and unbroken; words, host names and most paths are not."""
_OTHER_PROOFS = (
    *("token", "tokenFile", "username"),
    *("client-certificate", "client-certificate-data"),
)
_CONFIG_EXTENSION = "client.authentication.k8s.io/exec"


@dataclass(frozen=True, kw_only=True)
class CredentialPlugin:
    """A credential plugin with all that it is given."""

    argv: list[str] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    api_version: str
    hint: str
    """What the kubeconfig's author says about getting the program."""
    hidden: list[str] = field(repr=False)
    """What no error may quote."""

    @property
    def key(self) -> str:
        """Equal for what gives equal credentials, and revealing nothing."""
        given = json.dumps([self.argv, sorted(self.environ.items())])
        return hashlib.sha256(given.encode(errors="surrogateescape")).hexdigest()[:40]

    def run(self) -> Credential:
        """Runs the program. Raises ConnectionOptionsError that quotes none of its output but the end of stderr."""
        try:
            # Not run_command: there is none outside a module.
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                self.argv,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._failed(f"it did not end within {TIMEOUT_SECONDS} s") from None
        except (OSError, ValueError) as error:
            raise self._failed(f"it cannot be run: {getattr(error, 'strerror', None) or 'its arguments'}") from None
        if done.returncode != 0:
            raise self._failed(f"it ended with exit code {done.returncode}{self._said(done.stderr)}")
        try:
            return from_status(self._status(done.stdout), time.time())
        except ValueError as error:
            raise self._failed(str(error)) from None

    def _status(self, stdout: bytes) -> Mapping[str, Any]:
        try:
            answer = json.loads(stdout)
        except ValueError:
            raise ValueError("it did not print JSON") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("status"), dict):
            raise ValueError("it printed no ExecCredential with a status")
        if answer.get("kind") != "ExecCredential":
            raise ValueError("what it printed is not of kind ExecCredential")
        if answer.get("apiVersion") != self.api_version:
            raise ValueError(f"its output is not of apiVersion {self.api_version}, which the kubeconfig requires")
        status: dict[str, Any] = answer["status"]
        return status

    def _said(self, stderr: bytes) -> str:
        text = Redactor(self.hidden, public=())(" ".join(stderr.decode(errors="replace").split()))
        text = _SECRET.sub(MASK, text)
        return f": {text[-600:]}" if text else ""

    def _failed(self, reason: str) -> ConnectionOptionsError:
        hint = f" {' '.join(self.hint.split())[:600]}" if self.hint else ""
        return ConnectionOptionsError(
            f"the credential plugin {self.argv[0]!r} of the kubeconfig returned no credential: {reason.rstrip('.')}. "
            f"Run it by hand to see why.{hint}"
        )


def plugin_of(
    user: Mapping[str, Any], cluster: Mapping[str, Any], environ: Mapping[str, str]
) -> CredentialPlugin | None:
    """The plugin that a kubeconfig's user has, None where the user proves itself in another way.

    Any other proof beside the plugin wins, as with client-go. Raises ConnectionOptionsError for a section that cannot
    be run.
    """
    section = user.get("exec")
    if section is None or any(user.get(name) for name in _OTHER_PROOFS):
        return None
    try:
        version, command, given = section["apiVersion"], section["command"], section.get("args") or []
        arguments = [_text(argument) for argument in given]
        variables = {_text(item["name"]): _text(item["value"]) for item in section.get("env") or []}
        if not (isinstance(version, str) and isinstance(command, str) and command and isinstance(given, list)):
            raise TypeError
    except (AttributeError, KeyError, TypeError):
        raise ConnectionOptionsError(
            "the exec section of the kubeconfig's user is invalid: it needs apiVersion and command, args is a list of "
            "strings, and env is a list of maps with name and value."
        ) from None
    if section.get("interactiveMode") == "Always":
        raise ConnectionOptionsError(
            f"the credential plugin {command!r} of the kubeconfig requires a terminal (interactiveMode: Always), and "
            "there is none here. Log in first and set IfAvailable, or use a user that needs no interaction."
        )
    spec: dict[str, Any] = {"interactive": False}
    if section.get("provideClusterInfo"):
        spec["cluster"] = dict(_cluster_info(cluster))
    reported = {"apiVersion": version, "kind": "ExecCredential", "spec": spec}
    return CredentialPlugin(
        argv=[command, *arguments],
        environ={**environ, **variables, "KUBERNETES_EXEC_INFO": json.dumps(reported)},
        api_version=version,
        hint=str(section.get("installHint") or ""),
        hidden=[*variables.values(), *_values_of_flags(arguments)],
    )


def _cluster_info(cluster: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The cluster as an ExecCredential's spec has it, in which an authority is data and never a file."""
    for name in ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url", "disable-compression"):
        if cluster.get(name):
            yield name, cluster[name]
    if data := cluster.get("certificate-authority-data"):
        yield "certificate-authority-data", data
    elif path := cluster.get("certificate-authority"):
        try:
            yield "certificate-authority-data", base64.b64encode(content(path)).decode()
        except OSError as error:
            raise ConnectionOptionsError(f"certificate-authority {path} cannot be read: {error.strerror}.") from error
    for extension in cluster.get("extensions") or []:
        if isinstance(extension, Mapping) and extension.get("name") == _CONFIG_EXTENSION:
            yield "config", extension.get("extension")


def _values_of_flags(arguments: list[str]) -> Iterator[str]:
    """What comes after the first flag; the words before it are the program's subcommands."""
    first = next((i for i, argument in enumerate(arguments) if argument.startswith("-")), len(arguments))
    for argument in arguments[first:]:
        flag, _equals, value = argument.partition("=")
        if value or not flag.startswith("-"):
            yield value or flag


def _text(value: Any) -> str:
    """YAML takes `8000` and `true` for something else than texts, and kubectl refuses them here."""
    if not isinstance(value, str):
        raise TypeError
    return value
