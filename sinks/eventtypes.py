"""What a query's word for an event type means: a sub-event slug, a family, a PLOVER category, or one of their names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from arabic.fold import fold
from contracts.taxonomy import EVENT_TYPES, PLOVER, SUB_EVENTS


class Types(Struct, frozen=True):
    """The types that a query asks for. ``unknown`` words stand for nothing that exists."""

    sub_events: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    plover: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def _meanings() -> dict[str, tuple[str, str]]:
    """Folded word -> (kind, value). ACLED's slugs and names win over PLOVER's: «احتجاج» alone is PLOVER's PROTEST."""
    found: dict[str, tuple[str, str]] = {}
    for category, (_, name_ar) in PLOVER.items():
        found |= dict.fromkeys((fold(category), fold(name_ar)), ("plover", category))
    for family, names in EVENT_TYPES.items():
        found |= dict.fromkeys((family, *map(fold, names)), ("family", family))
    for slug, sub in SUB_EVENTS.items():
        found |= dict.fromkeys((slug, fold(sub.name_en), fold(sub.name_ar)), ("sub_event", slug))
    return found


def resolve(words: Iterable[str]) -> Types:
    """The types meant by ``words``: slugs, family slugs, ACLED's names in English or Arabic, PLOVER categories, in any case."""
    by_kind: dict[str, list[str]] = {"sub_event": [], "family": [], "plover": [], "unknown": []}
    for word in words:
        kind, value = _meanings().get(fold(word).strip(), ("unknown", word))
        by_kind[kind].append(value)
    return Types(*(tuple(by_kind[kind]) for kind in ("sub_event", "family", "plover", "unknown")))
