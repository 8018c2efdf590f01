"""The actors that the product knows by name: tables by region, the forces that every state has, names that depend on date, outlet
and country. Read once a process; everything is folded, and names are compared word by word, so quotation marks do not matter."""

from __future__ import annotations

import csv
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import ahocorasick
from msgspec import Struct

from arabic.fold import fold
from contracts.records import ActorKind
from processors.demonyms import english_names, stems
from processors.gazetteer import shipped

FOLDER = Path(__file__).parent / "lexicons" / "actors"
_WORD = re.compile(r"[0-9]+|[^\W\d_]+")


class ActorEntry(Struct, frozen=True):
    """An actor by name. ``since``, ``until``: the days on which the names mean it. ``noun``: what a text calls it back by
    («التنظيم» -> ``تنظيم``)."""

    id: str
    name: str
    name_en: str
    kind: ActorKind | None
    country: str | None
    since: date | None = None
    until: date | None = None
    noun: str = ""

    def holds_on(self, day: date | None) -> bool:
        """Do its dated names mean it on this day? Without a day: the latest does."""
        if day is None:
            return self.until is None
        return (self.since is None or day >= self.since) and (self.until is None or day < self.until)


class Viewed(Struct, frozen=True):
    """A name whose actor hangs on who speaks: ids by what the article named before, by viewpoint, by the outlet's country."""

    follows: tuple[str, ...]
    viewpoints: dict[str, str]
    countries: dict[str, str]
    otherwise: str | None = None


class Name(Struct, frozen=True):
    """What a spelling may stand for. ``bare``: a force of the country that the article speaks of; ``noun``: points back to an actor
    named before. ``proof``: a word that counts only beside a head or after a sure name; ``generic``: many countries have one."""

    words: int
    entries: tuple[ActorEntry, ...] = ()
    viewed: Viewed | None = None
    bare: str | None = None
    noun: str | None = None
    proof: bool = False
    generic: bool = False
    state: bool = False
    """A country or a capital: an actor only where it speaks or acts."""


def spelled(name: str) -> str:
    """A name as it is compared: its folded words, one blank between."""
    return " ".join(_WORD.findall(fold(name)))


def read_actors(path: Path) -> Iterator[tuple[ActorEntry, list[str]]]:
    """The rows of a table with all their names. ValueError for a bad date."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    for row in csv.DictReader(lines, delimiter=";", quoting=csv.QUOTE_NONE):
        entry = ActorEntry(
            row["id"],
            row["name_ar"],
            row["name_en"],
            cast("ActorKind | None", row["kind"] or None),
            row["country"] or None,
            date.fromisoformat(row["from"]) if row["from"] else None,
            date.fromisoformat(row["until"]) if row["until"] else None,
            spelled(row["name_ar"]).split()[0].removeprefix("ال"),
        )
        yield entry, [row["name_ar"], *filter(None, row["aliases"].split("/"))]


def state_actors(data: dict[str, Any]) -> Iterator[tuple[ActorEntry, list[str]]]:
    """Forces, police and government of every country that has an adjective."""
    english = english_names()
    for code, adjectives in stems().items():
        for template in data["template"]:
            if code in template["except"]:
                continue
            names = [form.format(m=f"ال{stem}", f=f"ال{stem}ة") for form in template["forms"] for stem in adjectives]
            main = template["name_ar"].format(m=f"ال{adjectives[0]}", f=f"ال{adjectives[0]}ة")
            country = english.get(code, code)
            entry = ActorEntry(
                f"{code.lower()}-{template['suffix']}",
                main,
                template["name_en"].format(country=country),
                template["kind"],
                code,
                noun=spelled(main).split()[0].removeprefix("ال"),
            )
            yield entry, names


class Ontology:
    """All names, ready to be found."""

    def __init__(self, folder: Path = FOLDER) -> None:
        states = tomllib.loads((folder / "states.toml").read_text("utf-8"))
        proof = tomllib.loads((folder / "proof.toml").read_text("utf-8"))
        self.own_forces: dict[str, str] = states["own"]
        self.entries: dict[str, ActorEntry] = {}
        by_name: dict[str, list[ActorEntry]] = defaultdict(list)
        rows = [row for table in sorted(folder.glob("*.csv")) for row in read_actors(table)]
        for entry, names in [*rows, *state_actors(states)]:
            self.entries.setdefault(entry.id, entry)
            for name in {spelled(name) for name in names}:
                if entry not in by_name[name]:
                    by_name[name].append(entry)
        needs_proof, generic = (frozenset(map(spelled, proof[key])) for key in ("needs_proof", "generic"))
        self.names = {
            name: Name(name.count(" ") + 1, tuple(entries), proof=name in needs_proof, generic=name in generic)
            for name, entries in by_name.items()
        }
        self._add_viewed(tomllib.loads((folder / "viewpoints.toml").read_text("utf-8"))["name"])
        for bare, forms in states["bare"].items():
            for form in map(spelled, forms):
                self.names.setdefault(form, Name(form.count(" ") + 1, bare=bare))
        for noun in {entry.noun for entry in self.entries.values()} & DESCRIPTIONS:
            self.names.setdefault("ال" + noun, Name(1, noun=noun))
        self.speaks = frozenset(map(spelled, states["speaks"]["verbs"]))
        self.beside = frozenset(map(spelled, states["speaks"]["beside"]))
        self._add_countries()
        self.automaton = self._automaton()

    def _add_viewed(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            viewed = Viewed(tuple(row["follows"]), row["viewpoints"], row["countries"], row.get("otherwise"))
            for form in map(spelled, row["forms"]):
                known = self.names.get(form)
                self.names[form] = Name(form.count(" ") + 1, known.entries if known else (), viewed=viewed)

    def _add_countries(self) -> None:
        """Countries and capitals as their governments."""
        for place in shipped().entries:
            government = self.entries.get(f"{place.country.lower()}-government")
            if place.kind in ("country", "capital") and government is not None:
                for spelling in map(spelled, place.names):
                    self.names.setdefault(spelling, Name(spelling.count(" ") + 1, (government,), state=True))

    def _automaton(self) -> ahocorasick.Automaton:
        automaton = ahocorasick.Automaton()
        for spelling, name in self.names.items():
            automaton.add_word(spelling, (len(spelling), 0, name))
            if spelling.startswith("ال"):  # li- swallows the alef of the article
                automaton.add_word("لل" + spelling[2:], (len(spelling), 2, name))
        automaton.make_automaton()
        return automaton

    def force_of(self, country: str, suffix: str = "forces") -> ActorEntry | None:
        """The armed forces (or ``police``, ``government``) of a country."""
        own = self.own_forces.get(country) if suffix == "forces" else None
        return self.entries.get(own or f"{country.lower()}-{suffix}")


# Nouns by which a text calls an organisation back: organisation, movement, party, group, front, militia, faction, authority ...
DESCRIPTIONS = frozenset(
    map(
        fold,
        ("تنظيم", "حركة", "حزب", "جماعة", "جبهة", "ميليشيا", "مليشيا", "هيئة", "فصيل", "كتائب", "جيش", "مجلس", "قوات"),
    )
)


@lru_cache(maxsize=1)
def ontology() -> Ontology:
    """The shipped ontology."""
    return Ontology()
