# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Installing the NVCF APIs into a cluster with real helm, as an operator's stack does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from .helm import run_helm
from .paths import HERE

CHARTS = HERE / "charts"
API_CHART = CHARTS / "helm-nvcf-api"
TASKS_CHART = CHARTS / "helm-nvcf-nvct-api"
API_KEYS_CHART = CHARTS / "api-keys"
API_KEYS = "api-keys"
TIMEOUT = "120s"


def stack_values() -> dict[str, Any]:
    """Return the values of `helm-nvcf-api` that a stack sets, for changing and passing to `install_api`."""
    values: dict[str, Any] = yaml.safe_load((CHARTS / "values.yaml").read_text(encoding="utf-8"))
    return values


def tasks_values() -> dict[str, Any]:
    """Return the values of `helm-nvcf-nvct-api` that a stack sets."""
    values: dict[str, Any] = yaml.safe_load((CHARTS / "tasks-values.yaml").read_text(encoding="utf-8"))
    return values


def install_release(
    kubeconfig: Path,
    *,
    helm: int,
    release: str,
    namespace: str,
    chart: str,
    values: dict[str, Any],
    wait: bool,
    version: str | None = None,
) -> None:
    """Install a release, or bring it to exactly these values when it exists. SandboxError when helm fails.

    The values go over standard input, because they hold credentials.
    """
    arguments = ["upgrade", "--install", release, chart, f"--namespace={namespace}", "--create-namespace"]
    # The server checks what it gets anyway; helm's own check costs more than the rest of an installation.
    arguments += ["--reset-values", "--values=-", f"--timeout={TIMEOUT}", "--disable-openapi-validation"]
    if version is not None:
        arguments.append(f"--version={version}")
    if wait:
        arguments.append("--wait=watcher" if helm >= 4 else "--wait")
    if chart.startswith("oci://127.0.0.1:"):
        arguments.append("--plain-http")
    home = kubeconfig.parent / "helm"
    run_helm(arguments, home=home, major=helm, kubeconfig=kubeconfig, stdin=json.dumps(values))


def install_api(
    kubeconfig: Path,
    *,
    helm: int,
    release: str,
    namespace: str,
    chart: str,
    values: dict[str, Any],
    wait: bool,
    version: str | None,
) -> None:
    """Install the token service and then the API."""
    install_release(
        kubeconfig,
        helm=helm,
        release=API_KEYS,
        namespace=API_KEYS,
        chart=str(API_KEYS_CHART),
        values={},
        wait=wait,
    )
    install_release(
        kubeconfig,
        helm=helm,
        release=release,
        namespace=namespace,
        chart=chart,
        values=values,
        wait=wait,
        version=version,
    )


def push_charts(destination: str, folder: Path) -> None:
    """Package the charts and push them to `destination`, an `oci://` reference of a plain-HTTP registry."""
    for chart in (API_CHART, TASKS_CHART, API_KEYS_CHART):
        packages = folder / chart.name
        run_helm(["package", str(chart), f"--destination={packages}"], home=folder)
        for package in packages.glob("*.tgz"):
            run_helm(["push", str(package), destination, "--plain-http"], home=folder)
