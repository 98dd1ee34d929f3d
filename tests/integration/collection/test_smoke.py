# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a smoke test tells about each answer of the API, through both clients."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import NvcfApiError
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, World
from ansible_collections.fleetops.nvcf.tests.sandbox import nvcf_cli
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.tokens import mint
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox


@pytest.fixture(scope="module")
def standing(sandbox: Sandbox) -> World:
    """One installation in the namespace that the gateway leads to; nothing here changes the release."""
    cluster = sandbox.cluster("east-2")
    cluster.behave(ready_seconds=0.2, start_seconds=0.2, stop_seconds=0.1, job_seconds=0.1)
    cluster.install_api()
    world = World(cluster=cluster, helm=4, namespace="nvcf", chart=API_CHART)
    world.registries(GHCR)
    world.roll_out()
    return world


def state(cluster: Cluster) -> Path:
    """Where the stand-in API keeps its data and the key of its tokens."""
    return cluster.folder / "nvcf"


@pytest.fixture(params=["api", "nvcf_cli"])
def client(request: pytest.FixtureRequest, standing: World, tmp_path: Path) -> dict[str, Any]:
    """The options that choose a client."""
    if request.param == "api":
        return {"client": "api"}
    return {
        "client": "nvcf_cli",
        "cli_binary": str(nvcf_cli.install(tmp_path)),
        "api_url": standing.cluster.gateway,
        "api_host_header": f"api.{standing.cluster.domain}",
    }


GENERATIONS = [
    pytest.param({"messages": messages, "problem_form": form}, id=f"{messages}-{form}")
    for messages in ("current", "documented")
    for form in ("problem", "kaizen", "request_status")
]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_host_that_is_not_recognised_is_understood_in_every_form(
    standing: World, client: dict[str, Any], generation: dict[str, str]
) -> None:
    with standing.cluster.behaving(**generation):
        told = standing.try_image("unknown.example/app:1", expect="rejected", **client)
    assert (told["outcome"], told["status"]) == ("not_recognized", 400)


def test_an_accepted_function_is_taken_back(standing: World, client: dict[str, Any]) -> None:
    for _unused in range(6):  # more than the account may have
        told = standing.try_image(**client)
        assert told["outcome"] == "accepted"
        assert told["function"]["version_id"]


@pytest.mark.parametrize("answers", ["204", "500_but_gone"])
def test_a_deletion_counts_when_the_function_is_gone_whatever_it_was_answered(
    standing: World, client: dict[str, Any], answers: str
) -> None:
    with standing.cluster.behaving(delete_answers=answers):
        assert standing.try_image(**client)["outcome"] == "accepted"


def test_a_built_in_registry_without_a_credential_is_no_matter_of_allowlisting(
    standing: World, client: dict[str, Any]
) -> None:
    with pytest.raises(NvcfApiError, match="that is no matter of allowlisting: register a credential") as caught:
        standing.try_image("docker.io/library/busybox:1", **client)
    assert caught.value.facts["outcome"] == "credential_missing"


def test_a_full_quota_is_told_as_such_and_not_as_a_refusal(standing: World, client: dict[str, Any]) -> None:
    with standing.cluster.behaving(quota=0):
        with pytest.raises(NvcfApiError, match="function limit is reached") as caught:
            standing.try_image("unknown.example/app:1", expect="rejected", **client)
        assert caught.value.facts["outcome"] == "quota"
        told = standing.try_image(**client, on_quota="recognized")
        assert (told["outcome"], told["recognized"]) == ("quota", True)
        with pytest.raises(NvcfApiError, match=r"the API's own list does not hold unknown\.example"):
            standing.try_image("unknown.example/app:1", **client, on_quota="recognized")


def test_an_image_that_the_api_can_not_read_is_told(standing: World, client: dict[str, Any]) -> None:
    with pytest.raises(NvcfApiError, match="can't read the image reference"):
        standing.try_image("10.0.0.5:5000/app:1", **client)


TOKENS = [
    pytest.param({"lifetime": timedelta(hours=-1)}, "the token is refused", id="expired"),
    pytest.param({"scopes": ["list_functions"]}, "the token lacks a scope", id="too-little"),
]


@pytest.mark.parametrize("token, told", TOKENS)
def test_a_token_that_will_not_do_is_told_and_not_shown(
    standing: World, client: dict[str, Any], token: dict[str, Any], told: str
) -> None:
    text = mint(state(standing.cluster), **token)
    with pytest.raises(NvcfApiError, match=told) as caught:
        standing.try_image(**client, token=text)
    assert text not in json.dumps(caught.value.result())


def test_an_account_that_is_not_bootstrapped_is_told(standing: World, client: dict[str, Any]) -> None:
    with (
        standing.cluster.behaving(account_bootstrapped="no"),
        pytest.raises(NvcfApiError, match="has no account for this token's client yet"),
    ):
        standing.try_image(**client)


def test_an_api_that_is_down_is_told(standing: World, client: dict[str, Any]) -> None:
    with (
        standing.cluster.behaving(fail_requests={"POST /v2/nvcf/functions": 503}),
        pytest.raises(NvcfApiError, match="is not ready or a service behind it is down"),
    ):
        standing.try_image(**client)


def test_the_operators_client_has_a_home_of_its_own_and_never_meets_the_hosted_service(
    standing: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "record"
    monkeypatch.setenv("FAKE_CLI_RECORD", str(record))
    monkeypatch.setenv("NVCF_BASE_HTTP_URL", "https://hosted.example")
    monkeypatch.setenv("NVCF_API_KEY", "the-operators-own")
    program = str(nvcf_cli.install(tmp_path))
    gateway, host = standing.cluster.gateway, f"api.{standing.cluster.domain}"
    standing.try_image(client="nvcf_cli", cli_binary=program, api_url=gateway, api_host_header=host)
    create, delete = (json.loads(line) for line in record.read_text(encoding="utf-8").splitlines())
    assert create["argv"][2:4] == ["function", "create"]
    assert delete["argv"][2:4] == ["function", "delete"]
    assert len(delete["argv"]) == 6, "both ids are given"
    for call in (create, delete):
        assert call["env"]["NVCF_BASE_HTTP_URL"] == gateway
        assert "NVCF_API_KEY" not in call["env"]
        assert not Path(call["home"]).exists(), "it was private, and is gone"


def test_the_operators_client_needs_no_route_to_the_api(
    standing: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "record"
    monkeypatch.setenv("FAKE_CLI_RECORD", str(record))
    program = str(nvcf_cli.install(tmp_path))
    rejected = standing.try_image("unknown.example/app:1", client="nvcf_cli", cli_binary=program, expect="rejected")
    assert rejected["outcome"] == "not_recognized"
    assert standing.try_image(client="nvcf_cli", cli_binary=program)["outcome"] == "accepted"
    assert len(record.read_text(encoding="utf-8").splitlines()) == 3, "a refused creation, a creation and a deletion"
