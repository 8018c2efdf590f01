"""Surface forms of Arabic verbs and nouns, generated on folded letters (see ``arabic.fold``), and the clitics around them.

News is told in the third person: he, she, they (two or many), perfect and imperfect, active and passive. Folding takes the
vowels, so that most passives are spelled as their actives; hollow passives (أُصيب) are lemmas of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from arabic.fold import fold

# and, so, with, as, for, the, will: what is written together with the next word (folded).
_NOUN_PROCLITICS = (
    "وبال",
    "فبال",
    "وال",
    "فال",
    "بال",
    "كال",
    "ولل",
    "ال",
    "لل",
    "وب",
    "ول",
    "فب",
    "و",
    "ف",
    "ب",
    "ك",
    "ل",
)
_VERB_PROCLITICS = ("وس", "فس", "ول", "و", "ف", "س", "ل")
# his, her, their (two, many), our: object or owner. A final alef is the accusative's tanwin.
_ENCLITICS = ("هما", "هم", "ها", "هن", "نا", "ه")
SHORTEST = 3
"""Letters that a stem has at least."""


def _grouped(affixes: Iterable[str], at: int) -> dict[str, list[str]]:
    """Affixes by one of their letters, each row in their order: most words bear none, and are told so by that letter alone."""
    rows: dict[str, list[str]] = {}
    for affix in affixes:
        rows.setdefault(affix[at], []).append(affix)
    return rows


_NOUN_PROCLITICS_BY_FIRST, _VERB_PROCLITICS_BY_FIRST = _grouped(_NOUN_PROCLITICS, 0), _grouped(_VERB_PROCLITICS, 0)
_ENCLITICS_BY_LAST = _grouped(_ENCLITICS, -1)


def conjugate(past: str, imperfect: str) -> frozenset[str]:
    """Third-person forms of a verb given by its two lemmas (قصف, يقصف), folded."""
    return frozenset((*_perfects(fold(past), past.endswith(("ى", "ا", "ي"))), *_imperfects(fold(imperfect))))


def _perfects(past: str, defective: bool) -> Iterator[str]:
    yield past
    if defective:  # ألقى, ألقت, ألقوا; لقي keeps its yeh in لقيت
        stem = past[:-1]
        yield from (stem + "ت", stem + "تا", stem + "وا", stem + "يا", stem + "يت", stem + "ين")
        return
    yield from (past + suffix for suffix in ("ت", "تا", "وا", "ا", "ن"))


def _imperfects(imperfect: str) -> Iterator[str]:
    body = imperfect[1:]
    for prefix in "يت":
        yield prefix + body
        stem = body.removesuffix("ي")
        yield from (prefix + stem + suffix for suffix in ("ون", "وا", "ان", "ا"))
        yield prefix + body + "ان"
    yield "ي" + body + "ن"


@lru_cache(maxsize=65536)
def verb_stems(word: str) -> tuple[str, ...]:
    """What a folded word may be as a verb: itself, and without proclitics."""
    return (word, *_without(word, _VERB_PROCLITICS_BY_FIRST))


@lru_cache(maxsize=65536)
def verb_object_stems(word: str) -> tuple[str, ...]:
    """What a folded word may be as a verb with an object pronoun (قصفته)."""
    if word[-1:] not in _ENCLITICS_BY_LAST:
        return ()
    return tuple([stem for base in verb_stems(word) for stem in _open(base)])


@lru_cache(maxsize=65536)
def noun_stems(word: str) -> tuple[str, ...]:
    """What a folded word may be as a noun: without proclitics, the tanwin's alef, and an owner's pronoun (هجومهم, غارته)."""
    bases = (word, *_without(word, _NOUN_PROCLITICS_BY_FIRST))
    tanwin = [base[:-1] for base in bases if len(base) > SHORTEST] if word.endswith("ا") else []
    owned = [stem for base in bases for stem in _owned(base)] if word[-1:] in _ENCLITICS_BY_LAST else []
    return (*bases, *tanwin, *owned)


def is_future(verb: str) -> bool:
    """Whether a folded verb stands in the future (سيقصف, وستنسحب); «سيطر» begins so by its root."""
    bare = verb[1:] if verb[0] in "وف" else verb
    return bare.startswith(("سي", "ست")) and not bare.startswith(("سيطر", "سير"))


def has_article(word: str) -> bool:
    """Whether a folded noun bears the article: a definite noun often speaks of what was told before."""
    return word.startswith(("ال", "وال", "بال", "فال", "لل", "كال", "ولل"))


def _without(word: str, proclitics: Mapping[str, Sequence[str]]) -> list[str]:
    """The word without each of the proclitics (by their first letter) that it bears."""
    near = proclitics.get(word[:1], ())
    return [word[len(lead) :] for lead in near if word.startswith(lead) and len(word) - len(lead) >= SHORTEST]


def _open(word: str) -> list[str]:
    """The word without each of the pronouns that it ends in."""
    near = _ENCLITICS_BY_LAST.get(word[-1:], ())
    return [word[: -len(tail)] for tail in near if word.endswith(tail) and len(word) - len(tail) >= SHORTEST]


def _owned(word: str) -> list[str]:
    stems = []
    for stem in _open(word):
        stems.append(stem)
        if stem.endswith("ت"):  # teh marbuta opens before a pronoun: غارة, غارته
            stems.append(stem[:-1] + "ه")
    return stems
