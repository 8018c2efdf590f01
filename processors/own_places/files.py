"""Opens what an operator hands over: a plain, gzip or zip file; says what kind of table each member is, and reads it."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping

from msgspec import Struct

from processors.own_places import geonames, tables
from processors.own_places.rows import Faults, Row

MOST_BYTES = 2_000_000_000
"""Size of an unpacked file above which it is refused: no table of one country is as large."""


class Unreadable(ValueError):
    """The file is no table of places; says which file and what was wanted."""


class Read(Struct):
    """What one file held: places, or names for places of other files by their id."""

    name: str
    rows: list[Row]
    names: dict[str, list[str]]


def read_file(name: str, data: bytes, given: Mapping[str, str], country: str, faults: Faults) -> list[Read]:
    """Every table in a file. Raises Unreadable."""
    found = []
    for member, text in _members(name, data):
        try:
            read = _read(member, text, given, faults)
        except (ValueError, KeyError, RecursionError) as error:
            raise Unreadable(str(error) if str(error).startswith(member) else f"{member}: {error}") from None
        for row in read.rows:
            row.country = country or row.country
        found.append(read)
    return found


def _members(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """The tables of a file as text. A readme inside an archive is none."""
    if data[:2] == b"\x1f\x8b":
        yield name.removesuffix(".gz"), _text(_unzipped(name, data))
    elif data[:4] == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for info in archive.infolist():
                    if info.is_dir() or "readme" in info.filename.lower() or info.filename.endswith(".md"):
                        continue
                    if info.file_size > MOST_BYTES:
                        raise Unreadable(f"{name}: {info.filename} is larger than {MOST_BYTES:,} bytes")
                    yield info.filename, _text(archive.read(info))
        except (zipfile.BadZipFile, zlib.error) as error:
            raise Unreadable(f"{name}: a broken zip file ({error})") from None
    else:
        yield name, _text(data)


def _unzipped(name: str, data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            plain = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"{name}: a broken gzip file ({error})") from None
    if len(plain) > MOST_BYTES:
        raise Unreadable(f"{name}: larger than {MOST_BYTES:,} bytes unpacked")
    return plain


def _text(data: bytes) -> str:
    """UTF-8, what is broken in it kept as U+FFFD, so that the row can be told."""
    return data.decode("utf-8-sig", errors="replace")


def _read(name: str, text: str, given: Mapping[str, str], faults: Faults) -> Read:
    begin = text.lstrip()[:1]
    if begin in ("{", "["):
        return Read(name, tables.read_json(text, given, faults, name), {})
    lines = [line.split("\t") for line in text.split("\n") if line.strip()]
    if not lines:
        raise ValueError("an empty file")
    if geonames.is_dump(lines[0]):
        return Read(name, list(geonames.read_dump(lines, faults)), {})
    if geonames.is_alternates(lines[0]):
        names: dict[str, list[str]] = {}
        for number, told in geonames.read_alternates(lines, faults):
            names.setdefault(number, []).extend(told)
        return Read(name, [], names)
    return Read(name, tables.read_csv(text, given, faults, name), {})
