"""``rasid search`` and ``rasid show``."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

import typer

from rasid.cli.app import app, out, settings
from rasid.errors import UsageError

FORMATS = ("table", "json", "csv", "xlsx", "geojson", "acled")
SUFFIXES = {".json": "json", ".jsonl": "json", ".csv": "csv", ".xlsx": "xlsx", ".geojson": "geojson"}


@app.command()
def search(
    text: Annotated[list[str] | None, typer.Argument(help="Words to find, in Arabic or Latin letters.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--type", help="Sub-event slug or family (battles, protests …).")
    ] = None,
    place: Annotated[str | None, typer.Option(help="A place and everything inside it.")] = None,
    country: Annotated[list[str] | None, typer.Option(help="ISO code, such as SY.")] = None,
    actor: Annotated[str | None, typer.Option(help="Initiator or target, under any of its names: داعش, ISIS.")] = None,
    outlet: Annotated[str | None, typer.Option(help="Who reports it.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="asserted, claimed, denied, planned.")] = None,
    state: Annotated[list[str] | None, typer.Option(help="live (default), superseded, retracted.")] = None,
    since: Annotated[str | None, typer.Option(help="First date of the event, YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option(help="Last date of the event, YYYY-MM-DD.")] = None,
    killed: Annotated[int | None, typer.Option("--killed", help="At least so many killed.")] = None,
    background: Annotated[
        bool | None, typer.Option("--background/--no-background", help="Only what is recalled, or none of it.")
    ] = None,
    diplomatic: Annotated[
        bool, typer.Option("--diplomatic", help="Also talks, demands, accusations (PLOVER only).")
    ] = False,
    changed_since: Annotated[
        str | None, typer.Option(help="Events that changed since (ISO time), superseded and retracted ones too.")
    ] = None,
    sort: Annotated[str | None, typer.Option(help="relevance, date, killed, changed.")] = None,
    limit: Annotated[int, typer.Option(help="Events in the table; files hold all.")] = 20,
    offset: Annotated[int, typer.Option(help="Events to pass over.")] = 0,
    facets: Annotated[bool, typer.Option("--facets", help="Also count by type, place, actor and date.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format", help=f"{', '.join(FORMATS)}; table by default, or what the name of --output ends with."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output by default.")
    ] = None,
    bom: Annotated[bool, typer.Option("--bom", help="CSV with a byte order mark, for spreadsheets.")] = False,
) -> None:
    """Find events."""
    from contracts.index import Query
    from processors.actor_names import names_of

    words = " ".join(text or ())
    states = tuple(state) if state else ("live", "superseded", "retracted") if changed_since else ("live",)
    query = Query(
        text=words or None, types=tuple(kind or ()), place=place, countries=tuple(c.upper() for c in country or ()),
        actor=actor, actor_names=names_of(actor) if actor else (), outlet=outlet, status=tuple(status or ()), states=states, since=_day(since, "--since"),
        until=_day(until, "--until"), killed_min=killed, background=background, diplomatic=diplomatic,
        changed_since=_moment(changed_since), sort=_sort(sort, words), limit=limit, offset=offset,
    )  # fmt: skip
    _check(query)
    chosen = "json" if as_json else format_ or _of_suffix(output)
    if chosen not in FORMATS:
        raise UsageError(f"--format {chosen}: one of {', '.join(FORMATS)}")
    if chosen == "table" and output is not None:
        raise UsageError("--format table goes to the screen; name another format, or leave --output out")
    index = open_index()
    if chosen == "table":
        _table(index, query, facets)
    else:
        _export(index, query, chosen, output, bom)


def _of_suffix(output: Path | None) -> str:
    """The format that a file's name asks for; a table where there is no file."""
    if output is None:
        return "table"
    if output.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{output}: name the --format, or end the name in one of {', '.join(SUFFIXES)}")
    return SUFFIXES[output.suffix.lower()]


def open_index() -> Any:
    """The index of the mode, for reading."""
    from rasid.indexes import elasticsearch_index, in_elasticsearch

    given = settings()
    if in_elasticsearch(given):
        return elasticsearch_index(given)
    from rasid.local.database import Database
    from sinks.sqlite import SqliteIndex

    return SqliteIndex(Database(given.database, readonly=True).connection)


def _sort(given: str | None, words: str) -> Any:
    if given not in (None, "relevance", "date", "killed", "changed"):
        raise UsageError(f"--sort {given}: one of relevance, date, killed, changed")
    return given or ("relevance" if words else "date")


def _check(query: Any) -> None:
    from contracts.taxonomy import EVENT_TYPES, PLOVER, SUB_EVENTS
    from sinks.eventtypes import resolve

    if unknown := resolve(query.types).unknown:
        raise UsageError(f"--type {unknown[0]}: one of {', '.join([*EVENT_TYPES, *SUB_EVENTS, *PLOVER])}")
    for name, given, allowed in (
        ("--status", query.status, ("asserted", "claimed", "denied", "planned")),
        ("--state", query.states, ("live", "superseded", "retracted")),
    ):
        for value in given:
            if value not in allowed:
                raise UsageError(f"{name} {value}: one of {', '.join(allowed)}")


def _day(value: str | None, option: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise UsageError(f"{option} {value}: write YYYY-MM-DD") from None


def _moment(value: str | None) -> datetime | None:
    try:
        made = datetime.fromisoformat(value) if value else None
    except ValueError:
        raise UsageError(f"--changed-since {value}: write an ISO time such as 2026-03-01T06:00Z") from None
    return made.replace(tzinfo=made.tzinfo or UTC) if made else None


def _table(index: Any, query: Any, facets: bool) -> None:
    from rasid import render

    results, shown = index.search(query), out()
    shown.print(render.EventsTable(results.hits, _title(len(results.hits), results.total, query.offset)))
    if facets:
        for field, counts in index.facets(query, ("sub_event_type", "admin1", "actor", "outlet", "date")).items():
            made = render.table(field, "value", "events", right=("events",))
            for value, n in counts:
                made.add_row(render.text(value), str(n))
            shown.print(made)


def _title(shown: int, total: int, offset: int) -> str:
    if shown == total:
        return f"{total} events" if total else "no events"
    return f"{total} events, {offset + 1} to {offset + shown} of them" if shown else f"{total} events, none after these"


def _export(index: Any, query: Any, name: str, output: Path | None, bom: bool) -> None:
    from sinks import exports

    writers: dict[str, Any] = {
        "json": exports.write_jsonl, "xlsx": _write_xlsx, "geojson": exports.write_geojson,
        "acled": exports.write_acled, "csv": lambda events, file: exports.write_csv(events, file, bom=bom),
    }  # fmt: skip
    if output is None and name == "xlsx" and sys.stdout.isatty():
        raise UsageError("--format xlsx is binary: name a file with --output")
    try:
        with output.open("wb") if output else nullcontext(sys.stdout.buffer) as file:
            written = writers[name](index.export(query), file)
            file.flush()
    except BrokenPipeError:
        raise
    except (OSError, exports.TooManyRows) as error:
        raise UsageError(f"{output or 'standard output'}: {getattr(error, 'strerror', None) or error}") from None
    if output is not None:
        typer.echo(f"{written.rows} rows written to {output}", err=True)
    if written.left_out:
        typer.echo(f"{written.left_out} events left out, for which {name} has no row", err=True)


def _write_xlsx(events: Any, file: Any) -> Any:
    from xlsxwriter.exceptions import FileCreateError

    from sinks import exports

    made = BytesIO()  # the library would end with a traceback where the disk is full or the reader has gone
    try:
        written = exports.write_xlsx(events, made)
    except FileCreateError as error:  # its wrapping of an OSError
        raise error.args[0] from None
    file.write(made.getbuffer())
    return written


@app.command()
def show(
    event_id: Annotated[str, typer.Argument(help="The event's id; one that was superseded leads to its successor.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    whole: Annotated[
        bool, typer.Option("--text", help="Also the articles, with [[ and ]] around what is quoted from them.")
    ] = False,
) -> None:
    """One event with every report, its quoted evidence and offsets, and what the reports dispute."""
    from arabic.bidi import strip_controls
    from contracts import codec
    from rasid import render
    from rasid.errors import NotFound

    event_id = strip_controls(event_id).strip()  # as it was copied
    index = open_index()
    event = index.show(event_id)
    if event is None:
        raise NotFound(f"no event {event_id}; `rasid search` lists events with their ids")
    if as_json:
        typer.echo(codec.encode(event).decode())
        return
    if event.id != event_id:
        out(stderr=True).print(f"{event_id} was superseded by {event.id}")
    shown = out()
    render.event_page(shown, event)
    if whole:
        for article_id in dict.fromkeys(report.article_id for report in event.reports):
            if (article := index.article(article_id)) is not None:
                render.article_page(shown, article, [r for r in event.reports if r.article_id == article_id])
