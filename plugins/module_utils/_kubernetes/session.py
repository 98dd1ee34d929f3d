# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kubernetes library's settings and connections for one cluster, made anew when the credential is."""

from __future__ import annotations

import base64
import os
import time
from dataclasses import replace
from typing import Any

try:
    import urllib3
    from kubernetes.client.configuration import Configuration
    from kubernetes.client.rest import RESTClientObject
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.config.kube_config import KubeConfigLoader
except ImportError:  # reported where a cluster is connected
    pass

from .._kubeconfig.contexts import Kubeconfig
from .._runtime.errors import ConnectionOptionsError
from .._runtime.private_files import Workspace
from .credentials import Credential
from .exec_login import credential_of
from .exec_plugin import plugin_of


class Session:
    """One user's session with one API server."""

    def __init__(self, kubeconfig: Kubeconfig, workspace: Workspace, *, no_proxy: str | None) -> None:
        self._kubeconfig = kubeconfig
        self._workspace = workspace
        self._no_proxy = no_proxy
        self._credential: Credential | None = None
        self._configuration: Configuration | None = None
        self._client: RESTClientObject | None = None

    @property
    def configuration(self) -> Configuration:
        """The settings, with a credential that is good now. Raises ConnectionOptionsError."""
        if self._configuration is None:
            return self._open(self._obtain(refused=None))
        if self._credential is not None and self._credential.due(time.time()):
            return self._renewed(self._credential)
        return self._configuration

    def _renewed(self, former: Credential) -> Configuration:
        try:
            return self._open(self._obtain(refused=None))
        except ConnectionOptionsError:
            # A plugin that fails for a moment is no reason to stop in the middle of a rollout.
            if self._configuration is None or not former.outlives(0, time.time()):
                raise
            return self._configuration

    @property
    def pool(self) -> urllib3.PoolManager:
        """The connections."""
        configuration = self.configuration
        if self._client is None:
            self._client = RESTClientObject(configuration)
        return self._client.pool_manager

    def renew(self) -> bool:
        """Obtains another credential after the server has refused this one; False when there is no other to be had."""
        if self._credential is None:
            return False
        credential = self._obtain(refused=self._credential)
        if credential is None or _proof(credential) == _proof(self._credential):
            return False
        self._open(credential)
        return True

    def document(self, lasting: float) -> dict[str, Any]:
        """The kubeconfig, in which a plugin is replaced by its credential if that is known to last so many seconds.

        Else whoever reads it asks the plugin, and can do so again in the middle of its work.
        """
        if "exec" in self._kubeconfig.user and self._configuration is None:
            self._open(self._obtain(refused=None))
        if self._credential is None or not self._credential.outlives(lasting, time.time()):
            return self._kubeconfig.document
        user = self._credential.applied_to(self._kubeconfig.user)
        return replace(self._kubeconfig, user=user).document

    def close(self) -> None:
        """Closes the connections, if any was made."""
        if self._client is not None:
            self._client.pool_manager.clear()
            self._client = None

    def _obtain(self, *, refused: Credential | None) -> Credential | None:
        plugin = plugin_of(self._kubeconfig.user, self._kubeconfig.cluster, os.environ)
        return None if plugin is None else credential_of(plugin, refused=refused)

    def _open(self, credential: Credential | None) -> Configuration:
        self.close()
        self._credential = credential
        user = self._kubeconfig.user
        effective = replace(self._kubeconfig, user=user if credential is None else credential.applied_to(user))
        configuration = _configuration(effective, self._workspace)
        if self._no_proxy:
            configuration.no_proxy = self._no_proxy
        self._configuration = configuration
        return configuration


def _configuration(kubeconfig: Kubeconfig, workspace: Workspace) -> Configuration:
    user, cluster = dict(kubeconfig.user), dict(kubeconfig.cluster)
    # The library would put decoded keys into files of its own and remove them at interpreter exit,
    # which a forked Ansible worker never reaches.
    for entry, stem in ((cluster, "certificate-authority"), (user, "client-certificate"), (user, "client-key")):
        if data := entry.pop(f"{stem}-data", None):
            entry[stem] = str(workspace.write(f"{stem}.pem", _decoded(data, stem)))
    document = Kubeconfig(name=kubeconfig.name, cluster=cluster, user=user).document
    configuration = Configuration()
    try:
        loader = KubeConfigLoader(document, config_base_path="", temp_file_path=str(workspace.path))
        loader.load_and_set(configuration)
    except (ConfigException, OSError, ValueError) as error:
        raise ConnectionOptionsError(f"the kubeconfig is refused by the Kubernetes client: {error}") from error
    # With Retry-After, the answer of an API server that is overloaded would be raised as if there were none.
    configuration.retries = urllib3.Retry(
        total=2, status=0, other=0, redirect=0, backoff_factor=0.2, respect_retry_after_header=False
    )
    return configuration


def _proof(credential: Credential) -> tuple[str | None, ...]:
    return credential.token, credential.certificate, credential.key


def _decoded(data: Any, stem: str) -> bytes:
    try:
        return base64.b64decode(data)
    except (TypeError, ValueError):
        raise ConnectionOptionsError(f"{stem}-data of the kubeconfig is not base64.") from None
