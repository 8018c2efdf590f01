"""The file that holds the operator's places: its sources, so that one can be taken out again, and the table made of them all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import cramjam
import msgspec
from msgspec import Struct

from processors.gazetteer import Gazetteer, shipped
from processors.own_places.compiling import compile_rows
from processors.own_places.packed import OwnPlaces, Packed, pack
from processors.own_places.rows import Faults, Row
from processors.place_grammar import grammar

VERSION = 1


class Source(Struct, kw_only=True):
    """What one ``add`` brought. ``name`` is what it is removed by; ``rows`` is packed; ``names``: names for places of other sources."""

    name: str
    origin: str
    added_at: datetime
    places: int
    faults: dict[str, int]
    rows: bytes
    names: bytes


class OwnFile(Struct, kw_only=True):
    """The whole file."""

    version: int = VERSION
    sources: list[Source] = []
    places: int = 0
    packed: bytes = b""


class BadFile(ValueError):
    """The operator's gazetteer cannot be read: not ours, cut short, or of a newer version."""


def read_file(path: Path) -> OwnFile:
    """The file; an empty one where there is none. Raises BadFile."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return OwnFile()
    try:
        file = msgspec.msgpack.decode(data, type=OwnFile)
    except msgspec.DecodeError as error:
        raise BadFile(f"{path}: not a gazetteer of Rasid, or damaged ({error})") from None
    if file.version > VERSION:
        raise BadFile(f"{path}: written by a newer Rasid (version {file.version})")
    return file


def load(path: Path) -> OwnPlaces | None:
    """The operator's places for use; None where there are none. Raises BadFile."""
    file = read_file(path)
    if not file.packed:
        return None
    packed = msgspec.msgpack.decode(bytes(cramjam.zstd.decompress(file.packed)), type=Packed)
    return OwnPlaces(packed, grammar().never)


def new_source(
    name: str, origin: str, rows: list[Row], names: dict[str, list[str]], faults: Faults, at: datetime
) -> Source:
    """A source made of what its files told."""
    return Source(
        name=name,
        origin=origin,
        added_at=at,
        places=len(rows),
        faults=dict(faults.counts),
        rows=_packed(rows),
        names=_packed(names),
    )


def write(path: Path, sources: list[Source], say: Callable[[int], None] = lambda done: None) -> tuple[OwnFile, Faults]:
    """Makes the table of all sources and puts the file in place at once. Gives what is in it and what was left out on the way."""
    faults = Faults()
    compiled = compile_rows(_all_rows(sources), _shipped(), faults, say)
    packed = _packed(pack(compiled)) if compiled else b""
    file = OwnFile(sources=sources, places=len(compiled), packed=packed)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as out:
            out.write(msgspec.msgpack.encode(file))
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return file, faults


def _shipped() -> Gazetteer:
    return shipped()


def _packed(value: object) -> bytes:
    return bytes(cramjam.zstd.compress(msgspec.msgpack.encode(value), level=9))


def _all_rows(sources: Iterable[Source]) -> Iterable[Row]:
    """The rows of every source with the names that any source has for them."""
    sources = list(sources)
    more: dict[str, list[str]] = {}
    for source in sources:
        names = msgspec.msgpack.decode(bytes(cramjam.zstd.decompress(source.names)), type=dict[str, list[str]])
        for number, told in names.items():
            more.setdefault(number, []).extend(told)
    for source in sources:
        for row in msgspec.msgpack.decode(bytes(cramjam.zstd.decompress(source.rows)), type=list[Row]):
            row.names = [*more.get(row.source_id, ()), *row.names]
            yield row
