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
    native,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import QUAY, registry
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("key", ["GHCR", "A", "REG2", "X509", "MYHARBOR", "NGC2"])
def test_a_short_upper_case_key_is_taken(key: str) -> None:
    assert check(registry(key=key)) == []


SHORT = "it is not a short uppercase word of A-Z and 0-9 that begins with a letter"
DROPPED = f"{SHORT}; with an underscore or a dot the API drops the registry silently"


@pytest.mark.parametrize(
    "key,reason,suggestion",
    [
        pytest.param("ghcr", SHORT, "GHCR", id="lower case"),
        pytest.param("REG_EU", DROPPED, "REGEU", id="underscore"),
        pytest.param("reg.eu", DROPPED, "REGEU", id="dot"),
        pytest.param("REG-EU", SHORT, "REGEU", id="dash"),
        pytest.param("2REG", SHORT, "REG", id="digit first"),
        pytest.param("9REG2", SHORT, "REG2", id="digits first and last"),
        pytest.param("", SHORT, "MYREG", id="empty"),
        pytest.param("0123456789", SHORT, "MYREG", id="nothing to suggest"),
        pytest.param("GHCR\n", SHORT, "GHCR", id="line break at its end"),
        pytest.param("GHÇR", SHORT, "GHR", id="letter beyond A to Z"),
    ],
)
def test_a_key_that_the_api_would_not_bind_is_refused_with_one_that_it_would(
    key: str, reason: str, suggestion: str
) -> None:
    with pytest.raises(InputError) as caught:
        check_key(key)
    cure = f"Use for example {suggestion!r}"
    assert caught.value.facts == {"field": "key", "value": key, "reason": reason, "cure": cure}
    assert str(caught.value) == f"key {key!r}: {reason}. {cure}."


@given(st.text(alphabet=string.ascii_letters + string.digits + "_.- "))
def test_the_suggested_key_is_one_that_is_taken(key: str) -> None:
    try:
        check_key(key)
    except InputError as error:
        suggestion = str(error.facts["cure"]).partition("Use for example '")[2].removesuffix("'")
        # What is built in has another cure, and so may what is suggested for a misspelled built-in key.
        if suggestion and suggestion not in NATIVE_KEYS:
            check_key(suggestion)


NATIVE_WAY = "NVCF validates {} itself: register a credential for it in NVCF instead of allowlisting it"


@pytest.mark.parametrize("spelling", [str.upper, str.lower, str.title])
@pytest.mark.parametrize(
    "key",
    ["NGC", "DOCKER", "ECR", "ECR_PUBLIC", "ECRPUBLIC", "VOLCENGINE", "ACR", "HARBOR", "ARTIFACTORY"],
)
def test_a_built_in_key_is_sent_to_the_native_way_however_it_is_spelled(
    key: str, spelling: Callable[[str], str]
) -> None:
    with pytest.raises(InputError) as caught:
        check_key(spelling(key))
    service = NATIVE_KEYS[key]
    assert caught.value.facts == {
        "field": "key",
        "value": spelling(key),
        "reason": f"it belongs to {service}, which is built in",
        "cure": NATIVE_WAY.format(service),
    }


@pytest.mark.parametrize(
    "name",
    [
        "GitHub Container Registry",
        "Acme, Inc.",
        "Größe & Söhne",
        'the "good" one',
        "=Acme,X=Inc",
        "倉庫 📦",
        "a",
        "#{x}",
        "A\xa0B",
        "n" * 255,
    ],
)
def test_a_name_may_hold_quotes_commas_equal_signs_and_any_letters(name: str) -> None:
    assert check(registry(name=name)) == []


BLANK = "it is empty or consists of spaces, and the API would not start"
AROUND = "it has leading or trailing spaces"
CONTROL = "it contains a line break or another control character"
INVISIBLE = "it contains the invisible character"
NONE = "which is a private-use, unassigned or surrogate character"
PLACEHOLDER = "Spring would replace the placeholder in it"


@pytest.mark.parametrize("field", ["name", "hostname"])
@pytest.mark.parametrize(
    "value,reason,cure",
    [
        pytest.param("", BLANK, "Give the registry a {field}", id="empty"),
        pytest.param(" \t ", BLANK, "Give the registry a {field}", id="blank"),
        pytest.param(" ghcr.io", AROUND, "Use 'ghcr.io'", id="empty before"),
        pytest.param("ghcr.io\n", AROUND, "Use 'ghcr.io'", id="line break at the end"),
        pytest.param("ghcr\nio", f"{CONTROL} (U+000A)", "Use one line of plain text", id="line break inside"),
        pytest.param("ghcr\x00io", f"{CONTROL} (U+0000)", "Use one line of plain text", id="NUL"),
        pytest.param("ghcr\x85io", f"{CONTROL} (U+0085)", "Use one line of plain text", id="next line U+0085"),
        pytest.param("ghcr\u2028io", f"{CONTROL} (U+2028)", "Use one line of plain text", id="line separator U+2028"),
        pytest.param(
            "\xa0", "it contains only invisible characters", "Give the registry a {field}", id="no-break space"
        ),
        pytest.param(
            "gh\u200bcr", f"{INVISIBLE} U+200B (ZERO WIDTH SPACE)", "Use one line of plain text", id="zero width space"
        ),
        pytest.param(
            "gh\u202ecr", f"{INVISIBLE} U+202E (RIGHT-TO-LEFT OVERRIDE)", "Use one line of plain text", id="turned text"
        ),
        pytest.param("gh\ue000cr", f"it contains U+E000, {NONE}", "Use one line of plain text", id="private use"),
        pytest.param("${HOME}", PLACEHOLDER, "Write the text out", id="placeholder"),
    ],
)
def test_a_text_that_the_api_would_not_read_as_written_is_refused(
    field: str, value: str, reason: str, cure: str
) -> None:
    with pytest.raises(InputError) as caught:
        check(registry(**{field: value}))
    assert caught.value.facts == {"field": field, "value": value, "reason": reason, "cure": cure.format(field=field)}


@pytest.mark.parametrize("name", NATIVE_NAMES)
def test_the_name_of_a_built_in_registry_is_refused_because_the_api_would_not_start(name: str) -> None:
    with pytest.raises(InputError) as caught:
        check(registry(name=name))
    assert caught.value.facts == {
        "field": "name",
        "value": name,
        "reason": "a built-in registry has this name and the API would not start",
        "cure": "Choose another name",
    }


@pytest.mark.parametrize(
    "hostname",
    ["ghcr.io", "registry.internal.example.com", "localhost", "registry", "xn--bcher-kva.example", "1.io", "1x"],
)
def test_a_host_as_it_stands_in_an_image_is_taken_without_a_word(hostname: str) -> None:
    assert check(registry(hostname=hostname)) == []


def test_an_ipv4_address_is_taken_with_a_warning_about_ports() -> None:
    [warning] = check(registry(hostname="10.0.0.5"))
    assert warning == (
        "hostname '10.0.0.5' is an IPv4 address: the API accepts images on it without a port only "
        "(10.0.0.5/app:1, not 10.0.0.5:5000/app:1)."
    )


AS_IN_THE_IMAGE = "Use the host as it stands in the image reference"
TOO_LONG = "characters, and at most"
LOGIN = "it contains a login, which would be visible to anyone who reads the address"
SCHEME = "it has a scheme and would never match"
PATH = "it has a path or a slash and would never match"
IPV6 = "an IPv6 address cannot be matched"
NO_DNS_NAME = "it is not a DNS name"
TOP_LABEL = "its last part does not begin with a letter, so Java finds no host in the image reference"


def refused_host(hostname: str) -> dict[str, str]:
    """Reason and cure."""
    with pytest.raises(InputError) as caught:
        check(registry(hostname=hostname), allow_unvalidated=native(hostname) != "")
    facts = caught.value.facts
    assert facts.pop("field") == "hostname"
    assert "u:p" not in facts.pop("value")
    return facts


@pytest.mark.parametrize(
    "hostname,reason,cure",
    [
        pytest.param(
            "ghcr.io:443",
            *("with a port it would never match; without one it matches any port", "Use 'ghcr.io'"),
            id="port",
        ),
        pytest.param("a." * 126 + "io", f"it has 254 {TOO_LONG} 253 are allowed", "Shorten it", id="long name"),
        pytest.param("https://u:p@ghcr.io/x", LOGIN, "Use 'ghcr.io'", id="login"),
        pytest.param("https://ghcr.io", SCHEME, "Use 'ghcr.io'", id="scheme"),
        pytest.param("oci://ghcr.io/org", SCHEME, "Use 'ghcr.io'", id="scheme and path"),
        pytest.param("ghcr.io/org", PATH, "Use 'ghcr.io'", id="path"),
        pytest.param("ghcr.io/", PATH, "Use 'ghcr.io'", id="trailing slash"),
        pytest.param("/", PATH, AS_IN_THE_IMAGE, id="nothing but a slash"),
        pytest.param(
            "*.example.com",
            "the API does not support wildcards",
            "Name each host in an entry of its own",
            id="wildcard",
        ),
        pytest.param(
            "GHCR.io",
            "uppercase letters match only images that are written in the same way",
            "Use 'ghcr.io'",
            id="upper case",
        ),
        pytest.param(
            "my_reg.example.com",
            *("the API refuses images whose host has an underscore", "Use another DNS name"),
            id="underscore",
        ),
        pytest.param("::1", IPV6, "Use a name or an IPv4 address", id="IPv6"),
        pytest.param("[::1]", IPV6, "Use a name or an IPv4 address", id="IPv6 in brackets"),
        pytest.param("a.b.1x", TOP_LABEL, "Use a DNS name whose last part begins with a letter", id="last of three"),
        pytest.param("reg.1x", TOP_LABEL, "Use a DNS name whose last part begins with a letter", id="digit first"),
        pytest.param(
            "10.0.0.5a", TOP_LABEL, "Use a DNS name whose last part begins with a letter", id="almost an IPv4 address"
        ),
    ],
)
def test_a_host_that_would_never_match_is_refused_with_one_that_would(hostname: str, reason: str, cure: str) -> None:
    assert refused_host(hostname) == {"reason": reason, "cure": cure}


@pytest.mark.parametrize(
    "hostname",
    [
        pytest.param("300.0.0.1", id="no IPv4 after all"),
        pytest.param("010.0.0.5", id="IPv4 with leading zero"),
        pytest.param("42", id="number"),
        pytest.param("ghcr..io", id="empty label"),
        pytest.param("ghcr.io.", id="trailing dot"),
        pytest.param("-ghcr.io", id="dash first"),
        pytest.param("ghcr-.io", id="dash last"),
        pytest.param("a" * 64 + ".io", id="long label"),
        pytest.param("bücher.example", id="not in punycode"),
        pytest.param("ghcr io", id="empty inside"),
    ],
)
def test_what_is_no_dns_name_is_refused(hostname: str) -> None:
    assert refused_host(hostname) == {"reason": NO_DNS_NAME, "cure": AS_IN_THE_IMAGE}


def test_the_longest_dns_name_is_taken() -> None:
    assert check(registry(hostname="a." * 126 + "i")) == []


def test_no_empty_host_is_ever_proposed() -> None:
    assert "''" not in refused_host(":5000")["cure"]


@pytest.mark.parametrize(
    "hostname,service",
    [
        ("nvcr.io", "NGC"),
        ("docker.io", "Docker Hub"),
        ("public.ecr.aws", "Amazon ECR Public"),
        ("dkr.ecr.amazonaws.com", "Amazon ECR"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "Amazon ECR"),
        ("cr.volces.com", "VolcEngine"),
        ("team-cn-beijing.cr.volces.com", "VolcEngine"),
        ("azurecr.io", "Azure Container Registry"),
        ("acme.azurecr.io", "Azure Container Registry"),
        ("acme.azurecr.io.example.com", "Azure Container Registry"),
    ],
)
def test_a_host_where_the_built_in_registry_wins_is_sent_to_the_native_way(hostname: str, service: str) -> None:
    reason = f"it is a host of {service}, which is built in"
    assert refused_host(hostname) == {"reason": reason, "cure": NATIVE_WAY.format(service)}


@pytest.mark.parametrize(
    "hostname,service",
    [
        ("stg.nvcr.io", "NGC"),
        ("index.docker.io", "Docker Hub"),
        ("acme.public.ecr.aws", "Amazon ECR Public"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "Amazon ECR"),
        ("123456789012.dkr.ecr.moon-1.amazonaws.com", "Amazon ECR"),
        ("acme.jfrog.io", "JFrog Artifactory"),
    ],
)
def test_another_host_of_such_a_service_is_taken_only_where_losing_its_validation_is_allowed(
    hostname: str, service: str
) -> None:
    assert refused_host(hostname) == {
        "reason": f"it is a host of {service}, and nothing on it would be validated if it were allowlisted",
        "cure": f"Register a credential for {service} in NVCF, or set allow_unvalidated for this registry",
    }
    assert check(registry(hostname=hostname), allow_unvalidated=True) == []


@pytest.mark.parametrize("hostname", ["mydocker.io", "notnvcr.io", "volces.com", "amazonaws.com", "ecr.aws"])
def test_a_host_that_only_resembles_a_built_in_one_is_taken(hostname: str) -> None:
    assert check(registry(hostname=hostname)) == []


@pytest.mark.parametrize("artifact_type", ["HELM", "MODEL", "RESOURCE", "container", ""])
def test_anything_but_container_images_is_refused(artifact_type: str) -> None:
    with pytest.raises(InputError) as caught:
        check_artifact_type(artifact_type)
    assert caught.value.facts == {
        "field": "artifact_type",
        "value": artifact_type,
        "reason": "NVCF supports allowlisting for container images only, not for Helm-chart functions, models or "
        "resources",
        "cure": "Keep Helm charts in a registry that NVCF validates itself",
    }


def test_container_images_are_not_refused() -> None:
    check_artifact_type("CONTAINER")


@pytest.mark.parametrize("field", ["key", "name", "hostname"])
def test_two_wanted_registries_may_not_share_what_is_unique_in_the_api(field: str) -> None:
    shared = registry().facts()[field]
    second = registry(**QUAY | {field: shared})
    with pytest.raises(InputError) as caught:
        check_together([registry(), second])
    assert caught.value.facts == {
        "field": field,
        "value": shared,
        "reason": f"it is used twice, by GHCR and {second.key}, and the API would not start",
        "cure": "Give each registry once",
    }


def test_registries_that_share_nothing_go_together() -> None:
    check_together([registry(), registry(**QUAY)])


@pytest.mark.parametrize(
    "written",
    [
        "ghcr.io",
        "https://ghcr.io",
        "HTTPS://GHCR.IO:443/org",
        " ghcr.io/ ",
        "https://u:p@ghcr.io/x",
        "ghcr.io:5000",
        "oci://ghcr.io/a",
    ],
)
def test_the_bare_host_is_found_in_whatever_is_around_it(written: str) -> None:
    assert bare_host(written) == "ghcr.io"
