"""Nouns that lead the unnamed: «مسلحون», «ثلاثة أطفال», «دورية», «منزل». Forms are generated from a list of words; read once."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import Any, cast

from msgspec import Struct

from arabic.fold import fold
from contracts.records import ActorKind
from processors.actor_ontology import FOLDER, spelled
from processors.demonyms import adjectives as country_adjectives

# Proclitics before a bare noun, and before one with the article (folded), with the letters that they take from the text.
_BEFORE_BARE = ("", "و", "ف", "ب", "ل", "ك", "ول", "وب")
_BEFORE_ARTICLE = (
    ("", "ال"),
    ("و", "ال"),
    ("ف", "ال"),
    ("ب", "ال"),
    ("ك", "ال"),
    ("وب", "ال"),
    ("لل", ""),
    ("ولل", ""),
)
_NO_TANWIN = ("ا", "ه", "ين", "ون", "ان", "ات", "و", "ء")
# «بقوة» is «strongly», «بقيادة» «led by», «بحركة» «with a move», «برئاسة»: no actors.
_ADVERBS = frozenset(
    map(
        fold,
        ("بقوة", "بقيادة", "بحركة", "بإدارة", "بوحدة", "بمسؤول", "برجل", "كرجل", "لقوة", "بجهاز", "كقوة", "بمجموعة"),
    )
)


class RoleNoun(Struct, frozen=True):
    """A head: its class («civilians», «armed», «state», …), the kind of actor that it makes, and what may go with it. ``clitic``:
    letters before the noun itself; ``definite``: with the article; ``words``: how many it takes."""

    group: str
    kind: ActorKind | None
    clitic: int
    definite: bool
    words: int
    named: bool = False
    means: bool = False
    thing: bool = False
    military: bool = False
    named_only: bool = False
    nisba: bool = False
    """An adjective too («مدني», «إرهابي»): after a definite noun or a deed it describes and names nobody."""


STRIKE = RoleNoun("strike", "state_forces", 0, True, 1, means=True)
"""Stands for the state whose adjective a deed bears."""


class Roles(Struct, frozen=True):
    """The tables. ``heads``: one- and two-word forms; ``openers``: first words of the two-word forms; ``beginners``: all words with
    which a phrase may begin that no name leads."""

    heads: dict[str, RoleNoun]
    openers: frozenset[str]
    links: frozenset[str]
    adjectives: frozenset[str]
    quantities: frozenset[str]
    name_stop: frozenset[str]
    deeds: frozenset[str]
    harm: frozenset[str]
    strikes: frozenset[str]
    beginners: frozenset[str]


def forms_of(word: str) -> list[tuple[str, int, bool]]:
    """Forms of a folded word (or two words): (form, letters of proclitics, with the article)."""
    first, _, second = word.partition(" ")
    tails = (
        [f" {second}", f" ال{second}"] if second and not second.startswith("ال") else [f" {second}" if second else ""]
    )
    found = []
    for tail in tails:
        found += [(clitic + first + tail, len(clitic), False) for clitic in _BEFORE_BARE]
        found += [(clitic + article + first + tail, len(clitic), True) for clitic, article in _BEFORE_ARTICLE]
        if not first.endswith(_NO_TANWIN):
            found += [(clitic + first + "ا" + tail, len(clitic), False) for clitic in ("", "و", "ف")]
    return found


def _add_group(heads: dict[str, RoleNoun], group: str, row: dict[str, Any], adjectives: frozenset[str]) -> None:
    military = frozenset(map(spelled, row.get("military", [])))
    for word in map(spelled, row["words"]):
        for form, clitic, definite in forms_of(word):
            if form not in _ADVERBS:
                noun = RoleNoun(
                    group,
                    cast("ActorKind | None", row.get("kind")),
                    clitic,
                    definite,
                    form.count(" ") + 1,
                    row.get("named", False),
                    row.get("means", False),
                    row.get("thing", False),
                    word in military,
                    row.get("named_only", False),
                    word in adjectives,
                )
                heads.setdefault(form, noun)


@lru_cache(maxsize=1)
def roles() -> Roles:
    """The shipped tables."""
    data = tomllib.loads((FOLDER / "role_nouns.toml").read_text("utf-8"))
    heads: dict[str, RoleNoun] = {}
    links = data.pop("links")
    describing = frozenset(map(spelled, links["adjectives"])) | frozenset(country_adjectives())
    for group, row in data.items():
        _add_group(heads, group, row, describing)
    adjectives = {form for word in map(spelled, links["adjectives"]) for form in _adjective_forms(word)}
    openers = frozenset(form.split(" ")[0] for form in heads if " " in form)
    return Roles(
        heads,
        openers,
        frozenset(map(spelled, links["to_actor"])),
        frozenset(adjectives),
        frozenset(word for phrase in links["quantities"] for word in _quantity_forms(spelled(phrase))),
        frozenset(map(spelled, links["name_stop"])),
        frozenset(form for word in map(spelled, links["deeds"]) for form, _, _ in forms_of(word)),
        frozenset(clitic + word for word in map(spelled, links["harm"]) for clitic in ("", "و", "ف", "ب", "ل")),
        frozenset(form for word in map(spelled, links["strikes"]) for form, _, _ in forms_of(word)),
        openers.union(heads, country_adjectives()),
    )


def _adjective_forms(word: str) -> tuple[str, ...]:
    tanwin = () if word.endswith(_NO_TANWIN[:-2]) else (word + "ا",)
    return (word, "ال" + word, *tanwin)


def _quantity_forms(phrase: str) -> tuple[str, ...]:
    """The phrase without its closing «من», which the reader of phrases allows; with wa-, fa- and bi-."""
    head = phrase.removesuffix(" من")
    return tuple(clitic + head for clitic in ("", "و", "ف", "ب", "ل"))
