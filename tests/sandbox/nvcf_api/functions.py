# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The endpoints of the functions API: registries, functions, deployments and cluster groups."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from aiohttp import web

from .artifacts import image_refusal, missing_registry
from .bodies import Unreadable, function_fields
from .common import json_body
from .context import Context, authorize
from .errors import Refusal
from .icms import cluster_groups
from .store import ACCOUNT, Function

ROUTES = web.RouteTableDef()
VERSION_PATH = "/v2/nvcf/functions/{function_id}/versions/{version_id}"


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


@ROUTES.get("/v2/nvcf/clusterGroups")
async def list_cluster_groups(request: web.Request) -> web.Response:
    """List the GPUs that the account can use. The admin token has no right to it."""
    context = authorize(request, "list_cluster_groups")
    return web.json_response({"clusterGroups": cluster_groups(context, spelling="ICMS")})


@ROUTES.post("/v2/nvcf/functions")
async def create_function(request: web.Request) -> web.Response:
    """Create a function with its first version. The quota hides what body and registry would have to say."""
    context = authorize(request, "register_function")
    quota = context.behavior.quota
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
        fields = function_fields(await json_body(request))
    except Unreadable:
        raise Refusal(400, "Failed to read request") from None
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    version_id = str(uuid.uuid4())
    if (refusal := image_refusal(context, fields["containerImage"])) and not context.lenient:
        raise refusal
    if (missing := missing_registry(context, fields)) and not context.lenient:
        raise Refusal(400, f"Account '{ACCOUNT}', Function '{function_id}', Version '{version_id}': {missing}")
    function = {
        "id": function_id,
        "versionId": version_id,
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
    answer = context.behavior.delete_answers
    if answer in ("204", "500_but_gone"):
        context.store.delete(function["id"], function["versionId"])
    if answer != "204":
        raise Refusal(500, "Failed to delete the secrets of the function")
    return web.Response(status=204)


@ROUTES.post("/v2/nvcf/deployments/functions/{function_id}/versions/{version_id}")
async def deploy_version(request: web.Request) -> web.Response:
    """Deploy a version, unless its registry is no longer recognized."""
    context = authorize(request, "deploy_function")
    function = _existing(request, context)
    body = await json_body(request)
    if not isinstance(body, dict):
        raise Refusal(400, "Failed to read request")
    if (refusal := image_refusal(context, function["containerImage"])) and not context.lenient:
        raise refusal
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
