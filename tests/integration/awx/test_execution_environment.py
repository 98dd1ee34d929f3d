# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-builder makes of the collection. No image is built: that needs a container engine."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.fleetops.nvcf.tests.integration.awx.environment import clean, run


@pytest.fixture
def extension(collections: Path) -> Path:
    """The definition, as the tarball holds it."""
    return collections / "ansible_collections" / "fleetops" / "nvcf" / "extensions" / "ee"


def test_the_builder_finds_what_the_collection_needs(programs: Path, collections: Path, tmp_path: Path) -> None:
    argv: list[str | Path] = [programs / "ansible-builder", "introspect", collections]
    status, text = run(argv, clean(tmp_path, programs), tmp_path)
    assert status == 0, text
    found = yaml.safe_load(text[text.index("---") :])
    # PyYAML is left out by the builder: ansible-core brings it.
    assert found == {
        "python": ["kubernetes>=31  # from collection fleetops.nvcf"],
        "system": [
            "openssh-client [platform:dpkg]  # from collection fleetops.nvcf",
            "openssh-clients [platform:rpm]  # from collection fleetops.nvcf",
        ],
    }


def test_the_definition_gives_a_build_that_verifies_helm(programs: Path, extension: Path, tmp_path: Path) -> None:
    context = tmp_path / "context"
    create: list[str | Path] = [programs / "ansible-builder", "create", "-f", extension / "execution-environment.yml"]
    create += ["-c", context, "--output-filename", "Containerfile"]
    status, text = run(create, clean(tmp_path, programs), tmp_path)
    assert status == 0, text
    program = context / "_build" / "helm" / "install_helm.py"
    assert program.read_text(encoding="utf-8") == (extension / "install_helm.py").read_text(encoding="utf-8")
    requirements = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in requirements["collections"]] == ["fleetops.nvcf"]
    final = (context / "Containerfile").read_text(encoding="utf-8").partition("AS final")[2]
    steps = [line for line in final.splitlines() if "HELM" in line]
    assert steps == [
        "ARG HELM_VERSION=4.3.1",
        "ARG HELM_SHA256",
        'RUN $PYCMD /tmp/install_helm.py --version "$HELM_VERSION" --sha256 "$HELM_SHA256" && rm /tmp/install_helm.py',
    ]
    users = [line for line in final.splitlines() if line.startswith("USER")]
    assert users[-1] == "USER 1000", "jobs don't run as root"
