"""What stands on a page beside the article, as data (``rules/furniture.toml``): names of elements, and lines of text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Any

from msgspec import Struct

from arabic.fold import fold

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_EDGES = " \t:.،؛,;!؟?…|•·»«\"'“”()[]*#>-–—"


class Names(Struct, frozen=True):
    """What the class and id of an element say: ``junk`` 2 certain, 1 likely, 0 none; ``skipped`` inside a text; ``marked``
    as the element of the text; ``dated`` or ``signed``: may hold the date or the author."""

    junk: int = 0
    skipped: bool = False
    marked: bool = False
    dated: bool = False
    signed: bool = False

    @property
    def plain(self) -> bool:
        return not (self.junk or self.skipped or self.marked or self.dated or self.signed)


class Furniture(Struct, frozen=True):
    """The compiled rules."""

    certain: re.Pattern[str]
    likely: re.Pattern[str]
    skipped: re.Pattern[str]
    marks: re.Pattern[str]
    dated: re.Pattern[str]
    undated: re.Pattern[str]
    signed: re.Pattern[str]
    skipped_most: int
    exact: frozenset[str]
    lead: re.Pattern[str]
    longest_lead: int
    line: re.Pattern[str]
    wall: re.Pattern[str]

    def is_line(self, folded: str) -> bool:
        """Whether a folded line is furniture as a whole."""
        bare = folded.strip(_EDGES)
        return bare in self.exact or self.line.fullmatch(folded) is not None

    def is_lead(self, folded: str) -> bool:
        """Whether a folded line leads to other articles («اقرأ أيضًا: …»)."""
        return len(folded) <= self.longest_lead and self.lead.match(folded.lstrip(_EDGES)) is not None

    def is_wall(self, text: str) -> bool:
        """Whether a text is a wall, an excuse or an error, and no article."""
        return len(text) < 600 and self.wall.match(fold(" ".join(text.split()))) is not None


@lru_cache(maxsize=1)
def furniture() -> Furniture:
    """The rules that ship with Rasid."""
    return read_furniture(tomllib.loads((resources.files("ingest") / "rules" / "furniture.toml").read_text("utf-8")))


def read_furniture(data: dict[str, Any]) -> Furniture:
    """Compiles the tables of a rules file. Raises KeyError for a missing table, re.error for a bad expression."""
    lines = data["lines"]
    leads = "|".join(sorted((re.escape(fold(lead)) for lead in lines["leads"]), key=len, reverse=True))
    return Furniture(
        certain=_phrases(data["junk"]["certain"]),
        likely=_phrases(data["junk"]["likely"]),
        skipped=_phrases(data["inside"]["skipped"]),
        marks=_phrases(data["body"]["marks"]),
        dated=_phrases(data["head"]["dated"]),
        undated=_phrases(data["head"]["undated"]),
        signed=_phrases(data["head"]["signed"]),
        skipped_most=int(data["inside"]["most_characters"]),
        exact=frozenset(fold(line).strip(_EDGES) for line in lines["exact"]),
        lead=re.compile(rf"(?:{leads})(?!\w)"),
        longest_lead=int(lines["longest_lead"]),
        line=re.compile("|".join(f"(?:{pattern})" for pattern in lines["patterns"])),
        wall=re.compile("|".join(f"(?:{pattern})" for pattern in data["walls"]["patterns"])),
    )


@lru_cache(maxsize=8192)
def names_of(classes: str, identifier: str) -> Names:
    """What an element's class and id say, each name read as words."""
    rules = furniture()
    said = " ".join(_words(name) for name in (*classes[:500].split(), identifier[:100]) if name)
    junk = 2 if rules.certain.search(said) else 1 if rules.likely.search(said) else 0
    return Names(
        junk=junk,
        skipped=rules.skipped.search(said) is not None,
        marked=rules.marks.search(said) is not None,
        dated=rules.dated.search(said) is not None and rules.undated.search(said) is None,
        signed=rules.signed.search(said) is not None,
    )


def _words(name: str) -> str:
    """ "inArticleAd" and "in-article_ad" as "-in-article-ad-"."""
    return f"-{_NO_WORD.sub('-', _HUMP.sub('-', name).lower()).strip('-')}-"


def _phrases(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile("-(?:" + "|".join(re.escape(phrase.replace(" ", "-")) for phrase in phrases) + ")-")
