# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to the NVCF API of a cluster and a token for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

from .._helm.manifest import Workload
from .._kubeconfig.proxies import proxy_of_environment
from .._kubernetes.api_client import Cluster, connect
from .._kubernetes.connection import Route
from .._kubernetes.tls import trusting
from .._rollout.observed_state import LiveWorkload, current_workload, read_workload
from .._runtime.errors import ConnectionOptionsError, InputError, NvcfApiError, NvcfError
from .._runtime.files import content
from .._runtime.input_rules import bearer
from .._runtime.option_groups import ApiOptions, ConnectionOptions, ReleaseOptions
from .._runtime.services import FUNCTIONS, TASKS
from .client import NvcfApi
from .gpus import Gpu
from .port_forward import ForwardedService
from .task_keys import task_key
from .token_issuer import issued_token
from .transport import Service, UrlService


@contextmanager
def reach_api(connection: ConnectionOptions, release: ReleaseOptions, api: ApiOptions) -> Iterator[NvcfApi]:
    """Like `open_api`, for operations that need nothing else of the cluster: it is connected only if it must be."""
    if api.api_url and (token := _given_token(api)):
        with closing(_url_service(api, api.api_url)) as service:
            where = connection.context or connection.host
            yield NvcfApi(of=release.of, service=service, token=token, cluster=where, gpu=_given_gpu(api))
    else:
        with connect(connection) as cluster, open_api(cluster, release, api) as opened:
            yield with_gpu(opened, cluster, release, api)


@contextmanager
def open_api(
    cluster: Cluster, release: ReleaseOptions, api: ApiOptions, seen: tuple[Workload, LiveWorkload] | None = None
) -> Iterator[NvcfApi]:
    """The API at `api_url`, or in a ready pod of the release through a port-forward.

    `seen` spares another look at the release by a caller that has just had one.
    Raises InputError, ReleaseError, NvcfApiError.
    """
    with ExitStack() as open_now:
        token = open_now.enter_context(_token(cluster, release, api))
        service = open_now.enter_context(closing(_service(cluster, release, api, seen)))
        yield NvcfApi(of=release.of, service=service, token=token, cluster=cluster.name, gpu=_given_gpu(api))


def with_gpu(api: NvcfApi, cluster: Cluster, release: ReleaseOptions, options: ApiOptions) -> NvcfApi:
    """The API with a GPU to ask for a task with, where nothing but its own options is given for it.

    Which GPUs there are is known to the functions API, and only to a token that may see them. Where they are not known,
    so is the answer for an image.
    """
    if release.of is not TASKS or api.gpu.known:
        return api
    functions = ReleaseOptions(service=FUNCTIONS.name, namespace=release.namespace)
    own = replace(options, api_url=None, api_host_header=None, token=None, token_file=None)
    with suppress(NvcfError), open_api(cluster, functions, own) as asked:
        return replace(api, gpu=api.gpu.among(asked.gpus()))
    return api


@contextmanager
def _token(cluster: Cluster, release: ReleaseOptions, api: ApiOptions) -> Iterator[str]:
    if given := _given_token(api):
        yield given
    elif release.of is TASKS:
        with task_key(cluster, api) as key:
            yield key
    else:
        yield issued_token(cluster, api)


def _given_gpu(api: ApiOptions) -> Gpu:
    return Gpu(name=api.gpu or "", instance_type=api.instance_type or "")


def _service(
    cluster: Cluster, release: ReleaseOptions, api: ApiOptions, seen: tuple[Workload, LiveWorkload] | None
) -> Service:
    if api.api_url:
        return _url_service(api, api.api_url)
    workload, live = seen or _look(cluster, release)
    return _forward_to_api(cluster, workload, live, timeout=api.api_timeout)


def _url_service(api: ApiOptions, url: str) -> UrlService:
    """The API at a URL, through the proxy that the environment names for it. Raises InputError."""
    server = url.rstrip("/")
    try:
        authority = content(api.api_ca_cert) if api.api_ca_cert else None
        tls = trusting(authority, verify=api.api_validate_certs) if urlsplit(server).scheme == "https" else None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"api_ca_cert {api.api_ca_cert} cannot be used: {reason}.") from None
    try:
        proxy = proxy_of_environment(server, os.environ)
    except ConnectionOptionsError as error:
        raise InputError(str(error)) from None
    route = Route(server=server, tls=tls, proxy=proxy)
    return UrlService(route, host_header=api.api_host_header, timeout=api.api_timeout)


def _forward_to_api(cluster: Cluster, workload: Workload, live: LiveWorkload, *, timeout: int) -> ForwardedService:
    """To a pod of the newest ReplicaSet: an older one would answer for what was before."""
    serving = _serving(live)
    if not serving:
        raise NvcfApiError(
            f"no pod of Deployment {workload.namespace}/{workload.deployment} is ready, so the API cannot be asked. "
            "Check its pods, or run api_rollout, which shows the cause."
        )
    return ForwardedService(
        cluster,
        namespace=workload.namespace,
        pod=serving[0],
        port=workload.service.port,
        timeout=timeout,
        serving=lambda: _serving(read_workload(cluster, workload)),
    )


def _serving(live: LiveWorkload) -> list[str]:
    return [pod.name for pod in live.pods if pod.serving and pod.owner == live.newest]


def _look(cluster: Cluster, release: ReleaseOptions) -> tuple[Workload, LiveWorkload]:
    workload = current_workload(cluster, release)
    return workload, read_workload(cluster, workload)


def _given_token(api: ApiOptions) -> str | None:
    if api.token:
        return str(api.token)
    if not api.token_file:
        return None
    try:
        # The user's home is in it already: the option is a path to Ansible.
        text = content(api.token_file).decode().strip()
    except OSError as error:
        raise InputError(f"token_file {api.token_file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise InputError(f"token_file {api.token_file} cannot be read: it is not UTF-8 text.") from None
    if not text:
        raise InputError(f"token_file {api.token_file} is empty.")
    bearer(f"token_file {api.token_file}", text)
    return text
