# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The helm program. It writes; reading is done without it (`_release`)."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._runtime.errors import HelmError
from .._runtime.interrupts import held_back
from .._runtime.redaction import Redactor
from .._runtime.run_cache import once
from .json_values import dump

OLDEST = (3, 14)
"""The first version whose `--dry-run=server` and `--description` do what is needed here."""
SERVER_SIDE = (4, 0)
"""The first version that applies objects on the server."""
DESCRIBED_ROLLBACKS = (4, 3)
"""The first version whose rollbacks take a description. All others describe them as `Rollback to N`."""
GRACE_SECONDS = 60
"""How long after its own timeout helm may still be tidying up before it is ended."""
MOST_STDERR = 1 << 20
"""Bytes of helm's errors that are looked at."""
STOP_SECONDS = 8
"""How long helm may take to stop when it is asked to; less than a worker has for tidying up."""

# What would send helm to another cluster, namespace or storage than the one that was read, or make it print values.
_FOREIGN = re.compile(r"KUBECONFIG|HELM_(KUBE.*|NAMESPACE|DRIVER.*|DEBUG|MAX_HISTORY)")

# helm ends before its heap has grown to 100 MiB. With Go's own setting a third of an upgrade's CPU goes into collecting
# garbage that the end of the process would take away for nothing. What the operator has set comes first.
_SPARING = {"GOGC": "400"}

# Helm's only lock: a newest revision that is pending, or the Secret of the next one, made by another in that moment.
# Nothing but its whole sentence will do: a hook's Job "already exists" as well, and that is a failure of this run.
_LOCKED = re.compile(
    r"(?:^|: )(?:another operation \(install/upgrade/rollback\) is in progress|release: already exists)\s*$",
    re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Where helm takes a chart from."""

    ref: str
    """`oci://host/path`, `repo/name`, an https URL of an archive, or a local path."""
    version: str | None = None
    """The exact version; None for what is a file already."""

    @property
    def local(self) -> bool:
        """True when `ref` is a folder or an archive on this machine."""
        return "://" not in self.ref and (self.ref.startswith((".", "/", "~")) or Path(self.ref).exists())

    @property
    def argv(self) -> list[str]:
        ref = str(Path(self.ref).expanduser()) if self.local else self.ref
        return [ref] if self.version is None or self.local else [ref, "--version", self.version]


@dataclass(frozen=True, kw_only=True)
class Helm:
    """The helm program, aimed at one release of one cluster."""

    binary: str
    kubeconfig: Path
    release: str
    namespace: str
    redact: Redactor = field(repr=False)
    driver: str = "secret"
    """How it keeps revisions."""
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    def version(self) -> tuple[int, int]:
        """Major and minor version. Raises HelmError when helm is missing or too old."""
        program = shutil.which(self.binary)
        if program is None:
            raise HelmError(
                f"helm is required on the machine that runs this task, but {self.binary!r} does not exist. "
                "Install Helm 4 (or 3), or set helm_binary."
            )
        argv = [self.binary, "version", "--template", "{{.Version}}"]
        written = Path(program).stat().st_mtime_ns
        text = once(f"helm version {program} {written}", lambda: self.run(argv, timeout=30).strip())
        match = re.match(r"v?(\d+)\.(\d+)", text)
        if match is None:
            raise HelmError(
                f"{shlex.join(argv)} printed {text[:80]!r}, which is not a version. Is {self.binary!r} helm?"
            )
        version = int(match[1]), int(match[2])
        if version < OLDEST:
            raise HelmError(f"helm {text} is too old: {OLDEST[0]}.{OLDEST[1]} or newer is required, 4 is recommended.")
        return version

    def upgrade_argv(
        self,
        chart: Chart,
        *,
        timeout: int,
        history_max: int,
        description: str,
        labels: str,
        dry_run: bool,
        force_conflicts: bool = False,
        check_schema: bool = True,
    ) -> list[str]:
        """Dry run and real run differ in one flag only. Values come on stdin, whole: nothing is reused or merged."""
        return [
            *(self.binary, "upgrade", self.release, *chart.argv),
            *("--namespace", self.namespace, "--kubeconfig", str(self.kubeconfig)),
            *("--reset-values", "--values", "-"),
            *("--timeout", f"{timeout}s", "--history-max", str(history_max)),
            *("--description", description, "--labels", labels, "--output", "json"),
            *(["--force-conflicts"] if force_conflicts else []),
            # Fetching and parsing the server's whole schema is most of what helm costs.
            *([] if check_schema else ["--disable-openapi-validation"]),
            *(["--dry-run=server"] if dry_run else []),
        ]

    def rollback_argv(
        self, revision: int, *, timeout: int, version: tuple[int, int], description: str, force: bool
    ) -> list[str]:
        """Always with a revision: without one, helm goes to the previous one even when that has failed."""
        return [
            *(self.binary, "rollback", self.release, str(revision)),
            *("--namespace", self.namespace, "--kubeconfig", str(self.kubeconfig), "--timeout", f"{timeout}s"),
            # Nothing is pruned on the rollback: what failed is evidence.
            *("--history-max", "0"),
            *(["--force-conflicts"] if force and version >= SERVER_SIDE else []),
            *(["--description", description] if version >= DESCRIBED_ROLLBACKS else []),
        ]

    def upgrade(self, argv: Sequence[str], values: Mapping[str, Any], *, timeout: int) -> str:
        """Runs an `upgrade_argv` and returns what helm printed, values included: keep it in memory."""
        return self.run(argv, stdin=dump(values), timeout=timeout + GRACE_SECONDS)

    def render(self, argv: Sequence[str], values: Mapping[str, Any], *, timeout: int) -> dict[str, Any]:
        """The release that a dry run would make, values included: keep it in memory. Raises HelmError."""
        text = self.upgrade(argv, values, timeout=timeout)
        try:
            release = json.loads(text)
        except ValueError:
            release = None
        if not isinstance(release, dict) or not isinstance(release.get("manifest"), str):
            raise HelmError(
                f"{self.binary!r} succeeded but did not print the release as JSON. A wrapper script must print "
                "nothing but helm's own output to stdout."
            )
        return release

    def roll_back(
        self, revision: int, *, timeout: int, version: tuple[int, int], description: str, force: bool
    ) -> None:
        """Makes an earlier revision the deployed one. Raises HelmError."""
        argv = self.rollback_argv(revision, timeout=timeout, version=version, description=description, force=force)
        self.run(argv, timeout=timeout + GRACE_SECONDS)

    def pull(self, chart: Chart, folder: Path, flags: Sequence[str]) -> Path:
        """Fetches the archive into `folder`. Raises HelmError if that fails."""
        self.run([self.binary, "pull", *chart.argv, "--destination", str(folder), *flags], timeout=300)
        archives = sorted(folder.glob("*.tgz"))
        if len(archives) != 1:
            raise HelmError(f"helm pull {chart.ref} left {len(archives)} archives, but one is expected.")
        return archives[0]

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float) -> str:
        """helm's stdout. Raises HelmError with its stderr, values taken out."""
        environ = (
            _SPARING
            | {"HELM_DRIVER": self.driver}
            | {name: value for name, value in self.environ.items() if not _FOREIGN.fullmatch(name)}
        )
        try:
            # Not run_command: there is none outside a module, and helm must be ended in an orderly way on interrupts,
            # be it that one comes while it is being started. It has a group of its own, so that a script around it is
            # ended with what it has started.
            with (
                held_back() as release,
                subprocess.Popen(  # pylint: disable=ansible-bad-function
                    argv,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=environ,
                    start_new_session=True,
                ) as child,
            ):
                try:
                    release()
                    out, err = child.communicate(stdin, timeout=timeout)
                except BaseException as error:
                    _end(child)
                    if isinstance(error, subprocess.TimeoutExpired):
                        raise self._failed(argv, f"it did not end within {timeout:.0f} s") from None
                    raise
        except OSError as error:
            raise HelmError(f"{self.binary!r} cannot be run: {error.strerror}. Set helm_binary.") from error
        if child.returncode != 0:
            reported = _bounded(err).decode(errors="replace")
            failed = self._failed(argv, _reason(child.returncode, self.redact(reported)), rc=child.returncode)
            failed.locked = bool(_LOCKED.search(reported))
            raise failed
        return out.decode(errors="replace")

    def _failed(self, argv: Sequence[str], reason: str, *, rc: int | None = None) -> HelmError:
        return HelmError(
            f"helm {argv[1]} of release {self.namespace}/{self.release} failed: {reason}",
            helm={"command": shlex.join(argv), "rc": rc, "stderr": reason},
        )


def _end(child: subprocess.Popen[bytes]) -> None:
    """Asks helm to stop, and a script that it may have been started by; ends what does not.

    An upgrade then marks its revision failed. A rollback does not: its revision stays pending.
    """
    _signal_group(child, signal.SIGTERM)
    try:
        # Until all who hold its outputs are gone: helm may outlive a script around it.
        child.communicate(timeout=STOP_SECONDS)
    except BaseException as error:
        _signal_group(child, signal.SIGKILL)
        child.wait()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise


def _signal_group(child: subprocess.Popen[bytes], signum: int) -> None:
    with suppress(OSError):
        os.killpg(child.pid, signum)


def _bounded(stderr: bytes) -> bytes:
    """The whole lines at its beginning: a value that is cut through would not be recognized."""
    return stderr if len(stderr) <= MOST_STDERR else stderr[: stderr.rfind(b"\n", 0, MOST_STDERR) + 1]


def _reason(code: int, stderr: str) -> str:
    gist = _gist(stderr)
    if code >= 0:
        return gist or "it printed no error message"
    reported = f"it was ended by signal {-code} ({signal.strsignal(-code)}){f'; its output: {gist}' if gist else ''}"
    if -code != signal.SIGKILL:
        return reported
    return (
        f"{reported}. This run did not send that signal: the machine ran out of memory (see dmesg), or another "
        "process sent it."
    )


def _gist(stderr: str) -> str:
    """Helm's error without the level, the trace of wrapped warnings and the empty lines around it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    # Helm 4 logs what it then says again as its error.
    reported = [line.removeprefix("Error: ") for line in lines if not line.startswith(("WARNING:", "level=", "time="))]
    return " ".join(reported or lines)[:2000]
