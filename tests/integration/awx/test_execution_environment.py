# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-builder makes of the collection. No image is built: that needs a container engine."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from ansible_collections.fleetops.nvcf.tests.integration.awx.environment import CHECKOUT, clean, run


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
        "python": [f"{package}  # from collection fleetops.nvcf" for package in ("kubernetes>=31", "urllib3>=2")],
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
        "ARG HELM_SHA256_AMD64",
        "ARG HELM_SHA256_ARM64",
        "ARG HELM_URL=https://get.helm.sh",
        (
            'RUN $PYCMD /tmp/install_helm.py --version "$HELM_VERSION" --url "$HELM_URL" '
            '--sha256-amd64 "$HELM_SHA256_AMD64" --sha256-arm64 "$HELM_SHA256_ARM64" && rm /tmp/install_helm.py'
        ),
    ]
    users = [line for line in final.splitlines() if line.startswith("USER")]
    assert users[-1] == "USER 1000", "jobs don't run as root"


@pytest.mark.nightly
def test_the_definition_takes_a_tarball_as_the_documentation_says(
    programs: Path, extension: Path, tarball: Path, tmp_path: Path
) -> None:
    definition = yaml.safe_load((extension / "execution-environment.yml").read_text(encoding="utf-8"))
    [block] = re.findall(r"(?s)```yaml\n(.+?)```", (CHECKOUT / "docs" / "awx.md").read_text(encoding="utf-8"))
    change = yaml.safe_load(block)
    definition["dependencies"] |= change.pop("dependencies")
    definition |= change
    (tmp_path / "execution-environment.yml").write_text(yaml.safe_dump(definition), encoding="utf-8")
    for file in (extension / "install_helm.py", tarball):
        shutil.copy(file, tmp_path)
    create: list[str | Path] = [programs / "ansible-builder", "create", "-c", tmp_path / "context"]
    status, text = run([*create, "--output-filename", "Containerfile"], clean(tmp_path, programs), tmp_path)
    assert status == 0, text
    lines = (tmp_path / "context" / "Containerfile").read_text(encoding="utf-8").splitlines()
    # What the image's build has at /build is what was made beside the Containerfile.
    assert "COPY _build /build" in lines
    [install] = [line.partition("RUN ")[2] for line in lines if "ansible-galaxy collection install" in line]
    built = tmp_path / "context" / "_build"
    requirements = built / "requirements.yml"
    requirements.write_text(requirements.read_text(encoding="utf-8").replace("/build", str(built)), encoding="utf-8")
    here = install.replace("/usr/share/ansible/collections", str(tmp_path / "installed"))
    status, text = run(["/bin/sh", "-c", here], clean(tmp_path, programs), built)
    assert status == 0, text
    assert (tmp_path / "installed" / "ansible_collections" / "fleetops" / "nvcf" / "MANIFEST.json").exists()
