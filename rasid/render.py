"""Tables for people. Arabic stands in isolates, so that a row stays whole whatever direction its cells have."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from arabic.bidi import isolate
from contracts.index import Hit
from contracts.records import Actor, Count, Event, Place, Report
from contracts.taxonomy import PLOVER, SUB_EVENTS

WIDTH_OF_PIPES = 200
"""Columns where there is no terminal: whole rows for a pager or a file."""

STATUS_STYLE = {"asserted": "", "claimed": "yellow", "denied": "red", "planned": "cyan"}


def console(color: bool | None = None, *, stderr: bool = False) -> Console:
    """Colours as the terminal allows; ``color`` False switches them off (so does NO_COLOR)."""
    made = Console(no_color=True if color is False else None, highlight=False, stderr=stderr, soft_wrap=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = WIDTH_OF_PIPES
    return made


def table(title: str | None, *columns: str, right: Sequence[str] = (), fold: Sequence[str] = ()) -> Table:
    """An empty table; numbers in ``right`` columns; ``fold`` columns break instead of being cut."""
    made = Table(title=title, title_justify="left", header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(
            column,
            justify="right" if column in right else "left",
            overflow="fold" if column in fold else "ellipsis",
            no_wrap=column not in fold,
        )
    return made


def text(value: object | None, style: str = "") -> Text:
    """A cell: never read as markup, Arabic isolated."""
    return Text(isolate(str(value)) if value not in (None, "") else "–", style=style)


def ago(seconds: float | None, now: float) -> str:
    """``5 min ago``, ``in 2 h``; ``never`` for None."""
    if seconds is None:
        return "never"
    gap = now - seconds
    size = abs(gap)
    word = f"{size:.0f} s" if size < 90 else f"{size / 60:.0f} min" if size < 5400 else f"{size / 3600:.0f} h"
    if size >= 48 * 3600:
        word = f"{size / 86400:.0f} d"
    return f"{word} ago" if gap >= 0 else f"in {word}"


def moment(value: datetime | None) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if value else "–"


def dates(event: Event | Report) -> str:
    """``2022-10-14``, ``2022-09-01…10-14``, or – where the text gives none."""
    if event.date_start is None:
        return "–"
    start, end = event.date_start.isoformat(), (event.date_end or event.date_start).isoformat()
    return start if start == end else f"{start}…{end[5:] if end[:4] == start[:4] else end}"


def kind(event: Event | Report) -> str:
    """The sub-event's English name, or PLOVER's category where ACLED knows none."""
    if event.sub_event_type:
        return SUB_EVENTS[event.sub_event_type].name_en
    return f"{event.plover} ({PLOVER[event.plover][1]})" if event.plover else "–"


def count(value: Count | None) -> str:
    """``4``, ``4–6``, ``≥ 20``; empty where the text is silent."""
    if value is None:
        return ""
    return bounds(value.low, value.high)


def bounds(low: int, high: int | None) -> str:
    return f"≥ {low}" if high is None else str(low) if low == high else f"{low}–{high}"


def killed(event: Event) -> str:
    if event.fatalities is None:
        return count(event.killed)
    low, best, high = event.fatalities.low, event.fatalities.best, event.fatalities.high
    return str(best) if low == best == high else f"{best} ({bounds(low, high)})"


def where(place: Place | None) -> str:
    """``جاسم، درعا، SY`` as far as it is known."""
    if place is None:
        return "–"
    parts = [place.name or place.text, place.admin1, place.country]
    seen: list[str] = []
    for part in parts:
        if part and part not in seen:
            seen.append(part)
    return "، ".join(seen)


def who(actors: Iterable[Actor]) -> str:
    return "؛ ".join(dict.fromkeys(actor.text for actor in actors)) or "–"


def events_table(hits: Iterable[Hit], title: str | None = None) -> Table:
    """The summary of events that search and run show."""
    made = table(
        title, "id", "date", "type", "place", "who", "to whom", "killed", "injured", "status", "sources",
        right=("killed", "injured", "sources"), fold=("type", "place", "who", "to whom"),
    )  # fmt: skip
    for hit in hits:
        event = hit.event
        status = event.status + (" (recalled)" if event.background else "")
        made.add_row(
            text(event.id), text(dates(event)), text(kind(event)), text(where(event.place)),
            text(who(event.initiators)), text(who(event.targets)), text(killed(event)), text(count(event.injured)),
            text(status, STATUS_STYLE[event.status]), text(event.independent_sources or len(event.reports)),
        )  # fmt: skip
    return made


def event_page(out: Console, event: Event) -> None:
    """One event with every report, its quoted evidence and offsets, and what the reports dispute."""
    out.print(Text(f"{kind(event)}  ·  {event.id}", style="bold"))
    for summary in (event.summary_ar, event.summary_en):
        if summary:
            out.print(text(summary))
    if event.state != "live":
        out.print(f"[yellow]{event.state}[/]" + (f", see {event.superseded_by}" if event.superseded_by else ""))
    out.print(_fields(event))
    if event.disputed:
        out.print(_disputed(event))
    if len(event.toll_history) > 1:
        out.print(_tolls(event))
    for number, report in enumerate(event.reports, 1):
        _report(out, number, report)
    if event.more_reports:
        out.print(f"and {len(event.more_reports)} more reports: {', '.join(event.more_reports[:10])} …")


def _fields(event: Event) -> Table:
    made = Table(show_header=False, pad_edge=False, box=None)
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    place = event.place
    rows = (
        ("when", f"{dates(event)} ({event.date_precision}, {event.date_basis})"),
        ("where", where(place)),
        ("", f"{place.name_en or ''} {place.lat:.3f}, {place.lon:.3f}, precision {place.precision}" if place and place.lat is not None and place.lon is not None else None),
        ("who", who(event.initiators)),
        ("to whom", who(event.targets)),
        ("killed", killed(event)),
        *((name, count(getattr(event, name))) for name in ("injured", "detained", "abducted", "missing", "displaced")),
        ("shared toll", event.shared_toll.text if event.shared_toll else None),
        ("status", event.status + (", recalled from before the news" if event.background else "")),
        ("says", event.speaker.text if event.speaker else None),
        ("weapons", "، ".join(event.weapons)),
        ("review", event.review + (f": {event.review_note}" if event.review_note else "")),
        ("sources", f"{event.independent_sources} independent, outlets: {', '.join(event.outlets)}"),
        ("confidence", f"{event.confidence:.2f}"),
        ("seen", f"{moment(event.first_seen_at)} … {moment(event.last_seen_at)}"),
    )  # fmt: skip
    for name, value in rows:
        if value:
            made.add_row(name, text(value))
    return made


def _disputed(event: Event) -> Table:
    made = table("disputed", "field", "value", "who says so", fold=("value", "who says so"))
    for field, variants in sorted(event.disputed.items()):
        for variant in variants:
            made.add_row(text(field), text(variant.value), text(", ".join(variant.outlets or variant.reports)))
    return made


def _tolls(event: Event) -> Table:
    made = table("tolls as they were reported", "published", "outlet", "killed", "injured", right=("killed", "injured"))
    for point in event.toll_history:
        made.add_row(
            moment(point.published_at), text(point.outlet),
            bounds(*point.killed) if point.killed else "", bounds(*point.injured) if point.injured else "",
        )  # fmt: skip
    return made


def _report(out: Console, number: int, report: Report) -> None:
    toll = "  ".join(
        f"{name} {count(value)}"
        for name, value in (("killed", report.killed), ("injured", report.injured), ("detained", report.detained))
        if value
    )
    spot = report.evidence
    at = f"{spot.start}–{spot.end}" if spot.start >= 0 else f"title {spot.title_start}"
    out.print()
    out.print(
        Text(
            f"report {number}  {report.outlet or '?'}  {moment(report.published_at)}  {report.status}  {toll}",
            style="bold",
        )
    )
    out.print(text(f"«{spot.text}»"))
    marks = [("trigger", report.trigger)]
    marks += [("place", report.place)] if report.place else []  # type: ignore[list-item]
    marks += [("who", actor) for actor in report.initiators]  # type: ignore[misc]
    marks += [("to whom", actor) for actor in report.targets]  # type: ignore[misc]
    marks += [(n, c) for n, c in (("killed", report.killed), ("injured", report.injured)) if c]  # type: ignore[misc]
    quoted = [f"{name} {isolate(span.text)} [{span.start}:{span.end}]" for name, span in marks]
    out.print(Text(f"evidence [{at}]  " + "  ".join(quoted), style="dim"))
    if report.url:
        out.print(Text(report.url, style="dim"))


def plain(value: str) -> str:
    """Free text inside a markup string."""
    return escape(isolate(value))
