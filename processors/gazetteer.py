"""The gazetteer: names of places -> coordinates, kind, administrative chain, ids.

The shipped table is built by ``scripts/build_gazetteer.py``; an operator's own table has the same columns and is laid over it
with ``Gazetteer.with_extra``. Names are compared folded, without the article, spaces and hyphens: «دير الزور» is «ديرالزور».
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Protocol

import cramjam
from msgspec import Struct

from arabic.fold import fold

SHIPPED = Path(__file__).parent / "lexicons" / "gazetteer.tsv.zst"
COLUMNS = (
    "names",
    "name_en",
    "kind",
    "country",
    "admin1_code",
    "admin2",
    "lat",
    "lon",
    "precision",
    "population",
    "geonameid",
    "proof",
)
EARTH_DIAMETER_KM = 12742.0

_JOINTS = re.compile(r"[\s\-_'’ـ.]+")
_ARTICLE = "ال"  # al-, the article


class Entry(Struct, frozen=True):
    """A place of the table. ``names``: as written in Arabic, the usual one first. ``precision``: 1 a settlement or site, 2 a
    district, 3 a governorate or region, 4 a country. Degrees in WGS 84."""

    names: tuple[str, ...]
    name_en: str
    kind: str
    country: str
    admin1_code: str | None = None
    admin2: str | None = None
    lat: float | None = None
    lon: float | None = None
    precision: int = 1
    population: int = 0
    geonameid: int | None = None
    proof: str = ""
    """``head``: a name of one word is taken for a place only after a head noun, a word of direction or before a unit that holds it;
    ``always``: a name of several words too."""

    @property
    def name(self) -> str:
        """The usual Arabic name."""
        return self.names[0]


def name_key(name: str) -> str:
    """What two spellings of one name share: folded, each word without its article, joined."""
    words = _JOINTS.split(fold(name).strip())
    return "".join(word[2:] if word.startswith(_ARTICLE) and len(word) > 4 else word for word in words)


def distance_km(a_lat: float, a_lon: float, b_lat: float, b_lon: float) -> float:
    """Great-circle distance between two points given in degrees."""
    half = sin(radians(b_lat - a_lat) / 2) ** 2
    half += cos(radians(a_lat)) * cos(radians(b_lat)) * sin(radians(b_lon - a_lon) / 2) ** 2
    return EARTH_DIAMETER_KM * asin(sqrt(half))


def parse_row(line: str) -> Entry:
    """One line of a table (columns of ``COLUMNS``, tab-separated; names joined by ``|``). ValueError names what is wrong."""
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        raise ValueError(f"expected {len(COLUMNS)} columns, found {len(cells)}: {line[:80]!r}")
    names, name_en, kind, country, code, admin2, lat, lon, precision, population, geonameid, proof = cells
    return Entry(
        tuple(names.split("|")),
        name_en,
        kind,
        country,
        code or None,
        admin2 or None,
        float(lat) if lat else None,
        float(lon) if lon else None,
        int(precision or 1),
        int(population or 0),
        int(geonameid) if geonameid else None,
        proof,
    )


def read_table(path: Path) -> Iterator[Entry]:
    """The rows of a table, plain or compressed with zstd (``.zst``). ValueError names the file and line of a bad row."""
    raw = path.read_bytes()
    text = bytes(cramjam.zstd.decompress(raw)) if path.suffix == ".zst" else raw
    for number, line in enumerate(text.decode("utf-8").splitlines(), start=1):
        if not line or line.startswith(("#", "names\t")):
            continue
        try:
            yield parse_row(line)
        except ValueError as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from error


class Names(Protocol):
    """Places looked up by name: what an operator's own table gives."""

    def lookup(self, name: str) -> list[Entry]: ...


class Gazetteer:
    """A table of places, looked up by name. ``own``: the operator's places, looked up beside it."""

    def __init__(self, entries: Iterable[Entry], own: Names | None = None) -> None:
        self.entries = tuple(entries)
        self.own = own

    @cached_property
    def _by_key(self) -> dict[str, list[Entry]]:
        """Entries by what the spellings of their names share; built at the first look-up."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            for key in {name_key(name) for name in entry.names}:
                found[key].append(entry)
        return dict(found)

    def lookup(self, name: str) -> list[Entry]:
        """All places of that name, in any spelling, larger units first; empty where the name is unknown."""
        own = self.own.lookup(name) if self.own is not None else ()
        found = {id(entry): entry for entry in (*self._by_key.get(name_key(name), ()), *own)}.values()
        return sorted(found, key=lambda entry: (-entry.precision, -entry.population))

    def with_extra(self, *paths: Path) -> Gazetteer:
        """This table and the rows of an operator's own tables."""
        extra = [entry for path in paths for entry in read_table(path)]
        return Gazetteer((*self.entries, *extra), self.own)

    @cached_property
    def admin1(self) -> dict[str, Entry]:
        """First-level divisions by their GeoNames code (``SY.06``)."""
        return {entry.admin1_code: entry for entry in self.entries if entry.kind == "admin1" and entry.admin1_code}

    @cached_property
    def countries(self) -> dict[str, Entry]:
        """Countries by ISO 3166 alpha-2 code."""
        return {entry.country: entry for entry in self.entries if entry.kind == "country"}

    @cached_property
    def spellings(self) -> dict[str, list[Entry]]:
        """Every folded spelling with the places that bear it: what a text is searched for."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            for spelling in {fold(name).replace("-", " ") for name in entry.names}:
                found[spelling].append(entry)
        return dict(found)


@lru_cache(maxsize=1)
def shipped() -> Gazetteer:
    """The table that ships with the product, loaded once a process."""
    return Gazetteer(read_table(SHIPPED))
