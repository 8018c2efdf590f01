"""Dates as feeds write them."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.dates import EARLIEST, FeedDate, believed, read_date, zone

DAMASCUS = zone("Asia/Damascus")
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

INSTANTS = [
    ("Fri, 14 Oct 2022 12:30:00 +0300", 9, 30),
    ("Fri, 14 Oct 2022 12:30:00 GMT", 12, 30),
    ("Fri, 14 Oct 2022 12:30 UT", 12, 30),
    ("14 Oct 22 12:30:00 EST", 17, 30),
    ("Fri, 14 Oct 2022 12:30:00 AST", 9, 30),
    ("Fri, 14 Oct 2022 12:30:00 GMT+3", 9, 30),
    ("Fri, 14 Oct 2022 12:30:00 +03:00", 9, 30),
    ("Fri, 14 Oct 2022 12:30:00 -0000", 12, 30),
    ("2022-10-14T12:30:00Z", 12, 30),
    ("2022-10-14T12:30:00+03:00", 9, 30),
    ("2022-10-14T12:30:00.123456-05:00", 17, 30),
    ("2022-10-14T12:30-03", 15, 30),
    ("2022-10-14 12:30:00", 9, 30),
    ("20221014T123000Z", 12, 30),
    ("14/10/2022 12:30", 9, 30),
    ("14-Oct-2022 12:30", 9, 30),
    ("Fri Oct 14 12:30:00 2022", 9, 30),
    ("Friday, October 14, 2022 3:30 PM", 12, 30),
    ("الجمعة، 14 تشرين الأول 2022 12:30", 9, 30),
    ("الجمعة، 14 تشرين الأول/أكتوبر 2022 12:30", 9, 30),
    ("الجمعة, 14 أكتوبر 2022 12:30:00 +0300", 9, 30),
    ("١٤ أكتوبر ٢٠٢٢ ١٢:٣٠", 9, 30),
    ("الجمعة 14 أكتوبر 2022 - 3:30 م", 12, 30),
    ("14 أكتوبر 2022 12:05 ص", -3, 5),
    ("\u200f14 أكتوبر 2022 12:30", 9, 30),
    ("14 octobre 2022 12:30 +0100", 11, 30),
]


@pytest.mark.parametrize(("text", "hour", "minute"), INSTANTS)
def test_a_moment_is_read_in_its_zone_or_the_outlets(text, hour, minute):
    expected = datetime(2022, 10, 14, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)
    assert read_date(text, DAMASCUS) == FeedDate(expected, "instant")


@pytest.mark.parametrize(
    "text", ["2022-10-14", "14/10/2022", "14 Oct 2022", "14 تشرين الأول 2022", "Oct 14, 2022", "20221014"]
)
def test_a_bare_date_is_the_start_of_the_outlets_day(text):
    assert read_date(text, DAMASCUS) == FeedDate(datetime(2022, 10, 13, 21, tzinfo=UTC), "day")


@pytest.mark.parametrize(
    "text", ["", "x", "قبل ساعتين", "32 Oct 2022", "2022-13-45", "14 Foo 2022", "25:00", "9999-12-31T23:59:59-12:00"]
)
def test_what_is_no_date_is_none(text):
    assert read_date(text, DAMASCUS) is None


@pytest.mark.parametrize(
    ("offset", "kept"),
    [(timedelta(hours=-1), timedelta(hours=-1)), (timedelta(hours=3), timedelta()), (timedelta(hours=25), None)],
)
def test_a_date_ahead_is_now_up_to_a_day_and_then_not_believed(offset, kept):
    date = believed(FeedDate(NOW + offset), NOW)
    assert (None if date is None else date.at) == (None if kept is None else NOW + kept)


def test_a_clock_that_was_never_set_is_not_believed():
    assert believed(FeedDate(datetime(1970, 1, 1, tzinfo=UTC)), NOW) is None
    assert believed(FeedDate(EARLIEST), NOW) == FeedDate(EARLIEST)


@given(st.text(max_size=200))
@example("0000-00-00 99:99:99 +9999")
@example("1 Jan 0000 00:00:00 +2359")
def test_any_text_is_a_date_or_none(text):
    date = read_date(text, DAMASCUS)
    assert date is None or date.at.tzinfo is UTC


@given(st.datetimes(datetime(1995, 1, 1), datetime(2090, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_iso_and_rfc_822_read_back_what_python_writes(moment, east):
    local = moment.replace(microsecond=0, tzinfo=UTC) + timedelta(minutes=east)
    sign, hours, minutes = "-" if east < 0 else "+", *divmod(abs(east), 60)
    for text in (
        f"{local:%Y-%m-%dT%H:%M:%S}{sign}{hours:02d}:{minutes:02d}",
        f"{local:%d %b %Y %H:%M:%S} {sign}{hours:02d}{minutes:02d}",
    ):
        date = read_date(text, DAMASCUS)
        assert date is not None
        assert date.at == moment.replace(microsecond=0, tzinfo=UTC)


def test_the_word_list_is_folded_and_its_months_are_months():
    words = tomllib.loads((resources.files("ingest") / "rules" / "feed_dates.toml").read_text("utf-8"))
    assert set(words["months"].values()) == set(range(1, 13))
    assert all(not set("أإآٱ") & set(word) and word == word.lower() for word in words["months"])
    assert all(-14 * 60 <= minutes <= 14 * 60 for minutes in words["zones"].values())
