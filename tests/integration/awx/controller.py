# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for AWX's REST API, as far as AWX's own client needs it to import what others have exported.

The client sends null for a reference that it cannot resolve. As in AWX, that is refused where the object cannot do
without, and taken where it can. A PUT resets what it does not name to AWX's defaults.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from .resources import LINKS, RESOURCES, Resource
from .rules import (
    Refused,
    check_credential_type,
    check_job_template,
    check_link,
    check_node,
    check_notification,
    check_schedule,
    check_survey,
    refuse_if,
)

TOKEN = "made-up-for-the-stand-in"
ROOT = "/api/v2/"
SURVEY = "survey_spec"
KINDS = {resource.path: kind for kind, resource in RESOURCES.items()}
Asset = dict[str, Any]


class Controller:
    """What is stored, and how requests change it."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[int, Asset]] = {kind: {} for kind in RESOURCES}
        self.attached: dict[tuple[str, int, str], list[int]] = defaultdict(list)
        self.blobs: dict[tuple[str, int, str], Asset] = {}
        self.refusals: list[str] = []
        self.address = ""
        self._numbers = itertools.count(1)

    # What tests do

    def add(self, kind: str, **fields: Any) -> int:
        """Store an object that the operator has made."""
        return int(self._store(kind, fields)["id"])

    def named(self, kind: str, name: str) -> Asset:
        """The one object of that name."""
        [found] = [
            asset for asset in self.objects[kind].values() if name in (asset.get("name"), asset.get("identifier"))
        ]
        return found

    def linked(self, kind: str, name: str, related: str) -> list[str]:
        """Names of what is attached to an object."""
        target = RESOURCES[kind].attached[related]
        ids = self.attached[kind, self.named(kind, name)["id"], related]
        return [
            self.objects[target][number].get("name") or self.objects[target][number]["identifier"] for number in ids
        ]

    def blob(self, kind: str, name: str, related: str) -> Asset:
        """A document that belongs to an object."""
        return self.blobs[kind, self.named(kind, name)["id"], related]

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer requests at `address` while the block runs."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        runner = asyncio.run_coroutine_threadsafe(self._start(), loop).result()
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    # HTTP

    async def _start(self) -> web.AppRunner:
        application = web.Application(middlewares=[self._guarded])
        application.router.add_get("/api/", self._versions)
        application.router.add_get(ROOT, self._list_resources)
        application.router.add_route("*", ROOT + "{path}/", self._collection)
        application.router.add_route("*", ROOT + "{path}/{id:[0-9]+}/", self._detail)
        application.router.add_route("*", ROOT + "{path}/{id:[0-9]+}/{related}/", self._related)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.address = f"http://{host}:{port}"
        return runner

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Any) -> web.StreamResponse:
        public = request.path in ("/api/", ROOT)
        if not public and request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"detail": "Authentication credentials were not provided."}, status=401)
        try:
            answer: web.StreamResponse = await handler(request)
        except Refused as refusal:
            self.refusals.append(f"{request.method} {request.path}: {refusal}")
            return web.json_response({"detail": str(refusal)}, status=400)
        return answer

    async def _versions(self, _request: web.Request) -> web.Response:
        return web.json_response({"available_versions": {"v2": ROOT}, "current_version": ROOT})

    async def _list_resources(self, _request: web.Request) -> web.Response:
        return web.json_response({held.name or held.path: f"{ROOT}{held.path}/" for held in RESOURCES.values()})

    async def _collection(self, request: web.Request) -> web.Response:
        kind = KINDS[request.match_info["path"]]
        if request.method == "OPTIONS":
            return self._options(kind)
        if request.method == "POST":
            return web.json_response(self._page(kind, self._store(kind, await request.json())), status=201)
        resource = RESOURCES[kind]
        for name in request.query:
            refuse_if(name not in {*resource.settable, "organization"}, f"{kind} has no field {name!r}")
        wanted = request.query.items()
        held = self.objects[kind].values()
        return self._results(kind, [asset for asset in held if all(str(asset.get(n)) == v for n, v in wanted)])

    async def _detail(self, request: web.Request) -> web.Response:
        kind, number = KINDS[request.match_info["path"]], int(request.match_info["id"])
        if number not in self.objects[kind]:
            return web.json_response({"detail": "Not found."}, status=404)
        if request.method == "OPTIONS":
            return self._options(kind)
        if request.method == "PUT":
            self._store(kind, await request.json(), number)
        return web.json_response(self._page(kind, self.objects[kind][number]))

    async def _related(self, request: web.Request) -> web.Response:
        kind, number = KINDS[request.match_info["path"]], int(request.match_info["id"])
        related, resource = request.match_info["related"], RESOURCES[kind]
        refuse_if(related not in {*resource.attached, *resource.created, *resource.blobs}, "no such list")
        body = await request.json() if request.method == "POST" else None
        if related in resource.blobs:
            return self._blob(kind, number, related, body)
        if related in resource.attached:
            return self._attach(kind, number, related, body)
        created = resource.created[related]
        if request.method == "OPTIONS":
            return self._options(created)
        if body is not None:
            return web.json_response(self._page(created, self._store(created, {**body, kind: number})), status=201)
        return self._results(created, [asset for asset in self.objects[created].values() if asset[kind] == number])

    def _blob(self, kind: str, number: int, related: str, body: Asset | None) -> web.Response:
        if body is not None:
            if related == SURVEY:
                check_survey(body)
            elif related == "create_approval_template":
                self._approve(number, body)
            self.blobs[kind, number, related] = body
        return web.json_response(self.blobs[kind, number, related])

    def _approve(self, number: int, body: Asset) -> None:
        """Each request makes another template for the node. What it had before goes, and what waits there is denied."""
        node, kind = self.objects["workflow_job_template_node"][number], "workflow_approval_template"
        made = self._store(kind, body)["id"]
        self.objects[kind].pop(node.get("unified_job_template", 0), None)
        node["unified_job_template"] = made

    def _attach(self, kind: str, number: int, related: str, body: Asset | None) -> web.Response:
        target, ids = RESOURCES[kind].attached[related], self.attached[kind, number, related]
        if body is None:
            return self._results(target, [self.objects[target][held] for held in ids])
        refuse_if(body.get("id") not in self.objects[target], f"there is no {target} {body.get('id')}")
        if related == "credentials":
            types = [self.objects[target][held]["credential_type"] for held in ids]
            refuse_if(self.objects[target][body["id"]]["credential_type"] in types, "Cannot assign multiple of a type")
        if related in LINKS:
            self._check_link(number, related, body["id"])
        if body["id"] not in ids:
            ids.append(body["id"])
        return web.Response(status=204)

    def _check_link(self, number: int, related: str, target: int) -> None:
        """Two nodes have one link at most, and no way leads back."""
        kind = "workflow_job_template_node"
        ways = {node: {link: self.attached[kind, node, link] for link in LINKS} for node in self.objects[kind]}
        check_link(ways, number, related, target)

    # Objects

    def _store(self, kind: str, fields: Asset, number: int | None = None) -> Asset:
        resource = RESOURCES[kind]
        for name, value in fields.items():
            refuse_if(name not in resource.settable, f"{kind} has no field {name!r}")
            target = resource.references.get(name)
            known = target is None or value in self.objects[target] or (value is None and name in resource.nullable)
            refuse_if(not known, f"{kind}: {name} {value} refers to nothing")
        missing = resource.required - fields.keys()
        refuse_if(missing, f"{kind} lacks {', '.join(sorted(missing))}")
        before = self.objects[kind].get(number or 0, {})
        asset = {**before, **resource.defaults, **fields, **self._derived(kind, fields)}
        asset |= _prompts(resource, fields, before)
        self._check(kind, asset)
        key = [asset.get(name) for name in resource.unique]
        for other, held in self.objects[kind].items():
            same = resource.unique and other != number and [held.get(name) for name in resource.unique] == key
            refuse_if(same, f"{kind} with this {' and '.join(resource.unique)} already exists")
        asset["id"] = number if number is not None else next(self._numbers)
        self.objects[kind][asset["id"]] = asset
        return asset

    def _derived(self, kind: str, fields: Asset) -> Asset:
        """A job template belongs where its project does."""
        if kind != "job_template":
            return {}
        return {"organization": self.objects["project"][fields["project"]]["organization"]}

    def _check(self, kind: str, asset: Asset) -> None:
        if kind == "credential_type":
            check_credential_type(asset)
        elif kind == "job_template":
            check_job_template(asset, self.objects["project"][asset["project"]])
        elif kind == "workflow_job_template_node":
            check_node(asset, self.objects["job_template"].get(asset.get("unified_job_template", 0)))
        elif kind == "schedule":
            template = asset["unified_job_template"]
            check_schedule(asset, self.objects["job_template"][template], self.blobs["job_template", template, SURVEY])
        elif kind == "notification_template":
            check_notification(asset)

    def _page(self, kind: str, asset: Asset) -> Asset:
        resource = RESOURCES[kind]
        own = f"{ROOT}{resource.path}/{asset['id']}/"
        references = dict(resource.references) | ({"organization": "organization"} if "organization" in asset else {})
        related = {
            name: f"{ROOT}{RESOURCES[target].path}/{asset[name]}/"
            for name, target in references.items()
            if asset.get(name) in self.objects[target]
        }
        lists = {name: f"{own}{name}/" for name in (*resource.attached, *resource.created, *resource.blobs)}
        linked = {link: self.attached[kind, asset["id"], link] for link in LINKS if link in resource.attached}
        attached = {name: self.attached[kind, asset["id"], name] for name in resource.attached}
        summary = {name: [{"id": held} for held in ids] for name, ids in attached.items()}
        page = {**asset, **linked, "type": kind, "url": own, "related": {**related, **lists}}
        return page | {"summary_fields": summary}

    def _results(self, kind: str, assets: list[Asset]) -> web.Response:
        pages = [self._page(kind, asset) for asset in assets]
        return web.json_response({"count": len(pages), "next": None, "previous": None, "results": pages})

    @staticmethod
    def _options(kind: str) -> web.Response:
        resource: Resource = RESOURCES[kind]
        fields: Asset = {name: {"type": "string", "required": name in resource.required} for name in resource.settable}
        fields |= {name: {"type": "id", "required": name in resource.required} for name in resource.references}
        actions = {"POST": fields, "GET": fields}
        return web.json_response({"actions": actions}, headers={"Allow": "GET, POST, PUT, PATCH, HEAD, OPTIONS"})


def _prompts(resource: Resource, fields: Asset, before: Asset) -> Asset:
    """What is stored of prompts: a request that says nothing leaves what is there, and one that does replaces all."""
    said = {name: fields.get(name) for name in resource.prompts}
    return said if any(value is not None for value in said.values()) else {n: before.get(n) for n in resource.prompts}
