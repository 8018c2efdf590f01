"""Light stems for the search index, and the clitics that a written word may carry.

The stemmer follows the idea of light10 (Larkey, Ballesteros and Connell 2007): take off a conjunction, the article and frequent
endings, where enough of the word is left."""

from __future__ import annotations

import re
from functools import lru_cache

from arabic.fold import fold

_WORD = re.compile(r"\w+")
_ARTICLES = ("وال", "بال", "كال", "فال", "ال", "لل")  # with and, in, as, so; the; for the
_ENDINGS = (
    "ها",
    "ان",
    "ات",
    "ون",
    "ين",
    "يه",
    "ه",
    "ي",
)  # her, dual, plurals, nisba, him or teh marbuta, mine or nisba
_FEMININE_OWNED = ("تها", "ته")  # teh marbuta opened before her and his: مدينتها
_CONJUNCTION = "و"

_ENCLITICS = ("هما", "كما", "هم", "هن", "ها", "كم", "نا", "ني", "ه", "ك", "ي")


@lru_cache(maxsize=65536)
def light_stem(word: str) -> str:
    """The light stem of one folded word (see ``fold``)."""
    if word.startswith(_CONJUNCTION) and len(word) > 3:
        word = word[1:]
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= 2:
            word = word[len(article) :]
            break
    for ending in _FEMININE_OWNED:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            word = word[: -len(ending)]
    return word


def stems(text: str) -> str:
    """The light stems of a text's words, with spaces between them: what the index keeps and what a query is turned into."""
    return " ".join(map(light_stem, _WORD.findall(fold(text))))


@lru_cache(maxsize=65536)
def clitics(word: str) -> tuple[tuple[str, str, str], ...]:
    """Every way to read a folded word as (proclitic, stem, enclitic), the fewest clitics first; the three joined give the word.

    At least two letters stay in the stem. Before an enclitic a teh marbuta is written ت: see ``bare_forms``."""
    splits = []
    for pro in _proclitics(word):
        rest = word[len(pro) :]
        splits.append((pro, rest, ""))
        splits += [(pro, rest[: -len(en)], en) for en in _ENCLITICS if rest.endswith(en) and len(rest) - len(en) >= 2]
    return tuple(sorted(splits, key=lambda split: len(split[0]) + len(split[2])))


def _proclitics(word: str) -> list[str]:
    found = {""}
    for conjunction in ("", *"وف"):
        for particle in ("", *"بلكس", "ال", "بال", "كال", "لل"):
            pro = conjunction + particle
            if word.startswith(pro) and len(word) - len(pro) >= 2:
                found.add(pro)
    return sorted(found, key=len)


def bare_forms(stem: str, enclitic: str) -> tuple[str, ...]:
    """The spellings that a folded stem has when it stands alone: مدينت- before an enclitic is مدينه, مستشفا- is مستشفي."""
    if enclitic and stem.endswith("ت"):
        return stem, stem[:-1] + "ه"
    if enclitic and stem.endswith("ا"):
        return stem, stem[:-1] + "ي"
    return (stem,)
