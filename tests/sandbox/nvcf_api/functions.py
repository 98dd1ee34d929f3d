# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The endpoints: registries, functions and deployments."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

from aiohttp import web

from .binding import ArtifactType
from .bodies import Unreadable, function_fields
from .context import Context, authorize
from .errors import Refusal, registry_refusal
from .matching import Outcome, judge
from .store import ACCOUNT, Function

ROUTES = web.RouteTableDef()
VERSION_PATH = "/v2/nvcf/functions/{function_id}/versions/{version_id}"


@ROUTES.get("/health")
@ROUTES.get("/actuator/health/readiness")
@ROUTES.get("/actuator/health/liveness")
async def health(_request: web.Request) -> web.Response:
    """Answer that the process is up."""
    return web.json_response({"status": "UP"})


@ROUTES.get("/v2/nvcf/recognized-registries")
async def recognized_registries(request: web.Request) -> web.Response:
    """List what is configured, whether or not it can ever match."""
    context = authorize(request, "manage_registry_credentials")
    listed = {
        kind.value: [{"name": entry.name, "hostname": entry.hostname} for entry in entries]
        for kind, entries in context.registries.items()
    }
    return web.json_response({"recognizedRegistries": listed})


@ROUTES.get("/v2/nvcf/functions")
async def list_functions(request: web.Request) -> web.Response:
    """List all versions of all functions."""
    context = authorize(request, "list_functions", "list_functions_details")
    return web.json_response({"functions": context.store.functions()})


@ROUTES.post("/v2/nvcf/functions")
async def create_function(request: web.Request) -> web.Response:
    """Create a function with its first version. The quota hides what body and registry would have to say."""
    context = authorize(request, "register_function")
    quota = context.behaviour.quota
    if len({function["id"] for function in context.store.functions()}) >= quota:
        raise Refusal(
            400,
            f"Account '{ACCOUNT}': Reached or exceeded the max limit for the number of functions allowed: {quota}. "
            "Please contact your account team for more details",
        )
    return await _create(request, context, function_id=str(uuid.uuid4()))


@ROUTES.post("/v2/nvcf/functions/{function_id}/versions")
async def create_version(request: web.Request) -> web.Response:
    """Create another version of a function."""
    context = authorize(request, "register_function")
    function_id = request.match_info["function_id"]
    if all(function["id"] != function_id for function in context.store.functions()):
        raise Refusal(404, f"Function id '{function_id}': Not found in account '{ACCOUNT}'")
    return await _create(request, context, function_id=function_id)


async def _create(request: web.Request, context: Context, *, function_id: str) -> web.Response:
    try:
        fields = function_fields(await _json(request))
    except Unreadable:
        raise Refusal(400, "Failed to read request") from None
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    _check_registry(context, fields["containerImage"])
    function = {
        "id": function_id,
        "versionId": str(uuid.uuid4()),
        "ncaId": ACCOUNT,
        "status": "INACTIVE",
        "functionType": "DEFAULT",
        "createdAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
        **fields,
    }
    context.store.save(function)
    return web.json_response({"function": function})


@ROUTES.delete(VERSION_PATH)
async def delete_version(request: web.Request) -> web.Response:
    """Delete one version of a function."""
    context = authorize(request, "delete_function")
    function = _existing(request, context)
    answer = context.behaviour.delete_answers
    if answer in ("204", "500_but_gone"):
        context.store.delete(function["id"], function["versionId"])
    if answer != "204":
        raise Refusal(500, "Failed to delete the secrets of the function")
    return web.Response(status=204)


@ROUTES.post("/v2/nvcf/deployments/functions/{function_id}/versions/{version_id}")
async def deploy_version(request: web.Request) -> web.Response:
    """Deploy a version, unless its registry is no longer recognised."""
    context = authorize(request, "deploy_function")
    function = _existing(request, context)
    body = await _json(request)
    if not isinstance(body, dict):
        raise Refusal(400, "Failed to read request")
    _check_registry(context, function["containerImage"])
    context.store.save({**function, "status": "DEPLOYING"})
    deployment = {
        "functionId": function["id"],
        "functionVersionId": function["versionId"],
        "ncaId": ACCOUNT,
        "functionStatus": "DEPLOYING",
        "deploymentSpecifications": body.get("deploymentSpecifications", []),
    }
    return web.json_response({"deployment": deployment})


def _existing(request: web.Request, context: Context) -> Function:
    function_id, version_id = request.match_info["function_id"], request.match_info["version_id"]
    function = context.store.find(function_id, version_id)
    if function is None:
        raise Refusal(404, f"Function id '{function_id}', version '{version_id}': Not found in account '{ACCOUNT}'")
    return function


def _check_registry(context: Context, image: str) -> None:
    verdict = judge(image, context.registries[ArtifactType.CONTAINER], context.store.credentials)
    if verdict.outcome is not Outcome.ACCEPTED:
        raise registry_refusal(verdict, context.behaviour.messages)


async def _json(request: web.Request) -> object:
    try:
        return json.loads(await request.text())
    except ValueError:
        raise Refusal(400, "Failed to read request") from None
