# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The NVCF API, its hook, its pods and its token issuer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.fleetops.nvcf.tests.faults import moments as at
from ansible_collections.fleetops.nvcf.tests.faults.effects import behaves
from ansible_collections.fleetops.nvcf.tests.faults.rows import End, Fault, Operation, Row
from ansible_collections.fleetops.nvcf.tests.faults.scene import Scene
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART, variant
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values

LIST, CREATE, KEYS = "GET /v2/nvcf/recognized-registries", "POST /v2/nvcf/functions", "POST /v1/admin/keys"


def begins(name: str, fault: str, behavior: Mapping[str, Any], ends: tuple[End, ...], **more: Any) -> Row:
    """It is so from the beginning."""
    return Row(name=f"api-{name}", moment="from the beginning", fault=fault, behavior=behavior, ends=ends, **more)


def later(
    name: str, fault: str, moment: at.Moment, behavior: Mapping[str, Any], ends: tuple[End, ...], **more: Any
) -> Row:
    """It is so from a moment on."""
    return Row(name=f"api-{name}", faults=(Fault(at=moment, what=behaves(fault, **behavior)),), ends=ends, **more)


def failing(**answers: int) -> dict[str, Any]:
    """Answers of the API with an error."""
    paths = {"listing": LIST, "create": CREATE, "keys": KEYS}
    return {"fail_requests": {paths[name]: status for name, status in answers.items()}}


def impatient(scene: Scene) -> None:
    """A chart whose Deployment gives a rollout up after some seconds."""
    world = scene.world
    edits = {"templates/deployment.tpl": ("progressDeadlineSeconds: 600", "progressDeadlineSeconds: 4")}
    world.chart = variant(API_CHART, scene.folder / "impatient", version="1.25.1", edits=edits)
    world.install(stack_values())


BACK, STOP = (End.RETURNED,), (End.UNTOUCHED,)

API = [
    begins(
        "quota",
        "the account's function limit is reached",
        {"quota": 0},
        BACK,
        says="the account's function limit is reached",
        helm3=True,
    ),
    begins(
        "hook-fails",
        "the bootstrap hook fails",
        {"job_exit_code": 1},
        BACK,
        says="helm upgrade of release .* failed",
        helm3=True,
    ),
    begins("hook-hangs", "the bootstrap hook hangs", {"job_seconds": 600}, BACK, options={"timeout": 4}, helm3=True),
    begins("create-401", "a create is answered with 401", failing(create=401), BACK),
    begins(
        "delete-500",
        "the test's function cannot be deleted",
        {"delete_answers": "500"},
        (End.DONE,),
        keeps_function=True,
    ),
    begins(
        "delete-gone",
        "a delete is answered with 500, the function is gone",
        {"delete_answers": "500_but_gone"},
        (End.DONE,),
    ),
    begins("list-500", "the list of registries is answered with 500", failing(listing=500), STOP),
    begins("keys-500", "the token issuer answers with 500", failing(keys=500), STOP),
    later(
        "list-500-later",
        "the list of registries is answered with 500",
        at.STORES_UPGRADE,
        failing(listing=500),
        BACK,
        helm3=True,
    ),
    later(
        "slow-ready",
        "new pods do not get ready",
        at.STORES_UPGRADE,
        {"ready_seconds": 600},
        BACK,
        options={"rollout_timeout": 6},
        says="did not finish within 6 s: 0 of 1 new pods ready, old pods remaining: 1",
        helm3=True,
    ),
    later(
        "deadline",
        "new pods do not get ready, and the Deployment's deadline is missed",
        at.STORES_UPGRADE,
        {"ready_seconds": 600},
        BACK,
        prepare=impatient,
        helm3=True,
    ),
    later(
        "one-exit",
        "the API's container ends once at its start",
        at.STORES_UPGRADE,
        {"crashing_starts": 1},
        (End.DONE,),
        helm3=True,
    ),
    later(
        "exits",
        "the API's container ends at each start",
        at.STORES_UPGRADE,
        {"crashing_starts": 99},
        BACK,
        says="It has ended 3 times",
        helm3=True,
    ),
    later(
        "no-image",
        "the API's image cannot be pulled",
        at.STORES_UPGRADE,
        {"pull_failures": ["registry.example.test"]},
        BACK,
        options={"timeout": 8},
        helm3=True,
    ),
    begins(
        "remove-hook", "the bootstrap hook fails", {"job_exit_code": 1}, BACK, operation=Operation.REMOVE, helm3=True
    ),
]
