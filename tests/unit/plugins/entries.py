# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Both ways into an operation, taken without a play: the module's real `main` and the action plugin."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.operation import Host, Operation
from ansible_collections.fleetops.nvcf.plugins.plugin_utils import _in_process_action
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._in_process_action import InProcessAction

PLUGINS = Path(_in_process_action.__file__).parent.parent


FOR_ALL = ("look_ahead", "audit_summary")
"""What a task does once for all hosts."""


def _files(folder: str) -> dict[str, ModuleType]:
    """The files of a folder of plugins that enter an operation, imported, by name."""
    names = sorted(path.stem for path in (PLUGINS / folder).glob("[a-z]*.py") if path.stem not in FOR_ALL)
    return {name: import_module(f"ansible_collections.fleetops.nvcf.plugins.{folder}.{name}") for name in names}


MODULES: Mapping[str, Any] = _files("modules")
NUMBERS = itertools.count()
"""Tasks of a run are told apart by a number."""
ACTIONS: Mapping[str, type[InProcessAction]] = {name: file.ActionModule for name, file in _files("action").items()}


def operation_of(name: str) -> Operation[Any]:
    """The operation that the module of that name enters."""
    operation: Operation[Any] = MODULES[name].OPERATION
    return operation


ALWAYS = frozenset(
    {"changed", "failed", "skipped", "msg", "warnings", "invocation", "diff", "ansible_stats", "exception"}
)
"""What Ansible itself documents."""


@cache
def documented(name: str) -> frozenset[str]:
    """The names of all that a module's documentation says it returns."""
    # An audit refers to the documentation of the other for what it has in common with it.
    names = [name, "recognized_registry_info"] if name == "recognized_registry_audit" else [name]
    return frozenset(field for one in names for field in yaml.safe_load(MODULES[one].RETURN)) | ALWAYS


def undocumented(name: str, result: Mapping[str, Any]) -> set[str]:
    """What a result, of a failure too, has and the module's documentation does not mention."""
    return result.keys() - documented(name)


@dataclass
class Entries:
    """Both entries of one operation, with `run` in its place; what it was given is in `hosts` and `options`."""

    name: str
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    run: Callable[[Host, Any], dict[str, Any]]
    hosts: list[Host] = field(default_factory=list)
    options: list[Any] = field(default_factory=list)

    @property
    def stands_in(self) -> bool:
        """Whether something else than the operation itself is run."""
        return self.run is not operation_of(self.name).run

    def _operation(self) -> Operation[Any]:
        def run(host: Host, options: Any) -> dict[str, Any]:
            self.hosts.append(host)
            self.options.append(options)
            return self.run(host, options)

        return dataclasses.replace(operation_of(self.name), run=run)

    def by_module(self, args: Mapping[str, Any], *, check_mode: bool = False, **internal: Any) -> dict[str, Any]:
        """What the module prints; `internal` is what the action would add to its arguments."""
        self.monkeypatch.setattr(MODULES[self.name], "OPERATION", self._operation())
        internal |= {"_ansible_check_mode": check_mode, "_ansible_module_name": f"fleetops.nvcf.{self.name}"}
        self.capsys.readouterr()
        with patch_module_args({**args, **internal}), pytest.raises(SystemExit) as ended:
            MODULES[self.name].main()
        result: dict[str, Any] = json.loads(self.capsys.readouterr().out)
        assert bool(ended.value.code) is bool(result.get("failed"))
        return self._documented(result)

    def by_action(self, args: Mapping[str, Any], *, check_mode: bool = False, **task: Any) -> dict[str, Any]:
        """What the action plugin returns."""
        return self._documented(self.action(args, check_mode=check_mode, **task).run(task_vars={}))

    def _documented(self, result: dict[str, Any]) -> dict[str, Any]:
        assert self.stands_in or not undocumented(self.name, result)
        return result

    def action(
        self,
        args: Mapping[str, Any],
        *,
        check_mode: bool = False,
        transport: str = "local",
        become: object = None,
        async_val: int = 0,
        environment: list[dict[str, str]] | None = None,
        run_once: bool = False,
        templar: Any = None,
        **of_task: Any,
    ) -> InProcessAction:
        """The action plugin, as the strategy makes it."""
        self.monkeypatch.setattr(ACTIONS[self.name], "operation", self._operation())
        shell = SimpleNamespace(tmpdir="unused")
        connection: Any = SimpleNamespace(transport=transport, become=become, has_native_async=False, _shell=shell)
        task: Any = SimpleNamespace(
            args=dict(args),
            action=f"fleetops.nvcf.{self.name}",
            check_mode=check_mode,
            async_val=async_val,
            environment=environment,
            run_once=run_once,
            no_log=of_task.get("no_log", False),
            loop=of_task.get("loop"),
            _uuid=str(next(NUMBERS)),
            get_play=lambda: SimpleNamespace(_uuid="1"),
        )
        nothing: Any = None
        return ACTIONS[self.name](task, connection, nothing, nothing, templar)
