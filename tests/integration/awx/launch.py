# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX makes of a job template when somebody launches it: a folder for ansible-runner.

Credentials become files, environment variables and variables as their type says. Variables of the job template may be
templates; answers to its survey are not trusted, so a template in one stays text.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.fleetops.nvcf.tests.integration.awx.environment import clean, run
from jinja2.sandbox import ImmutableSandboxedEnvironment

Asset = dict[str, Any]
CREDENTIALS = "of-a-credential"
"""How the names of files begin that hold secrets."""


class _Untrusted(str):
    """Text that Ansible must not template."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes untrusted text with the tag that Ansible knows."""


_Dumper.add_representer(_Untrusted, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value)))


def _untrusted(value: Any) -> Any:
    if isinstance(value, str):
        return _Untrusted(value)
    if isinstance(value, list):
        return [_untrusted(item) for item in value]
    return {name: _untrusted(item) for name, item in value.items()} if isinstance(value, dict) else value


def _accepted(job: Asset, answers: Mapping[str, Any]) -> Asset:
    """The survey's defaults, and of what was answered that for which the survey asks. AWX ignores everything else."""
    asked = {question["variable"]: question for question in job["related"]["survey_spec"]["spec"]}
    taken = {name: question["default"] for name, question in asked.items() if "default" in question}
    taken |= {name: answer for name, answer in answers.items() if name in asked}
    missing = [name for name, question in asked.items() if question["required"] and name not in taken]
    assert not missing, f"AWX does not start {job['name']} without {', '.join(missing)}"
    return taken


@dataclass(frozen=True, kw_only=True)
class Station:
    """A machine that runs jobs: programs, the installed collection, and what is in its inventory."""

    programs: Path
    helm: Path
    collections: Path
    folder: Path
    hosts: Asset = field(default_factory=dict)
    """The inventory."""
    reports: Path | None = None
    """A folder that AWX mounts into jobs, where the operator has set it."""

    @property
    def extension(self) -> Path:
        """What the collection ships for AWX."""
        return self.collections / "ansible_collections" / "fleetops" / "nvcf" / "extensions" / "awx"

    @property
    def worker_folder(self) -> Path:
        """Where the worker unpacks the job."""
        return self.folder / "worker"

    @property
    def credential_files(self) -> set[Path]:
        """Where the secrets of a job lie while it runs, and nowhere else; AWX removes them with its folder."""
        return {path for path in (self.folder / "job" / "env").glob("*") if path.name.startswith(CREDENTIALS)}

    @property
    def results(self) -> Path:
        """What is kept of the job."""
        return self.folder / "results"

    @property
    def stream(self) -> Path:
        """What the worker says."""
        return self.folder / "stream"

    def environment(self) -> dict[str, str]:
        """Of the programs, apart from the caller's."""
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return clean(home, self.helm.parent, self.programs) | {
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "TMPDIR": str(temporary),
        }

    def asset(self, file: str, listed: str, name: str) -> Asset:
        """An object of a file that `awx import` reads."""
        found = json.loads((self.extension / file).read_text(encoding="utf-8"))[listed]
        return next(asset for asset in found if asset["name"] == name)

    def update_inventory(self, kubeconfig: str, settings: Mapping[str, Any]) -> None:
        """Update the inventory from its source in the project, where the operator keeps `settings` for all clusters.

        AWX exports what Ansible finds there. The kubeconfig has another path then than a job will have it at.
        """
        project, credential = self.folder / "checkout", self.folder / "of-the-update"
        shutil.copytree(self.extension / "project", project)
        self._write(project / "group_vars" / "nvcf_control_planes.yml", dict(settings))
        credential.write_text(kubeconfig, encoding="utf-8")
        environment = self.environment() | {"K8S_AUTH_KUBECONFIG": str(credential), "KUBECONFIG": str(credential)}
        argv: list[str | Path] = [
            self.programs / "ansible-inventory",
            "-i",
            project / "fleet.kubeconfig.yml",
            "--list",
            "--export",
        ]
        done = subprocess.run(argv, env=environment, cwd=self.folder, capture_output=True, check=True)
        credential.unlink()
        shutil.rmtree(project)
        self.hosts.update(json.loads(done.stdout))

    # The three steps of a job

    def prepare(
        self,
        template: str,
        *,
        answers: Mapping[str, Any],
        secrets: Mapping[str, Mapping[str, str]],
        flags: str = "",
        prompts: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Make the job's folder, and return what is sent to the worker. Prompts say what the job template asks for."""
        job = self.asset("templates.json", "job_templates", template) | dict(prompts or {})
        answers = _accepted(job, answers)
        flags += " --check" if job["job_type"] == "check" else ""
        flags += " --diff" if job["diff_mode"] else ""
        source = self.folder / "job"
        shutil.rmtree(source, ignore_errors=True)
        shutil.copytree(self.extension / "project", source / "project")
        self._set_reports(source / "project" / "ansible.cfg")
        self._write_inventory(source / "inventory" / "hosts")
        environment, files, variables = self._credentials(source / "env", secrets)
        self._write(source / "env" / "envvars", environment | {"JOB_ID": "7"})
        self._write(source / "env" / "extravars", yaml.safe_load(job["extra_vars"] or "{}") | _untrusted(dict(answers)))
        self._write(source / "env" / f"{CREDENTIALS}.yml", _untrusted(variables))
        for name, content in files.items():
            (source / "env" / name).write_text(content, encoding="utf-8")
            (source / "env" / name).chmod(0o600)
        cmdline = f"-e @{self.worker_folder}/env/{CREDENTIALS}.yml --forks {job['forks']} {flags}"
        (source / "env" / "cmdline").write_text(cmdline, encoding="utf-8")
        argv: list[str | Path] = [self.programs / "ansible-runner", "transmit", source, "--playbook", job["playbook"]]
        return subprocess.run(argv, env=self.environment(), capture_output=True, check=True).stdout

    def start(self, payload: bytes) -> subprocess.Popen[bytes]:
        """Start the worker; it goes on without us."""
        sent = self.folder / "payload"
        sent.write_bytes(payload)
        shutil.rmtree(self.worker_folder, ignore_errors=True)
        argv: list[str | Path] = [
            self.programs / "ansible-runner",
            "worker",
            "--private-data-dir",
            self.worker_folder,
            "--delete",
        ]
        with sent.open("rb") as given, self.stream.open("wb") as said, (self.folder / "complaints").open("wb") as log:
            worker = subprocess.Popen(
                argv, env=self.environment(), stdin=given, stdout=said, stderr=log, start_new_session=True
            )
        sent.unlink()
        return worker

    def finish(self) -> tuple[str, str]:
        """Unpack what the worker said: the job's status and its output."""
        shutil.rmtree(self.results, ignore_errors=True)
        with self.stream.open(encoding="utf-8") as said:
            argv: list[str | Path] = [self.programs / "ansible-runner", "process", self.results]
            status, text = run(argv, self.environment(), self.folder, stdin=said.read())
        kept = self.results / "artifacts"
        assert (kept / "status").exists(), f"exit status {status}: {text}"
        return (kept / "status").read_text(encoding="utf-8"), (kept / "stdout").read_text(encoding="utf-8")

    def work(
        self,
        template: str,
        *,
        answers: Mapping[str, Any],
        secrets: Mapping[str, Mapping[str, str]],
        flags: str = "",
        prompts: Mapping[str, Any] | None = None,
    ) -> tuple[str, str]:
        """Run a job to its end."""
        payload = self.prepare(template, answers=answers, secrets=secrets, flags=flags, prompts=prompts)
        self.start(payload).wait(timeout=300)
        return self.finish()

    # What AWX does with credentials

    def _credentials(
        self, folder: Path, secrets: Mapping[str, Mapping[str, str]]
    ) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        """Environment variables, files and variables that the credentials' types make of the secrets."""
        folder.mkdir()
        environment: dict[str, str] = {}
        files: dict[str, str] = {}
        variables: dict[str, Any] = {}
        templates = ImmutableSandboxedEnvironment()
        for number, (name, inputs) in enumerate(secrets.items()):
            injectors = self.asset("credential-types.json", "credential_types", name)["injectors"]
            names: dict[str, str] = {}
            for label, template in injectors.get("file", {}).items():
                file = f"{CREDENTIALS}-{number}{label.partition('.')[2]}"
                files[file] = templates.from_string(template).render(inputs)
                names[label.partition(".")[2]] = str(self.worker_folder / "env" / file)
            known = {**inputs, "tower": {"filename": names}}
            for target, kind in ((environment, "env"), (variables, "extra_vars")):
                rendered = {n: templates.from_string(t).render(known) for n, t in injectors.get(kind, {}).items()}
                target.update(rendered)
        return environment, files, variables

    def _set_reports(self, settings: Path) -> None:
        """Take the comment signs from the lines about reports, as the documentation tells operators to."""
        if self.reports:
            text = settings.read_text(encoding="utf-8")
            for line in ("[callback_fleet_report]\n", "folder = /var/lib/nvcf-reports/$JOB_ID\n"):
                assert f"\n#{line}" in text
                text = text.replace(f"\n#{line}", f"\n{line}")
            settings.write_text(text.replace("/var/lib/nvcf-reports", str(self.reports)), encoding="utf-8")

    def _write_inventory(self, path: Path) -> None:
        """AWX hands its inventory over as a program that prints it."""
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\ncat <<'INVENTORY'\n{json.dumps(self.hosts)}\nINVENTORY\n", encoding="utf-8")
        path.chmod(0o700)

    @staticmethod
    def _write(path: Path, content: Any) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.dump(content, Dumper=_Dumper), encoding="utf-8")
