# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""From where the kubelet can have credentials for an image."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.credential_sources import (
    Assessment,
    Image,
    Source,
    Survey,
    assess,
    entry_matches,
    parse_image,
    registries_of,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError

DIGEST = f"sha256:{'0' * 64}"
APP = "ghcr.io/my-org/my-app:1.0"


@pytest.mark.parametrize(
    "reference,host,path",
    [
        (APP, "ghcr.io", "/my-org/my-app"),
        ("reg.local:5000/a:1", "reg.local:5000", "/a"),
        ("reg.local:5000/a", "reg.local:5000", "/a"),
        ("registry:5000/a:1", "registry:5000", "/a"),
        ("localhost/a:1", "localhost", "/a"),
        (f"ghcr.io/a/b:1@{DIGEST}", "ghcr.io", "/a/b"),
        (f"ghcr.io/a/b@{DIGEST}", "ghcr.io", "/a/b"),
    ],
)
def test_an_image_is_taken_apart_as_a_node_does_it(reference: str, host: str, path: str) -> None:
    assert parse_image(reference) == Image(reference=reference, host=host, path=path)


@pytest.mark.parametrize(
    "reference,told",
    [
        ("oci://ghcr.io/a/b:1", "a scheme belongs to Helm charts"),
        ("ghcr.io", "not of the form host/path:tag"),
        ("ghcr.io/", "not of the form host/path:tag"),
        (" ghcr.io/a:1", "not of the form host/path:tag"),
        (
            "internal/a/b:1",
            r"nodes would pull it from docker\.io\. Give host/path:tag with the registry's full hostname\.$",
        ),
    ],
)
def test_what_nodes_would_read_otherwise_is_refused(reference: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        parse_image(reference)


@pytest.mark.parametrize(
    "entry,reference,matches",
    [
        ("ghcr.io", APP, True),
        ("https://ghcr.io", APP, True),
        ("https://ghcr.io/v2/", APP, True),
        ("http://ghcr.io/v1/", APP, True),
        ("https://ghcr.io/v2/my-org", APP, True),
        ("https://ghcr.io/v2/other", APP, False),
        ("ghcr.io/my-org", APP, True),
        ("ghcr.io/my-org/my-app", APP, True),
        ("ghcr.io/other", APP, False),
        ("*.io", APP, True),
        ("*.ghcr.io", APP, False),
        ("*", APP, False),
        ("ghcr.io.example", APP, False),
        ("ghcr.io:443", APP, False),
        ("[oops", APP, False),
        ("https://[::1", APP, False),
        ("reg.local:5000", "reg.local:5000/a:1", True),
        ("reg.local", "reg.local:5000/a:1", False),
        ("reg.*", "reg.local:5000/a:1", False),
        ("reg.*:5000", "reg.local:5000/a:1", True),
        ("reg.local:5000", "reg.local/a:1", False),
        ("https://index.docker.io/v1/", "docker.io/a/b:1", True),
        ("docker.io", "docker.io/a/b:1", True),
        ("https://index.docker.io/v1/", APP, False),
    ],
)
def test_entries_fit_as_they_do_for_the_kubelet(entry: str, reference: str, *, matches: bool) -> None:
    assert entry_matches(entry, parse_image(reference)) is matches


def secret(
    document: Any, kind: str = "kubernetes.io/dockerconfigjson", key: str = ".dockerconfigjson"
) -> dict[str, Any]:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return {"metadata": {"name": "ghcr"}, "type": kind, "data": {key: base64.b64encode(content).decode()}}


AUTH = {"username": "robot", "password": "s3cret", "auth": "cm9ib3Q6czNjcmV0"}


def test_only_the_names_of_registries_are_taken_from_a_secret() -> None:
    assert registries_of(secret({"auths": {"quay.io": AUTH, "ghcr.io": AUTH}})) == ("ghcr.io", "quay.io")
    old = secret({"ghcr.io": AUTH}, kind="kubernetes.io/dockercfg", key=".dockercfg")
    assert registries_of(old) == ("ghcr.io",)


@pytest.mark.parametrize(
    "unreadable",
    [
        pytest.param({}, id="absent"),
        pytest.param(secret({"auths": {"ghcr.io": AUTH}}, kind="Opaque"), id="of another type"),
        pytest.param(secret(b"no JSON: s3cret"), id="no JSON"),
        pytest.param(secret([]), id="a list"),
        pytest.param(secret({"auths": 1}), id="a number"),
        pytest.param({"type": "kubernetes.io/dockerconfigjson", "data": {}}, id="empty"),
    ],
)
def test_what_the_kubelet_takes_nothing_from_is_no_pull_secret(unreadable: dict[str, Any]) -> None:
    assert registries_of(unreadable) is None


def test_a_pull_secret_without_entries_is_one_without_registries() -> None:
    assert registries_of(secret({})) == ()


def survey(**changes: Any) -> Survey:
    """A ServiceAccount that gives its pods credentials for ghcr.io, with `changes`."""
    whole: dict[str, Any] = {
        "namespace": "work",
        "service_account": "default",
        "referenced": ("ghcr",),
        "registries": {"ghcr": ("ghcr.io",)},
        "unusable": (),
        "policies": (),
        "hidden": (),
    }
    return Survey(**{**whole, **changes})


def assessed(**changes: Any) -> Assessment:
    return assess(parse_image(APP), survey(**changes))


def test_a_secret_that_fits_and_is_given_to_pods_makes_success_likely() -> None:
    assert assessed().facts() == {
        "sources": [{"kind": "Secret", "name": "ghcr", "host": "ghcr.io", "used": True}],
        "verdict": "likely",
        "explanation": "ServiceAccount work/default gives its pods credentials for ghcr.io: Secret ghcr.",
    }


def test_a_secret_that_nobody_gives_to_pods_is_told_with_the_cure() -> None:
    found = assessed(referenced=())
    assert (found.verdict, found.sources[0].used) == ("unknown", False)
    assert "does not name it: add it to the account's imagePullSecrets." in found.explanation


def test_without_any_secret_nothing_is_claimed() -> None:
    found = assessed(referenced=(), registries={"quay": ("quay.io",)})
    assert (found.verdict, found.sources) == ("unknown", ())
    assert found.explanation.startswith("In namespace work, no readable pull secret has an entry for ghcr.io.")
    assert " Credentials of the nodes and those that NVCF puts on its own pods " in found.explanation
    assert found.explanation.endswith(" none: only a probe shows whether the image can be pulled.")


def test_what_nobody_can_see_is_told_beside_what_is_seen() -> None:
    unknown = assessed(referenced=(), registries={}, unusable=("gone", "lost"))
    assert unknown.seen == (
        "In namespace work, no readable pull secret has an entry for ghcr.io. ServiceAccount "
        "work/default names gone, lost, behind which there is no readable pull secret."
    )
    assert unknown.explanation.startswith(f"{unknown.seen} Credentials of the nodes")
    assert assessed().seen == assessed().explanation


def test_an_account_that_can_not_be_read_leaves_open_what_is_used() -> None:
    found = assessed(referenced=None, hidden=("ServiceAccount work/default",))
    assert (found.verdict, found.sources[0].used) == ("unknown", None)
    assert "Not checked because of missing permissions: ServiceAccount work/default." in found.explanation


def test_a_name_without_a_secret_behind_it_is_told() -> None:
    found = assessed(referenced=("gone",), registries={}, unusable=("gone",))
    assert "ServiceAccount work/default names gone, behind which there is no readable pull secret." in found.explanation


def test_policies_are_named_as_possible_sources() -> None:
    kyverno = Source(kind="ClusterPolicy", name="sync", host=None, used=None)
    found = assessed(registries={}, policies=(kyverno,))
    assert (found.verdict, found.sources) == ("unknown", (kyverno,))
    assert "Kyverno may add more: ClusterPolicy sync." in found.explanation


def test_the_most_specific_entry_of_a_secret_is_the_one_that_is_shown() -> None:
    found = assessed(registries={"ghcr": ("*.io", "ghcr.io", "ghcr.io/my-org/my-app", "https://ghcr.io")})
    assert [source.host for source in found.sources] == ["ghcr.io/my-org/my-app"]


def test_all_that_there_is_is_named() -> None:
    kyverno = tuple(Source(kind="Policy", name=name, host=None, used=None) for name in ("sync", "copy"))
    both = {"eu": ("ghcr.io",), "us": ("ghcr.io",)}
    found = assessed(
        referenced=("eu", "us"),
        registries=both,
        unusable=("gone", "lost"),
        policies=kyverno,
        hidden=("Secrets", "Pods"),
    )
    for named in ("Secret eu, us.", "names gone, lost, behind", ": Policy sync, Policy copy.", ": Secrets, Pods."):
        assert named in found.explanation
    assert "Secret eu, us in namespace work" in assessed(referenced=(), registries=both).explanation
