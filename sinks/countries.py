"""Countries by code and by the names that readers use, from ``countries.tsv`` (built by ``scripts/build_countries.py``)."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from msgspec import Struct

from arabic.fold import fold


class Country(Struct, frozen=True):
    """A country: ISO 3166 codes (``numeric`` 0 where none is given), ACLED's region, and its names."""

    code: str
    iso3: str
    numeric: int
    region: str
    name_en: str
    name_ar: str
    also: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every word by which a query may mean it, the two-letter code first."""
        return (self.code, self.iso3, self.name_en, self.name_ar, *self.also)


@lru_cache(maxsize=1)
def countries() -> dict[str, Country]:
    """All countries by two-letter code."""
    lines = resources.files("sinks").joinpath("countries.tsv").read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines[1:]:
        code, iso3, numeric, region, name_en, name_ar, also = map(str.strip, line.split("\t"))
        found[code] = Country(code, iso3, int(numeric), region, name_en, name_ar, tuple(filter(None, also.split("|"))))
    return found


@lru_cache(maxsize=1)
def _codes_by_name() -> dict[str, str]:
    return {fold(name): country.code for country in countries().values() for name in country.names}


def country_code(name: str) -> str:
    """The two-letter code of a country given by code or name, in Arabic or English; what is not known comes back in capitals."""
    return _codes_by_name().get(fold(name).strip(), name.strip().upper())
