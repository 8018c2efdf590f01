import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.inflate import BadCoding, Bomb, Inflater, TooLarge, inflate


def in_pieces(body, size, coding="gzip", cap=10_000_000):
    inflater = Inflater(coding, cap)
    text = b"".join(inflater.feed(body[at : at + size]) for at in range(0, len(body), size))
    inflater.finish()
    return text


@given(st.binary(max_size=2000), st.integers(1, 50), st.sampled_from(["gzip", "x-gzip", "deflate"]))
def test_pieces_of_any_size_give_the_whole(data, size, coding):
    body = zlib.compress(data) if coding == "deflate" else gzip.compress(data)
    if coding == "deflate" and size == 1:
        size = 2  # bare deflate is told by the first two bytes
    assert in_pieces(body, size, coding) == data


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=5))
def test_members_are_read_one_after_the_other(parts):
    assert inflate(b"".join(map(gzip.compress, parts)), "gzip", 10_000) == b"".join(parts)


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_end_in_text_or_a_named_error(body, coding):
    try:
        inflate(body, coding, 1000)
    except (BadCoding, TooLarge):
        return


def test_the_cap_is_exact():
    body = gzip.compress(bytes(range(100)))
    assert len(inflate(body, "gzip", 100)) == 100
    with pytest.raises(TooLarge):
        inflate(body, "gzip", 99)


def test_what_unfolds_a_thousand_times_is_a_bomb_though_under_the_cap():
    with pytest.raises(Bomb):
        inflate(gzip.compress(bytes(5_000_000)), "gzip", 50_000_000)


def test_a_stream_that_ends_in_the_middle_is_bad():
    with pytest.raises(BadCoding):
        inflate(gzip.compress(b"news" * 100)[:-5], "gzip", 10_000)


def test_an_empty_body_is_empty():
    assert inflate(b"", "gzip", 10) == b""


def test_codings_that_nobody_asked_for_are_bad():
    with pytest.raises(BadCoding):
        Inflater("br", 10)
