"""Adjectives of countries: «السورية» -> SY."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from arabic.fold import fold

_TABLE = Path(__file__).parent / "lexicons" / "demonyms.csv"
# Masculine, feminine, sound plurals, duals; folded (teh marbuta is heh). Feminine plural is rare of states and left out.
_ENDINGS = ("", "ه", "ين", "ون", "ان", "تين", "تان", "ا")
_LEADS = ("", "ال", "لل", "وال", "بال")


@lru_cache(maxsize=1)
def adjectives() -> dict[str, str]:
    """Every folded form of every adjective with its country (ISO 3166 alpha-2)."""
    lines = [line for line in _TABLE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    found: dict[str, str] = {}
    for row in csv.DictReader(lines, delimiter=";"):
        for stem in map(fold, row["adjectives"].split("/")):
            for lead in _LEADS:
                for ending in _ENDINGS:
                    found.setdefault(lead + stem + ending, row["code"])
    return found


def country_of_adjective(word: str) -> str | None:
    """The country of a folded adjective, or None."""
    return adjectives().get(word)
