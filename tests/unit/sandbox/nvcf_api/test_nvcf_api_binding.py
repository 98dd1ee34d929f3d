# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which variables become recognized registries, and which configurations end the process."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.binding import (
    BUILT_IN,
    ArtifactType,
    BindingFailure,
    Registry,
    bind,
)
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.placeholders import resolve

PREFIX = "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_"


def pair(key: str, name: str, hostname: str) -> dict[str, str]:
    return {f"{PREFIX}{key}_NAME": name, f"{PREFIX}{key}_HOSTNAME": hostname}


def containers(env: dict[str, str]) -> set[Registry]:
    return set(bind(env)[ArtifactType.CONTAINER])


def added(env: dict[str, str]) -> set[tuple[str, str, str]]:
    new = containers(env) - set(BUILT_IN[ArtifactType.CONTAINER])
    return {(registry.key, registry.name, registry.hostname) for registry in new}


GHCR = pair("GHCR", "GitHub", "ghcr.io")


@pytest.mark.parametrize(
    "env,expected",
    [
        pytest.param({}, set(), id="nothing configured"),
        pytest.param(GHCR, {("ghcr", "GitHub", "ghcr.io")}, id="key is lower-cased"),
        pytest.param(pair("R2D2", "Digits", "r2.test"), {("r2d2", "Digits", "r2.test")}, id="digits bind"),
        pytest.param(pair("MY-REG", "Dash", "my.test"), {("my-reg", "Dash", "my.test")}, id="dashes bind"),
        pytest.param(pair("REG_EU", "EU", "eu.test"), set(), id="underscore is silently not bound"),
        pytest.param(pair("REG.EU", "EU", "eu.test"), set(), id="dot is silently not bound"),
        pytest.param(
            {f"{PREFIX}REG_EU_NAME": "EU"}, set(), id="half a pair under a key that does not bind harms nobody"
        ),
        pytest.param(
            pair("REG", "R", "reg.test") | pair("REG_EU", "EU", "eu.test"),
            {("reg", "R", "reg.test")},
            id="REG and REG_EU together: only REG",
        ),
        pytest.param(
            pair("ghcr", "lower", "lower.test") | pair("GHCR", "UPPER", "upper.test"),
            {("ghcr", "UPPER", "upper.test")},
            id="of GHCR and ghcr upper case wins",
        ),
        pytest.param(
            {f"{PREFIX}ghcr_NAME": "lower", f"{PREFIX}GHCR_HOSTNAME": "upper.test"},
            {("ghcr", "lower", "upper.test")},
            id="two spellings make up one entry",
        ),
        pytest.param(
            pair("Q", 'Größe "1"', "q.test"), {("q", 'Größe "1"', "q.test")}, id="quotes and non-ASCII letters in NAME"
        ),
        pytest.param(
            {"REGION": "eu"} | pair("P", "P", "${REGION}.reg.test"),
            {("p", "P", "eu.reg.test")},
            id="placeholder is resolved",
        ),
        pytest.param(
            GHCR | {"SPRING_APPLICATION_JSON": '{"nvcf.registries": {"recognized.container.ghcr.name": "Document"}}'},
            {("ghcr", "Document", "ghcr.io")},
            id="a document outranks variables",
        ),
        *(
            pytest.param(pair("B", "B", host), {("b", "B", host)}, id=f"listed as it is written: {host!r}")
            for host in (
                "reg.test:5000",
                "https://reg.test",
                "reg.test/x",
                "reg.test/",
                "*.test",
                " reg.test ",
                "REG.test",
            )
        ),
    ],
)
def test_what_is_bound(env: dict[str, str], expected: set[tuple[str, str, str]]) -> None:
    assert added(env) == expected


@pytest.mark.parametrize(
    "env,prop,value,reason",
    [
        pytest.param(
            {f"{PREFIX}GHCR_NAME": "GitHub"}, "ghcr.hostname", "null", "Registry hostname is required", id="no hostname"
        ),
        pytest.param(
            {f"{PREFIX}GHCR_HOSTNAME": "ghcr.io"}, "ghcr.name", "null", "Registry name is required", id="no name"
        ),
        pytest.param(pair("GHCR", "GitHub", ""), "ghcr.hostname", "", "Registry hostname is required", id="empty"),
        pytest.param(pair("GHCR", "  ", "ghcr.io"), "ghcr.name", "  ", "Registry name is required", id="blank"),
        pytest.param(
            {"NOTHING": ""} | pair("GHCR", "GitHub", "${NOTHING}"),
            "ghcr.hostname",
            "",
            "Registry hostname is required",
            id="placeholder that resolves to nothing",
        ),
        pytest.param(
            {f"{PREFIX}NGC_HOSTNAME": ""}, "ngc.hostname", "", "Registry hostname is required", id="built-in made blank"
        ),
        pytest.param(
            {f"{PREFIX}HARBOR_NAME": "H"},
            "harbor.hostname",
            "null",
            "Registry hostname is required",
            id="half of HARBOR",
        ),
    ],
)
def test_half_a_pair_or_a_blank_value_is_reported_as_spring_does(
    env: dict[str, str], prop: str, value: str, reason: str
) -> None:
    with pytest.raises(BindingFailure) as failure:
        bind(env)
    assert "APPLICATION FAILED TO START" in failure.value.report
    text = str(failure.value)
    report = f'    Property: nvcf.registries.recognized.container.{prop}\n    Value: "{value}"\n    Reason: {reason}\n'
    assert report in text
    assert text.count("Reason: ") == 1


def test_every_incomplete_entry_is_reported() -> None:
    with pytest.raises(BindingFailure) as failure:
        bind({f"{PREFIX}A_NAME": "A", f"{PREFIX}B_HOSTNAME": "b.test"})
    assert "container.a.hostname" in str(failure.value)
    assert "container.b.name" in str(failure.value)


@pytest.mark.parametrize(
    "env,duplicate,values",
    [
        pytest.param(
            pair("A", "First", "ghcr.io") | pair("B", "Second", "ghcr.io"),
            "ghcr.io",
            {"First", "Second"},
            id="hostname",
        ),
        pytest.param(
            pair("A", "Same", "a.test") | pair("B", "Same", "b.test"), "Same", {"a.test", "b.test"}, id="name"
        ),
        *(
            pytest.param(
                pair("MINE", "Mine", registry.hostname),
                registry.hostname,
                {registry.name, "Mine"},
                id=f"built-in hostname {registry.hostname}",
            )
            for registry in BUILT_IN[ArtifactType.CONTAINER]
        ),
        *(
            pytest.param(
                pair("MINE", registry.name, "mine.test"),
                registry.name,
                {registry.hostname, "mine.test"},
                id=f"built-in name {registry.name}",
            )
            for registry in BUILT_IN[ArtifactType.CONTAINER]
        ),
        pytest.param(pair("MINE", "Harbor Registry", "m.test"), "Harbor Registry", {"", "m.test"}, id="name of Harbor"),
        pytest.param(
            pair("MINE", "JFrog Artifactory Registry", "m.test"),
            "JFrog Artifactory Registry",
            {"", "m.test"},
            id="name of Artifactory",
        ),
        pytest.param(
            pair("ECRPUBLIC", "Mine", "mine.test"),
            "Mine",
            {"mine.test"},
            id="ECRPUBLIC duplicates itself: always fatal",
        ),
    ],
)
def test_a_duplicate_is_fatal(env: dict[str, str], duplicate: str, values: set[str]) -> None:
    with pytest.raises(BindingFailure) as failure:
        bind(env)
    last = failure.value.report[-1]
    start = f"Caused by: java.lang.IllegalStateException: Duplicate key {duplicate} (attempted merging values "
    assert last.startswith(start)
    assert set(last.removeprefix(start).removesuffix(")").split(" and ")) == values


@pytest.mark.parametrize("other", ["Ghcr.io", "ghcr.io:443", " ghcr.io"])
def test_only_exactly_equal_texts_are_duplicates(other: str) -> None:
    assert len(added(GHCR | pair("OTHER", "Other", other))) == 2


def test_a_hostname_for_ngc_replaces_nvcr_for_everybody() -> None:
    listed = {registry.key: registry for registry in containers({f"{PREFIX}NGC_HOSTNAME": "mine.test"})}
    assert listed["ngc"] == Registry(key="ngc", name="NGC Private Registry", hostname="mine.test", built_in=True)
    assert "nvcr.io" not in {registry.hostname for registry in listed.values()}


@pytest.mark.parametrize("key,name", [("HARBOR", "Harbor Registry"), ("ARTIFACTORY", "JFrog Artifactory Registry")])
def test_self_hosted_kinds_ignore_the_name_and_are_validated(key: str, name: str) -> None:
    expected = Registry(key=key.lower(), name=name, hostname="mine.test", built_in=True)
    assert expected in containers(pair(key, "Mine", "mine.test"))


@pytest.mark.parametrize("kind", list(ArtifactType))
def test_each_type_has_a_list_of_its_own(kind: ArtifactType) -> None:
    bound = bind({name.replace("CONTAINER", kind.value): value for name, value in GHCR.items()})
    owners = {owner for owner, registries in bound.items() if "ghcr.io" in {entry.hostname for entry in registries}}
    assert owners == {kind}
    assert set(bound) == set(ArtifactType)


@pytest.mark.parametrize(
    "value,expected",
    [
        ("plain", "plain"),
        ("${A}", "alpha"),
        ("x-${A}-${B}-y", "x-alpha-beta-y"),
        ("${MISSING:default}", "default"),
        ("${A:default}", "alpha"),
        ("${MISSING:${B}}", "beta"),
        ("${${NAME_OF_A}}", "alpha"),
        ("${TO_A}", "alpha"),
        ("${some.dotted-name}", "dotted"),
        ("${MISSING}", "${MISSING}"),
        ("${LOOP}", "${LOOP}"),
        ("${unclosed", "${unclosed"),
        ("$A", "$A"),
    ],
)
def test_placeholders(value: str, expected: str) -> None:
    env = {
        "A": "alpha",
        "B": "beta",
        "NAME_OF_A": "A",
        "TO_A": "${A}",
        "LOOP": "${LOOP}",
        "SOME_DOTTED_NAME": "dotted",
    }
    assert resolve(value, env) == expected
