# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the body of a create request must look like."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.bodies import Unreadable, function_fields

HEALTH = {"protocol": "HTTP", "uri": "/health", "port": 8080, "timeout": "PT30S", "expectedStatusCode": 200}
BODY = {
    "name": "allow-1_A",
    "inferenceUrl": "/predict",
    "inferencePort": 8080,
    "containerImage": "reg.test/x:1",
    "health": HEALTH,
    "tags": ["a:b=c-d_1"],
    "description": "words",
}


def test_a_complete_body_is_passed_on_without_what_is_unknown() -> None:
    assert function_fields(BODY | {"unknown": 1}) == BODY


def test_only_name_url_and_image_are_required() -> None:
    least = {"name": "a", "inferenceUrl": "/", "containerImage": "reg.test/x"}
    assert function_fields(least) == {**least, "tags": []}


@pytest.mark.parametrize(
    "change,field",
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "-a"}, "name"),
        ({"name": "a.b"}, "name"),
        ({"name": "a\n"}, "name"),
        ({"name": "a" * 129}, "name"),
        ({"inferenceUrl": " "}, "inferenceUrl"),
        ({"containerImage": None}, "containerImage"),
        ({"inferencePort": 0}, "inferencePort"),
        ({"tags": ["a b"]}, "tags"),
        *(({"health": HEALTH | {name: None}}, f"health.{name}") for name in HEALTH),
    ],
)
def test_a_violated_rule_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=f"^Invalid request content: {field}: [^;]*$"):
        function_fields(BODY | change)


def test_a_name_may_have_128_characters() -> None:
    assert function_fields(BODY | {"name": "a" * 128})["name"] == "a" * 128


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        BODY | {"name": 1},
        BODY | {"inferencePort": "8080"},
        BODY | {"inferencePort": True},
        BODY | {"tags": "a"},
        BODY | {"tags": [1]},
        BODY | {"health": []},
        BODY | {"health": HEALTH | {"timeout": "30s"}},
        BODY | {"health": HEALTH | {"timeout": "PT"}},
        BODY | {"health": HEALTH | {"timeout": "P"}},
        BODY | {"health": HEALTH | {"port": "8080"}},
    ],
)
def test_a_value_of_the_wrong_type_cannot_be_read(body: object) -> None:
    with pytest.raises(Unreadable):
        function_fields(body)


@pytest.mark.parametrize("timeout", ["PT30S", "PT1M30S", "P1D", "P1DT2H", "PT0.5S"])
def test_durations_are_iso_8601(timeout: str) -> None:
    assert function_fields(BODY | {"health": HEALTH | {"timeout": timeout}})["health"]["timeout"] == timeout
