"""The names under which an actor stands in the table, for the name that an analyst asks for."""

from __future__ import annotations

import tomllib
from functools import cache

from processors.actor_ontology import FOLDER, ActorEntry, ontology, spelled


def names_of(asked: str) -> tuple[str, ...]:
    """The main names of every actor that ``asked`` may mean: an alias («داعش»), a short name in Latin letters (ISIS), an id (sdf) or
    an English name; dated aliases give the actor of each time. Empty where the ontology does not know it: it then stands for itself."""
    found = [*_by_alias(asked), *_by_latin(asked)]
    return tuple(dict.fromkeys(entry.name for entry in found))


def _by_alias(asked: str) -> tuple[ActorEntry, ...]:
    known = ontology().names.get(spelled(asked))
    return () if known is None or known.state else known.entries


def _by_latin(asked: str) -> list[ActorEntry]:
    key = " ".join(asked.casefold().split())
    entries = ontology().entries
    ids = [key, *_latin().get(key, ()), *_by_english().get(key, ())]
    return [entries[name] for name in ids if name in entries]


@cache
def _latin() -> dict[str, tuple[str, ...]]:
    """Short names with the ids they mean. Raises ValueError naming an id that no table has."""
    rows = tomllib.loads((FOLDER / "latin.toml").read_text("utf-8"))["names"]
    for name, ids in rows.items():
        for wanted in ids:
            if wanted not in ontology().entries:
                raise ValueError(f"latin.toml: {name!r} means {wanted!r}, which no table of actors has")
    return {name: tuple(ids) for name, ids in rows.items()}


@cache
def _by_english() -> dict[str, tuple[str, ...]]:
    """English names without what stands in brackets."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in ontology().entries.values():
        name = " ".join(entry.name_en.casefold().partition("(")[0].split())
        found[name] = (*found.get(name, ()), entry.id)
    return found
