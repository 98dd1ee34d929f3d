# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A question to which every answer is a refusal: would an image of this registry be accepted? Pure.

The API checks the image's registry before those of other artifacts. So what is asked for needs, beside the image, a
file from a host that no API knows: that refusal proves that the image itself was accepted, and nothing else does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from .._runtime.services import FUNCTIONS, Service
from .responses import EXPLANATIONS, Answer, understand, words
from .transport import Reply
from .workloads_by_host import image_host

Verdict = Literal["accepted", "not_recognized", "credential_missing", "unknown"]

NOWHERE = "probe.invalid"
"""Names that end so belong to no one (RFC 2606)."""
ARTIFACTS: Mapping[str, Any] = {"resources": [{"name": "r", "version": "1", "uri": f"https://{NOWHERE}/r"}]}
"""What makes a question of a request that would create something."""

_ACCEPTED = re.compile(rf"Missing RESOURCE registry for hostname '{re.escape(NOWHERE)}'")
_UNCHECKED = re.compile(r"(Account '[^']*', Task '[^']*': )\1")
"""Said when a task is put together, after a check of registries that let everything pass."""
_HOSTS = re.compile(
    r"Missing CONTAINER registry (?:credential )?for hostname '([^']*)'"
    r"|Unsupported registry hostname (\S+) for registry type CONTAINER"
)

REASONS = {
    "no_image": "there is no image to test: give one with a hostname",
    "not_validated": "the API accepted a request that it must reject: it does not validate "
    "artifacts, so its answer says nothing about registries",
    "no_function": "the account's function limit is reached, and there is no function for which the API could be asked "
    "for a new version: delete functions or raise the limit, then run again",
    "no_gpu": "the tasks API checks the GPU before the image, and none was found: set gpu and instance_type "
    "to names of a registered GPU cluster",
    "other_host": "the API rejected a different host than that of the image",
}
"""Why something is unknown, beside what an answer means."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the question has shown about one image."""

    image: str
    verdict: Verdict
    explanation: str
    """The meaning in a sentence; of what is unknown, why and what to do."""
    status: int = 0
    """0 without an answer."""
    detail: str = ""
    about_all: bool = False
    """Whether the same would be said of any image."""

    @property
    def accepted(self) -> bool | None:
        """None where it is unknown, and where the host is known and only its credential is missing."""
        return {"accepted": True, "not_recognized": False}.get(self.verdict)

    def facts(self) -> dict[str, Any]:
        """For results and reports: `outcome`, `status`, `detail`, `explanation`."""
        facts = {"outcome": self.verdict, "status": self.status, "detail": self.detail}
        return {**facts, "explanation": self.explanation}


def outcome(image: str, reply: Reply, service: Service = FUNCTIONS) -> Outcome:
    """What the answer shows. Whatever is not known to mean something leaves it unknown."""
    answer, reported = understand(reply), words(reply)
    if answer.kind == "accepted" or _UNCHECKED.search(reported):
        return _not_validated(image, answer, service)
    refused = answer.kind in ("not_recognized", "credential_missing")
    if reply.status == 400 and refused:
        found = {host for pair in _HOSTS.findall(reported) for host in pair if host}
        return _known(image, answer) if found == {image_host(image)} else unknown(image, REASONS["other_host"], answer)
    if reply.status == 400 and answer.kind == "other" and _ACCEPTED.search(reported):
        return _known(image, replace(answer, kind="accepted"))
    return unknown(image, EXPLANATIONS["other" if refused else answer.kind], answer)


def unknown(image: str, reason: str, answer: Answer | None = None) -> Outcome:
    """Nothing was shown, for a reason."""
    if answer is None:
        return Outcome(image=image, verdict="unknown", explanation=reason, about_all=True)
    evidence = f"HTTP {answer.status}: {answer.detail}" if answer.detail else f"HTTP {answer.status}"
    return Outcome(
        image=image,
        verdict="unknown",
        explanation=f"{reason} ({evidence})",
        status=answer.status,
        detail=answer.detail,
        about_all=answer.kind not in ("bad_image", "not_recognized", "credential_missing"),
    )


def _not_validated(image: str, answer: Answer, service: Service) -> Outcome:
    """The API lets everything pass."""
    variable = f"{service.prefix}_REGISTRIES_ARTIFACT_VALIDATION_EXCEPTION_HANDLING"
    return unknown(image, f"{REASONS['not_validated']}; see {variable} in its environment", answer)


def _known(image: str, answer: Answer) -> Outcome:
    verdicts: dict[str, Verdict] = {
        "accepted": "accepted",
        "not_recognized": "not_recognized",
        "credential_missing": "credential_missing",
    }
    return Outcome(
        image=image,
        verdict=verdicts[answer.kind],
        explanation=answer.explanation,
        status=answer.status,
        detail=answer.detail,
    )
