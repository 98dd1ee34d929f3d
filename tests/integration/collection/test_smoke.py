# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A smoke test on a real control plane, through both clients: what it creates, deletes, and leaves when it is ended.

What it says about each answer of the API is in `test_function_smoke_test_words.py`, a unit test.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.bodies import TAG
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.port_forward import ForwardedService
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.trial import PREFIX
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfApiError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import ANSIBLE_PLAYBOOK, environment
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, IMAGE, World
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually, brought_up
from ansible_collections.fleetops.nvcf.tests.sandbox import nvcf_cli
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.install import API_KEYS
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.tokens import mint
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_cli.record import digest


@pytest.fixture(scope="module")
def standing(tools: None) -> Iterator[World]:  # noqa: ARG001 it has to come first
    """One installation in the namespace that the gateway leads to; nothing here changes the release."""
    with brought_up("-smoke") as box:
        cluster = box.cluster("east-1")
        cluster.behave(ready_seconds=0.2, start_seconds=0.2, stop_seconds=0.1, job_seconds=0.1)
        cluster.install_api()
        world = World(cluster=cluster, helm=4, namespace="nvcf", chart=API_CHART)
        world.registries(GHCR)
        world.roll_out()
        yield world


def state(cluster: Cluster) -> Path:
    """Where the stand-in API keeps its data and the key of its tokens."""
    return cluster.nvcf_folder


@pytest.fixture(params=["api", pytest.param("nvcf_cli", marks=pytest.mark.nightly)])
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


def test_an_accepted_function_is_taken_back(standing: World, client: dict[str, Any]) -> None:
    for _unused in range(6):  # more than the account may have
        told = standing.try_image(**client)
        assert told["outcome"] == "accepted"
        assert told["function"]["version_id"]


def test_a_deletion_counts_when_the_function_is_gone_whatever_it_was_answered(
    standing: World, client: dict[str, Any]
) -> None:
    with standing.cluster.behaving(delete_answers="500_but_gone"):
        assert standing.try_image(**client)["outcome"] == "accepted"


def test_an_api_that_is_away_for_a_moment_is_asked_again(standing: World, eventually: Eventually) -> None:
    failing = {"GET /v2/nvcf/functions": 503}
    with ThreadPoolExecutor() as pool, standing.cluster.behaving(fail_requests=failing):
        tested = pool.submit(standing.try_image)
        eventually(lambda: "GET /v2/nvcf/functions 503" in log(standing), "the API was away when it was asked")
        standing.cluster.behave(fail_requests={})
        assert tested.result()["outcome"] == "accepted"


def log(world: World) -> str:
    """That of the API's pod."""
    pod = world.pods()[0]["metadata"]["name"]
    return world.cluster.api.text(f"/api/v1/namespaces/{world.namespace}/pods/{pod}/log")


def test_a_control_plane_without_a_token_issuer_is_told(standing: World) -> None:
    with pytest.raises(NvcfApiError) as caught:
        standing.try_image(api_keys_service="absent")
    assert caught.value.result()["msg"] == (
        "cluster east-1: there is no Service api-keys/absent that issues tokens. Set api_keys_namespace and "
        "api_keys_service, or set a token."
    )


def test_a_token_issuer_that_gives_no_token_is_told(standing: World) -> None:
    with standing.cluster.behaving(fail_requests={"POST /v1/admin/keys": 500}), pytest.raises(NvcfApiError) as caught:
        standing.try_image()
    assert re.fullmatch(
        r"cluster east-1: the token issuer at pod api-keys/\S+ port 8080 returned no token: the API is not ready or a "
        r"service behind it is down: check its pods and its log \(HTTP 500: Injected failure 500\)\. Set token or "
        r"token_file\.",
        caught.value.result()["msg"],
    )


def test_a_token_issuer_that_is_just_starting_is_waited_for(standing: World) -> None:
    pods = f"/api/v1/namespaces/{API_KEYS}/pods"
    with standing.cluster.behaving(ready_seconds=3, cold_tokens=2):
        standing.cluster.api.delete(pods)
        assert standing.try_image()["outcome"] == "accepted"
    [pod] = [pod for pod in standing.cluster.api.get(pods)["items"] if "deletionTimestamp" not in pod["metadata"]]
    log = standing.cluster.api.text(f"{pods}/{pod['metadata']['name']}/log")
    assert re.findall(r"POST /v1/admin/keys (\d+)", log)[:3] == ["503", "503", "200"]


def test_a_pod_that_has_vanished_is_told(standing: World) -> None:
    with (
        connect(
            ConnectionOptions(kubeconfig=str(standing.cluster.kubeconfig), context=standing.cluster.context)
        ) as cluster,
        pytest.raises(NvcfApiError) as caught,
    ):
        ForwardedService(cluster, namespace="nvcf", pod="gone", port=8080, timeout=9).send("GET", "/", headers={})
    assert caught.value.result()["msg"] == (
        "port-forward to pod nvcf/gone port 8080 failed: the pod no longer exists. Run again."
    )


def test_what_killed_tests_have_left_is_removed(standing: World, client: dict[str, Any]) -> None:
    store = Store(state(standing.cluster))
    # The operator's client sets no tag, and a list may hold what has no version.
    rows: list[dict[str, Any]] = [
        {"id": "by-name", "name": "fleetops-nvcf-smoke-1700000000-abcd"},
        {"id": "by-tag", "name": "renamed", "tags": [TAG], "createdAt": "2023-11-14T00:00:00Z"},
        {"id": "somebody-elses", "name": "mine", "createdAt": "2023-11-14T00:00:00Z"},
    ]
    for row in rows:
        store.save({**row, "versionId": f"version-of-{row['id']}", "containerImage": IMAGE})
    removed = standing.try_image(**client)["leftovers_removed"]
    assert [function["id"] for function in removed] == ["by-name", "by-tag"]
    assert store.delete("somebody-elses", "version-of-somebody-elses")
    assert store.functions() == []


@pytest.mark.parametrize("program", ["api", pytest.param("nvcf_cli", marks=pytest.mark.nightly)])
def test_an_interrupted_test_leaves_no_function(
    standing: World, tmp_path: Path, eventually: Eventually, program: str
) -> None:
    where = {k: standing.options()[k] for k in ("kubeconfig", "context", "release", "namespace")}
    module = {**where, "image": IMAGE, "client": program, "cli_binary": str(nvcf_cli.install(tmp_path))}
    tasks = [{"name": "Try", "fleetops.nvcf.function_smoke_test": module}]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    play["vars"] = {"ansible_python_interpreter": sys.executable}
    book = tmp_path / "play.json"
    book.write_text(json.dumps([play]), encoding="utf-8")
    store = Store(state(standing.cluster))
    held, answered = (log(standing).count(text) for text in ("held", "POST /v2/nvcf/functions 200"))
    with (
        standing.cluster.behaving(hold_requests={"POST /v2/nvcf/functions": 2}),
        (tmp_path / "log").open("wb") as output,
        subprocess.Popen([ANSIBLE_PLAYBOOK, book], env=environment(), stdout=output, stderr=output) as running,
    ):
        eventually(lambda: log(standing).count("held") > held, "a creation that is being answered")
        running.send_signal(signal.SIGTERM)
    assert running.returncode != 0
    made = f"{PREFIX}-"
    eventually(lambda: log(standing).count("POST /v2/nvcf/functions 200") > answered, "the creation was answered")
    eventually(lambda: not [it for it in store.functions() if it["name"].startswith(made)], "the function is gone")


def test_the_operators_client_has_a_home_of_its_own_and_never_meets_the_hosted_service(
    standing: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, token = tmp_path / "record", mint(state(standing.cluster))
    monkeypatch.setenv("FAKE_CLI_RECORD", str(record))
    monkeypatch.setenv("NVCF_BASE_HTTP_URL", "https://hosted.example")
    monkeypatch.setenv("NVCF_API_KEY", "the-operators-own")
    monkeypatch.setenv("API_HOST", "the-operators-own")
    program = str(nvcf_cli.install(tmp_path))
    gateway, host = standing.cluster.gateway, f"api.{standing.cluster.domain}"
    told = standing.try_image(client="nvcf_cli", cli_binary=program, api_url=gateway, api_host_header=host, token=token)
    create, delete = (json.loads(line) for line in record.read_text(encoding="utf-8").splitlines())
    made = told["function"]
    config = ["--config", f"{create['home']}/nvcf-cli.yaml"]
    assert create["argv"] == [
        *(*config, "function", "create", "--name", made["name"], "--image", IMAGE),
        *("--inference-url", "/health", "--inference-port", "8080", "--health-uri", "/health"),
        *("--health-timeout", "PT30S"),
    ]
    assert delete["argv"] == [*config, "function", "delete", made["id"], made["version_id"]]
    for call in (create, delete):
        url = call["env"].pop("NVCF_BASE_HTTP_URL")
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url), "the relay, which knows the certificate options"
        assert call["env"] == {"NO_COLOR": "1", "NVCF_TOKEN": digest(token)}
        assert Path(call["home"]) != Path.home()
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


def test_a_function_that_can_not_be_deleted_is_a_warning_and_removed_by_a_later_test(
    standing: World, client: dict[str, Any]
) -> None:
    standing.warned.clear()
    with standing.cluster.behaving(delete_answers="500"):
        told = standing.try_image(**client)
    [left] = told["leftovers_remaining"]
    assert told["outcome"] == "accepted"
    assert f"(id {left['id']}, version {left['version_id']}) could not be deleted" in standing.warned[0]
    assert Store(state(standing.cluster)).delete(left["id"], left["version_id"])


def test_a_pod_that_is_evicted_in_the_middle_of_a_test_is_followed_by_another(
    standing: World, eventually: Eventually
) -> None:
    [pod] = [pod["metadata"]["name"] for pod in standing.pods()]
    held = log(standing).count("held")
    with ThreadPoolExecutor() as pool, standing.cluster.behaving(hold_requests={"POST /v2/nvcf/functions": 60}):
        tested = pool.submit(standing.try_image)
        eventually(lambda: log(standing).count("held") > held, "a creation that is being answered")
        standing.cluster.behave(hold_requests={})
        standing.cluster.api.delete(f"/api/v1/namespaces/{standing.namespace}/pods/{pod}")
        assert tested.result()["outcome"] == "accepted"
    assert [it for it in Store(state(standing.cluster)).functions() if it["name"].startswith(PREFIX)] == []
    standing.roll_out()
