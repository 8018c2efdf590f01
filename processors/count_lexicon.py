"""Words of tolls, read from ``lexicons/counts.toml``: people in every number, cues by field, quantities, negations."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from arabic.fold import fold
from processors.date_lexicon import Phrases, attach

Field = Literal["killed", "injured", "detained", "abducted", "missing", "displaced"]
FIELDS: tuple[Field, ...] = ("killed", "injured", "detained", "abducted", "missing", "displaced")
Many = Literal["one", "group", "two", "two or many", "many"]
CueKind = Literal["noun", "passive", "active"]


class Person(NamedTuple):
    """A word for people. ``field``: what befell them, where the word says it (قتيل). ``joined``: و stands before it."""

    many: Many
    field: Field | None
    civilian: bool | None
    definite: bool = False
    joined: bool = False
    accusative: bool = False


class Cue(NamedTuple):
    """A word that says what befell people. ``noun``: they follow at once; ``passive``: they come soon; ``active``: an agent may come first.

    ``plural``: a verb that agrees with people before it. ``own``: how many its pronoun means (مقتله 1, إصابتهما 2), else 0."""

    field: Field
    kind: CueKind
    joined: bool = False
    plural: bool = False
    own: int = 0


class CountLexicon(NamedTuple):
    """``quantities``: low and high (None open); ``negations``: the fields that are zero; ``sets``: folded words by use."""

    people: dict[str, Person]
    cues: dict[str, Cue]
    cue_phrases: Phrases[Cue]
    closings: dict[str, Field]
    quantities: Phrases[tuple[int, int | None]]
    bounds: Phrases[str]
    at_least_after: Phrases[str]
    none_of: Phrases[tuple[Field, ...]]
    """What a denying word says there was none of."""
    negations: Phrases[tuple[Field, ...]]
    cumulative: Phrases[str]
    shared: Phrases[str]
    added: Phrases[str]
    """«إضافة إلى»: what follows is added to the toll."""
    not_after: dict[str, frozenset[str]]
    sets: dict[str, frozenset[str]]
    heads: frozenset[str]
    """Words without which a text holds no toll."""
    followers: frozenset[str]
    """Words that say something of a toll, where there is one: parts, denials, «بين قتيل وجريح»."""


@cache
def count_lexicon() -> CountLexicon:
    data = tomllib.loads(files("processors").joinpath("lexicons", "counts.toml").read_text("utf-8"))
    proclitics = data["proclitics"]
    people = dict(_people(data, proclitics))
    cues = dict(_cues(data))
    phrases = _phrases(
        ((form, Cue(field, "passive")) for field, forms in data["phrases"].items() for form in forms), ("", "و")
    )
    negations = _phrases(((form, tuple(fields)) for form, fields in data["negation"]["phrases"].items()), ("", "و"))
    victims = (word for word, person in people.items() if person.field)
    none_of = _phrases(((form, tuple(fields)) for form, fields in data["negation"]["none"].items()), ("",))
    sets = _sets(data)
    words = data["words"]
    return CountLexicon(
        people=people,
        cues=cues,
        cue_phrases=phrases,
        closings={fold(form): field for field in ("killed", "injured") for form in data["closing"][field]},
        quantities=_phrases(
            ((k, (low, None if high < 0 else high)) for k, (low, high) in data["quantities"].items()), proclitics
        ),
        bounds=_phrases(
            ((form, kind) for kind in ("open", "about", "between") for form in data["bounds"][kind]), proclitics
        ),
        at_least_after=_phrases(((form, form) for form in data["bounds"]["at_least_after"]), ("",)),
        none_of=none_of,
        negations=negations,
        cumulative=_phrases(((form, form) for form in words["cumulative"]), ("", "و")),
        shared=_phrases(((form, form) for form in words["shared"]), ("", "ب")),
        not_after={fold(word): frozenset(map(fold, forms)) for word, forms in data["not_tolls"]["after"].items()},
        added=_phrases(((form, form) for form in words["added"]), ("", "و")),
        sets=sets,
        heads=frozenset(
            [
                *cues,
                *victims,
                *phrases.firsts(),
                *negations.firsts(),
                *none_of.firsts(),
                *map(fold, data["closing"]["killed"]),
                *map(fold, data["closing"]["injured"]),
            ]
        ),
        followers=frozenset(
            [*sets["parts"], *("و" + word for word in sets["parts"]), *sets["denying"], "بين", "وبين", "ما"]
        ),
    )


def _sets(data: dict[str, Any]) -> dict[str, frozenset[str]]:
    rows = {**data["words"], "openers": data["closing"]["openers"], "to": data["bounds"]["to"]}
    rows |= {name: data["negation"][name] for name in ("denying", "fillers", "unknowing")}
    rows |= {"given": data["names"]["given"], "linking": data["names"]["linking"]}
    return {name: frozenset(map(fold, forms)) for name, forms in rows.items()}


def _phrases(rows: Iterable[tuple[str, Any]], proclitics: Iterable[str]) -> Phrases[Any]:
    table: Phrases[Any] = Phrases()
    for phrase, meaning in rows:
        table.add(phrase, meaning, proclitics)
    return table


def _cues(data: dict[str, Any]) -> Iterator[tuple[str, Cue]]:
    for table, kind in (("nouns_of", "noun"), ("active", "active"), ("passive", "passive")):
        for field in FIELDS:
            for form in map(fold, data[table].get(field, ())):
                plural = kind == "passive" and form.endswith(("ا", "ون"))  # قتلوا, أصيبا
                for proclitic in ("و", "ف", "ب", "ل", "ك", "") if kind == "noun" else ("و", "ف", ""):
                    yield proclitic + form, Cue(field, kind, proclitic == "و", plural)  # type: ignore[arg-type]
    for field, forms in data["owned"].items():
        for form in map(fold, forms):
            stem = form[:-1] + "ت" if form.endswith("ه") else form
            for proclitic in ("و", "ف", "ب", "ل", ""):
                for pronoun, own in (("ه", 1), ("ها", 1), ("هما", 2)):
                    yield proclitic + stem + pronoun, Cue(field, "noun", proclitic == "و", own=own)


def _people(data: dict[str, Any], proclitics: list[str]) -> Iterator[tuple[str, Person]]:
    """Every spelling; the bare ones come last, so that a word beats what only looks like a clitic and a word."""
    bare = dict(_bare_people(data))
    for form in data["words"]["not_people"]:
        bare.pop(fold(form), None)
    rows = {
        joined: [
            (form, person._replace(joined=joined), person._replace(joined=joined, definite=True))
            for form, person in bare.items()
        ]
        for joined in (False, True)
    }
    for proclitic in reversed(proclitics):
        for form, person, definite in rows[proclitic == "و"]:
            yield proclitic + form, person
            yield attach(proclitic, "ال" + form), definite


def _bare_people(data: dict[str, Any]) -> Iterator[tuple[str, Person]]:
    for row in [*data["people"], *data["victims"]]:
        field, civilian = row.get("field"), row.get("civilian")
        for singular, *plurals in row["nouns"]:
            for form, many, accusative in _forms(fold(singular), list(map(fold, plurals))):
                if many == "one" and row.get("group"):
                    many = "group"
                yield form, Person(many, field, civilian, accusative=accusative)
                if row.get("possessed") and not accusative:
                    yield from ((owned, Person(many, field, civilian)) for owned in _possessed(form, many))


def _possessed(form: str, many: Many) -> Iterator[str]:
    """The word with his, her, their: والدته, طفلاها, طفليه, أبناؤه."""
    stem = form[:-1] + "ت" if form.endswith("ه") else form
    if many.startswith("two"):
        stem = form[:-1]  # the dual loses its ن
    elif form.endswith("اء"):
        yield from (form[:-1] + seat + pronoun for seat in "ويء" for pronoun in ("ه", "ها", "هم", "هما"))
        return
    elif form.endswith("ون"):
        yield from (form[:-2] + "ي" + pronoun for pronoun in ("ه", "ها", "هم", "هما"))
        return
    yield from (stem + pronoun for pronoun in ("ه", "ها", "هم", "هما"))


def _forms(singular: str, plurals: list[str]) -> Iterator[tuple[str, Many, bool]]:
    """The spellings of one noun: (form, number, whether it is an accusative)."""
    feminine = singular.endswith("ه")
    stem = singular[:-1] + "ت" if feminine else singular
    oblique = stem + "ين"
    if feminine:
        yield stem + "ي", "two", False  # before a genitive: جثتي رجلين
    yield oblique, "two or many" if singular + "ون" in plurals else "two", False
    yield stem + "ان", "two", False
    for plural in plurals:
        yield plural, "many", False
        if plural.endswith("ون"):
            yield plural[:-1], "many", False  # before a genitive: مقاتلو, مقاتلي
            yield plural[:-2] + "ي", "many", False
            if plural[:-2] != singular:
                yield plural[:-2] + "ين", "many", False
        elif not plural.endswith(("ون", "ات", "ه", "ي", "اء")):
            yield plural + "ا", "many", True
    if not feminine:
        yield singular + "ا", "one", True
    yield singular, "one", False
