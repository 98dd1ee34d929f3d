# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the next sync of the stack would drop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.deployer_values import OnTop, on_top
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import read_history, read_release
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import held
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.values import fragment, read_env
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, serving

SYNCED, ADDED, BACK = "Upgrade complete", "fleetops.nvcf: add GHCR=ghcr.io", "Rollback to 2"


def told(*revisions: tuple[str, dict[str, str]], stack_values: Path | None = None) -> tuple[str | None, list[str]]:
    """The basis and the keys, for a history of descriptions and environments, oldest first."""
    documents = [
        stored_release(
            {"api": {"env": env}},
            revision=number,
            info={"status": "deployed" if number == len(revisions) else "superseded", "description": description},
        )
        for number, (description, env) in enumerate(revisions, 1)
    ]
    with serving(KubernetesFake(stored(*documents))) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        history = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")
        release = read_release(cluster, history, len(revisions))
        found = on_top(cluster, history, release, str(stack_values) if stack_values else None)
    return found.basis, [registry.key for registry in found.registries]


def values_file(folder: Path, content: Any) -> Path:
    path = folder / "values.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def test_what_was_added_since_the_last_sync_is_dropped_by_the_next() -> None:
    history = (SYNCED, env_of(QUAY)), (ADDED, env_of(QUAY, GHCR)), (ADDED, env_of(QUAY, GHCR))
    assert told(*history) == ("revision 1", ["GHCR"])


def test_what_the_next_sync_drops_is_told_with_how_that_is_known() -> None:
    found = OnTop(registries=held(env_of(GHCR), FUNCTIONS), basis="revision 1")
    assert found.facts() == {"basis": "revision 1", "registries": [GHCR]}


def test_a_rollback_does_not_make_its_revision_the_stacks() -> None:
    back = told((SYNCED, {}), (ADDED, env_of(GHCR)), (ADDED, env_of(GHCR, QUAY)), (BACK, env_of(GHCR)))
    assert back == ("revision 1", ["GHCR"])


def test_a_sync_that_holds_everything_drops_nothing() -> None:
    assert told((SYNCED, {}), (ADDED, env_of(GHCR)), (SYNCED, env_of(GHCR))) == ("revision 3", [])


def test_a_failed_sync_says_nothing_about_the_stack() -> None:
    failed = stored_release({"api": {"env": env_of(GHCR)}}, revision=2, info={"status": "failed"})
    deployed = stored_release(
        {"api": {"env": env_of(GHCR)}}, revision=3, info={"status": "deployed", "description": ADDED}
    )
    first = stored_release({}, revision=1, info={"status": "superseded", "description": SYNCED})
    fake = KubernetesFake(stored(first, failed, deployed))
    with serving(fake) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        history = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")
        assert on_top(cluster, history, read_release(cluster, history, 3), None).basis == "revision 1"


def test_a_revision_that_can_not_be_read_is_nothing_to_compare_with() -> None:
    was = {"status": "superseded", "description": SYNCED}
    damaged = stored_release({}, revision=2, info=was, config={"api": "canary"})
    first = stored_release({}, revision=1, info={"status": "superseded", "description": SYNCED})
    deployed = stored_release(
        {"api": {"env": env_of(GHCR)}}, revision=3, info={"status": "deployed", "description": ADDED}
    )
    with (
        serving(KubernetesFake(stored(first, damaged, deployed))) as server,
        connect(ConnectionOptions(host=server.url)) as cluster,
    ):
        history = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")
        assert on_top(cluster, history, read_release(cluster, history, 3), None).basis == "revision 1"


def test_without_a_revision_of_the_stack_nothing_is_claimed() -> None:
    assert told((ADDED, env_of(GHCR))) == (None, [])


def test_the_stacks_own_values_outrank_the_history(tmp_path: Path) -> None:
    path = values_file(tmp_path, {"api": {"env": env_of(QUAY)}})
    assert told((SYNCED, env_of(GHCR, QUAY)), stack_values=path) == (str(path), ["GHCR"])


def test_an_empty_values_file_keeps_nothing(tmp_path: Path) -> None:
    path = values_file(tmp_path, "")
    assert told((SYNCED, env_of(GHCR)), stack_values=path) == (str(path), ["GHCR"])


@pytest.mark.parametrize(
    "content", ["- canary", "canary", "api: canary", "api: {env: canary}", "a: [canary", "canary: 2026-13-45"]
)
def test_a_file_that_is_no_values_file_is_refused_without_quoting_it(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match="is not a Helm values file") as caught:
        told((SYNCED, {}), stack_values=values_file(tmp_path, content))
    assert "canary" not in str(caught.value)


def test_a_file_that_is_no_text_is_no_values_file(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_bytes(b"canary: \xff\xfe")
    with pytest.raises(InputError, match="is not a Helm values file") as caught:
        told((SYNCED, {}), stack_values=path)
    assert "canary" not in str(caught.value)


def test_a_values_file_below_the_home_of_an_unknown_user_is_told() -> None:
    with pytest.raises(InputError, match=r"stack_values ~no-such-user/a\.yaml cannot be read: No such file"):
        told((SYNCED, {}), stack_values=Path("~no-such-user/a.yaml"))


def test_a_values_file_may_be_below_the_users_own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    values_file(tmp_path, {"api": {"env": env_of(QUAY)}})
    assert told((SYNCED, env_of(GHCR, QUAY)), stack_values=Path("~/values.yaml")) == ("~/values.yaml", ["GHCR"])


def test_a_missing_values_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"stack_values .*/none.yaml cannot be read: No such file"):
        told((SYNCED, {}), stack_values=tmp_path / "none.yaml")


def test_the_fragment_holds_whole_registries_and_nothing_else() -> None:
    env = env_of(GHCR, QUAY) | {"PASSWORD": "canary", "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_HALF_NAME": "half"}
    text = fragment(held(env, FUNCTIONS))
    assert read_env(yaml.safe_load(text), FUNCTIONS) == env_of(GHCR, QUAY)
    assert fragment(()) == ""
