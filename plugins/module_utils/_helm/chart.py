# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the chart for a change comes from: a reference that helm can fetch, or the release itself."""

from __future__ import annotations

import base64
import errno
import json
import shutil
import tempfile
from dataclasses import astuple
from pathlib import Path
from urllib.parse import urlsplit

from .._runtime.errors import HelmError, InputError
from .._runtime.files import content
from .._runtime.option_groups import ChartOptions
from .._runtime.private_files import Workspace
from .._runtime.run_cache import once, run_folder
from .cli import Chart, Helm
from .rebuilt_chart import rebuild
from .storage import Release


def obtain(helm: Helm, base: Release, options: ChartOptions, workspace: Workspace) -> Chart:
    """A chart on this machine, fetched once, so that what was looked at is what is applied.

    Raises InputError, ReleaseError, HelmError.
    """
    if options.chart_source == "release":
        return Chart(ref=str(rebuild(base.service, base.chart, workspace.path)))
    reference = options.chart_ref
    if not reference and options.chart_repository:
        reference = f"{options.chart_repository.rstrip('/')}/{base.chart_name}"
    if not reference:
        raise InputError(
            "chart_ref is not set, and the release is to be changed. Set it to the chart that the release was "
            f"installed from, for example oci://registry.example.com/org/{base.chart_name}, or chart_repository, or "
            "set chart_source to release."
        )
    chart = Chart(ref=reference, version=options.chart_version or base.chart_version)
    if chart.local:
        source = Path(chart.ref).expanduser()
        return Chart(ref=once(f"chart {source.resolve()}", lambda: str(_copied(source, _destination(workspace)))))
    flags = _pull_flags(chart, options, workspace)
    # All clusters of a run are given the very same archive. Who may not log in to the registry does not get it.
    asked = [chart.version, *astuple(options)]
    # What a registry that hangs costs is paid once for all of them.
    fetched = once(
        f"chart {asked!r}", lambda: str(helm.pull(chart, _destination(workspace), flags)), shared_failure=HelmError
    )
    return Chart(ref=fetched)


def _copied(source: Path, folder: Path) -> Path:
    """A copy of a chart that another user may be editing. Raises InputError."""
    target = folder / source.resolve().name
    try:
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(".git"), dirs_exist_ok=True)
        else:
            if source.exists() and not source.is_file():
                raise OSError(errno.EINVAL, "it is a pipe or a device, not a regular file")
            shutil.copyfile(source, target)
    except OSError as error:
        raise InputError(
            f"chart_ref {source} cannot be read: {error.strerror or 'a file in it'}. Give the path of a chart's folder "
            "or archive."
        ) from error
    return target


def _destination(workspace: Workspace) -> Path:
    folder = run_folder()
    return Path(tempfile.mkdtemp(prefix="chart-", dir=folder)) if folder else workspace.path


def _pull_flags(chart: Chart, options: ChartOptions, workspace: Workspace) -> list[str]:
    flags = ["--plain-http"] if options.chart_plain_http else []
    if not options.chart_validate_certs:
        flags.append("--insecure-skip-tls-verify")
    if options.chart_ca_cert:
        flags += ["--ca-file", _authority(options.chart_ca_cert)]
    if options.registry_username or options.registry_password:
        flags += ["--registry-config", str(workspace.write("registry.json", _login(chart, options)))]
    return flags


def _authority(path: str) -> str:
    """The path of certificates that helm is to trust. Raises InputError for one that holds none."""
    try:
        if b"BEGIN CERTIFICATE-----" not in content(path):
            raise InputError(
                f"chart_ca_cert {path} contains no certificate in PEM format. Set it to the CA certificate."
            )
    except OSError as error:
        raise InputError(f"chart_ca_cert {path} cannot be read: {error.strerror}.") from error
    return path


def _login(chart: Chart, options: ChartOptions) -> bytes:
    """The document that `helm registry login` writes. In a file, because arguments are seen by every user."""
    if not chart.ref.startswith("oci://"):
        raise InputError(
            f"registry_username and registry_password apply to oci:// charts only, and chart_ref is {chart.ref!r}. "
            "For other charts, run `helm repo add` first."
        )
    if not (options.registry_username and options.registry_password):
        raise InputError("registry_username and registry_password must be set together: one of them is missing.")
    login = f"{options.registry_username}:{options.registry_password}"
    return json.dumps(
        {"auths": {urlsplit(chart.ref).netloc: {"auth": base64.b64encode(login.encode()).decode()}}}
    ).encode()
