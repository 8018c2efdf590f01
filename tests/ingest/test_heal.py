"""What is mended in XML before a parser sees it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ingest.heal import heal
from ingest.text import plain, storable


@pytest.mark.parametrize(
    ("text", "healed", "problems"),
    [
        ("<a>قصف</a>", "<a>قصف</a>", ()),
        ("\n\ufeff<a/>", "<a/>", ()),
        ("x < y", "< y", ()),
        ("no markup", "", ()),
        ('<?xml version="1.1" encoding="windows-1256"?>\n<a/>', "\n<a/>", ()),
        ("<a>&amp;&lt;&#1602;&#x642;</a>", "<a>&amp;&lt;&#1602;&#x642;</a>", ()),
        ("<a>ق & ص</a>", "<a>ق &amp; ص</a>", ("references",)),
        ("<a>&laquo;ق&raquo;&nbsp;</a>", "<a>«ق»\u00a0</a>", ("references",)),
        ("<a>&lol;</a>", "<a>&amp;lol;</a>", ("references",)),
        ("<a>&#0;&#xFFFF;&#55296;ق</a>", "<a>ق</a>", ("references",)),
        ("<a><![CDATA[x & y &nbsp;]]>&nbsp;</a>", "<a><![CDATA[x & y &nbsp;]]>\u00a0</a>", ("references",)),
        ("<a>\x00\x0b\x1fق\ud800</a>", "<a>ق</a>", ("controls",)),
        ("<!DOCTYPE rss><rss/>", "<rss/>", ()),
        ('<!DOCTYPE rss PUBLIC "-//x" "http://x/y.dtd"><rss/>', "<rss/>", ()),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a>&amp;b;</a>", ("entities", "references")),
        ("<!DOCTYPE a [<!ENTITY b ']>'> ] ><a/>", "'> ] ><a/>", ("entities",)),
        ("<a><!DOCTYPE x></a>", "<a><!DOCTYPE x></a>", ()),
    ],
)
def test_faults_are_mended_and_named(text, healed, problems):
    result = heal(text)
    assert (result.text, result.problems) == (healed, problems)


@given(st.text(alphabet=st.characters(exclude_characters="<>]"), max_size=200))
def test_any_character_data_becomes_well_formed(text):
    root = etree.fromstring(heal(f"<a>{text}</a>").text.encode("utf-8"))
    assert root.tag == "a"


@given(st.text(max_size=300))
def test_no_text_raises_and_none_keeps_a_doctype_in_front(text):
    healed = heal("<!DOCTYPE a [<!ENTITY b 'c'>" + text).text
    assert not healed.startswith("<!DOCTYPE a")


@given(st.text(max_size=300), st.integers(1, 50))
def test_plain_words_are_one_short_line(text, limit):
    words = plain(text, limit)
    assert len(words) <= limit
    assert words == " ".join(words.split())
    assert not set(words) & set("\u202e\u2066\u200f\x00\ud800")


@given(st.text(max_size=300), st.integers(4, 100))
def test_stored_markup_fits_and_encodes(text, limit):
    assert len(storable(text, limit).encode("utf-8")) <= limit
