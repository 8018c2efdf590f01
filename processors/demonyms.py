"""Adjectives of countries: «السورية» -> SY."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from arabic.fold import fold
from processors.gazetteer import shipped

_TABLE = Path(__file__).parent / "lexicons" / "demonyms.csv"
# Masculine, feminine, sound plurals, duals; folded (teh marbuta is heh). Feminine plural is rare of states and left out.
_ENDINGS = ("", "ه", "ين", "ون", "ان", "تين", "تان", "ا")
_LEADS = ("", "ال", "لل", "وال", "بال")


@lru_cache(maxsize=1)
def _rows() -> list[dict[str, str]]:
    lines = [line for line in _TABLE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter=";"))


def english_names() -> dict[str, str]:
    """The English name of each country that has an adjective here."""
    return {row["code"]: row["name_en"] for row in _rows()}


@lru_cache(maxsize=1)
def stems() -> dict[str, list[str]]:
    """The adjectives of each country (ISO 3166 alpha-2) as the table spells them, the usual one first."""
    return {row["code"]: row["adjectives"].split("/") for row in _rows()}


@lru_cache(maxsize=1)
def adjectives() -> dict[str, str]:
    """Every folded form of every adjective with its country."""
    found: dict[str, str] = {}
    for code, words in stems().items():
        for stem in map(fold, words):
            for lead in _LEADS:
                for ending in _ENDINGS:
                    found.setdefault(lead + stem + ending, code)
    for country in shipped().countries.values():  # «سوريا» and «ليبيا» end like an adjective with tanwin
        for name in country.names:
            if name.endswith("ا"):
                found.pop(fold(name), None)
    return found
