"""The grammar of places as data: heads, directions, prepositions, cues of roles, names that need proof. Read once a process."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from arabic.fold import fold

LEXICONS = Path(__file__).parent / "lexicons"
# wa-, fa-, bi-, li- and their joins: what may lean on a noun. Not ka- (like): «كامل», «كسرت», «كمينا» hold the names of places.
PROCLITICS = ("", "و", "ف", "ب", "ل", "وب", "ول", "فب", "فل")


class Head(Struct, frozen=True):
    """A noun that leads a place name. ``kinds``: what it proves; ``keep``: part of the quoted name; ``opens``: an unknown name may
    follow; ``surroundings``: the place lies around the name, not in it; ``precision``: as in ``contracts.records.Place``."""

    word: str
    kinds: frozenset[str]
    keep: bool = False
    opens: bool = False
    many: bool = False
    surroundings: bool = False
    precision: int = 1
    quoted: bool = False
    """An unknown name may follow in quotation marks alone («محور “عين العشرة”»)."""
    led: bool = False
    """An unknown name may follow only where a preposition of place leads («في سوق قورو»)."""


class Grammar(Struct, frozen=True):
    """All tables, folded. ``heads``: a word with its proclitics -> (length of the proclitics, head)."""

    heads: dict[str, tuple[int, Head]]
    directions: frozenset[str]
    adjectives: frozenset[str]
    near: frozenset[str]
    place_prepositions: frozenset[str]
    direction_prepositions: frozenset[str]
    origin: re.Pattern[str]
    about: re.Pattern[str]
    """Cues of a place that a gathering is for."""
    affiliation: frozenset[str]
    speech: frozenset[str]
    stop: frozenset[str]
    joiners: frozenset[str]
    longest: int
    needs_head: frozenset[str]
    needs_preposition: frozenset[str]
    never: frozenset[str]
    residents: frozenset[str]
    reaches: re.Pattern[str]
    """Cues of fire or arrival: what goes towards a place then falls on it or is in it."""
    name_parts: frozenset[str]
    blocked: frozenset[str]
    definite: dict[str, frozenset[str]]
    """What follows only a definite noun («الواقعة»), with the words one of which must come after it («التي تبعد»)."""
    other_words: frozenset[str]
    """Words as they are spelled, which are no place though they fold to the name of one («آب» and «إب»)."""


def folded_set(words: list[str]) -> frozenset[str]:
    return frozenset(map(fold, words))


def _heads(rows: list[dict[str, Any]]) -> dict[str, tuple[int, Head]]:
    found: dict[str, tuple[int, Head]] = {}
    for row in rows:
        for many, words in ((False, row["words"]), (True, row.get("many", []))):
            for word in words:
                head = Head(
                    fold(word),
                    frozenset(row["kinds"]),
                    row.get("keep", False),
                    row.get("open", False),
                    many,
                    row.get("surroundings", False),
                    row.get("precision", 1),
                    row.get("quoted", False),
                    row.get("led", False),
                )
                for clitic in PROCLITICS:
                    found.setdefault(clitic + head.word, (len(clitic), head))
    return found


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    """The shipped grammar."""
    data = tomllib.loads((LEXICONS / "place_grammar.toml").read_text("utf-8"))
    proof = tomllib.loads((LEXICONS / "place_proof.toml").read_text("utf-8"))
    heads = _heads(data["head"])
    never = folded_set(proof["never"]["names"]) | {head.word for _, head in heads.values()}
    origin = "|".join(re.escape(fold(cue)) for cue in data["roles"]["origin"])
    about = "|".join(re.escape(fold(cue)) for cue in data["roles"]["about"])
    return Grammar(
        heads,
        folded_set(data["directions"]["words"]),
        folded_set(data["directions"]["adjectives"]),
        folded_set(data["directions"]["near"]),
        folded_set(data["prepositions"]["place"]),
        folded_set(data["prepositions"]["direction"]),
        re.compile(rf"(?<!\w)[وفب]?(?:{origin})\w{{0,3}}(?:\s+[\w\"«»“”]+){{0,4}}\s*$"),
        re.compile(rf"(?<!\w)[وفب]?(?:{about})\s*$"),
        folded_set(data["roles"]["affiliation"]),
        folded_set(data["speech"]["verbs"]),
        folded_set(data["unknown"]["stop"]),
        folded_set(data["unknown"]["joiners"]),
        data["unknown"]["longest"],
        folded_set(proof["needs_head"]["names"]),
        folded_set(proof["needs_preposition"]["names"]),
        never,
        folded_set(data["roles"]["residents"]),
        re.compile("|".join(map(re.escape, folded_set([*data["roles"]["fire"], *data["roles"]["arrival"]])))),
        folded_set(data["roles"]["name_parts"]),
        folded_set(proof["blocked"]["phrases"]),
        {fold(word): folded_set(after) for word, after in data["definite"].items()},
        frozenset(proof["other_words"]["spelled"]),
    )
