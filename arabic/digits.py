"""Figures in folded text: whole numbers with separators of thousands, and decimal fractions."""

from __future__ import annotations

import re

# 1,200 and 1.200 are twelve hundred; 1.5 is a fraction. After the figure no further figure of a date, score or version.
FIGURE = re.compile(r"(?<![\d.,])(\d{1,3}(?:[,.]\d{3})+|\d+)(?:[.,](\d{1,2}))?(?![\d])")


def to_ascii(text: str) -> str:
    """The text with Eastern Arabic and Persian figures written as 0–9; nothing else changes."""
    return text.translate(_TABLE)


_TABLE = {base + value: str(value) for base in (0x0660, 0x06F0) for value in range(10)}


def value(figure: str) -> int | float | None:
    """The number that a figure of folded text means, or None where it is none: «1,200» 1200, «1.5» 1.5, «007» 7."""
    match = FIGURE.fullmatch(figure)
    if not match:
        return None
    whole = int(re.sub(r"[,.]", "", match[1]))
    return float(f"{whole}.{match[2]}") if match[2] else whole
