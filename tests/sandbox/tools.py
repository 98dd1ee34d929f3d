# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which programs the sandbox runs, how they are built, and where the built copies are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import SandboxError
from .paths import HERE, tools_folder

KUBERNETES = "1.37.2"
KUBERNETES_MODULE = HERE / "kubernetes"
VERSION_PACKAGE = "k8s.io/component-base/version"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """Programs that are built together, from one version, into one folder of the cache."""

    name: str
    version: str
    packages: tuple[str, ...]
    """Go packages; each becomes a program. With `module` they are resolved by its go.mod, else by `version`."""
    programs: tuple[str, ...]
    purpose: str
    minutes: int
    """Roughly how long the build takes on two cores with nothing cached."""
    module: Path | None = None
    variables: tuple[tuple[str, str], ...] = ()
    """Go string variables to set, such as the version that the program tells."""

    @property
    def folder(self) -> Path:
        """The folder that appears, complete, when the tool has been built."""
        return tools_folder() / f"{self.name}-{self.version}"

    @property
    def built(self) -> bool:
        """Whether the programs can be used."""
        return self.folder.is_dir()

    def program(self, name: str | None = None) -> Path:
        """Return one program, the only one by default; SandboxError with the cure when it has not been built."""
        path = self.folder / (name or self.programs[0])
        if not path.exists():
            raise SandboxError(f"{self.name} {self.version} is not built yet (no {path}); run the `build` command")
        return path


# helm compares the API server's version with what a chart asks for, so the server has to know its own.
KUBERNETES_TOOL = Tool(
    name="kubernetes",
    version=KUBERNETES,
    packages=("k8s.io/kubernetes/cmd/kube-apiserver", "k8s.io/kubernetes/cmd/kube-controller-manager"),
    programs=("kube-apiserver", "kube-controller-manager"),
    purpose="API server and controllers of the clusters",
    minutes=7,
    module=KUBERNETES_MODULE,
    variables=(
        (f"{VERSION_PACKAGE}.gitVersion", f"v{KUBERNETES}"),
        (f"{VERSION_PACKAGE}.gitMajor", KUBERNETES.split(".", maxsplit=1)[0]),
        (f"{VERSION_PACKAGE}.gitMinor", KUBERNETES.split(".")[1]),
    ),
)
ETCD = Tool(
    name="etcd",
    version="3.7.3",
    packages=("go.etcd.io/etcd/server/v3",),
    programs=("etcd",),
    purpose="storage of the clusters",
    minutes=1,
    module=KUBERNETES_MODULE,
)
REGISTRY = Tool(
    name="registry",
    version="3.1.2",
    packages=("github.com/distribution/distribution/v3/cmd/registry",),
    programs=("registry",),
    purpose="OCI registry for charts",
    minutes=1,
)


def _helm(version: str) -> Tool:
    major = version.split(".", maxsplit=1)[0]
    return Tool(
        name="helm",
        version=version,
        packages=(f"helm.sh/helm/v{major}/cmd/helm",),
        programs=("helm",),
        purpose=f"helm {major}",
        minutes=2,
        variables=((f"helm.sh/helm/v{major}/internal/version.version", f"v{version}"),),
    )


HELM = {4: _helm("4.3.1"), 3: _helm("3.22.0")}
ALL = (KUBERNETES_TOOL, ETCD, *HELM.values(), REGISTRY)


def helm(major: int) -> Path:
    """Return the helm program of that major version."""
    if major not in HELM:
        raise SandboxError(f"no helm {major}; there is {' and '.join(map(str, sorted(HELM)))}")
    return HELM[major].program()
