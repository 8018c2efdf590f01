"""A folder that answers like a site."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.local import LocalSite, SiteError

SITE = """
feed = ["one.xml", "two.xml"]
feed_content_type = "application/rss+xml; charset=windows-1256"

[[page]]
url = "https://nabaa.example/1"
file = "pages/1.html"
content_type = "text/html; charset=UTF-8"

[[page]]
url = "https://nabaa.example/1"
file = "pages/1b.html"
since = 2022-10-15T07:00:00Z

[[page]]
url = "https://nabaa.example/gone"
status = 410
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    for name in ("one.xml", "two.xml", "pages/1.html", "pages/1b.html"):
        (tmp_path / name).write_text(name)
    (tmp_path / "site.toml").write_text(SITE)
    return tmp_path


def test_each_poll_reads_the_next_feed_and_then_the_last(folder):
    site = LocalSite.load(folder)
    assert [site.feed(n).body for n in (0, 1, 2, 9)] == [b"one.xml", b"two.xml", b"two.xml", b"two.xml"]
    assert (site.feed(0).content_type, site.feed(0).charset, site.moments()) == (
        "application/rss+xml",
        "windows-1256",
        2,
    )


def test_a_page_is_the_version_that_stood_at_the_time(folder):
    site = LocalSite.load(folder)
    early, late = datetime(2022, 10, 15, 6, tzinfo=UTC), datetime(2022, 10, 15, 7, tzinfo=UTC)
    bodies = [site.page("https://nabaa.example/1#x", at).body for at in (early, late, None)]
    assert bodies == [b"pages/1.html", b"pages/1b.html", b"pages/1b.html"]


def test_a_page_that_is_gone_answers_so_and_others_are_none(folder):
    site = LocalSite.load(folder)
    gone = site.page("https://nabaa.example/gone")
    assert (gone.status, gone.body) == (410, b"")
    assert site.page("https://nabaa.example/other") is None
    assert site.page("file:///etc/passwd") is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"one.xml"', '"../one.xml"', "leaves the folder"),
        ('"pages/1.html"', '"/etc/hostname"', "leaves the folder"),
        ('"one.xml"', '"three.xml"', "does not exist"),
        ("https://nabaa.example/gone", "ftp://nabaa.example/gone", "key url"),
        ("status = 410", "status = 200", "key file: missing"),
        ("since = 2022-10-15T07:00:00Z", 'since = "yesterday"', "since as a time"),
        ('feed = ["one.xml", "two.xml"]', "", "key feed: missing"),
        ("[[page]]", "[[page]", "not TOML"),
    ],
)
def test_a_folder_that_is_no_site_says_what_to_do(folder, old, new, said):
    (folder / "site.toml").write_text(SITE.replace(old, new))
    with pytest.raises(SiteError, match=said):
        LocalSite.load(folder)


def test_a_link_out_of_the_folder_is_refused(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret"
    outside.write_text("secret")
    (folder / "one.xml").unlink()
    (folder / "one.xml").symlink_to(outside)
    with pytest.raises(SiteError, match="leaves the folder"):
        LocalSite.load(folder)
