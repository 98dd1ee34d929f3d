# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of the APIs. Pure."""

from __future__ import annotations

from typing import Any

TAG = "fleetops-nvcf-smoke-test"
DESCRIPTION = "Created and deleted by a check of recognised registries."


def function_body(name: str, image: str) -> dict[str, Any]:
    """A function that answers nothing; nothing is pulled or deployed by its creation."""
    return {
        "name": name,
        "inferenceUrl": "/health",
        "inferencePort": 8080,
        "containerImage": image,
        "health": {
            "protocol": "HTTP",
            "uri": "/health",
            "port": 8080,
            "timeout": "PT30S",
            "expectedStatusCode": 200,
        },
        "tags": [TAG],
        "description": DESCRIPTION,
    }
