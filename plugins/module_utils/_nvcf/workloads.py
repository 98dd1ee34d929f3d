# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the services run: functions and tasks, as their APIs show them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from .._runtime import services


@dataclass(frozen=True, kw_only=True)
class OnImage:
    """What a service runs an image for."""

    id: str
    name: str
    image: str
    """Empty where it has none: a Helm chart's."""
    tags: tuple[str, ...] = ()
    created: datetime | None = None
    """By the API's clock; None where it does not say."""
    noun: ClassVar[str]

    @property
    def ids(self) -> tuple[str, ...]:
        """What it is called by; one that the API lists without has an empty one."""
        return (self.id,)

    @property
    def path(self) -> str:
        """Where it is at the API."""
        raise NotImplementedError

    @property
    def order(self) -> tuple[str, str]:
        """By name, which several may have."""
        return self.name, self.id

    def __str__(self) -> str:
        return f"{self.noun} {self.name} (id {self.id})"

    def facts(self) -> dict[str, str]:
        """For results and reports: `id`, `name`, `image`."""
        return {"id": self.id, "name": self.name, "image": self.image}


@dataclass(frozen=True, kw_only=True)
class Function(OnImage):
    """One version of a function."""

    version_id: str
    noun: ClassVar[str] = services.FUNCTIONS.noun

    @property
    def ids(self) -> tuple[str, ...]:
        """Both are needed."""
        return self.id, self.version_id

    @property
    def path(self) -> str:
        """That of the version."""
        return f"{services.FUNCTIONS.path}/{self.id}/versions/{self.version_id}"

    @property
    def order(self) -> tuple[str, str]:
        """By name, and then by version: all of one function have its id."""
        return self.name, self.version_id

    def __str__(self) -> str:
        return f"{self.noun} {self.name} (id {self.id}, version {self.version_id})"

    def facts(self) -> dict[str, str]:
        """For results and reports: `id`, `version_id`, `name`, `image`."""
        return {"id": self.id, "version_id": self.version_id, "name": self.name, "image": self.image}


@dataclass(frozen=True, kw_only=True)
class Task(OnImage):
    """One task."""

    status: str
    noun: ClassVar[str] = services.TASKS.noun

    @property
    def path(self) -> str:
        """That of the task."""
        return f"{services.TASKS.path}/{self.id}"

    def facts(self) -> dict[str, str]:
        """For results and reports: `id`, `name`, `image`, `status`."""
        return {"id": self.id, "name": self.name, "image": self.image, "status": self.status}
