# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Kubernetes quantities such as `250m`, `64Mi` and `2k`."""

from __future__ import annotations

import re
from decimal import Decimal

QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)")
DECIMAL_EXPONENTS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY_SUFFIXES = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
FACTORS = {suffix: Decimal(10) ** exponent for suffix, exponent in DECIMAL_EXPONENTS.items()} | {
    suffix: Decimal(1024) ** power for power, suffix in enumerate(BINARY_SUFFIXES, start=1)
}


def quantity(text: str) -> Decimal:
    """Parse a quantity; ValueError when it is none."""
    match = QUANTITY.fullmatch(text)
    if match is None or match[2] not in FACTORS:
        raise ValueError(f"not a quantity: {text!r}")
    return Decimal(match[1]) * FACTORS[match[2]]
