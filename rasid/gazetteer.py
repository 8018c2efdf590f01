"""Adding to the operator's own gazetteer, from files and addresses."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from ingest.web import Limits, WebError
from processors.own_places import files, store
from processors.own_places.rows import Faults, Row
from processors.own_places.tables import FIELDS
from rasid.build import client as client_of
from rasid.errors import CommandError, UsageError
from rasid.own_places import checked
from rasid.settings import Settings

MOST_DOWNLOAD = 512 * 1024 * 1024
"""Bytes of a table above which an address is refused; a country's GeoNames dump has at most some 60 MB."""
DOWNLOAD_SECONDS = 900.0


class NotFound(CommandError):
    """No source of that name."""

    status = 4


class Added(Struct, frozen=True):
    """What ``add`` did: rows read and names for other places' rows, places of the whole table now, what was wrong by reason with an
    example of each, members that were passed over with the reason."""

    name: str
    rows: int
    names: int
    places: int
    faults: dict[str, int]
    examples: dict[str, str]
    passed_over: list[str]


def add(
    settings: Settings,
    origins: Iterable[str],
    *,
    name: str | None = None,
    country: str = "",
    columns: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Added:
    """Reads every file and address and puts them into the operator's gazetteer as one source; a source of the same name is
    replaced. Raises UsageError where a file cannot be read or nothing in them is a place."""
    given = list(origins)
    origins = [path for origin in given for path in _files(origin)]
    faults, rows, names, passed = Faults(), list[Row](), dict[str, list[str]](), list[str]()
    for origin in origins:
        data = _bytes(settings, origin, say)
        say(f"reading {_short(origin)}")
        try:
            for read in files.read_file(_short(origin), data, columns or {}, country.upper(), faults):
                rows += read.rows
                for number, told in read.names.items():
                    names.setdefault(number, []).extend(told)
        except files.Unreadable as error:
            if len(origins) == 1:
                raise UsageError(str(error)) from None
            passed.append(str(error))
    if not rows and not names:
        raise UsageError("no place in " + ", ".join(map(_short, given)) + "".join(f"; {text}" for text in passed))
    source = store.new_source(name or _name(given), " ".join(given), rows, names, faults, datetime.now(UTC))
    kept = [old for old in _read(settings).sources if old.name != source.name]
    say(f"{len(rows):,} rows read; making the table")
    file, more = store.write(settings.gazetteer, [*kept, source], lambda done: say(f"{done:,} rows placed"))
    counts = {**faults.counts, **more.counts}
    return Added(source.name, len(rows), len(names), file.places, counts, {**faults.examples, **more.examples}, passed)


def _files(origin: str) -> list[str]:
    """The files of a folder, those of its folders too, without their readmes; anything else as it is."""
    folder = Path(origin)
    if re.match(r"https?://", origin) or not folder.is_dir():
        return [origin]
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() not in (".md", ".pdf"))
    return [str(path) for path in found if not path.name.startswith(".")]


def columns_of(options: Iterable[str]) -> dict[str, str]:
    """``field=column`` options as a mapping. Raises UsageError naming a wrong one."""
    found = {}
    for option in options:
        field, _, column = option.partition("=")
        if field not in FIELDS or not column:
            raise UsageError(f"--column {option}: field=column is wanted, the field one of {', '.join(FIELDS)}")
        found[field] = column
    return found


def remove(settings: Settings, name: str) -> int:
    """Takes a source out; gives the places that are left. Raises NotFound."""
    sources = _read(settings).sources
    kept = [source for source in sources if source.name != name]
    if len(kept) == len(sources):
        known = ", ".join(source.name for source in sources) or "none"
        raise NotFound(f"no source {name} in {settings.gazetteer}; it has {known}")
    return store.write(settings.gazetteer, kept)[0].places


def listed(settings: Settings) -> store.OwnFile:
    """What the operator's gazetteer holds."""
    return _read(settings)


def _read(settings: Settings) -> store.OwnFile:
    return checked(settings.gazetteer)


def _bytes(settings: Settings, origin: str, say: Callable[[str], None]) -> bytes:
    if re.match(r"https?://", origin):
        say(f"asking {origin}")
        return asyncio.run(_fetched(settings, origin))
    try:
        return Path(origin).read_bytes()
    except OSError as error:
        raise UsageError(f"{origin}: {error.strerror or error}") from None


async def _fetched(settings: Settings, url: str) -> bytes:
    try:
        async with client_of(settings) as client:
            limits = Limits(max_bytes=MOST_DOWNLOAD, seconds=DOWNLOAD_SECONDS)
            answer = await client.get(url, limits=limits)
    except WebError as error:
        raise UsageError(str(error)) from None
    if answer.status != 200:
        raise UsageError(f"{url}: answered {answer.status}")
    return answer.body


def _short(origin: str) -> str:
    return origin.rstrip("/").rpartition("/")[2] or origin


def _name(origins: list[str]) -> str:
    """A name for a source: that of its only file, else of the folder or host that holds them."""
    if len(origins) == 1:
        return re.sub(r"\.(gz|zip|txt|csv|tsv|json|geojson)\b", "", _short(origins[0]))
    folders = {origin.rpartition("/")[0] for origin in origins}
    return _short(folders.pop()) if len(folders) == 1 else re.sub(r"\..*", "", _short(origins[0])) + "-and-more"
