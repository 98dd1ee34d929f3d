# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster costs does not grow with the kubeconfig: it is parsed once in a run, and nobody logs in twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.opened import openings
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.unit.plugins.login_fake import LoginFake, moment

SITES = [f"site-{number}" for number in range(30)]


def merged(path: Path, cluster: Cluster, users: Mapping[str, Any]) -> Path:
    """A kubeconfig with a context for each user, all of which lead to this cluster."""
    own = json.loads(cluster.kubeconfig.read_text(encoding="utf-8"))
    document = {
        "clusters": [{"name": "shared", "cluster": own["clusters"][0]["cluster"]}],
        "contexts": [{"name": name, "context": {"cluster": "shared", "user": name}} for name in users],
        "users": [{"name": name, "user": user} for name, user in users.items()],
        # Large enough to be worth an index, whatever the users are.
        "extensions": [{"name": "padding", "extension": "x" * 40_000}],
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def administrator(cluster: Cluster) -> Any:
    """The user of the cluster's own kubeconfig."""
    return json.loads(cluster.kubeconfig.read_text(encoding="utf-8"))["users"][0]["user"]


def certificate(cluster: Cluster, *, life: float = 3600) -> dict[str, str]:
    """What a plugin gives who logs in as the administrator."""
    return {
        "clientCertificateData": cluster.admin_cert.read_text(encoding="utf-8"),
        "clientKeyData": cluster.admin_key.read_text(encoding="utf-8"),
        "expirationTimestamp": moment(life),
    }


def logins(login: LoginFake, *names: str) -> dict[str, Any]:
    """A user for each name who logs in with it as argument, and with a secret."""
    env = [{"name": "SECRET", "value": CANARY}]
    return {name: login.user(args=["get-token", name], env=env) for name in names}


def times(login: LoginFake) -> dict[str, int]:
    """How often each has logged in."""
    return dict(Counter(call["argv"][1] for call in login.calls))


def from_contexts(folder: Path, *kubeconfigs: Path) -> Path:
    path = folder / "fleet.kubeconfig.yml"
    fleet = {"plugin": "fleetops.nvcf.kubeconfig", "kubeconfig": [str(kubeconfig) for kubeconfig in kubeconfigs]}
    path.write_text(json.dumps(fleet | {"groups": {"nvcf_control_planes": True}}), "utf-8")
    return path


def static(folder: Path, hosts: Mapping[str, Any]) -> Path:
    path = folder / "static.json"
    path.write_text(json.dumps({"all": {"vars": {"ansible_connection": "local"}, "hosts": hosts}}), "utf-8")
    return path


def play(folder: Path, *between: Mapping[str, Any]) -> Path:
    """Two looks at every cluster, on which there is nothing to be seen, with something between them."""
    look = {
        "fleetops.nvcf.recognized_registry_info": {
            "kubeconfig": "{{ registry_allowlist_kubeconfig | default(omit) }}",
            "context": "{{ inventory_hostname }}",
            "namespace": "kube-public",
        },
        "register": "look",
        "failed_when": "'no Helm release' not in look.msg | default('')",
    }
    path = folder / "play.json"
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [look, *between, look]}]), "utf-8")
    return path


@pytest.mark.parametrize("source", ["contexts", "contexts of the environment", "static"])
def test_a_kubeconfig_is_opened_once_in_a_run_of_many_hosts_and_tasks(
    cluster: Cluster, tmp_path: Path, source: str
) -> None:
    kubeconfig = merged(tmp_path / "config", cluster, dict.fromkeys(SITES, administrator(cluster)))
    if source == "contexts":
        hosts = from_contexts(tmp_path, kubeconfig)
    elif source == "contexts of the environment":
        hosts = from_contexts(tmp_path)
    else:
        hosts = static(tmp_path, {name: {"registry_allowlist_kubeconfig": str(kubeconfig)} for name in SITES})
    (tmp_path / "local").mkdir()
    with openings(kubeconfig) as opened:
        settings = {"ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"), "KUBECONFIG": str(kubeconfig)}
        outcome = run_playbook("-i", hosts, play(tmp_path), "--forks=10", settings=settings)
    assert outcome.status == 0, outcome.text
    assert outcome.text.count("ok=2 ") == len(SITES)
    assert opened.number == 1
    assert list((tmp_path / "local").iterdir()) == [], "what the run has kept goes away with it"


def test_a_plugin_that_does_not_ask_for_the_cluster_is_run_once_for_all(cluster: Cluster, tmp_path: Path) -> None:
    login = LoginFake.made(tmp_path / "plugin", **certificate(cluster))
    everybody = dict.fromkeys(SITES, login.user(args=["get-token", "everybody"]))
    hosts = from_contexts(tmp_path, merged(tmp_path / "config", cluster, everybody))
    outcome = run_playbook("-i", hosts, play(tmp_path), "--forks=10")
    assert outcome.status == 0, outcome.text
    assert times(login) == {"everybody": 1}


def test_a_credential_that_runs_out_during_the_run_is_renewed(cluster: Cluster, tmp_path: Path) -> None:
    login = LoginFake.made(tmp_path / "plugin")
    login.gives_in_turn(certificate(cluster), certificate(cluster), life=[3, 3600])
    hosts = from_contexts(tmp_path, merged(tmp_path / "config", cluster, logins(login, "one")))
    outcome = run_playbook("-i", hosts, play(tmp_path, {"ansible.builtin.pause": {"seconds": 3}}))
    assert outcome.status == 0, outcome.text
    assert times(login) == {"one": 2}


def test_a_credential_that_the_api_server_refuses_is_renewed(cluster: Cluster, tmp_path: Path) -> None:
    login = LoginFake.made(tmp_path / "plugin")
    login.gives_in_turn({"token": CANARY}, certificate(cluster), life=[3600, 3600])
    hosts = from_contexts(tmp_path, merged(tmp_path / "config", cluster, logins(login, "one")))
    outcome = run_playbook("-i", hosts, play(tmp_path), "-vvvv")
    assert outcome.status == 0, outcome.text
    assert times(login) == {"one": 2}
    assert CANARY not in outcome.text


@pytest.mark.nightly
def test_a_whole_change_with_helm_takes_one_login_per_cluster(
    new_world: NewWorld, cluster: Cluster, tmp_path: Path
) -> None:
    worlds = {name: new_world() for name in ("one", "two")}
    for world in worlds.values():
        world.install()
    login = LoginFake.made(tmp_path / "plugin", **certificate(cluster))
    contexts = from_contexts(tmp_path, merged(tmp_path / "config", cluster, logins(login, *worlds)))
    options = {
        name: {
            f"registry_allowlist_{option}": value
            for option, value in world.options().items()
            if option not in ("kubeconfig", "context")
        }
        | {"registry_allowlist_registries": [GHCR]}
        for name, world in worlds.items()
    }
    outcome = run_playbook("-i", contexts, "-i", static(tmp_path, options), "fleetops.nvcf.add", "-vvvv", "--diff")
    assert outcome.status == 0, outcome.text
    for world in worlds.values():
        assert world.env().items() >= pair(GHCR).items()
        assert len(world.history()) == 2
    assert times(login) == {"one": 1, "two": 1}
    assert CANARY not in outcome.text


@pytest.mark.parametrize("helm", [4], ids=["helm4"])
def test_helm_logs_in_itself_where_a_credential_may_not_outlive_its_work(
    new_world: NewWorld, cluster: Cluster, tmp_path: Path
) -> None:
    world = new_world()
    world.install()
    login = LoginFake.made(tmp_path / "plugin", **certificate(cluster, life=200))
    kubeconfig = merged(tmp_path / "config", cluster, logins(login, "one"))
    assert world.registries(GHCR, kubeconfig=str(kubeconfig), context="one")["changed"]
    assert world.env().items() >= pair(GHCR).items()
    assert times(login)["one"] > 1
