"""What people see: ids that can be copied, Arabic that stays in its cell, lists that fit the terminal, articles with marks."""

from datetime import UTC, date, datetime
from io import StringIO

import pytest
from rich.console import Console

from arabic.bidi import FIRST_STRONG_ISOLATE, POP_ISOLATE
from contracts.index import Hit
from contracts.records import Actor, Article, Event, Fatalities, Place, Quote, Report
from rasid import render

ID = "202210-03bf2586d2dd9346"
NOW = datetime(2022, 10, 14, tzinfo=UTC)


def event(**changes):
    fields = {
        "id": ID, "sub_event_type": "armed_clash", "date_start": date(2022, 10, 14), "independent_sources": 2,
        "place": Place(text="جاسم", start=0, end=4, name="جاسم", admin1="درعا", country="SY"),
        "initiators": (Actor(text="مقاتلين سابقين بفصائل المعارضة في ريف درعا الشمالي", start=0, end=1),),
        "fatalities": Fatalities(low=4, best=4, high=None),
    }  # fmt: skip
    return Event(**{**fields, **changes})


def printed(what, width):
    console = Console(file=StringIO(), width=width, no_color=True)
    console.print(what)
    return console.file.getvalue()


def list_of(*events, width, title="events"):
    return printed(render.EventsTable([Hit(event=one) for one in events], title), width)


@pytest.mark.parametrize("width", [80, 200])
def test_an_id_can_be_copied_as_it_stands(width):
    made = list_of(event(), width=width)
    assert FIRST_STRONG_ISOLATE + ID not in made
    assert ID in made


def test_each_line_of_a_broken_cell_closes_its_own_isolate():
    made = list_of(event(), width=160)
    assert made.count(FIRST_STRONG_ISOLATE) > 3
    for line in made.splitlines():
        assert line.count(FIRST_STRONG_ISOLATE) == line.count(POP_ISOLATE)


def test_padding_stands_outside_of_the_isolate():
    made = list_of(event(), width=200)
    assert f" {POP_ISOLATE}" not in made
    assert f"{FIRST_STRONG_ISOLATE} " not in made


def test_an_override_in_a_name_is_taken_out():
    assert "\u202e" not in printed(render.text("قوات\u202e النظام"), 80)


@pytest.mark.parametrize(("width", "rows"), [(159, False), (160, True)])
def test_a_narrow_terminal_gets_two_lines_an_event_instead_of_a_row(width, rows):
    made = list_of(event(), width=width)
    assert ("┃" in made) == rows
    assert "4 (≥ 4)" in made
    assert rows or len(made.strip().splitlines()) == 3


def test_a_narrow_list_names_what_is_not_simply_asserted():
    assert "asserted" not in list_of(event(), width=80)
    assert "denied" in list_of(event(status="denied"), width=80)
    assert "asserted (recalled)" in list_of(event(background=True), width=80)


def test_nothing_found_is_said_without_an_empty_table():
    assert list_of(width=200, title="no events").strip() == "no events"


def test_an_article_is_shown_with_marks_around_each_evidence_once():
    text = "خبر. قصف على البلدة. انتهى."
    spot = Quote(text="قصف على البلدة.", start=5, end=20)
    report = Report(id="r", article_id="a", trigger=spot, evidence=spot)
    article = Article(
        id="a", url="https://x.example/", outlet="x", feed_id="x", title="عنوان", text=text, fetched_at=NOW
    )
    console = Console(file=StringIO(), width=120, no_color=True)
    render.article_page(console, article, [report, report])
    assert "خبر. [[قصف على البلدة.]] انتهى." in console.file.getvalue()
