# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one exception family of the collection.

Every refusal and every failure that a person will read is an `NvcfError`. The message is prose; what a program may want
to look at travels beside it as `facts` and ends up next to `msg` in the task's result.
"""

from __future__ import annotations

from typing import Any


class NvcfError(Exception):
    """Something that stops the operation, reported so that the reader knows what to do next.

    `facts` are plain JSON-able values and never hold a secret. `cluster` is filled in by the caller that knows it.
    """

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts = facts
        self.cluster: str | None = None
        self.more = ""
        """What a caller that knows more adds at its end, in whole sentences."""

    @property
    def silent(self) -> bool:
        """Whether this means that the cluster did not answer, so that nothing is known about it."""
        return False

    def result(self) -> dict[str, Any]:
        """What the failed task returns, without `failed` itself."""
        where = f"cluster {self.cluster}: " if self.cluster else ""
        # Ansible's own `unreachable` would keep a role from its rescue.
        reported = str(self).rstrip()
        stop = "" if reported.endswith((".", "!", "?")) else "."
        msg = f"{where}{reported}{stop} {self.more}".rstrip()
        known = {"cluster": self.cluster} if self.cluster else {}
        return {**known, **self.facts, **({"no_answer": True} if self.silent else {}), "msg": msg}


class InputError(NvcfError):
    """An option's value cannot be right, whatever the cluster holds."""


class ConnectionOptionsError(NvcfError):
    """The connection options do not lead to a cluster."""

    @property
    def silent(self) -> bool:
        return True


class KubernetesError(NvcfError):
    """The Kubernetes API answered with an error, or not at all. `status` is 0 when there was no answer."""

    def __init__(self, message: str, *, status: int, reason: str = "", **facts: Any) -> None:
        super().__init__(message, **facts)
        self.status = status
        self.reason = reason
        self.words = ""
        """What the API server itself said."""

    @property
    def silent(self) -> bool:
        return self.status == 0


class ReleaseError(NvcfError):
    """Helm's stored release is absent, undecodable or in a state that does not allow the operation."""


class AbsentError(ReleaseError):
    """There is no such release, and nothing that could be it under another name or by another tool."""


class ArgoCdError(ReleaseError):
    """There is no release, because Argo CD deploys the service without one."""

    def __init__(self, message: str, *, application: str, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.application = application


class PlanError(NvcfError):
    """What is wanted contradicts what the release holds."""


class HelmError(NvcfError):
    """The helm program is missing, too old, or failed."""

    locked = False
    """True when helm refused because another helm is running on the release: this one has written nothing then."""


class RolloutError(NvcfError):
    """The API's pods did not become what the release says."""


class NvcfApiError(NvcfError):
    """The NVCF API could not be asked or gave an answer that ends the operation."""


class NoAnswerError(NvcfApiError):
    """The NVCF API gave no answer.

    `sent` shows whether it may have got the request and acted on it anyway, `lasting` that asking again cannot
    help.
    """

    def __init__(self, message: str, *, sent: bool, lasting: bool = False, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.sent = sent
        self.lasting = lasting


class UnforeseenError(NvcfError):
    """Something happened that this collection was not written for: its own fault, or the end of a task's time."""


class FindingsError(NvcfError):
    """An audit found what its caller wants to fail on; all that it found is in the facts."""
