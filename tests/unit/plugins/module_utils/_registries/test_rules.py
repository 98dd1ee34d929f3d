# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which registries the NVCF API can take, row by row."""

from __future__ import annotations

import string
from collections.abc import Callable

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.rules import (
    NATIVE_KEYS,
    NATIVE_NAMES,
    bare_host,
    check,
    check_artifact_type,
    check_key,
    check_together,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import QUAY, registry
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("key", ["GHCR", "A", "REG2", "X509", "MYHARBOR", "NGC2"])
def test_a_short_upper_case_key_is_taken(key: str) -> None:
    assert check(registry(key=key)) == []


@pytest.mark.parametrize(
    "key,reason,cure",
    [
        pytest.param("ghcr", "upper-case", "'GHCR'", id="lower case"),
        pytest.param("REG_EU", "drops the registry silently", "'REGEU'", id="underscore"),
        pytest.param("reg.eu", "drops the registry silently", "'REGEU'", id="dot"),
        pytest.param("REG-EU", "upper-case", "'REGEU'", id="dash"),
        pytest.param("2REG", "begins with a letter", "'REG'", id="digit first"),
        pytest.param("", "upper-case", "'MYREG'", id="empty"),
        pytest.param("42", "upper-case", "'MYREG'", id="nothing to suggest"),
        pytest.param("GHCR\n", "upper-case", "'GHCR'", id="line break at its end"),
        pytest.param("GHÇR", "upper-case", "'GHR'", id="letter beyond A to Z"),
    ],
)
def test_a_key_that_the_api_would_not_bind_is_refused_with_one_that_it_would(key: str, reason: str, cure: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        check_key(key)
    assert caught.value.facts["field"] == "key"
    assert caught.value.facts["value"] == key
    assert cure in caught.value.facts["cure"]


@given(st.text(alphabet=string.ascii_letters + string.digits + "_.- "))
def test_the_suggested_key_is_one_that_is_taken(key: str) -> None:
    try:
        check_key(key)
    except InputError as error:
        suggestion = str(error.facts["cure"]).partition("Use for example '")[2].removesuffix("'")
        # What is built in has another cure, and so may what is suggested for a misspelt built-in key.
        if suggestion and suggestion not in NATIVE_KEYS:
            check_key(suggestion)


@pytest.mark.parametrize("spelling", [str.upper, str.lower, str.title])
@pytest.mark.parametrize(
    "key",
    ["NGC", "DOCKER", "ECR", "ECR_PUBLIC", "ECRPUBLIC", "VOLCENGINE", "ACR", "HARBOR", "ARTIFACTORY"],
)
def test_a_built_in_key_is_sent_to_the_native_way_however_it_is_spelt(key: str, spelling: Callable[[str], str]) -> None:
    with pytest.raises(InputError, match=r"built in.*register a credential"):
        check_key(spelling(key))


@pytest.mark.parametrize(
    "name",
    ["GitHub Container Registry", "Acme, Inc.", "Größe & Söhne", 'the "good" one', "=Acme,X=Inc", "倉庫 📦", "a"],
)
def test_a_name_may_hold_quotes_commas_equal_signs_and_any_letters(name: str) -> None:
    assert check(registry(name=name)) == []


@pytest.mark.parametrize("field", ["name", "hostname"])
@pytest.mark.parametrize(
    "value,reason",
    [
        pytest.param("", "it is blank", id="empty"),
        pytest.param(" \t ", "it is blank", id="blank"),
        pytest.param(" ghcr.io", "blanks around it", id="blank before"),
        pytest.param("ghcr.io\n", "blanks around it", id="line break at the end"),
        pytest.param("ghcr\nio", "line break", id="line break inside"),
        pytest.param("ghcr\x00io", "control character", id="NUL"),
        pytest.param("ghcr\x85io", "control character", id="next line U+0085"),
        pytest.param("ghcr\u2028io", "control character", id="line separator U+2028"),
        pytest.param("${HOME}", "Spring would replace", id="placeholder"),
        pytest.param("#{systemProperties}", "Spring would replace", id="expression"),
    ],
)
def test_a_text_that_the_api_would_not_read_as_written_is_refused(field: str, value: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        check(registry(**{field: value}))
    assert caught.value.facts["field"] == field


@pytest.mark.parametrize("name", NATIVE_NAMES)
def test_the_name_of_a_built_in_registry_is_refused_because_the_api_would_not_start(name: str) -> None:
    with pytest.raises(InputError, match="would not start"):
        check(registry(name=name))


@pytest.mark.parametrize(
    "hostname",
    ["ghcr.io", "registry.internal.example.com", "localhost", "registry", "xn--bcher-kva.example", "1.io", "1x"],
)
def test_a_host_as_it_stands_in_an_image_is_taken_without_a_word(hostname: str) -> None:
    assert check(registry(hostname=hostname)) == []


def test_an_ipv4_address_is_taken_with_a_warning_about_ports() -> None:
    [warning] = check(registry(hostname="10.0.0.5"))
    assert "without a port" in warning


@pytest.mark.parametrize(
    "hostname,reason,cure",
    [
        pytest.param("ghcr.io:443", "with a port it would never match", "'ghcr.io'", id="port"),
        pytest.param("https://ghcr.io", "a scheme", "'ghcr.io'", id="scheme"),
        pytest.param("oci://ghcr.io/org", "a scheme", "'ghcr.io'", id="scheme and path"),
        pytest.param("ghcr.io/org", "a path or a slash", "'ghcr.io'", id="path"),
        pytest.param("ghcr.io/", "a path or a slash", "'ghcr.io'", id="trailing slash"),
        pytest.param("*.example.com", "no wildcards", "each host", id="wildcard"),
        pytest.param("GHCR.io", "upper case", "'ghcr.io'", id="upper case"),
        pytest.param("my_reg.example.com", "underscore", "DNS name", id="underscore"),
        pytest.param("::1", "IPv6", "IPv4", id="IPv6"),
        pytest.param("[::1]", "IPv6", "IPv4", id="IPv6 in brackets"),
        pytest.param("300.0.0.1", "no DNS name", "image reference", id="no IPv4 after all"),
        pytest.param("010.0.0.5", "no DNS name", "image reference", id="IPv4 with leading zero"),
        pytest.param("ghcr..io", "no DNS name", "image reference", id="empty label"),
        pytest.param("ghcr.io.", "no DNS name", "image reference", id="trailing dot"),
        pytest.param("-ghcr.io", "no DNS name", "image reference", id="dash first"),
        pytest.param("ghcr-.io", "no DNS name", "image reference", id="dash last"),
        pytest.param("a" * 64 + ".io", "no DNS name", "image reference", id="long label"),
        pytest.param(".".join(["abcdefghi"] * 26), "no DNS name", "image reference", id="long name"),
        pytest.param("bücher.example", "no DNS name", "image reference", id="not in punycode"),
        pytest.param("ghcr io", "no DNS name", "image reference", id="blank inside"),
        pytest.param("reg.1x", "does not begin with a letter", "last part", id="last label with a digit first"),
        pytest.param("10.0.0.5a", "does not begin with a letter", "last part", id="almost an IPv4 address"),
    ],
)
def test_a_host_that_would_never_match_is_refused_with_one_that_would(hostname: str, reason: str, cure: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        check(registry(hostname=hostname))
    assert caught.value.facts["field"] == "hostname"
    assert cure in caught.value.facts["cure"]


@pytest.mark.parametrize("hostname", ["/", ":5000"])
def test_no_empty_host_is_ever_proposed(hostname: str) -> None:
    with pytest.raises(InputError) as caught:
        check(registry(hostname=hostname))
    assert "''" not in caught.value.facts["cure"]


@pytest.mark.parametrize(
    "hostname,service",
    [
        ("nvcr.io", "NGC"),
        ("stg.nvcr.io", "NGC"),
        ("docker.io", "Docker Hub"),
        ("index.docker.io", "Docker Hub"),
        ("public.ecr.aws", "Amazon ECR Public"),
        ("dkr.ecr.amazonaws.com", "Amazon ECR"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "Amazon ECR"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "Amazon ECR"),
        ("cr.volces.com", "VolcEngine"),
        ("team-cn-beijing.cr.volces.com", "VolcEngine"),
        ("azurecr.io", "Azure Container Registry"),
        ("acme.azurecr.io", "Azure Container Registry"),
        ("acme.azurecr.io.example.com", "Azure Container Registry"),
        ("acme.jfrog.io", "JFrog Artifactory"),
    ],
)
def test_a_host_where_the_built_in_registry_wins_is_sent_to_the_native_way(hostname: str, service: str) -> None:
    with pytest.raises(InputError, match=rf"a host of {service}, which is built in.*register a credential"):
        check(registry(hostname=hostname))


@pytest.mark.parametrize("hostname", ["mydocker.io", "notnvcr.io", "volces.com", "amazonaws.com", "ecr.aws"])
def test_a_host_that_only_resembles_a_built_in_one_is_taken(hostname: str) -> None:
    assert check(registry(hostname=hostname)) == []


@pytest.mark.parametrize("artifact_type", ["HELM", "MODEL", "RESOURCE", "container", ""])
def test_anything_but_container_images_is_refused(artifact_type: str) -> None:
    with pytest.raises(InputError, match="container images only"):
        check_artifact_type(artifact_type)


def test_container_images_are_not_refused() -> None:
    check_artifact_type("CONTAINER")


@pytest.mark.parametrize("field", ["key", "name", "hostname"])
def test_two_wanted_registries_may_not_share_what_is_unique_in_the_api(field: str) -> None:
    shared = registry().facts()[field]
    with pytest.raises(InputError, match="given twice") as caught:
        check_together([registry(), registry(**QUAY | {field: shared})])
    assert caught.value.facts["field"] == field


def test_registries_that_share_nothing_go_together() -> None:
    check_together([registry(), registry(**QUAY)])


def test_a_registry_becomes_its_two_variables() -> None:
    assert registry().env == {
        "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME": "GitHub Container Registry",
        "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_HOSTNAME": "ghcr.io",
    }


@pytest.mark.parametrize(
    "written",
    ["ghcr.io", "https://ghcr.io", "HTTPS://GHCR.IO:443/org", " ghcr.io/ ", "ghcr.io:5000", "oci://ghcr.io/a"],
)
def test_the_bare_host_is_found_in_whatever_is_around_it(written: str) -> None:
    assert bare_host(written) == "ghcr.io"
