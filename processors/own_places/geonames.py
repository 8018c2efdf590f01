"""Reads GeoNames dumps: the 19 columns of a country (or of ``citiesN``), and the table of alternate names.

Columns: the readme beside GeoNames' dumps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from processors.own_places.rows import Faults, Row, arabic_names

COLUMNS = 19
_CLASSES = {"P": "village", "A": "admin2"}
_CODES = {
    "PPLX": "quarter", "PPLC": "capital", "ADM1": "", "PCLI": "", "PPLQ": "", "PPLH": "", "PPLW": "", "ADM4": "", "ADM5": "",
    "AIRP": "airport", "AIRF": "airport", "AIRB": "base", "INSM": "base", "MILB": "base", "DAM": "dam", "OILF": "oilfield",
    "GASF": "oilfield", "PRN": "prison", "BDG": "bridge", "PRT": "port", "HBR": "port", "CMPRF": "camp", "CMPLA": "camp",
    "STLMT": "village",
}  # fmt: skip
"""Feature code -> kind; '' is left out: the divisions that we ship, and places that are no more."""
TOWN = 5_000
"""People from which a settlement is called a town."""
PERSIAN = frozenset({"IR", "AF", "PK", "TJ"})
"""Countries whose untagged names in Arabic letters are Persian or Urdu, many of them Arabic words: there only towns, and what the
table of alternate names tags as Arabic, are taken."""
LANGUAGES = frozenset({"ar", "apc", "arz", "acm", "ary", "ars", "apd", "ayn"})
"""Arabic and its spoken varieties, as ISO 639 names them."""


def is_dump(cells: list[str]) -> bool:
    """Whether a line has the shape of a row of places."""
    return len(cells) == COLUMNS and cells[0].isdigit() and len(cells[6]) <= 1 and len(cells[8]) == 2


def is_alternates(cells: list[str]) -> bool:
    """Whether a line has the shape of a row of alternate names."""
    return 4 <= len(cells) <= 10 and cells[0].isdigit() and cells[1].isdigit() and len(cells[2]) <= 7


def read_dump(lines: Iterable[list[str]], faults: Faults) -> Iterator[Row]:
    """Rows of places; those of other kinds (streams, hills, farms of one house) are passed over."""
    for cells in lines:
        if not is_dump(cells):
            faults.add("not a row of 19 columns", "\t".join(cells))
            continue
        kind = _CODES.get(cells[7], _CLASSES.get(cells[6], ""))
        if not kind:
            continue
        row = _row(cells, kind, faults)
        if row is not None:
            yield row


def _row(cells: list[str], kind: str, faults: Faults) -> Row | None:
    try:
        lat, lon, population = float(cells[4]), float(cells[5]), int(cells[14] or 0)
    except ValueError:
        faults.add("coordinates or population that are no numbers", cells[1])
        return None
    if kind == "village" and population >= TOWN:
        kind = "town"
    number = int(cells[0])
    told = cells[8] not in PERSIAN or population >= TOWN
    return Row(
        names=arabic_names((cells[1], *cells[3].split(",")), faults) if told else [],
        name_en=cells[2] or cells[1],
        kind=kind,
        country=cells[8],
        admin1=cells[10],
        lat=lat,
        lon=lon,
        precision=2 if kind == "admin2" else 1,
        population=population,
        source_id=cells[0],
        geonameid=number,
    )


def read_alternates(lines: Iterable[list[str]], faults: Faults) -> Iterator[tuple[str, list[str]]]:
    """The Arabic names of places by their id, preferred names first told as the file orders them."""
    for cells in lines:
        if not is_alternates(cells):
            faults.add("not a row of alternate names", "\t".join(cells))
        elif cells[2] in LANGUAGES:
            names = arabic_names((cells[3],), faults)
            if names:
                yield cells[1], names
