"""The language of a text by cheap marks: its script, letters that Arabic does not have, and frequent words."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import lru_cache
from importlib import resources

_SAMPLE = 4_000
_FEWEST = 10
_WORD = re.compile(r"[^\W\d_]+")
_ARABIC = re.compile(
    "[\u0620-\u064a\u066e-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]"
)
_STRONG = 0.04
"""Share of a language's own letters above which it is that one: 0.1 and more in Persian, Kurdish and Urdu, under 0.01 in Arabic."""


@lru_cache(maxsize=1)
def _marks() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    data = tomllib.loads((resources.files("ingest") / "rules" / "languages.toml").read_text("utf-8"))
    return {code: (frozenset(row.get("letters", "")), frozenset(row["words"])) for code, row in data.items()}


def language_of(text: str) -> str | None:
    """Code of ISO 639-1 (``ar``, ``fa``, ``ku``, ``en`` …); None where there is too little text or no known language."""
    sample = text[:_SAMPLE]
    words = _WORD.findall(sample)
    letters = "".join(words)
    if len(letters) < _FEWEST:
        return None
    arabic = len(_ARABIC.findall(letters)) / len(letters)
    code, score = _best(letters, words)
    if arabic >= 0.5:
        return code if code in ("fa", "ur", "ku", "ps") and score >= 1 else "ar"
    return code if code not in ("ar", "fa", "ur", "ku", "ps") and score >= 1 else None


def _best(letters: str, words: list[str]) -> tuple[str, float]:
    """The language with the best score: 1 for each 4 % of own letters, and for each 10 % of frequent words."""
    counted, said = Counter(letters), Counter(word.lower() for word in words)
    scores = {}
    for code, (own, frequent) in _marks().items():
        by_letter = sum(counted[letter] for letter in own) / len(letters) / _STRONG
        by_word = sum(said[word] for word in frequent) / len(words) / 0.1
        scores[code] = by_letter + by_word if not own or by_letter >= 0.25 else 0.0
    best = max(scores, key=lambda code: scores[code])
    return best, scores[best]
