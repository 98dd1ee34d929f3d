# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The collection's side, as a program: a question for each line of stdin, an answer for each line of stdout.

It runs under any interpreter that the collection works with, so it needs nothing beside what the collection needs.

A question: `{"way": "rest", "environ": {...}, "options": {...}, "helm": "/path", "seconds": 5}`. An answer:
`{"user": {...}}` where the API server tells all of it, `{"identity": "..."}` where it tells the name alone,
`{"refused": "why"}`, or `{"crash": "..."}` for what should never come out.
"""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.cli import Helm
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import Cluster, connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.port_forward import ForwardedService
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.options import argument_spec, parse
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.redaction import Redactor

ALLOWED = "(allowed)"
"""The identity of whoever is let through, where a refusal would have named it."""
_USER = re.compile(r'User "([^"]+)" cannot (?!impersonate)')
Question = Mapping[str, Any]
Answer = dict[str, Any]


def rest(cluster: Cluster, _question: Question) -> Answer:
    """Asks the API server who we are."""
    # An API server that asks for patience has to give way to what only reads; what writes is not sent again.
    cluster.raw("/version", accept="application/json")
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    told = cluster.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=review)
    return {"user": told["status"]["userInfo"]}


def forward(cluster: Cluster, question: Question) -> Answer:
    """Asks for a port-forward to a pod that is not there: who has the right is told so."""
    service = ForwardedService(cluster, namespace="default", pod="none", port=8080, timeout=question["seconds"])
    try:
        service.send("GET", "/", headers={})
    except NvcfError as error:
        if "the pod no longer exists" in str(error):
            return {"identity": ALLOWED}
        raise
    finally:
        service.close()
    return {"crash": "a pod that is not there has answered"}


def helm(cluster: Cluster, question: Question) -> Answer:
    """Has helm list releases."""
    binary = question["helm"]
    document = json.dumps(cluster.document(lasting=60)).encode()
    kubeconfig = cluster.workspace.write("kubeconfig.json", document)
    program = Helm(
        binary=binary,
        kubeconfig=kubeconfig,
        release="api",
        namespace="default",
        redact=Redactor({}, public=()),
        environ=_environ(cluster),
    )
    program.run(
        [binary, "list", "--namespace", "default", "--kubeconfig", str(kubeconfig)], timeout=question["seconds"] + 5
    )
    return {"identity": ALLOWED}


def _environ(cluster: Cluster) -> Mapping[str, str]:
    """What helm is given, where the cluster has a say in it."""
    of_cluster: Callable[[Mapping[str, str]], Mapping[str, str]] | None = getattr(cluster, "environment", None)
    return of_cluster(os.environ) if of_cluster else dict(os.environ)


WAYS: Mapping[str, Callable[[Cluster, Question], Answer]] = {"rest": rest, "forward": forward, "helm": helm}


def answered(question: Question) -> Answer:
    """The answer to one question, in its environment."""
    os.environ.clear()
    os.environ.update(question["environ"])
    try:
        checked = ArgumentSpecValidator(argument_spec(ConnectionOptions)).validate(question["options"])
        if checked.error_messages:
            return {"refused": " ".join(checked.error_messages)}
        options = parse(ConnectionOptions, checked.validated_parameters)
        with connect(options) as cluster:
            return WAYS[question["way"]](cluster, question)
    except NvcfError as error:
        told = str(error)
        named = _USER.search(told)
        return {"identity": named[1], "text": told} if named else {"refused": told}
    except Exception:  # noqa: BLE001 whatever it is, it is told
        return {"crash": traceback.format_exc()[-1500:]}


def main() -> None:
    """Answers until there is no more question."""
    # What a library prints must not come between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        print(json.dumps(answered(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
