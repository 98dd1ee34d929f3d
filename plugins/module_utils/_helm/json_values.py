# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as JSON that a YAML parser reads back as the same values. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

# JSON is YAML but for these: YAML takes some of them for line breaks and refuses the others raw. As \uXXXX all are
# safe; beyond the basic plane it is the other way round, because YAML knows no surrogate pairs.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def dump(values: Any) -> bytes:
    """The bytes for `helm --values -`."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode()
