# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contexts of kubeconfig files as hosts, as ansible-inventory sees them."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.inventory import kubeconfig as plugin
from ansible_collections.fleetops.nvcf.tests.integration.collection.opened import openings
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import environment

ANSIBLE_INVENTORY = Path(sys.executable).parent / "ansible-inventory"
CANARY = "canary-5e0c11"
HIDDEN = base64.b64encode(CANARY.encode()).decode()
EVERY_SECRET: dict[str, Any] = {
    "token": CANARY,
    "username": "jane",
    "password": CANARY,
    "client-certificate-data": HIDDEN,
    "client-key-data": HIDDEN,
    "auth-provider": {"name": "oidc", "config": {"refresh-token": CANARY}},
    "exec": {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "login",
        "args": [f"--secret={CANARY}"],
        "env": [{"name": "SECRET", "value": CANARY}],
    },
}


def written(path: Path, *names: str, padding: int = 0) -> Path:
    """A kubeconfig with these contexts and a secret wherever one may be."""
    document = {
        "contexts": [
            {"name": name, "context": {"cluster": f"c-{name}", "user": "ops", "namespace": "ns"}} for name in names
        ],
        "clusters": [
            {"name": f"c-{name}", "cluster": {"server": f"https://jane:{CANARY}@{name}:6443?{CANARY}"}}
            for name in names
        ],
        "users": [{"name": "ops", "user": EVERY_SECRET}],
        "extensions": [{"name": "padding", "extension": "x" * padding}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Listing:
    """An ended ansible-inventory."""

    status: int
    text: str
    document: Mapping[str, Any]

    @property
    def hosts(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.document["_meta"]["hostvars"]
        return found

    def group(self, name: str) -> list[str]:
        return sorted(self.document[name]["hosts"])


def listed(*inventories: Path, strict: bool = True, **settings: str) -> Listing:
    """Run ansible-inventory over these."""
    flags = [flag for path in inventories for flag in ("-i", path)]
    done = subprocess.run(
        [ANSIBLE_INVENTORY, *flags, "--list", "-vvvv"],
        env=environment() | ({"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"} if strict else {}) | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    # What -v adds comes before the document.
    begin = done.stdout.find("\n{\n")
    document = json.loads(done.stdout[begin:]) if done.returncode == 0 else {}
    return Listing(done.returncode, done.stdout + done.stderr, document)


def inventory(folder: Path, **options: Any) -> Path:
    path = folder / "fleet.kubeconfig.yml"
    path.write_text(yaml.safe_dump({"plugin": "fleetops.nvcf.kubeconfig"} | options), encoding="utf-8")
    return path


def test_contexts_are_hosts_with_groups_and_variables_and_without_secrets(tmp_path: Path) -> None:
    merged = written(tmp_path / "files/merged.config", "east-1", "east-2", "west-1", "west-2-old", padding=40_000)
    other = written(tmp_path / "files/other.config", "north-1")
    fleet = inventory(
        tmp_path,
        kubeconfig=["files/*.config"],
        exclude=["*-old", "no-such-*"],
        keyed_groups=[{"key": "nvcf_context.split('-') | first", "prefix": "region"}],
        groups={"first_ones": "nvcf_context.endswith('-1')"},
        compose={"registry_allowlist_namespace": "nvcf_context_namespace"},
        strict=True,
    )
    found = listed(fleet)
    assert found.status == 0, found.text
    assert sorted(found.hosts) == ["east-1", "east-2", "north-1", "west-1"]
    assert found.hosts["east-2"] == {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "nvcf_kubeconfig": str(merged),
        "nvcf_context": "east-2",
        "nvcf_cluster": "c-east-2",
        "nvcf_server": "https://east-2:6443",
        "nvcf_user": "ops",
        "nvcf_context_namespace": "ns",
        "registry_allowlist_kubeconfig": str(merged),
        "registry_allowlist_context": "east-2",
        "registry_allowlist_namespace": "ns",
    }
    assert found.hosts["north-1"]["nvcf_kubeconfig"] == str(other)
    assert found.group("region_east") == ["east-1", "east-2"]
    assert found.group("first_ones") == ["east-1", "north-1", "west-1"]
    assert "exclude pattern 'no-such-*' matches no context" in " ".join(found.text.split())
    assert CANARY not in found.text
    assert HIDDEN not in found.text


def test_a_static_inventory_beside_it_sorts_and_equips_the_same_hosts(tmp_path: Path) -> None:
    fleet = inventory(tmp_path, kubeconfig=[str(written(tmp_path / "merged.config", "east-1", "east-2"))])
    static = tmp_path / "static.yml"
    static.write_text(
        "canaries: {hosts: {east-2: {registry_allowlist_timeout: 60}}}\nall: {vars: {wanted: 1}}\n", encoding="utf-8"
    )
    found = listed(fleet, static)
    assert found.group("canaries") == ["east-2"]
    assert found.hosts["east-2"]["registry_allowlist_timeout"] == 60
    assert found.hosts["east-2"]["nvcf_context"] == "east-2"
    assert found.hosts["east-1"]["wanted"] == 1


def test_without_the_option_it_is_what_kubectl_would_read(tmp_path: Path) -> None:
    one, two = written(tmp_path / "1", "east-1"), written(tmp_path / "2", "east-1", "east-2")
    found = listed(inventory(tmp_path), KUBECONFIG=f"{one}:{two}")
    assert sorted(found.hosts) == ["east-1", "east-2"]
    assert found.hosts["east-2"]["nvcf_server"] == "https://east-2:6443"


BROKEN = f"token: '{CANARY}\nx: ["


@pytest.mark.parametrize(
    "options,told",
    [
        pytest.param({"include": ["east-*", "est-*"]}, "include pattern 'est-*' matches no context", id="typo"),
        pytest.param({"kubeconfig": ["1", "2"]}, "host 'east-1' would be both", id="one name for two"),
        pytest.param({"kubeconfig": ["1", "*.gone"]}, "no file matches kubeconfig", id="pattern without a file"),
        pytest.param({"kubeconfig": ["1", "broken"]}, "broken is not YAML at line", id="no YAML"),
        pytest.param({"kubeconfig": ["lost"]}, "points to cluster 'gone', which does not exist", id="no cluster"),
        pytest.param({"hostname": "server"}, "hostname", id="no such choice"),
    ],
)
def test_what_would_make_the_fleet_smaller_is_an_error_that_quotes_no_secret(
    tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    for name in "12":
        written(tmp_path / name, "east-1")
    (tmp_path / "broken").write_text(BROKEN, encoding="utf-8")
    lost = {"contexts": [{"name": "lost", "context": {"cluster": "gone"}}]}
    (tmp_path / "lost").write_text(json.dumps(lost), encoding="utf-8")
    found = listed(inventory(tmp_path, **({"kubeconfig": ["1"]} | options)))
    assert found.status != 0
    assert told in " ".join(found.text.split())
    assert CANARY not in found.text


def test_a_file_of_another_name_is_not_taken(tmp_path: Path) -> None:
    path = inventory(tmp_path, kubeconfig=[str(written(tmp_path / "1", "east-1"))]).rename(tmp_path / "fleet.yml")
    found = listed(path)
    assert found.status != 0
    assert "could not be verified by inventory plugin 'fleetops.nvcf.kubeconfig'" in " ".join(found.text.split())


def test_a_cache_spares_the_reading_until_a_file_changes_and_holds_no_secret(tmp_path: Path) -> None:
    merged = written(tmp_path / "merged.config", "east-1")
    fleet = inventory(
        tmp_path,
        kubeconfig=[str(merged)],
        cache=True,
        cache_plugin="ansible.builtin.jsonfile",
        cache_connection=str(tmp_path / "cache"),
    )
    numbers = []
    for _run in range(2):
        with openings(merged) as opened:
            assert sorted(listed(fleet).hosts) == ["east-1"]
        numbers.append(opened.number)
    assert numbers == [1, 0]
    kept = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "cache").iterdir())
    assert "east-1" in kept
    assert CANARY not in kept
    assert HIDDEN not in kept
    written(merged, "east-1", "east-2")
    assert sorted(listed(fleet).hosts) == ["east-1", "east-2"]


def test_every_example_uses_options_that_there_are(tmp_path: Path) -> None:
    done = subprocess.run(
        [ANSIBLE_INVENTORY.with_name("ansible-doc"), "-t", "inventory", "--json", "fleetops.nvcf.kubeconfig"],
        env=environment(),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        check=True,
    )
    options = json.loads(done.stdout)["fleetops.nvcf.kubeconfig"]["doc"]["options"]
    examples = list(yaml.safe_load_all(plugin.EXAMPLES))
    assert examples
    for example in examples:
        assert example.keys() <= options.keys()
