"""Tables for people. Arabic stands in isolates, so that a row stays whole whatever direction its cells have."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.containers import Lines
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from arabic.bidi import FIRST_STRONG_ISOLATE, POP_ISOLATE, isolate, strip_controls
from contracts.index import Hit
from contracts.records import Actor, Article, Count, Event, Place, Report
from contracts.taxonomy import PLOVER, SUB_EVENTS

WIDTH_OF_PIPES = 200
"""Columns where there is no terminal: whole rows for a pager or a file."""

WIDTH_OF_ROWS = 160
"""Columns below which events are listed in two lines each: a table would cut words in pieces."""

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


class Isolated(Text):
    """Text of which each line, once it is wrapped, stands in an isolate of its own: the padding stays outside."""

    def wrap(self, *args: Any, **options: Any) -> Lines:
        return Lines(map(_isolated, super().wrap(*args, **options)))


def _isolated(line: Text) -> Text:
    plain = line.plain
    start, end = len(plain) - len(plain.lstrip(" ")), len(plain.rstrip(" "))
    if start >= end:
        return line
    return Text.assemble(line[:start], FIRST_STRONG_ISOLATE, line[start:end], POP_ISOLATE, line[end:], end=line.end)


def text(value: object | None, style: str = "") -> Text:
    """A cell: never read as markup; isolated unless it is ASCII, so that an id can be copied as it stands."""
    if value in (None, ""):
        return Text("–", style=style)
    plain = strip_controls(str(value))
    return Text(plain, style=style) if plain.isascii() else Isolated(plain, style=style)


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


class EventsTable:
    """The summary of events that search and run show: a table where it fits, else two lines an event."""

    def __init__(self, hits: Iterable[Hit], title: str | None = None) -> None:
        self._events, self._title = [hit.event for hit in hits], title

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if not self._events:
            yield Text(self._title or "", style="italic")
        elif options.max_width >= WIDTH_OF_ROWS:
            yield _rows(self._events, self._title)
        else:
            yield Text(self._title or "", style="italic")
            for event in self._events:
                yield from _two_lines(event)


def _rows(events: Iterable[Event], title: str | None) -> Table:
    made = table(
        title, "id", "date", "type", "place", "who", "to whom", "killed", "injured", "status", "sources",
        right=("killed", "injured", "sources"), fold=("type", "place", "who", "to whom", "status"),
    )  # fmt: skip
    for event in events:
        made.add_row(
            text(event.id), text(dates(event)), text(kind(event)), text(where(event.place)),
            text(who(event.initiators)), text(who(event.targets)), text(killed(event)), text(count(event.injured)),
            text(standing(event), STATUS_STYLE[event.status]), text(sources(event)),
        )  # fmt: skip
    return made


def _two_lines(event: Event) -> Iterable[Text]:
    tolls = [f"{n} {name}" for name, n in (("killed", killed(event)), ("injured", count(event.injured))) if n]
    stands = standing(event) if standing(event) != "asserted" else ""
    yield Text.assemble(
        (event.id, "bold"), f"  {dates(event)}  {kind(event)}", (f"  {stands}" if stands else "", STATUS_STYLE[event.status]),
        f"  {', '.join(tolls)}" if tolls else "", f"  {sources(event)} sources" if sources(event) > 1 else "",
    )  # fmt: skip
    parties = [who(actors) for actors in (event.initiators, event.targets)]
    line = Text("  ").append(isolate(where(event.place)))
    if parties != ["–", "–"]:
        line.append(f"  {isolate(parties[0])} → {isolate(parties[1])}")
    yield line


def standing(event: Event) -> str:
    """``asserted``, ``denied`` …, with a word where the news only recalls it."""
    return event.status + (" (recalled)" if event.background else "")


def sources(event: Event) -> int:
    return event.independent_sources or len(event.reports)


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


def article_page(out: Console, article: Article, reports: Iterable[Report]) -> None:
    """The text that offsets count in, with [[ and ]] around the evidence of the reports."""
    out.print()
    out.print(Text(f"article {article.id}  {article.outlet}  revision {article.revision}", style="bold"))
    out.print(text(article.title, "bold"))
    marks = {(report.evidence.start, report.evidence.end) for report in reports if report.evidence.start >= 0}
    shown, told = "", 0
    for start, end in sorted(marks):
        if start >= told:
            shown += f"{article.text[told:start]}[[{article.text[start:end]}]]"
            told = end
    for paragraph in (shown + article.text[told:]).splitlines():
        out.print(text(paragraph))


def plain(value: str) -> str:
    """Free text inside a markup string."""
    return escape(isolate(value))
