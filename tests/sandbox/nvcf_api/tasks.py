# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The endpoints of the tasks API. None of them lists the recognized registries."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from . import api_keys, tokens
from .artifacts import image_refusal, missing_registry
from .bodies import Unreadable
from .common import json_body
from .context import CONTEXT, Context, account_exists, bearer
from .errors import Refusal, unauthorized
from .icms import change_instances, check_gpu
from .store import ACCOUNT, Document
from .task_bodies import check_durations, check_results, check_secrets, task_fields

ROUTES = web.RouteTableDef()
TASKS = "/v1/nvct/tasks"
TERMINAL = ("ERRORED", "CANCELED", "COMPLETED", "EXCEEDED_MAX_RUNTIME_DURATION", "EXCEEDED_MAX_QUEUED_DURATION")
_KIND = "task"


@dataclass(frozen=True)
class Access:
    """What a request may do. A key without the resource of all tasks reaches none."""

    context: Context
    every_task: bool


@ROUTES.post(TASKS)
async def create_task(request: web.Request) -> web.Response:
    """Create a task, which is queued at once. Registries are checked last, after ICMS has been asked for the GPU."""
    access = _authorize(request, "launch_task")
    context = access.context
    if not access.every_task:
        raise Refusal(403, "Forbidden to create task")
    try:
        fields = task_fields(await json_body(request))
        check_durations(fields)
    except Unreadable:
        raise Refusal(400, "Failed to read request") from None
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    check_gpu(context, fields["gpuSpecification"])
    check_secrets(fields)
    check_results(fields)
    task_id, image = str(uuid.uuid4()), fields.get("containerImage")
    owner = f"Account '{ACCOUNT}', Task '{task_id}': "
    missing = missing_registry(context, fields)
    if not context.lenient:
        if image and (refusal := image_refusal(context, image, plain=True)):
            raise refusal
        if missing:
            raise Refusal(400, owner + missing)
    if image is None:
        raise Refusal(400, "Invalid request: One of 'containerImage' or 'helmChart' must be specified in the payload")
    if missing:  # nobody has looked until the task is launched, where the sentence is put together once more
        raise Refusal(400, owner + owner + missing)
    change_instances(context)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    task = {"id": task_id, "ncaId": ACCOUNT, "status": "QUEUED", "createdAt": now, "lastUpdatedAt": now, **fields}
    task.pop("secrets", None)
    context.store.put(_KIND, task)
    return web.json_response({"task": task})


@ROUTES.get(TASKS)
async def list_tasks(request: web.Request) -> web.Response:
    """List a slice of the tasks. What is filtered out fills its slice too: one may be empty and not the last."""
    access = _authorize(request, "list_tasks")
    query = request.query
    try:
        limit, start = int(query.get("limit", "10")), int(query.get("cursor", "0"), 16)
    except ValueError:
        raise Refusal(400, f"Invalid cursor '{query.get('cursor')}'") from None
    stored = access.context.store.all(_KIND)
    tasks = [task for task in stored[start : start + limit] if query.get("status", task["status"]) == task["status"]]
    more = {"limit": limit, "cursor": f"{start + limit:x}"} if start + limit < len(stored) else {}
    return web.json_response({"tasks": tasks if access.every_task else [], **more})


@ROUTES.get(TASKS + "/{task_id}")
async def show_task(request: web.Request) -> web.Response:
    """Show one task."""
    access = _authorize(request, "task_details")
    return web.json_response({"task": _existing(request, access, "Insufficient resource access for task details")})


@ROUTES.post(TASKS + "/{task_id}/cancel")
async def cancel_task(request: web.Request) -> web.Response:
    """Cancel a task that has not ended."""
    access = _authorize(request, "cancel_task")
    task = _existing(request, access, "Insufficient resource access to cancel task")
    if task["status"] in TERMINAL:
        raise Refusal(400, f"Invalid request: Cannot cancel a Task with '{task['status']}' terminal status")
    change_instances(access.context)
    task["status"] = "CANCELED"
    access.context.store.put(_KIND, task)
    return web.json_response({"task": task})


@ROUTES.delete(TASKS + "/{task_id}")
async def delete_task(request: web.Request) -> web.Response:
    """Delete a task. It stays when ICMS cannot end its instance."""
    access = _authorize(request, "delete_task")
    task = _existing(request, access, "Insufficient resource access to delete task")
    change_instances(access.context)
    access.context.store.drop(_KIND, task["id"])
    return web.Response(status=204)


def _authorize(request: web.Request, scope: str) -> Access:
    """Check token or key, scope and account in this order; raise the Refusal of the first that fails."""
    context, credential = request.app[CONTEXT], bearer(request)
    if credential.startswith(api_keys.PREFIX):
        policies = api_keys.policies(context.store, credential)
        if not policies:
            raise Refusal(403, "Authorization failed")
        scopes = {granted for policy in policies for granted in policy.get("scopes", [])}
        resources = [resource for policy in policies for resource in policy.get("resources", [])]
        client, every_task = ACCOUNT, {"id": "*", "type": "account-tasks"} in resources
    else:
        claims = _claims(context, credential)
        scopes, client, every_task = set(claims["scopes"]), claims["sub"], True
    if scope not in scopes:
        raise Refusal(403, "Access Denied")
    if client != ACCOUNT or not account_exists(context):
        raise Refusal(404, f"Client '{client}' is not found and may not be onboarded yet")
    return Access(context, every_task)


def _claims(context: Context, token: str) -> Document:
    try:
        claims = tokens.claims_of(context.state, token)
    except tokens.Rejected as rejection:
        raise unauthorized(str(rejection)) from rejection
    if claims["iss"] == tokens.ADMIN_ISSUER:
        raise unauthorized("Invalid issuer")
    return claims


def _existing(request: web.Request, access: Access, forbidden: str) -> Document:
    task_id = request.match_info["task_id"]
    for task in access.context.store.all(_KIND):
        if task["id"] == task_id:
            if not access.every_task:
                raise Refusal(403, forbidden)
            return task
    raise Refusal(404, f"Task id '{task_id}': Not found in account '{ACCOUNT}'")
