# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Named moments of a run: the n-th request of a kind after another moment has passed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ansible_collections.fleetops.nvcf.tests.faults.proxy import Request


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A request that comes in every run at the same place."""

    name: str
    pattern: str
    """A regular expression for `collection GET /path?query`, or `helm ...`."""
    body: str = ""
    """A regular expression for something in its body; helm's words for a revision's state stand there as they are."""
    nth: int = 1
    after: Moment | None = None
    """What has to have come before; counting begins there."""

    def matches(self, request: Request) -> bool:
        """Whether the request is of this kind, whenever it comes."""
        who = "helm" if request.by_helm else "collection"
        line = f"{who} {request.method} {request.target}"
        return bool(re.search(self.pattern, line) and re.search(self.body.encode(), request.body))

    def since(self, after: Moment, name: str = "", nth: int = 1) -> Moment:
        """The same kind of request, the n-th one after another moment."""
        return replace(self, name=name or f"{self.name}, after: {after.name}", nth=nth, after=after)


class Watch:
    """Notices when a moment comes."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._before = Watch(moment.after) if moment.after else None
        self._count = 0
        self.passed = False

    def sees(self, request: Request) -> bool:
        """Whether this request is the moment. Shown every request once, in the order of arrival."""
        if self._before and not self._before.passed:
            self._before.sees(request)
            return False
        if self.passed or not self._moment.matches(request):
            return False
        self._count += 1
        self.passed = self._count == self._moment.nth
        return self.passed


def moment(name: str, pattern: str, body: str = "") -> Moment:
    """The first request of a kind."""
    return Moment(name=name, pattern=pattern, body=body)


# What the collection reads
HISTORY = moment("history", r"^collection GET .*/secrets\?labelSelector=owner")
REVISION = moment("revision", r"^collection GET .*/secrets/sh\.helm\.release")
DEPLOYMENT = moment("Deployment", r"^collection GET .*/deployments/")
CONFIG_MAP = moment("ConfigMap", r"^collection GET .*/configmaps/")
REPLICA_SETS = moment("ReplicaSets", r"^collection GET .*/replicasets\?")
PODS = moment("pods", r"^collection GET .*/namespaces/nvcf-\d+/pods\?((?!watch=).)*$")
WATCH = moment("watch on pods", r"^collection GET .*/pods\?.*watch=")
ISSUER = moment("token issuer's Service", r"^collection GET .*/services/")
ISSUER_PODS = moment("token issuer's pods", r"^collection GET .*/namespaces/api-keys/pods\?")
ISSUER_CONNECT = moment(
    "port-forward to the token issuer", r"^collection GET .*/namespaces/api-keys/pods/.*/portforward"
)
API_CONNECT = moment("port-forward to the API", r"^collection GET .*/namespaces/nvcf-\d+/pods/.*/portforward")
# What it writes
RESTORE_MAP = moment("ConfigMap is patched", r"^collection PATCH .*/configmaps/")
RESTART = moment("Deployment is restarted", r"^collection PATCH .*/deployments/")

# What helm does
ASKS_VERSION = moment("helm asks the server's version", r"^helm GET /version")
HELM_LIST = moment("helm lists the revisions", r"^helm GET .*/secrets\?labelSelector=name")
STORES = moment("helm stores its revision", r"^helm POST .*/secrets(\?|$)")
STORES_UPGRADE = moment("helm stores its revision", r"^helm POST .*/secrets(\?|$)", "pending-upgrade")
STORES_ROLLBACK = moment("the rollback stores its revision", r"^helm POST .*/secrets(\?|$)", "pending-rollback")
HELM_MAP = moment("helm changes the ConfigMap", r"^helm PATCH .*/configmaps/")
HELM_DEPLOYMENT = moment("helm changes the Deployment", r"^helm PATCH .*/deployments/")
HELM_JOB = moment("helm starts its hook", r"^helm (PATCH|POST) .*/jobs")
HELM_WAITS = moment("helm waits for its hook", r"^helm GET .*/jobs\?.*watch=")
SUPERSEDES = moment(
    "helm marks the former revision superseded", r"^helm PUT .*/secrets/sh\.helm", r"status\W+superseded"
)
DEPLOYED = moment("helm marks its revision deployed", r"^helm PUT .*/secrets/sh\.helm", r"status\W+deployed")
FAILED = moment("helm marks its revision failed", r"^helm PUT .*/secrets/sh\.helm", r"status\W+failed")

# Phases of `add`
FIRST_LOOK = replace(HISTORY, name="first look: history")
SECOND_LOOK = replace(HISTORY, name="apply: history", nth=2)
LAST_LOOK = HISTORY.since(ASKS_VERSION, "apply: history, before the write")
AFTER_HELM = HISTORY.since(DEPLOYED, "apply: history, after the write")
AFTER_FAILURE = HISTORY.since(FAILED, "apply: history, after helm has failed")
ROLLOUT = HISTORY.since(DEPLOYED, "rollout: history", nth=2)
WAY_BACK = HISTORY.since(FAILED, "way back: history", nth=2)
