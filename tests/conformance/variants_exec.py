# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Credential plugins: the `exec` section of a user."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.fleetops.nvcf.tests.conformance.variant import (
    ANONYMOUS,
    BY_PASSWORD,
    CERTIFICATE,
    EAST,
    POWERLESS,
    TOKEN,
    End,
    Group,
    Variant,
    case,
)

API = "client.authentication.k8s.io"
_EAST = frozenset({"east"})
_GOOD = {"token": "@token@"}


def printing(
    status: Mapping[str, Any] | None, version: str = "v1", *, before: str = "", kind: str = "ExecCredential"
) -> str:
    """A plugin that does `before`, and prints a credential with that status."""
    told = {"apiVersion": f"{API}/{version}", "kind": kind, **({} if status is None else {"status": status})}
    return f"#!/bin/sh\n{before}\ncat <<'END'\n{json.dumps(told)}\nEND\n"


def plugin(
    name: str,
    what: str,
    script: str | None = None,
    section: Mapping[str, Any] | None = None,
    *,
    beside: Mapping[str, Any] | None = None,
    cluster: Mapping[str, Any] | None = None,
    without: str = "",
    files: Mapping[str, str] | None = None,
    **more: Any,
) -> Variant:
    """A user with a plugin; `section` changes its entry, and `without` leaves a field out."""
    entry = {
        "apiVersion": f"{API}/v1",
        "command": "@folder@/plugin.sh",
        "interactiveMode": "Never",
        **(section or {}),
    }
    entry.pop(without, None)
    return case(
        name,
        what,
        cluster,
        {"exec": entry, **(beside or {})},
        files={"plugin.sh": script or printing(_GOOD), **(files or {})},
        **more,
    )


def _asks(*texts: str, absent: str = "") -> str:
    """Fails unless the plugin was told these texts, which have no blanks."""
    tests = [f"""printf %s "$KUBERNETES_EXEC_INFO" | tr -d ' \\n' | grep -qF '{text}' || exit 7""" for text in texts]
    if absent:
        tests.append(f"""printf %s "$KUBERNETES_EXEC_INFO" | grep -qF '{absent}' && exit 8""")
    return "\n".join(tests)


GOOD = [
    plugin("exec-v1", "A plugin with apiVersion v1 gives a token."),
    plugin(
        "exec-v1beta1",
        "The apiVersion is v1beta1, and there is no interactiveMode.",
        printing(_GOOD, "v1beta1"),
        {"apiVersion": f"{API}/v1beta1"},
        without="interactiveMode",
    ),
    plugin(
        "exec-if-available",
        "The interactiveMode is IfAvailable, and there is no terminal.",
        printing(_GOOD, before=_asks('"interactive":false')),
        {"interactiveMode": "IfAvailable"},
    ),
    plugin(
        "exec-certificate",
        "The plugin gives a client certificate.",
        identity=POWERLESS,
        script=printing(None).replace(
            '"ExecCredential"',
            '"ExecCredential", "status": {"clientCertificateData": "@cert.text@", "clientKeyData": "@key.text@"}',
        ),
    ),
    plugin(
        "exec-cluster-info",
        "The plugin is informed about the cluster: provideClusterInfo.",
        printing(_GOOD, before=_asks('"server":"@east@"', '"certificate-authority-data":"@ca.data@"')),
        {"provideClusterInfo": True},
    ),
    plugin(
        "exec-no-cluster-info", "Without provideClusterInfo it is not.", printing(_GOOD, before=_asks(absent="server"))
    ),
    plugin(
        "exec-config",
        "It is shown what the cluster's extension for plugins says.",
        printing(_GOOD, before=_asks('"config":{"audience":"me"}')),
        {"provideClusterInfo": True},
        cluster={**EAST, "extensions": [{"name": f"{API}/exec", "extension": {"audience": "me"}}]},
    ),
    plugin(
        "exec-args-env",
        "The section has arguments and variables.",
        printing(_GOOD, before='[ "$1 $2 $COLOR $HOME" = "get token red @folder@" ] || exit 7'),
        {"args": ["get", "token"], "env": [{"name": "COLOR", "value": "red"}]},
    ),
    plugin(
        "exec-env-wins",
        "A variable of the section is set outside, too. The section wins.",
        printing(_GOOD, before='[ "$COLOR" = red ] || exit 7'),
        {"env": [{"name": "COLOR", "value": "red"}]},
        environ={"KUBECONFIG": "@folder@/config", "COLOR": "blue"},
    ),
    plugin(
        "exec-relative",
        "The command is a relative path. It starts at the folder of the file.",
        section={"command": "bin/plugin.sh"},
        files={"bin/plugin.sh": printing(_GOOD)},
    ),
    plugin("exec-dot", "The command begins with `./`.", section={"command": "./plugin.sh"}),
    plugin(
        "exec-expired",
        "The plugin's credential has run out already, by its own words.",
        printing({**_GOOD, "expirationTimestamp": "2020-01-01T00:00:00Z"}),
    ),
    plugin(
        "exec-lasting",
        "The plugin's credential lasts long. helm gets it without asking the plugin again.",
        printing({**_GOOD, "expirationTimestamp": "2099-01-01T00:00:00Z"}),
    ),
    plugin("exec-stderr", "The plugin prints something to stderr.", printing(_GOOD, before="echo careful >&2")),
    plugin("exec-stdin", "The plugin reads its stdin, which is empty.", printing(_GOOD, before="cat >/dev/null")),
    plugin(
        "exec-beside-token", "The user has a token too. The plugin is not asked.", "#!/bin/sh\nexit 9\n", beside=TOKEN
    ),
    plugin(
        "exec-beside-token-file",
        "The user has a tokenFile too. The plugin is not asked.",
        "#!/bin/sh\nexit 9\n",
        beside={"tokenFile": "token"},
        files={"token": "@token@"},
    ),
    plugin(
        "exec-beside-certificate",
        "The user has a client certificate too. The plugin is not asked.",
        "#!/bin/sh\nexit 9\n",
        beside=CERTIFICATE,
        identity=POWERLESS,
    ),
    plugin(
        "exec-as",
        "The plugin's user impersonates another one.",
        printing({"token": "@actor.token@"}),
        beside={"as": "somebody"},
        identity="somebody",
    ),
]


def refused(name: str, what: str, *given: Any, names: list[str] | None = None, **more: Any) -> Variant:
    """A plugin that gives nothing."""
    return plugin(name, what, *given, end=End.REFUSED, names=names or ["plugin.sh"], **more)


BAD = [
    refused(
        "exec-v1alpha1",
        "The apiVersion is v1alpha1, which is no more.",
        printing(_GOOD, "v1alpha1"),
        {"apiVersion": f"{API}/v1alpha1"},
        names=["apiVersion", "v1alpha1"],
    ),
    refused(
        "exec-no-mode",
        "The apiVersion is v1, and there is no interactiveMode.",
        without="interactiveMode",
        names=["interactiveMode"],
    ),
    refused(
        "exec-mode-unknown",
        "The interactiveMode is none that there is.",
        None,
        {"interactiveMode": "Sometimes"},
        names=["interactiveMode"],
    ),
    refused(
        "exec-always",
        "The plugin requires a terminal, and there is none: interactiveMode Always.",
        None,
        {"interactiveMode": "Always"},
        names=["interactiveMode"],
    ),
    refused("exec-no-command", "There is no command.", without="command", names=["command"]),
    refused("exec-no-api-version", "There is no apiVersion.", without="apiVersion", names=["apiVersion"]),
    refused("exec-args-number", "An argument is a number without quotes.", None, {"args": [8000]}, names=["args"]),
    refused("exec-env-no-name", "A variable has no name.", None, {"env": [{"value": "red"}]}, names=["env"]),
    refused(
        "exec-fails",
        "The plugin ends with 3, and says why.",
        "#!/bin/sh\necho log in first >&2\nexit 3\n",
        names=["plugin.sh", "3", "log in first"],
    ),
    refused(
        "exec-missing",
        "The program is not there. The section has an installHint.",
        None,
        {"command": "no-such-program", "installHint": "Get it from the shelf."},
        names=["no-such-program", "Get it from the shelf."],
    ),
    refused(
        "exec-by-name",
        "The command is a name without a folder. It is looked for in PATH only.",
        None,
        {"command": "plugin.sh"},
    ),
    refused("exec-html", "The plugin prints a web page.", "#!/bin/sh\necho '<html>Sign in</html>'\n"),
    refused("exec-silent", "The plugin prints nothing.", "#!/bin/sh\n"),
    refused("exec-chatty", "The plugin prints a line before the credential.", printing(_GOOD, before="echo Welcome")),
    refused(
        "exec-other-version",
        "The plugin's answer is of another apiVersion than the section says.",
        printing(_GOOD, "v1beta1"),
        names=["plugin.sh", "apiVersion"],
    ),
    refused("exec-other-kind", "The plugin's answer is of another kind.", printing(_GOOD, kind="Token")),
    refused("exec-no-status", "The plugin's answer has no status.", printing(None)),
    refused("exec-no-credential", "The plugin's status is empty.", printing({})),
    refused("exec-half", "The plugin gives a certificate without its key.", printing({"clientCertificateData": "a"})),
    refused(
        "exec-bad-certificate",
        "The plugin gives a certificate and a key that are none.",
        touched=_EAST,
        script=printing({"clientCertificateData": "a", "clientKeyData": "b"}),
    ),
    refused(
        "exec-token-newline",
        "The plugin's token ends with a newline.",
        printing({"token": "@token@\n"}),
        names=["token"],
    ),
    refused(
        "exec-wrong-token",
        "The API server does not know the plugin's token.",
        printing({"token": "no-token"}),
        touched=_EAST,
        names=["credentials were rejected"],
    ),
    plugin(
        "exec-beside-password",
        "The user has username and password too. The plugin is not asked.",
        beside=BY_PASSWORD,
        identity=ANONYMOUS,
    ),
]

GROUPS = [
    Group(title="Credential plugins", variants=GOOD),
    Group(title="Credential plugins that give nothing", variants=BAD),
]
