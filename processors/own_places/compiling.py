"""Makes the operator's rows one table: divisions by their codes, each place once, what ships already not again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from arabic.fold import fold
from processors.gazetteer import Entry, Gazetteer, distance_km, name_key
from processors.own_places.rows import Faults, Row
from processors.place_grammar import grammar

SAME_KM = 8.0
"""Two rows of one name nearer than this are one place."""
SHIPPED_KM = 12.0
"""A row nearer than this to a shipped place of its name is that place."""
SURE_TOWN = 150_000
"""People from which a town's name is believed without a word that leads it."""
BORDER_DEGREES = 1.0
"""How far outside its country's known towns a row may lie: borders are nearer to the last town than that."""
MOST_NAMES = 8
LEAST_ALIAS = 4
"""Letters that a new spelling of a shipped place has more than: short ones are other words («صنعا»)."""
_STEP = 0.5  # degrees of a cell of the search for the nearest town


class Divisions:
    """First-level divisions of the shipped table, found by code, by name or by the nearest town."""

    def __init__(self, table: Gazetteer) -> None:
        self._table = table
        self._by_name: dict[tuple[str, str], str] = {}
        for code, entry in table.admin1.items():
            for name in (*entry.names, entry.name_en):
                self._by_name.setdefault((entry.country, name_key(name.lower())), code)

    @cached_property
    def _towns(self) -> dict[tuple[str, int, int], list[Entry]]:
        cells: dict[tuple[str, int, int], list[Entry]] = defaultdict(list)
        for entry in self._table.entries:
            if entry.precision == 1 and entry.admin1_code and entry.lat is not None and entry.lon is not None:
                cells[entry.country, int(entry.lat // _STEP), int(entry.lon // _STEP)].append(entry)
        return cells

    @cached_property
    def _boxes(self) -> dict[str, tuple[float, float, float, float]]:
        boxes: dict[str, tuple[float, float, float, float]] = {}
        for entry in self._table.entries:
            if entry.precision > 3 or entry.lat is None or entry.lon is None:
                continue
            s, w, n, e = boxes.get(entry.country, (90.0, 180.0, -90.0, -180.0))
            boxes[entry.country] = min(s, entry.lat), min(w, entry.lon), max(n, entry.lat), max(e, entry.lon)
        return boxes

    def is_outside(self, row: Row) -> bool:
        """Whether a row lies far from every known town of its country."""
        box = self._boxes.get(row.country)
        if box is None or row.lat is None or row.lon is None:
            return False
        south, west, north, east = box
        margin = BORDER_DEGREES
        return not (south - margin <= row.lat <= north + margin and west - margin <= row.lon <= east + margin)

    def code_of(self, row: Row) -> str | None:
        """The code of the division that a row names, else of the nearest known town's."""
        told = f"{row.country}.{row.admin1}"
        if told in self._table.admin1:
            return told
        for name in (row.admin1, row.admin1_en):
            code = self._by_name.get((row.country, name_key(name.lower()))) if name else None
            if code:
                return code
        return self._of_nearest(row)

    def _of_nearest(self, row: Row) -> str | None:
        assert row.lat is not None and row.lon is not None  # noqa: PT018
        lat, lon, y, x = row.lat, row.lon, int(row.lat // _STEP), int(row.lon // _STEP)
        around = [
            entry
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
            for entry in self._towns.get((row.country, y + dy, x + dx), ())
        ]
        nearest = min(around, key=lambda e: distance_km(lat, lon, e.lat or 0.0, e.lon or 0.0), default=None)
        return nearest.admin1_code if nearest else None


class Compiled(list[tuple[Entry, tuple[str, ...]]]):
    """Entries, each with the folded spellings under which it is to be found (those that ship are left out)."""


def compile_rows(rows: Iterable[Row], shipped: Gazetteer, faults: Faults, say: Callable[[int], None]) -> Compiled:
    """The table of all rows. ``say`` is told how many were read, now and then."""
    maker = _Maker(shipped, faults)
    for number, row in enumerate(rows, start=1):
        maker.add(row)
        if number % 20_000 == 0:
            say(number)
    return maker.finished()


class _Maker:
    def __init__(self, shipped: Gazetteer, faults: Faults) -> None:
        self._divisions, self._faults = Divisions(shipped), faults
        self._shipped: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in shipped.entries:
            if entry.kind != "country":
                for name in entry.names:
                    self._shipped[entry.country, name_key(name)].append(entry)
        self._rows: list[Row] = []
        self._known: dict[tuple[str, str], list[int]] = defaultdict(list)

    def add(self, row: Row) -> None:
        if not row.names:
            return
        if not row.country:
            self._faults.add("no country (name it with --country)", row.names[0])
        elif self._divisions.is_outside(row):
            self._faults.add("outside its country", f"{row.names[0]} ({row.lat}, {row.lon}) in {row.country}")
        else:
            self._merge(row)

    def _merge(self, row: Row) -> None:
        """Adds a row, or its names to the row that is the same place."""
        keys = [(row.country, name_key(name)) for name in row.names]
        for at in dict.fromkeys(at for key in keys for at in self._known.get(key, ())):
            known = self._rows[at]
            if _apart(known, row) <= SAME_KM and (known.precision == row.precision):
                self._join(known, row)
                break
        else:
            at = len(self._rows)
            self._rows.append(row)
        for key in keys:
            if at not in self._known[key]:
                self._known[key].append(at)

    def _join(self, known: Row, row: Row) -> None:
        spelled = {fold(name) for name in known.names}
        known.names += [name for name in row.names if fold(name) not in spelled]
        known.population = max(known.population, row.population)
        known.admin1, known.admin1_en = known.admin1 or row.admin1, known.admin1_en or row.admin1_en
        known.admin2, known.name_en = known.admin2 or row.admin2, known.name_en or row.name_en

    def finished(self) -> Compiled:
        return Compiled(made for row in self._rows if (made := self._made(row)) is not None)

    def _made(self, row: Row) -> tuple[Entry, tuple[str, ...]] | None:
        names = sorted(row.names, key=lambda name: (not _is_careful(name), len(name.split())))[:MOST_NAMES]
        spellings = {fold(name).replace("-", " ") for name in names}
        twin = self._twin(row)
        if twin is not None:
            new = tuple(
                sorted(
                    spelling
                    for spelling in spellings - {fold(name).replace("-", " ") for name in twin.names}
                    if len(spelling) > LEAST_ALIAS
                )
            )
            return (twin, new) if new else None
        entry = Entry(
            tuple(names),
            plain_latin(row.name_en),
            row.kind,
            row.country,
            self._divisions.code_of(row),
            row.admin2 or None,
            round(row.lat or 0.0, 4),
            round(row.lon or 0.0, 4),
            row.precision,
            row.population,
            row.geonameid,
            _proof(row, names),
        )
        return entry, tuple(sorted(spellings))

    def _twin(self, row: Row) -> Entry | None:
        """The shipped place that a row is."""
        found = {id(e): e for name in row.names for e in self._shipped.get((row.country, name_key(name)), ())}
        near = [e for e in found.values() if e.precision == row.precision and _km(row, e) <= SHIPPED_KM]
        return max(near, key=lambda e: e.population, default=None)


def plain_latin(name: str) -> str:
    """A Latin name as a keyboard writes it: «Jāsim» is Jasim, «Dar‘ā» Dar'a."""
    import unicodedata

    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return bare.translate(_QUOTES).replace("`", "'").strip()


_QUOTES = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "ʻ": "'",
        "ʼ": "'",
        "ʿ": "'",
        "ʾ": "'",
        "Đ": "D",
        "đ": "d",
        "ı": "i",
        "ł": "l",
        "Ł": "L",
        "–": "-",
    }
)


def _is_careful(name: str) -> bool:
    """Written with its hamzas and its ta marbuta, as dumps often do not."""
    return any(letter in name for letter in "أإآئؤة")


def _apart(a: Row, b: Row) -> float:
    return distance_km(a.lat or 0.0, a.lon or 0.0, b.lat or 0.0, b.lon or 0.0)


def _km(row: Row, entry: Entry) -> float:
    if entry.lat is None or entry.lon is None:
        return float("inf")
    return distance_km(row.lat or 0.0, row.lon or 0.0, entry.lat, entry.lon)


def _proof(row: Row, names: Sequence[str]) -> str:
    """Villages bear the names of people and of things: one is a place only where a word leads it («قرية»), save for large towns and
    for names that begin as only places do («تل», «كفر»)."""
    if row.kind == "capital" or (row.kind == "town" and row.population >= SURE_TOWN):
        return ""
    places = grammar().joiners - grammar().name_parts - _PEOPLE
    sure = all(" " in name and fold(name).split()[0] in places for name in names)
    return "head" if sure else "always"


_PEOPLE = frozenset(map(fold, ("أبو", "ابو", "أبي", "أم", "ام", "شيخ", "الشيخ", "عبد", "بني", "بنو", "سيدي", "آل", "ال", "حاج", "الحاج", "ابن", "بن", "بو", "سيد", "السيد", "النبي", "شعب", "ذو", "ذي", "حزم", "جديد", "مدينة", "منزل", "غار", "سد", "سوق", "اللواء", "الفوج", "الفرقة", "الكتيبة")))  # fmt: skip
"""First words of names that people, tribes, units and things bear too."""
