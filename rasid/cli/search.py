"""``rasid search`` and ``rasid show``."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from rasid.cli.app import app, out, settings
from rasid.errors import UsageError

FORMATS = ("table", "json", "csv", "xlsx", "geojson", "acled")


@app.command()
def search(
    text: Annotated[list[str] | None, typer.Argument(help="Words to find, in Arabic or Latin letters.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--type", help="Sub-event slug or family (battles, protests …).")
    ] = None,
    place: Annotated[str | None, typer.Option(help="A place and everything inside it.")] = None,
    country: Annotated[list[str] | None, typer.Option(help="ISO code, such as SY.")] = None,
    actor: Annotated[str | None, typer.Option(help="Initiator or target.")] = None,
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
    format_: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "table",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output by default.")
    ] = None,
    bom: Annotated[bool, typer.Option("--bom", help="CSV with a byte order mark, for spreadsheets.")] = False,
) -> None:
    """Find events."""
    from contracts.index import Query

    words = " ".join(text or ())
    states = tuple(state) if state else ("live", "superseded", "retracted") if changed_since else ("live",)
    query = Query(
        text=words or None, types=tuple(kind or ()), place=place, countries=tuple(c.upper() for c in country or ()),
        actor=actor, outlet=outlet, status=tuple(status or ()), states=states, since=_day(since, "--since"),
        until=_day(until, "--until"), killed_min=killed, background=background, diplomatic=diplomatic,
        changed_since=_moment(changed_since), sort=_sort(sort, words), limit=limit, offset=offset,
    )  # fmt: skip
    _check(query)
    chosen = "json" if as_json else format_
    if chosen not in FORMATS:
        raise UsageError(f"--format {chosen}: one of {', '.join(FORMATS)}")
    index = open_index()
    if chosen == "table":
        _table(index, query, facets)
    else:
        _export(index, query, chosen, output, bom)


def open_index() -> Any:
    """The index of the database, for reading."""
    from rasid.local.database import Database
    from sinks.sqlite import SqliteIndex

    return SqliteIndex(Database(settings().database, readonly=True).connection)


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
    shown.print(render.events_table(results.hits, f"{results.total} events"))
    if facets:
        for field, counts in index.facets(query, ("sub_event_type", "admin1", "actor", "outlet", "date")).items():
            made = render.table(field, "value", "events", right=("events",))
            for value, n in counts:
                made.add_row(render.text(value), str(n))
            shown.print(made)


def _export(index: Any, query: Any, name: str, output: Path | None, bom: bool) -> None:
    from sinks import exports

    writers: dict[str, Any] = {
        "json": exports.write_jsonl, "xlsx": exports.write_xlsx, "geojson": exports.write_geojson,
        "acled": exports.write_acled, "csv": lambda events, file: exports.write_csv(events, file, bom=bom),
    }  # fmt: skip
    if output is None:
        if name == "xlsx" and sys.stdout.isatty():
            raise UsageError("--format xlsx is binary: name a file with --output")
        _say_left_out(writers[name](index.export(query), sys.stdout.buffer))
        sys.stdout.buffer.flush()
        return
    try:
        with output.open("wb") as file:
            written = writers[name](index.export(query), file)
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}") from None
    except exports.TooManyRows as error:
        raise UsageError(f"{output}: {error}") from None
    typer.echo(f"{written.rows} rows written to {output}", err=True)
    _say_left_out(written)


def _say_left_out(written: Any) -> None:
    """What the form could not take is told, never silently missing."""
    if written.left_out:
        typer.echo(f"{written.left_out} events left out: the form has no row for them (see docs/acled.md)", err=True)
    if written.without_coordinates:
        typer.echo(f"{written.without_coordinates} rows without coordinates", err=True)


@app.command()
def show(
    event_id: Annotated[str, typer.Argument(help="The event's id; one that was superseded leads to its successor.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """One event with every report, its quoted evidence and offsets, and what the reports dispute."""
    from contracts import codec
    from rasid import render
    from rasid.errors import NotFound

    event = open_index().show(event_id)
    if event is None:
        raise NotFound(f"no event {event_id}; `rasid search` lists events with their ids")
    if as_json:
        typer.echo(codec.encode(event).decode())
        return
    if event.id != event_id:
        out(stderr=True).print(f"{event_id} was superseded by {event.id}")
    render.event_page(out(), event)
