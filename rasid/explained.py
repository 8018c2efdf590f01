"""An explanation for people: each sentence with what was read in it, each report with its reasons, and what was turned down."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from arabic.bidi import isolate
from contracts.records import Count, Quote, Report
from processors.explaining import TITLE, Explained, Explanation, Mark, Refused
from rasid import render

STYLES = {
    "trigger": "bold red",
    "place": "green",
    "actor": "blue",
    "date": "magenta",
    "count": "yellow",
    "cue": "dim",
}
"""Kinds of marks; where they overlap, the first in this order colours the text."""


def explanation_page(out: Console, explained: Explanation) -> None:
    """The whole of it. Without colours nothing is lost: every mark is listed below its sentence."""
    article = explained.article
    out.print(
        Text(
            f"article {article.id}  {article.outlet or '(no outlet)'}  {render.moment(article.published_at)}",
            style="bold",
        )
    )
    if article.url:
        out.print(render.text(article.url, "dim"))
    if article.published_at is None:
        out.print(
            Text(
                "No day of publication is known: «اليوم» and weekdays stand for no date. --published gives one.",
                style="yellow",
            )
        )
    if explained.unread is not None:
        out.print(Text(f"Nothing was read: {explained.unread}.", style="yellow"))
    out.print(Text(" ").join([Text("marks:"), *(Text(kind, style=style) for kind, style in STYLES.items())]))
    for line in explained.sentences:
        marks = [mark for mark in explained.marks if mark.sentence == line.number and _is_in(mark, line.quote)]
        _sentence(out, line.number, line.quote, marks)
    for count, report in enumerate(explained.reports, 1):
        _report(out, count, report)
    if not explained.reports:
        out.print()
        out.print(Text("no report", style="bold"))
    if explained.refused:
        out.print()
        out.print(_refused(explained.refused))


def _is_in(mark: Mark, quote: Quote) -> bool:
    start, end = _span(quote)
    return start <= _span(mark.quote)[0] < end


def _span(quote: Quote) -> tuple[int, int]:
    start = quote.start if quote.start >= 0 else quote.title_start or 0
    return start, start + len(quote.text)


def _sentence(out: Console, number: int, quote: Quote, marks: list[Mark]) -> None:
    out.print()
    start, _ = _span(quote)
    line = render.text(quote.text)
    shift = len(line.plain) - len(quote.text)
    if shift == 0:  # with controls taken out, offsets no longer hold: the list below tells all the same
        for kind in reversed(STYLES):
            for mark in marks:
                if mark.kind == kind:
                    first, last = _span(mark.quote)
                    line.stylize(STYLES[kind], first - start, last - start)
    out.print(Text(_name(number), style="bold"), line)
    for mark in sorted(marks, key=lambda mark: (_span(mark.quote), mark.kind)):
        first, last = _span(mark.quote)
        out.print(
            Text.assemble(
                "  ", (f"{mark.kind:<8}", STYLES[mark.kind]), isolate(mark.quote.text), f" [{first}:{last}]  ", isolate(mark.says)
            )
        )  # fmt: skip


def _name(number: int) -> str:
    return "title" if number == TITLE else f"sentence {number}"


def _report(out: Console, number: int, explained: Explained) -> None:
    report = explained.report
    out.print()
    out.print(
        Text(
            f"report {number}  {render.kind(report)}  {report.status}{', recalled' if report.background else ''}",
            style="bold",
        )
    )
    rows = (
        ("when", f"{render.dates(report)} ({report.date_precision}, {report.date_basis})" + (f" from «{report.date_text}»" if report.date_text else "")),
        ("where", render.where(report.place)),
        ("who", render.who(report.initiators)),
        ("to whom", render.who(report.targets)),
        ("tolls", _tolls(report)),
        ("says", report.speaker.text if report.speaker else None),
        ("told", "؛ ".join(_telling(explained))),
        ("why", _why(explained)),
        ("confidence", f"{report.confidence:.2f} that the whole row is right"),
    )  # fmt: skip
    for name, value in rows:
        if value:
            out.print(Text.assemble("  ", (f"{name:<11}", "dim"), isolate(value)))


def _why(explained: Explained) -> str:
    if explained.asked is None:
        return "talk, a denial or what is denied: reported without being judged, for want of labels"
    asked = f"an event with a chance of {explained.chance:.2f}, asked are {explained.asked:.2f}"
    return f"{asked}: {', '.join(f'{one.feature} {one.weight:+.1f}' for one in explained.weighed)}"


def _telling(explained: Explained) -> Iterable[str]:
    for telling in explained.tellings:
        same = "" if telling.same is None else f", the same thing with a chance of {telling.same:.2f}"
        yield f"{isolate(telling.trigger.text)} ({', '.join(telling.rows)}) in {_name(telling.sentence)}{same}"


def _tolls(report: Report) -> str:
    counts: tuple[tuple[str, Count | None], ...] = tuple(
        (name, getattr(report, name)) for name in ("killed", "injured", "detained", "abducted", "missing", "displaced")
    )
    told = [f"{name} {render.count(count)} «{count.text}»" for name, count in counts if count is not None]
    if report.shared_toll is not None:
        told.append(f"shared with other places: «{report.shared_toll.text}»")
    return ", ".join(told)


def _refused(rows: Iterable[Refused]) -> Table:
    made = render.table("turned down", "trigger", "row of the lexicon", "where", "why", fold=("why",))
    for row in rows:
        made.add_row(render.text(row.trigger.text), render.text(row.row), _name(row.sentence), render.text(row.reason))
    return made
