# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The tarball: built by ansible-galaxy, then made the same for everyone who builds it from the same commit.

ansible-galaxy lists files in the order of the file system and records the time of the build. Both are replaced here:
files are in the order of their names and have the time of the commit. The files themselves are not touched.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import Any

MANIFEST, LIST = "MANIFEST.json", "FILES.json"


def digest(content: bytes) -> str:
    """SHA-256, as the files of Galaxy and sha256sum write it."""
    return hashlib.sha256(content).hexdigest()


def members(tarball: bytes) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    """Everything in a tarball by its name; folders and links have no content."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(tarball), mode="r:gz") as archive:
        for info in archive:
            file = archive.extractfile(info) if info.isfile() else None
            found[info.name] = (info, file.read() if file is not None else b"")
    return found


def normalized(tarball: bytes, moment: int) -> bytes:
    """The same collection, with nothing in it that depends on where and when it was built."""
    held = members(tarball)
    listed = json.loads(held[LIST][1])
    listed["files"].sort(key=lambda entry: str(entry["name"]))
    files = _written(listed)
    manifest = json.loads(held[MANIFEST][1])
    manifest["file_manifest_file"]["chksum_sha256"] = digest(files)
    front = {MANIFEST: _written(manifest), LIST: files}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in [*front, *sorted(held.keys() - front.keys())]:
            info, content = held[name]
            content = front.get(name, content)
            info.mtime, info.size, info.pax_headers = moment, len(content), {}
            archive.addfile(info, io.BytesIO(content) if info.isfile() else None)
    return gzip.compress(packed.getvalue(), compresslevel=9, mtime=0)


def problems(tarball: bytes) -> list[str]:
    """Where the checksums in the tarball differ from what it holds."""
    held = members(tarball)
    expected = json.loads(held[MANIFEST][1])["file_manifest_file"]["chksum_sha256"]
    if expected != digest(held[LIST][1]):
        return [f"{MANIFEST} has the checksum {expected} for {LIST}, which has {digest(held[LIST][1])}."]
    entries = {entry["name"]: entry for entry in json.loads(held[LIST][1])["files"] if entry["name"] != "."}
    wrong = sorted(
        name
        for name, entry in entries.items()
        if name not in held or (entry["ftype"] == "file" and entry["chksum_sha256"] != digest(held[name][1]))
    )
    unlisted = sorted(held.keys() - entries.keys() - {MANIFEST, LIST})
    return [
        *([f"Not as {LIST} says: {', '.join(wrong)}."] if wrong else []),
        *([f"Not in {LIST}: {', '.join(unlisted)}."] if unlisted else []),
    ]


def _written(document: dict[str, Any]) -> bytes:
    """As ansible-galaxy writes it."""
    return json.dumps(document, indent=True).encode()
