# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is given as options, and what the answer is. The page docs/inputs.md is made of it:

`python -m ansible_collections.fleetops.nvcf.tests.integration.collection.inputs`

A name between two `@` stands for a file that the test makes. `answer` is in the message, with the option's name; where
it is ACCEPTED, the operation succeeds. Nothing is ever written.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR

ACCEPTED = "accepted"
UNSET = "is empty or consists of spaces, for example because a variable is undefined"
PAGE = Path(__file__).resolve().parents[3] / "docs" / "inputs.md"

CHANGE = "recognized_registry"
AUDIT = "recognized_registry_audit"
INFO = "recognized_registry_info"
SMOKE = "function_smoke_test"
PULL = "image_pull_check"
BACK = "release_rollback"
ROLLOUT = "api_rollout"

BESIDE: Mapping[str, Mapping[str, Any]] = {
    # What a release without registries already is.
    CHANGE: {"registries": [], "state": "exact"},
    AUDIT: {"fail_on": "never"},
    INFO: {},
    SMOKE: {"image": "ghcr.io/a/b:1", "expect": "rejected"},
    PULL: {"image": "ghcr.io/a/b:1"},
    BACK: {},
    ROLLOUT: {},
}
"""What else the task says."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Values of some options of one module that have the same answer."""

    title: str
    module: str
    options: Sequence[str]
    values: Sequence[Any]
    answer: str
    beside: Mapping[str, Any] = field(default_factory=dict)
    named: str | None = None
    """What the message says instead of the option's name."""
    check_mode: bool = False


@dataclass(frozen=True, kw_only=True)
class Input:
    """One value of one option."""

    group: Group
    option: str
    value: Any

    @property
    def args(self) -> dict[str, Any]:
        """What the task says; `registries.name` is a part of the only registry in the list."""
        args = {**BESIDE[self.group.module], **self.group.beside}
        option, _dot, part = self.option.partition(".")
        if part:
            args |= {
                "registries": [GHCR | {part: self.value} | dict(self.group.beside.get("entry", {}))],
                "state": "present",
            }
            args.pop("entry", None)
            return args
        return args | {option: self.value}


KINDS = ("registries", "a list of maps", "a map", "text", "a number")
NO_TEXT = (True, 7, 1.1, ["a"], {"a": "b"})
UNSEEN = ("a\nb", "a\u200bb", "a\u202eb", "a\ue000b", "a\ud800b", "a\u2028b")
TEXTS = (
    *("context", "username", "impersonate_user", "no_proxy", "report_as", "chart_ref", "helm_binary"),
    "registry_username",
)
PATHS = ("kubeconfig", "ca_cert", "client_cert", "client_key", "chart_ca_cert")
SECRETS = ("api_key", "password", "proxy", "registry_password")
NAMES = ("release", "namespace", "host", "chart_version")
BAD_LABELS = ("NVCF", "a.b", "a/b", "../x", "-a", "a-", "a b", "ä", "--help")
LABEL = "is not a valid Kubernetes name"
LONG = "characters, and at most"
SECONDS = "it is not between 1 and 86400 seconds"
WIDE = "it is not between 0 and 86400 seconds"
LOGIN = "it contains a login"
URL = "it is not a URL with a port from 1 to 65535"
IMAGE = "it is not of the form host/path:tag"
NO_FILE = ("@missing@", "@folder@", "@pipe@", "/dev/zero")
BUILT_IN = ("docker.io", "nvcr.io", "public.ecr.aws", "acme.azurecr.io", "azurecr.io.example.com", "x.cr.volces.com")
ECR = ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "dkr.ecr.amazonaws.com")
KINDRED = ("index.docker.io", "stg.nvcr.io", "acme.jfrog.io", "123456789012.dkr.ecr.moon-1.amazonaws.com")


def _changes(title: str, options: Sequence[str], values: Sequence[Any], answer: str, **more: Any) -> Group:
    return Group(title=title, module=CHANGE, options=options, values=values, answer=answer, **more)


def _audits(title: str, options: Sequence[str], values: Sequence[Any], answer: str, **more: Any) -> Group:
    return Group(title=title, module=AUDIT, options=options, values=values, answer=answer, **more)


def _part(part: str, values: Sequence[Any], answer: str, **more: Any) -> Group:
    return _changes("Registries", (f"registries.{part}",), values, answer, named=part, **more)


GROUPS: Sequence[Group] = (
    _changes("Kinds", (*TEXTS, *PATHS, *SECRETS, *NAMES), NO_TEXT, "expected text, got"),
    _changes(
        "Kinds", ("timeout", "history_max", "pending_timeout"), (True, False), "expected a number, got true or false"
    ),
    _changes(
        "Kinds", ("timeout", "history_max", "request_timeout"), ("soon", 1.5, [1], "1 h"), "unable to convert to int"
    ),
    _changes("Kinds", ("impersonate_groups",), ({"a": 1}, 7), "expected a list of texts, got"),
    _changes("Kinds", ("impersonate_groups",), (["a", 7], [["a"]], [None]), "expected text, got"),
    _changes("Kinds", ("proxy_headers",), (["a"], 7, True), "expected a map, got"),
    _changes("Kinds", ("validate_certs", "chart_plain_http", "allow_other_changes"), ("maybe", 7, "2"), "boolean"),
    _changes(
        "Kinds", ("state", "on_existing", "on_pending", "chart_source"), ("gone", "PRESENT", "all"), "must be one of"
    ),
    Group(
        title="Kinds",
        module=SMOKE,
        options=("expect", "on_quota", "client"),
        values=("x", "ACCEPTED"),
        answer="must be one of",
    ),
    _changes(
        "Kinds", ("registries",), ("ghcr.io", "", '[{"key": "A"}]', GHCR, 7, True), "expected a list of maps with key"
    ),
    _changes("Kinds", ("registries",), (["ghcr.io"], [[GHCR]], [None], [7]), "expected a map with key"),
    _audits("Kinds", ("registries",), ("ghcr.io", GHCR, True), "expected a list of maps with key"),
    _changes(
        "Kinds", ("registries",), ([{"keys": "A"}], [{"host": "a"}]), "Unsupported parameters", named="registries"
    ),
    _changes("Numbers", ("timeout", "request_timeout"), (0, -1, 86_401, 10**12, "0"), SECONDS),
    _changes("Numbers", ("pending_timeout", "outage_timeout"), (-1, 86_401, 10**12), WIDE),
    _changes("Numbers", ("pending_min_age",), (-1, 10**12), "it is not between 0 and 31536000 seconds"),
    _changes("Numbers", ("history_max",), (-1, 1001, 10**12), "it is not between 0 and 1000 revisions"),
    _changes("Numbers", ("expected_revision",), (0, -1, 2**31, 10**12), "it is not between 1 and 2147483647"),
    Group(
        title="Numbers",
        module=BACK,
        options=("revision", "expected_revision"),
        values=(0, -3, 2**31),
        answer="it is not between 1 and",
    ),
    Group(title="Numbers", module=BACK, options=("timeout", "rollout_timeout"), values=(0, -1, 10**9), answer=SECONDS),
    Group(
        title="Numbers",
        module=ROLLOUT,
        options=("rollout_timeout", "request_timeout"),
        values=(0, -1, 10**9),
        answer=SECONDS,
    ),
    Group(title="Numbers", module=PULL, options=("probe_timeout",), values=(0, -1, 10**9), answer=SECONDS),
    _audits("Numbers", ("api_timeout",), (0, -1, 10**9), SECONDS),
    _changes("Numbers", ("timeout", "request_timeout"), (1, 60, "60", 86_400), ACCEPTED),
    _changes("Numbers", ("pending_timeout", "outage_timeout", "pending_min_age", "history_max"), (0, 1, "7"), ACCEPTED),
    _changes("Texts", TEXTS, UNSEEN, "it contains"),
    _changes("Texts", PATHS, UNSEEN[:4], "it contains"),
    _changes("Texts", ("context", "impersonate_user", "report_as"), ("a" * 65_537,), LONG),
    _changes(
        "Texts",
        ("api_key",),
        ("tok en", "tok\nen", "tökén", "tok\u200ben"),
        "it contains a space, a line break or another character",
    ),
    _changes(
        "Texts",
        ("proxy", "password", "registry_password"),
        ("wo\nrd", "wo\x00rd", "wo\u2028rd"),
        "it contains a line break",
    ),
    _audits(
        "Texts",
        ("token",),
        ("tok en", "tok\r\nX: y", "tökén"),
        "it contains a space, a line break or another character",
    ),
    _audits("Texts", ("api_host_header",), ("a b", "a\r\nX: y", "ä.example", "a/b", "u@a"), "it is not a host"),
    _changes("Names", ("context",), ("", "  ", None), UNSET),
    _changes("Names", ("context",), ("east-1",), "are both set, to different values", beside={"kube_context": "west"}),
    _changes("Names", ("namespace",), BAD_LABELS, LABEL),
    Group(
        title="Names",
        module=PULL,
        options=("workload_namespace", "probe_namespace", "architecture"),
        values=BAD_LABELS,
        answer=LABEL,
    ),
    _audits("Names", ("api_keys_namespace", "api_keys_service"), BAD_LABELS, LABEL),
    Group(
        title="Names",
        module=PULL,
        options=("service_account", "runtime_class"),
        values=("A", "a..b", "a/b", "..", "-a"),
        answer=LABEL,
    ),
    Group(
        title="Names",
        module=PULL,
        options=("clusters",),
        values=([" "], ["a", ""], [{"context": ""}]),
        answer=UNSET,
        named="context",
    ),
    Group(
        title="Kinds", module=PULL, options=("clusters",), values=("gpu-1", {"context": "a"}, [7]), answer="expected a"
    ),
    Group(
        title="Kinds",
        module=PULL,
        options=("tolerations",),
        values=("gpu", [{"key": "gpu", "value": True}]),
        answer="expected",
    ),
    Group(
        title="Kinds",
        module=PULL,
        options=("node_selector",),
        values=({"gpu": True}, {"gpu": 1}),
        answer="a node label is a string",
    ),
    _changes(
        "Names", ("release",), ("API", "a_b", "a/b", "--help", "-a", "a b", "ä"), "is not a valid Helm release name"
    ),
    _changes("Names", ("release",), ("a" * 54, "a" * 500), LONG),
    _changes("Names", ("namespace",), ("a" * 64, "a" * 5000), LONG),
    _changes(
        "Names",
        ("chart_version",),
        ("1", "1.2", ">1.0.0", "^1.2.3", "latest", "--devel", "1.x"),
        "it is not a single complete version",
    ),
    _changes("Names", ("chart_ref", "helm_binary"), ("--help", "-h", " helm"), "it begins with a dash"),
    _changes("Names", ("username", "registry_username"), ("u:p", ":"), "it contains a colon"),
    _changes("Names", ("username", "password"), ("alone",), "must be set together"),
    _changes(
        "Names",
        ("username",),
        ("jane",),
        "api_key and username are both set",
        beside={"password": "canary-pw", "api_key": "some-token"},
    ),
    _changes("Names", ("context",), ("nowhere", "--help", "east 1", "a" * 300), "has no context"),
    Group(
        title="Names",
        module=BACK,
        options=("mark",),
        values=("x", "--help", "1"),
        answer="is not valid. Use the `mark` that recognized_registry",
    ),
    _changes("Addresses", ("host",), ("tcp://a", "https://", "a:0", "a:99999", "a:b", "https://a b"), "it"),
    _changes("Addresses", ("host",), ("https://u:canary-pw@a", "u:canary-pw@a"), LOGIN),
    _changes("Addresses", ("chart_ref",), ("https://u:canary-pw@a/b.tgz", "oci://u:canary-pw@a/b"), LOGIN),
    _audits("Addresses", ("api_url",), ("a", "ftp://a", "https://", "https://a:65536", "https://a:x"), URL),
    _audits("Addresses", ("api_url",), ("https://a:0",), "its port is 0"),
    _audits("Addresses", ("api_url",), ("https://a?b", "https://a#b"), "it has a query or a fragment"),
    _audits("Addresses", ("api_url",), ("https://u:canary-pw@a", "https://canary-pw@a"), LOGIN),
    _changes(
        "Addresses",
        ("proxy",),
        ("front", "http://", "ftp://front:1", "http://front:0", "http://front:70000"),
        "cannot be used",
        named="proxy",
    ),
    *(
        Group(title="Images", module=module, options=("image",), values=values, answer=answer)
        for module in (SMOKE, PULL)
        for values, answer in (
            (
                ("app", "app:1", "/app", "ghcr.io/", "ghcr.io//a", "ghcr.io/a b", "ghcr.io/a:", "a.io/b@sha256:0"),
                IMAGE,
            ),
            (("a.io:0/b", "a.io:65536/b"), "its port is not between 1 and 65535"),
            (("oci://ghcr.io/a", "https://ghcr.io/a:1"), "a scheme belongs to Helm charts"),
            (("ghcr.io/a\nb", "ghcr.io/a\u200bb"), "it contains"),
        )
    ),
    Group(title="Images", module=SMOKE, options=("image",), values=("",), answer=IMAGE),
    Group(title="Images", module=PULL, options=("image",), values=("",), answer="one of the following is required"),
    Group(
        title="Images",
        module=PULL,
        options=("image",),
        values=("reg/a:1", "a/b"),
        answer="has neither a dot nor a port",
    ),
    Group(
        title="Images",
        module=SMOKE,
        options=("image",),
        values=("reg/a:1", "a.io:5000/b/c:1"),
        answer=ACCEPTED,
        check_mode=True,
    ),
    _part("name", NO_TEXT, "expected text, got"),
    _part("name", (" ", "\t"), "it is empty"),
    _part("name", (" a", "a "), "it has leading or trailing spaces"),
    _part("name", ("\xa0",), "it contains only invisible characters"),
    _part(
        "name",
        (*UNSEEN, "a\ufeffb", "a\u00adb", "a\u200db", "a\u2066b", "a\x00b", "a\u0378b", "a\u3164b"),
        "it contains",
    ),
    _part("name", ("n" * 256, "n" * 100_000), LONG),
    _part("name", ("${HOME}", "a${b}"), "Spring would replace the placeholder"),
    _part("name", ("Docker Hub Registry", "NGC Private Registry"), "a built-in registry has this name"),
    _part("name", ("", None), "has no name"),
    _part("key", NO_TEXT, "expected text, got"),
    _part("key", ("ghcr", "A_B", "A.B", "A-B", "2A", "Ä", " A", "A\n", "--help"), "it is not a short uppercase word"),
    _part(
        "key", ("NGC", "DOCKER", "ECR", "ECR_PUBLIC", "VOLCENGINE", "ACR", "HARBOR", "artifactory"), "which is built in"
    ),
    _part("key", ("K" * 64, "K" * 10_000), LONG),
    _part("hostname", NO_TEXT, "expected text, got"),
    _part("hostname", ("https://ghcr.io", "oci://ghcr.io/a"), "it has a scheme"),
    _part("hostname", ("https://u:canary-pw@ghcr.io/x",), f"{LOGIN}"),
    _part("hostname", ("ghcr.io/a", "ghcr.io/", "/"), "it has a path or a slash"),
    _part("hostname", ("ghcr.io:443", "a:5000"), "with a port it would never match"),
    _part("hostname", ("::1", "[::1]"), "an IPv6 address"),
    _part("hostname", ("*.io", "*"), "the API does not support wildcards"),
    _part("hostname", ("GHCR.io",), "uppercase letters match only"),
    _part("hostname", ("a_b.io",), "has an underscore"),
    _part(
        "hostname",
        ("a..b", "a.io.", "-a.io", "a-.io", "300.0.0.1", "42", "bücher.example", "a b", "a\xa0b"),
        "it is not a DNS name",
    ),
    _part("hostname", ("a.1x",), "its last part does not begin with a letter"),
    _part("hostname", ("a." * 126 + "io", "a" * 10_000), LONG),
    _part("hostname", UNSEEN, "it contains"),
    _part("hostname", (*BUILT_IN, *ECR), "which is built in"),
    _part("hostname", (*BUILT_IN, *ECR), "which is built in", beside={"entry": {"allow_unvalidated": True}}),
    _part("hostname", KINDRED, "nothing on it would be validated"),
    _part("artifact_type", ("HELM", "MODEL", "container"), "NVCF supports allowlisting for container images only"),
    _changes("Registries", ("registries",), ([],), "list the registries to add", beside={"state": "present"}),
    _changes("Registries", ("registries",), ([],), "list the registries to remove", beside={"state": "absent"}),
    _changes(
        "Registries", ("registries",), ([{"name": "a"}], [{}]), "needs a key or a hostname", beside={"state": "absent"}
    ),
    _changes(
        "Registries", ("registries",), ([GHCR, GHCR],), "it is used twice", named="key", beside={"state": "present"}
    ),
    _audits("Registries", ("registries.hostname",), KINDRED, ACCEPTED, beside={"entry": {"allow_unvalidated": True}}),
    _audits(
        "Registries", ("registries.hostname",), ("localhost", "reg", "10.0.0.5", "xn--bcher-kva.example"), ACCEPTED
    ),
    _audits(
        "Registries",
        ("registries.name",),
        ("a", "Größe & Söhne", "倉庫", "#{x}", "A\xa0B", "=a,b=c", "n" * 255),
        ACCEPTED,
    ),
    _audits("Registries", ("registries.key",), ("A", "REG2", "K" * 63), ACCEPTED),
    _audits("Files", ("token_file",), (*NO_FILE, "@large@", "@bytes@"), "cannot be read", beside={"ask_api": True}),
    _audits("Files", ("token_file",), ("@empty@",), "is empty", beside={"ask_api": True}),
    _audits("Files", ("token_file",), ("@key@",), "it contains a space", beside={"ask_api": True}),
    _audits(
        "Files",
        ("api_ca_cert",),
        (*NO_FILE, "@large@", "@empty@", "@text@", "@key@", "@der@"),
        "cannot be used",
        beside={"ask_api": True, "api_url": "https://127.0.0.1:1", "token": "some-token"},
    ),
    _audits("Files", ("stack_values",), NO_FILE, "cannot be read"),
    _audits("Files", ("stack_values",), ("@text@", "@list@"), "is not a Helm values file"),
    _changes(
        "Files", ("kubeconfig",), ("@missing@", "@folder@", "@pipe@", "/dev/zero"), "does not exist or is not a file"
    ),
    _changes("Files", ("kubeconfig",), ("@text@", "@list@"), "is not a kubeconfig"),
    _changes("Files", ("ca_cert",), NO_FILE, "does not exist or is not a file", named="certificate-authority"),
    _changes("Files", ("ca_cert",), ("@large@",), "it is larger than 1 MiB", named="certificate-authority"),
    _changes("Files", ("ca_cert",), ("@empty@", "@text@", "@key@", "@der@"), "it contains", named="ca_cert"),
    _changes(
        "Files",
        ("client_cert",),
        NO_FILE,
        "does not exist or is not a file",
        named="client-certificate",
        beside={"client_key": "@key@"},
    ),
    _changes(
        "Files",
        ("client_cert",),
        ("@empty@", "@text@", "@key@", "@der@"),
        "cannot be used: client-certificate holds",
        named="client-certificate",
        beside={"client_key": "@key@"},
    ),
    _changes("Files", ("client_cert", "client_key"), ("@key@",), "must be set together"),
    _changes(
        "Not given",
        ("host", "api_key", "username", "password", "ca_cert", "client_cert", "client_key", "proxy", "no_proxy"),
        ("",),
        ACCEPTED,
    ),
    _changes(
        "Not given", ("impersonate_user", "impersonate_groups", "request_timeout", "validate_certs"), ("",), ACCEPTED
    ),
    _changes(
        "Not given",
        ("chart_ref", "chart_version", "chart_ca_cert", "registry_username", "registry_password"),
        ("",),
        ACCEPTED,
    ),
    _changes(
        "Not given",
        ("timeout", "history_max", "pending_min_age", "expected_revision", "report_as"),
        ("", None),
        ACCEPTED,
    ),
    _audits(
        "Not given",
        ("api_url", "token", "token_file", "api_ca_cert", "api_host_header", "stack_values"),
        ("", None),
        ACCEPTED,
    ),
    Group(
        title="Not given",
        module=SMOKE,
        options=("token_file",),
        values=("", None),
        answer=ACCEPTED,
        check_mode=True,
        beside={"token": "some-token"},
    ),
)
INPUTS = [Input(group=group, option=o, value=v) for group in GROUPS for o in group.options for v in group.values]


def page() -> str:
    """The whole page."""
    head = (Path(__file__).parent / "inputs.md.in").read_text(encoding="utf-8")
    titles = list(dict.fromkeys(group.title for group in GROUPS))
    tables = "\n\n".join(_table(title, [group for group in GROUPS if group.title == title]) for title in titles)
    return head.replace("@COUNT@", str(len(INPUTS))).replace("@TABLES@", tables)


def _table(title: str, groups: Sequence[Group]) -> str:
    rows: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for group in groups:
        beside = ", ".join(f"{name}: {_short(value)}" for name, value in group.beside.items())
        key = ", ".join(f"`{option}`" for option in group.options), beside, group.answer
        rows[key] += [f"`{_short(value)}`" for value in group.values]
    lines = [f"## {title}", "", "| option | given | beside it | answer |", "|---|---|---|---|"]
    for (options, beside, answer), values in rows.items():
        told = answer if answer == ACCEPTED else f"`{answer}`"
        cells = (options, ", ".join(dict.fromkeys(values)), beside and f"`{beside}`", told)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _short(value: Any) -> str:
    """A value as it is written here, cut where it is long."""
    text = re.sub(r"@(\w+)@", r"<\1>", repr(value)).replace("`", "'")
    return f"{text[:24]}... ({len(str(value))} characters)" if len(text) > 90 else text


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE} is written")


if __name__ == "__main__":
    main()
