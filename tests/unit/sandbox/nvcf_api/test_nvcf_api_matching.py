# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which images match which registered hostname."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.binding import BUILT_IN, ArtifactType, Registry
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.matching import Outcome, Verdict, host_of, judge

BUILT_INS = BUILT_IN[ArtifactType.CONTAINER]


def outcome(image: str, *hostnames: str, credentials: frozenset[str] = frozenset()) -> Outcome:
    custom = [Registry(key=f"k{number}", name=f"n{number}", hostname=host) for number, host in enumerate(hostnames)]
    return judge(image, [*custom, *BUILT_INS], credentials).outcome


@pytest.mark.parametrize(
    "hostname,image",
    [
        pytest.param("reg.test:5000", "reg.test:5000/x/y:z", id="with port"),
        pytest.param("https://reg.test", "reg.test/x/y:z", id="with scheme"),
        pytest.param("reg.test/x", "reg.test/x/y:z", id="with path"),
        pytest.param("reg.test/", "reg.test/x/y:z", id="with trailing slash"),
        pytest.param("*.test", "reg.test/x/y:z", id="wildcard"),
        pytest.param(" reg.test ", "reg.test/x/y:z", id="blanks around"),
        pytest.param("REG.test", "reg.test/x/y:z", id="upper case registered, lower case in the image"),
        pytest.param("reg.test", "REG.test/x/y:z", id="lower case registered, upper case in the image"),
        pytest.param("reg.test", "sub.reg.test/x/y:z", id="subdomain"),
        pytest.param("quay.io", "reg.test/x/y:z", id="another host"),
    ],
)
def test_a_hostname_that_is_not_exactly_the_host_never_matches(hostname: str, image: str) -> None:
    assert outcome(image, hostname) is Outcome.UNSUPPORTED


@pytest.mark.parametrize(
    "hostname,image",
    [
        pytest.param("reg.test", "reg.test/x/y:z", id="exact"),
        pytest.param("reg.test", "reg.test:5000/x/y:z", id="without port matches any port"),
        pytest.param("reg.test", "reg.test/x@sha256:0123", id="digest"),
        pytest.param("REG.test", "REG.test/x/y:z", id="upper case matches the same case"),
        pytest.param("localhost", "localhost:5000/x:1", id="localhost"),
        pytest.param("registry", "registry/x:1", id="bare name"),
        pytest.param("10.0.0.5", "10.0.0.5/x:1", id="IPv4"),
    ],
)
def test_the_exact_host_matches(hostname: str, image: str) -> None:
    assert outcome(image, hostname) is Outcome.ACCEPTED


@pytest.mark.parametrize("image", ["my_reg.test/x:1", "reg test/x:1", "ubuntu:22.04", "-reg.test/x", "/x:1", ""])
def test_a_reference_without_a_host_is_an_invalid_url(image: str) -> None:
    assert judge(image, BUILT_INS, ()) == Verdict(Outcome.INVALID, image)


def test_an_underscore_in_the_host_is_invalid_even_when_registered() -> None:
    assert outcome("my_reg.test/x:1", "my_reg.test") is Outcome.INVALID


def test_an_ipv4_address_with_port_cannot_be_read_even_when_registered() -> None:
    assert outcome("10.0.0.5:5000/x:1", "10.0.0.5") is Outcome.UNREADABLE


BUILT_IN_IMAGES = {
    "nvcr.io/nvidia/x:1": "nvcr.io",
    "docker.io/library/x:1": "docker.io",
    "public.ecr.aws/x/y:1": "public.ecr.aws",
    "mine.azurecr.io/x:1": "mine.azurecr.io",
    "mine.azurecr.io.test/x:1": "mine.azurecr.io.test",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1": "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    "mine.cr.volces.com/x:1": "mine.cr.volces.com",
}


@pytest.mark.parametrize("image,host", BUILT_IN_IMAGES.items())
def test_a_built_in_wins_over_a_registered_hostname(image: str, host: str) -> None:
    assert outcome(image, host) is Outcome.CREDENTIAL_MISSING


@pytest.mark.parametrize("image,host", BUILT_IN_IMAGES.items())
def test_a_built_in_accepts_with_a_credential(image: str, host: str) -> None:
    assert outcome(image, credentials=frozenset({host})) is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "image", ["12345.dkr.ecr.eu-west-1.amazonaws.com/x:1", "cr.volces.com.test/x", "index.docker.io/x"]
)
def test_what_only_resembles_a_built_in_is_not_one(image: str) -> None:
    assert outcome(image) is Outcome.UNSUPPORTED


def test_the_verdict_names_the_host_as_the_image_spells_it() -> None:
    assert judge("Reg.Test:5000/x", BUILT_INS, ()) == Verdict(Outcome.UNSUPPORTED, "Reg.Test")


@pytest.mark.parametrize(
    "image,host",
    [
        ("reg.test", "reg.test"),
        ("reg.test:/x", "reg.test"),
        ("user@reg.test/x", "reg.test"),
        ("https://reg.test/x", "https"),
        ("[::1]:5000/x", "[::1]"),
        ("reg.5test/x", None),
        ("reg.test:port/x", None),
        ("reg.test/%zz", None),
    ],
)
def test_the_host_is_the_one_that_java_finds(image: str, host: str | None) -> None:
    assert host_of(image) == host
