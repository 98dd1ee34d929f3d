# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The marks that Argo CD puts on the objects that it deploys. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TRACKING_ID = "argocd.argoproj.io/tracking-id"
_INSTANCE = "argocd.argoproj.io/instance"
_LABEL = "app.kubernetes.io/instance"
_MANAGER = "argocd-"
"""What its programs call themselves to the API server begins with it."""


def application_of(item: Mapping[str, Any]) -> str:
    """The Application that deploys an object, `name` or `namespace/name`; empty where no mark of one is on it.

    A tracking id that names another object was copied from it, and Argo CD ignores it too. The label that other tools
    set as well counts only where Argo CD has written the object.
    """
    metadata = item.get("metadata") or {}
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    found, _colon, place = str(annotations.get(TRACKING_ID) or "").partition(":")
    if found and place != f"apps/Deployment:{metadata.get('namespace')}/{metadata.get('name')}":
        found = ""
    found = found or str(labels.get(_INSTANCE) or annotations.get(_INSTANCE) or "")
    written = any(str(entry.get("manager")).startswith(_MANAGER) for entry in metadata.get("managedFields") or ())
    if not found and written:
        found = str(labels.get(_LABEL) or "")
    # Names have no underscore: one stands between the namespace and the name of an Application outside of Argo CD's.
    return found.replace("_", "/", 1)
