# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Command line of the sandbox: `python -m ansible_collections.fleetops.nvcf.tests.sandbox --help`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, NoReturn

from . import build, tools
from .behavior import Behavior
from .cluster import Cluster
from .errors import AlreadyUp, SandboxError
from .processes import resident_mebibytes
from .progress import Display
from .sandbox import Sandbox, down, names
from .state import SandboxState

DEFAULT_NAME = "default"
PROGRAMS = {f"helm{major}": tool for major, tool in tools.HELM.items()}
PATHS = (*PROGRAMS, "kubeconfig", "kubeconfig-powerless", "folder", "registry")


def main() -> int:
    """Run one command and return the exit status."""
    arguments = _parser().parse_args()
    # In the background of a script, a shell has SIGINT ignored; whoever sends one all the same means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        arguments.run(arguments)
    except SandboxError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing is left running", file=sys.stderr)
        return 130
    return 0


def _build(arguments: argparse.Namespace) -> None:
    build.build(Display(sys.stdout), tools.BASIC if arguments.basic else tools.ALL)


def _up(arguments: argparse.Namespace) -> None:
    behavior = Behavior()
    if arguments.ready_after is not None:
        behavior = behavior.changed(ready_seconds=arguments.ready_after)
    try:
        box = Sandbox.up(
            arguments.name,
            clusters=arguments.clusters,
            behavior=behavior,
            apiserver_flags=arguments.apiserver_flag,
            registry=arguments.registry,
            report=_say,
        )
    except AlreadyUp as already:
        box = Sandbox.open(arguments.name)
        if len(box.clusters) != arguments.clusters:
            raise SandboxError(f"{already}, with {len(box.clusters)} cluster(s); take it down first") from None
        if arguments.registry and box.registry is None:
            raise SandboxError(f"{already}, without a registry; take it down first") from None
        _say(str(already))
    if arguments.registry:
        _say(f"chart: {box.chart} (over plain HTTP: registry_allowlist_chart_plain_http: true)")


def _down(arguments: argparse.Namespace) -> None:
    _say(f"sandbox {arguments.name} is {'down' if down(arguments.name) else 'not up'}")


def _status(arguments: argparse.Namespace) -> None:
    box = Sandbox.open(arguments.name)
    state = SandboxState.load(box.folder)
    assert state is not None
    print(f"{'CLUSTER':<10} {'API SERVER':<24} {'GATEWAY':<24} PODS (ready/all)")
    for cluster in box.clusters:
        pods = cluster.api.get("/api/v1/pods")["items"]
        ready = sum(_is_ready(pod) for pod in pods)
        print(f"{cluster.context:<10} {cluster.server:<24} {cluster.gateway:<24} {ready}/{len(pods)}")
    print(f"\n{'PROCESS':<28} {'PID':>8} {'RSS MiB':>8}")
    for process in state.processes:
        print(f"{process.name:<28} {process.pid:>8} {resident_mebibytes(process.pid):>8.0f}")
    print(f"\nkubeconfig: {box.kubeconfig}")
    if box.registry:
        print(f"registry:   {box.registry}")


def _list(_arguments: argparse.Namespace) -> None:
    for name in names():
        print(name)


def _path(arguments: argparse.Namespace) -> None:
    if arguments.what in PROGRAMS:
        print(PROGRAMS[arguments.what].program())
        return
    box = Sandbox.open(arguments.name)
    if arguments.what == "registry":
        print(box.chart)
        return
    folders = {"kubeconfig": box.kubeconfig, "kubeconfig-powerless": box.powerless_kubeconfig, "folder": box.folder}
    print(folders[arguments.what])


def _install(arguments: argparse.Namespace) -> None:
    clusters = _chosen(arguments)

    def install(cluster: Cluster) -> None:
        cluster.install_api(helm=arguments.helm)
        if arguments.tasks:
            cluster.install_tasks(helm=arguments.helm)
        _say(f"{cluster.context}: the NVCF API is installed, behind {cluster.gateway} as api.{cluster.domain}")

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(install, clusters))


def _behave(arguments: argparse.Namespace) -> None:
    changes = dict(_change(text) for text in arguments.changes)
    for cluster in _chosen(arguments):
        try:
            behavior = cluster.behave(**changes)
        except ValueError as error:
            raise SandboxError(str(error)) from None
        print(f"{cluster.context}: {json.dumps(dataclasses.asdict(behavior))}")


def _change(text: str) -> tuple[str, Any]:
    """Parse `name=value`; the value is JSON, or a string when it is no JSON."""
    name, separator, value = text.partition("=")
    if not separator:
        raise SandboxError(f"{text!r}: use name=value")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _chosen(arguments: argparse.Namespace) -> tuple[Cluster, ...]:
    box = Sandbox.open(arguments.name)
    if arguments.cluster is None:
        return box.clusters
    try:
        return (box.cluster(arguments.cluster),)
    except KeyError:
        raise SandboxError(f"sandbox {arguments.name} has no cluster {arguments.cluster}") from None


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _say(line: str) -> None:
    print(line, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="Real Kubernetes control planes on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace], None], name: str, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    def named(run: Callable[[argparse.Namespace], None], name: str, text: str) -> argparse.ArgumentParser:
        added = command(run, name, text)
        added.add_argument("--name", default=DEFAULT_NAME, help="name of the sandbox (%(default)s)")
        return added

    building = command(_build, "build", "build the tools that are not on this machine into the cache")
    building.add_argument("--basic", action="store_true", help="only Kubernetes, etcd and helm 4")
    up = named(_up, "up", "bring a sandbox up")
    up.add_argument("--clusters", type=int, default=1, help="how many clusters (%(default)s)")
    up.add_argument("--ready-after", type=float, metavar="SECONDS", help="from an API's first answer to a Ready pod")
    up.add_argument("--apiserver-flag", action="append", default=[], metavar="FLAG", help="passed on; can be repeated")
    up.add_argument("--registry", action="store_true", help="also start an OCI registry that holds the charts")
    named(_down, "down", "end and remove a sandbox")
    named(_status, "status", "show clusters and processes")
    command(_list, "list", "show the names of all sandboxes")
    named(_path, "path", "print a path, or the chart's reference in the registry, for scripts").add_argument(
        "what", choices=PATHS
    )
    install = named(_install, "install", "install the NVCF API with helm")
    install.add_argument("--helm", type=int, choices=sorted(tools.HELM), default=max(tools.HELM))
    install.add_argument("--tasks", action="store_true", help="also the tasks API, as tasks.CLUSTER.nvcf.test")
    behave = named(_behave, "behave", "change how clusters behave from now on")
    behave.add_argument("changes", nargs="+", metavar="name=value")
    for chooser in (install, behave):
        chooser.add_argument("--cluster", help="only this one, such as east-1")
    return parser


if __name__ == "__main__":
    sys.exit(main())
