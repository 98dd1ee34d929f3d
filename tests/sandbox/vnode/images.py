# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which images can be pulled, and what the container runtime says about the others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

DEFAULT_HOST = "docker.io"


@dataclass(frozen=True)
class Image:
    """An image reference as written in a pod."""

    reference: str

    @property
    def host(self) -> str:
        """The registry, with its port if any; the default one when the reference names none."""
        first, separator, _unused = self.reference.partition("/")
        named = separator and ("." in first or ":" in first or first == "localhost")
        return first if named else DEFAULT_HOST

    @property
    def name(self) -> str:
        """The last path component without tag and digest: what the container runs is chosen by it."""
        return self.reference.partition("@")[0].rpartition("/")[2].partition(":")[0]

    @property
    def manifest_url(self) -> str:
        """Where the runtime looks first."""
        path, _unused, digest = self.reference.removeprefix(f"{self.host}/").partition("@")
        repository, _unused, tag = path.partition(":")
        return f"https://{self.host}/v2/{repository}/manifests/{digest or tag or 'latest'}"

    def pull_failure(self, refused_hosts: Collection[str]) -> str | None:
        """Return the runtime's message when the image cannot be pulled."""
        if self.host.partition(":")[0].endswith(".invalid"):
            cause = f'failed to do request: Head "{self.manifest_url}": dial tcp: lookup {self.host}: no such host'
        elif self.host in refused_hosts:
            cause = (
                "pull access denied, repository does not exist or may require authorization: "
                "authorization failed: no basic auth credentials"
            )
        else:
            return None
        quoted = f'"{self.reference}"'
        return f"failed to pull and unpack image {quoted}: failed to resolve reference {quoted}: {cause}"
