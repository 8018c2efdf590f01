"""Reads tables of places in CSV, GeoJSON and JSON; columns are found by their names, or given.

OCHA's tables name a division at each level (``admin4Name_ar``, ``ADM3_AR``, ``NAME_ARA``); the deepest named level is the place.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from processors.own_places.rows import Faults, Row, arabic_names

FIELDS = ("name", "name_en", "lat", "lon", "admin1", "admin2", "country", "kind", "population", "id")
"""What a column can be given for."""
_ROLES: tuple[tuple[str, str], ...] = (
    ("name", r"name_?(?:ara?|arabic)|(?:name)?ar(?:abic)?_?name|name\.ar|ar|arabic|الاسم"),
    ("name_en", r"name_?en(?:g|glish)?|name\.en|name_?ref|en|english|name|asciiname"),
    ("lat", r"lat(?:itude)?|(?:point_)?y|centroid\.lat(?:itude)?|center_lat|y_coord"),
    ("lon", r"lon(?:g|gitude)?|lng|(?:point_)?x|centroid\.lon(?:gitude)?|center_lon|x_coord"),
    ("country", r"country(?:_?code)?|iso(?:_?a?2)?|admin0_?pcode|adm0_pcode|countrycode"),
    ("population", r"pop(?:ulation)?(?:\.value)?|pop_?total"),
    ("id", r"(?:externalids\.)?geonames?(?:_?id)?|geonameid"),
    ("pcode", r"(?:externalids\.)?(?:ocha)?p_?code|admin\d_?pcode|adm\d_pcode"),
    ("kind", r"kind|type|feature_?code"),
)
_LEVEL = re.compile(r"adm(?:in)?_?([0-5])_?(?:name)?_?(ar|ara|arabic|en|eng|english|ref|pcode|cod|code)$")
_CODE_OF_COUNTRY = re.compile(r"([A-Z]{2})[A-Z]?\d")


class Columns(Struct, frozen=True):
    """``roles``: what a column is -> its name; ``levels``: (level of division, ar or en) -> the column's name."""

    roles: dict[str, str]
    levels: dict[tuple[int, str], str]

    @property
    def deepest(self) -> int:
        """The level of the places themselves, 0 where the names of divisions are no part of the table."""
        return max((level for level, language in self.levels if language == "ar"), default=0)

    def is_usable(self) -> bool:
        """Whether a name can be read at all."""
        return "name" in self.roles or self.deepest > 0


def find_columns(names: Iterable[str], given: Mapping[str, str]) -> Columns:
    """What each column is; ``given`` (field -> column) before what the name tells."""
    roles = dict(given)
    levels: dict[tuple[int, str], str] = {}
    for name in names:
        plain = name.strip().strip("\ufeff").lower()
        level = _LEVEL.fullmatch(plain)
        if level:
            language = {"ar": "ar", "en": "en"}.get(level[2][:2])
            if language:
                levels.setdefault((int(level[1]), language), name)
        for role, pattern in _ROLES:
            if role not in roles and re.fullmatch(pattern, plain):
                roles[role] = name
    return Columns(roles, levels)


def read_csv(text: str, given: Mapping[str, str], faults: Faults, name: str) -> list[Row]:
    """Rows of a CSV whose separator is a comma, semicolon or tab. ValueError where no column holds Arabic names."""
    head = text[: text.find("\n")] if "\n" in text else text
    separator = max(",;\t", key=head.count)
    reader = csv.DictReader(text.splitlines(), delimiter=separator)
    columns = _columns(reader.fieldnames or (), given, name)
    return [
        row for cells in reader if (row := _row({k: v for k, v in cells.items() if k}, columns, faults)) is not None
    ]


def read_json(text: str, given: Mapping[str, str], faults: Faults, name: str) -> list[Row]:
    """Rows of a GeoJSON collection, or of a list of objects. ValueError where it is neither, or nothing holds Arabic names."""
    data = json.loads(text)
    objects = list(_objects(data, name))
    names = dict.fromkeys(key for item in objects[:200] for key in item)
    columns = _columns(names, given, name)
    return [row for item in objects if (row := _row(item, columns, faults)) is not None]


def _columns(names: Iterable[str], given: Mapping[str, str], name: str) -> Columns:
    present = list(names)
    absent = [column for column in given.values() if column not in present]
    if absent:
        raise ValueError(f"{name}: no column {', '.join(absent)}; it has {', '.join(present[:30])}")
    columns = find_columns(present, given)
    if not columns.is_usable():
        raise ValueError(
            f"{name}: no column of Arabic names among {', '.join(present[:30])}; name it with --column name=…"
        )
    return columns


def _objects(data: Any, name: str) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict) and isinstance(data.get("features"), list):
        for feature in data["features"]:
            yield {**_flat(feature.get("properties") or {}), **_point_of(feature.get("geometry"))}
        return
    rows = data if isinstance(data, list) else next((v for v in data.values() if isinstance(v, list)), None)
    if rows is None or not all(isinstance(item, dict) for item in rows):
        raise ValueError(f"{name}: neither GeoJSON nor a list of objects")
    for item in rows:
        yield _flat(item)


def _flat(item: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects as ``outer.inner``; lists stay."""
    flat: dict[str, Any] = {}
    for key, value in item.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _point_of(geometry: Mapping[str, Any] | None) -> dict[str, float]:
    """The mean of a geometry's corners: near enough to where a village is, and inside most districts."""
    corners = list(_corners((geometry or {}).get("coordinates")))
    if not corners:
        return {}
    count = len(corners)
    return {"latitude": sum(y for _, y in corners) / count, "longitude": sum(x for x, _ in corners) / count}


def _corners(coordinates: Any) -> Iterator[tuple[float, float]]:
    if (
        isinstance(coordinates, list)
        and len(coordinates) >= 2
        and all(isinstance(c, int | float) for c in coordinates[:2])
    ):
        yield float(coordinates[0]), float(coordinates[1])
    elif isinstance(coordinates, list):
        for part in coordinates:
            yield from _corners(part)


def _row(cells: Mapping[str, Any], columns: Columns, faults: Faults) -> Row | None:
    def cell(role: str) -> str:
        value = cells.get(columns.roles.get(role, ""))
        return "" if value is None else str(value).strip()

    def division(level: int, language: str) -> str:
        value = cells.get(columns.levels.get((level, language), ""))
        return "" if value is None else str(value).strip()

    level = 0 if "name" in columns.roles else columns.deepest
    texts = [cell("name") if level == 0 else division(level, "ar"), *_aliases(cells)]
    names = arabic_names(texts, faults)
    if not names:
        return None
    lat, lon = _number(cell("lat")), _number(cell("lon"))
    if lat is None or lon is None:
        faults.add("no coordinates", names[0])
        return None
    deep = level or columns.deepest + 1
    unit = 1 < deep < 4
    number = cell("id")
    return Row(
        names=names,
        name_en=division(level, "en") if level else cell("name_en"),
        kind=cell("kind") if cell("kind") in _KINDS else "admin2" if unit or _is_division(cells) else "village",
        country=_country(cells, columns, cell("country")),
        admin1=cell("admin1") or division(1, "ar"),
        admin1_en=division(1, "en"),
        admin2=cell("admin2") or division(2, "ar"),
        lat=lat,
        lon=lon,
        precision=2 if unit or _is_division(cells) else 1,
        population=int(_number(cell("population")) or 0),
        source_id=number,
        geonameid=int(number) if number.isdigit() else None,
    )


_KINDS = frozenset(
    "town village quarter camp crossing base site airport dam oilfield port prison bridge admin2 region".split()
)


def _is_division(cells: Mapping[str, Any]) -> bool:
    """A row that names the governorate it belongs to by id is a division of it («districts» of a list of objects)."""
    return any(key.lower() in ("governorateid", "districtid") for key in cells)


def _aliases(cells: Mapping[str, Any]) -> list[str]:
    aliases = cells.get("aliases")
    if isinstance(aliases, str):
        return re.split(r"[|;/]", aliases)
    if not isinstance(aliases, list):
        return []
    return [str(a.get("value", "")) if isinstance(a, dict) else str(a) for a in aliases]


def _country(cells: Mapping[str, Any], columns: Columns, told: str) -> str:
    """The country as told, else as the prefix of a p-code or an id says."""
    if len(told) == 2:
        return told.upper()
    for key, value in cells.items():
        code = _CODE_OF_COUNTRY.match(str(value or "")) if "cod" in key.lower() else None
        if code and len(str(value)) > 3:
            return code[1]
    identity = str(cells.get("id") or "")
    return identity[:2].upper() if re.match(r"[a-z]{2}-", identity) else ""


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
