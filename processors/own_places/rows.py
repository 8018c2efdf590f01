"""One place as an operator's file tells it, with its Arabic names made clean; and what was wrong with a row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from arabic.fold import fold

CUT_BYTES = 64
"""Length at which old tables cut a name, in bytes of UTF-8."""

_PROPER = re.compile(r"[\u0621-\u063a\u0641-\u064a][\u0621-\u063a\u0640-\u0652 ]+")
"""Letters of Arabic proper with marks and tatweel: no Persian or Kurdish letters, no Latin."""
_LETTER = re.compile(r"[\u0621-\u064a]")
_SEPARATORS = re.compile(r"\s*[_/\\|،,;]\s*|\s+-\s+|(?<=\w)-(?=\w)")
_BRACKETS = re.compile(r"[(\[].*?[)\]]|[(\[].*$")
_BROKEN = "\ufffd"
_HEADS = tuple(
    fold(word) for word in ("مدينة", "قرية", "بلدة", "محافظة", "منطقة", "ناحية", "قضاء", "مركز", "مديرية", "منطقه")
)
# city, village, township, governorate, area, sub-district, district, centre, directorate: not part of the name


class Row(Struct, kw_only=True):
    """A place of a file. ``country``: ISO 3166 alpha-2, '' where the file does not say; ``admin1``: a GeoNames code (``06``), or
    the name of the division; ``source_id``: the file's own id, by which other files add names; degrees in WGS 84."""

    names: list[str]
    name_en: str = ""
    kind: str = "village"
    country: str = ""
    admin1: str = ""
    admin1_en: str = ""
    admin2: str = ""
    lat: float | None = None
    lon: float | None = None
    precision: int = 1
    population: int = 0
    source_id: str = ""
    geonameid: int | None = None


class Faults:
    """Counts what was wrong, by reason, with one example of each."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    def add(self, reason: str, example: str) -> None:
        self.counts[reason] += 1
        self.examples.setdefault(reason, example[:80])


def arabic_names(texts: Iterable[str], faults: Faults) -> list[str]:
    """The names in Arabic letters, each spelling once: joined names parted, cut and broken ones mended or left out."""
    found: dict[str, str] = {}
    for text in texts:
        if _PROPER.fullmatch(text):  # most are one clean name
            name = _bare(text.strip())
            if len(name) > 2:
                found.setdefault(fold(name), name)
        elif _LETTER.search(text):
            for name in _parts(text, faults):
                found.setdefault(fold(name), name)
    return list(found.values())


def _parts(text: str, faults: Faults) -> list[str]:
    whole = _mended(_BRACKETS.sub(" ", text).strip(), faults)
    parts = [part for part in _SEPARATORS.split(whole) if part.strip()]
    if len(parts) > 1 and sum(map(_is_arabic, parts)) > 1:
        faults.add("several names in one, parted", text)
    return [name for part in parts if _is_arabic(name := _bare(part))]


def _mended(text: str, faults: Faults) -> str:
    """A name without its broken characters; where it was cut, without its last word, which is only the half of one."""
    if len(text.replace(_BROKEN, "").encode()) >= CUT_BYTES - 2 and (
        text.endswith(_BROKEN) or len(text.encode()) in (CUT_BYTES, CUT_BYTES - 1)
    ):
        faults.add(f"name cut at {CUT_BYTES} bytes", text)
        head, _, _ = text.rstrip(_BROKEN).rpartition(" ")
        return head
    if _BROKEN in text:
        faults.add("broken UTF-8 in a name", text)
        return "" if text.replace(_BROKEN, "").strip() == "" else " ".join(w for w in text.split() if _BROKEN not in w)
    return text


def _bare(part: str) -> str:
    """«مدينة إدلب» is «إدلب»."""
    words = part.split()
    while len(words) > 1 and fold(words[0]) in _HEADS:
        words = words[1:]
    return " ".join(words)


def _is_arabic(name: str) -> bool:
    return len(name) > 2 and _PROPER.fullmatch(name) is not None
