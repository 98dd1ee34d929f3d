# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which programs the sandbox runs, how they are built, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import SandboxError
from .installed import Installed, installed
from .paths import HERE, tools_folder

KUBERNETES = "1.37.2"
KUBERNETES_MODULE = HERE / "kubernetes"
KUBECTL_MODULE = HERE / "kubectl"
VERSION_PACKAGE = "k8s.io/component-base/version"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A program of one version. It is taken from this machine when it is there already, else built into the cache."""

    name: str
    version: str
    package: str
    """The Go package. With `module` it is resolved by its go.mod, else by `version`."""
    module: Path | None = None
    variables: tuple[tuple[str, str], ...] = ()
    """Go string variables to set, such as the version that the program reports."""
    version_command: tuple[str, ...] = ("--version",)

    @property
    def folder(self) -> Path:
        """The folder that appears, complete, when the tool has been built."""
        return tools_folder() / f"{self.name}-{self.version}"

    @property
    def built(self) -> bool:
        """Whether it is in the cache."""
        return self.folder.is_dir()

    def installed(self) -> list[Installed]:
        """Return the programs of that name that are on this machine, whatever their version."""
        return installed(self.name, self.version, self.version_command)

    def program(self) -> Path:
        """Return the program; SandboxError with the cure when there is none."""
        if self.built:
            return self.folder / self.name
        for candidate in self.installed():
            if candidate.problem is None:
                return candidate.path
        raise SandboxError(f"{self.name} {self.version} is not built yet (no {self.folder}); run the `build` command")


# helm compares the API server's version with what a chart asks for, so the server has to know its own.
KUBERNETES_VARIABLES = (
    (f"{VERSION_PACKAGE}.gitVersion", f"v{KUBERNETES}"),
    (f"{VERSION_PACKAGE}.gitMajor", KUBERNETES.split(".", maxsplit=1)[0]),
    (f"{VERSION_PACKAGE}.gitMinor", KUBERNETES.split(".")[1]),
)


def _kubernetes(name: str) -> Tool:
    return Tool(
        name=name,
        version=KUBERNETES,
        package=f"k8s.io/kubernetes/cmd/{name}",
        module=KUBERNETES_MODULE,
        variables=KUBERNETES_VARIABLES,
    )


def _helm(version: str) -> Tool:
    major = version.split(".", maxsplit=1)[0]
    return Tool(
        name="helm",
        version=version,
        package=f"helm.sh/helm/v{major}/cmd/helm",
        variables=((f"helm.sh/helm/v{major}/internal/version.version", f"v{version}"),),
        version_command=("version", "--short"),
    )


KUBE_APISERVER = _kubernetes("kube-apiserver")
KUBE_CONTROLLER_MANAGER = _kubernetes("kube-controller-manager")
ETCD = Tool(name="etcd", version="3.7.3", package="go.etcd.io/etcd/server/v3", module=KUBERNETES_MODULE)
HELM = {4: _helm("4.3.1"), 3: _helm("3.22.0")}
REGISTRY = Tool(name="registry", version="3.1.2", package="github.com/distribution/distribution/v3/cmd/registry")
KUBECTL = Tool(
    name="kubectl",
    version=KUBERNETES,
    package="fleetops.example/nvcf/sandbox/kubectl",
    module=KUBECTL_MODULE,
    variables=KUBERNETES_VARIABLES,
    version_command=("version", "--client"),
)
BASIC = (KUBE_APISERVER, KUBE_CONTROLLER_MANAGER, ETCD, HELM[4])
"""What clusters with the NVCF API in them need."""
ALL = (*BASIC, KUBECTL, HELM[3], REGISTRY)


def helm(major: int) -> Path:
    """Return the helm program of that major version."""
    if major not in HELM:
        raise SandboxError(f"no helm {major}; there is {' and '.join(map(str, sorted(HELM)))}")
    return HELM[major].program()
