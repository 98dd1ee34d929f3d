# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of the APIs. Pure."""

from __future__ import annotations

from typing import Any

from .gpus import Gpu

TAG = "fleetops-nvcf-smoke-test"
DESCRIPTION = "Created and deleted by a check of recognized registries."


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


def task_body(name: str, image: str, gpu: Gpu) -> dict[str, Any]:
    """A task without results: those would be uploaded to NGC, which the API asks first."""
    kind = {"instanceType": gpu.instance_type} if gpu.instance_type else {}
    return {
        "name": name,
        "containerImage": image,
        "gpuSpecification": {"gpu": gpu.name, **kind},
        "resultHandlingStrategy": "NONE",
        "maxQueuedDuration": "PT10M",
        "maxRuntimeDuration": "PT1H",
        "tags": [TAG],
        "description": DESCRIPTION,
    }
