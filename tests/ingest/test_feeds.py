"""The operator's list: read, refused with reasons, changed at run time, written back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seeds
from ingest.feeds import Feed, FeedChange, FeedList, FeedListError, dump, load, overlay
from tests.ingest.feed_fakes import feed_list, outlet

LIST = """
[viewpoints]
independent = "Independent."

[[outlet]]
id = "nabaa"
name = "نبأ"
name_en = "Nabaa"
country = "SY"
timezone = "Asia/Damascus"
viewpoint = "independent"
kind = "site"
domains = ["nabaa.example"]
feeds = [
  { id = "nabaa", url = "https://nabaa.example/feed", source = "here" },
  { id = "nabaa-site", site = "https://nabaa.example/", max_minutes = 30 },
]
"""


def loaded(tmp_path: Path, text: str) -> FeedList:
    path = tmp_path / "feeds.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_a_list_is_read(tmp_path):
    feeds = loaded(tmp_path, LIST)
    assert feeds.outlets["nabaa"].name == "نبأ"
    assert feeds.feeds["nabaa"].address == "https://nabaa.example/feed"
    assert feeds.feeds["nabaa-site"] == Feed(
        id="nabaa-site", outlet="nabaa", site="https://nabaa.example/", max_minutes=30
    )
    assert feeds.outlet("nabaa-site").timezone == "Asia/Damascus"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (('country = "SY"', 'country = "Syria"'), "outlet nabaa: key country: 'Syria'; write the two letters"),
        (('timezone = "Asia/Damascus"', 'timezone = "Damascus"'), "key timezone: 'Damascus'; write an IANA name"),
        (('timezone = "Asia/Damascus"', 'timezone = "../x"'), "key timezone"),
        (('viewpoint = "independent"', 'viewpoint = "neutral"'), "key viewpoint: 'neutral' is not in [viewpoints]"),
        (('name_en = "Nabaa"', ""), "key name_en: missing; write name_en"),
        (('kind = "site"', 'kind = "Site!"'), "key kind"),
        (('["nabaa.example"]', '["https://nabaa.example/"]'), "key domains"),
        (('kind = "site"', 'kind = "site"\ncolour = 1'), "key colour: unknown"),
        (('id = "nabaa-site"', 'id = "nabaa"'), "feed nabaa: key id: given twice"),
        (('site = "https://nabaa.example/"', 'site = "ftp://nabaa.example/"'), "feed nabaa-site: key site: 'ftp://"),
        (('site = "https://nabaa.example/"', 'site = "file:sample"'), "feed nabaa-site: key site"),
        (("max_minutes = 30", "max_minutes = 0"), "key max_minutes: 0; write a number of minutes above zero"),
        (("max_minutes = 30", "enabled = 1"), "key enabled: write true or false"),
        (("max_minutes = 30", 'url = "https://nabaa.example/x"'), "give exactly one"),
        (('url = "https://nabaa.example/feed", ', ""), "give exactly one"),
        (("[[outlet]]", "[[outlets]]"), "outlets: unknown key"),
        (("[[outlet]]", "[[outlet]"), "not TOML"),
    ],
)
def test_a_fault_names_file_outlet_feed_key_and_what_to_do(tmp_path, change, named):
    with pytest.raises(FeedListError) as caught:
        loaded(tmp_path, LIST.replace(*change))
    assert named in str(caught.value)
    assert str(tmp_path / "feeds.toml") in str(caught.value)


def test_the_list_that_ships_is_read_and_survives_a_dump(tmp_path):
    shipped = load(Path(seeds.__file__).parent / "feeds.toml")
    again = loaded(tmp_path, dump(shipped))
    assert (again.outlets, again.feeds, again.viewpoints) == (shipped.outlets, shipped.feeds, shipped.viewpoints)
    assert all(shipped.outlet_of(f"https://{domain}/") for one in shipped.outlets.values() for domain in one.domains)
    assert next(iter(shipped.outlets.values())).sample


def test_all_faults_are_told_at_once(tmp_path):
    with pytest.raises(FeedListError) as caught:
        loaded(tmp_path, LIST.replace('"SY"', '"sy"').replace('id = "nabaa-site"', 'id = "Nabaa Site"'))
    assert len(caught.value.faults) == 2


def test_a_dumped_list_reads_back_the_same(tmp_path):
    feeds = loaded(tmp_path, LIST)
    again = loaded(tmp_path, dump(feeds))
    assert (again.outlets, again.feeds, again.viewpoints) == (feeds.outlets, feeds.feeds, feeds.viewpoints)


@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_any_name_survives_the_dump(tmp_path_factory, name):
    feeds = feed_list(outlets=(outlet("b", name=name.strip()),))
    again = loaded(tmp_path_factory.mktemp("list"), dump(feeds))
    assert again.outlets["b"].name == name.strip()


def test_an_article_belongs_to_the_outlet_of_its_domain():
    feeds = feed_list(
        Feed(id="z", outlet="nabaa", url="https://nabaa.example/feed"),
        Feed(id="a", outlet="other", url="https://other.example/feed"),
        outlets=(outlet("other"), outlet("arabic", domains=("ar.other.example",))),
    )
    assert feeds.outlet_of("https://www.nabaa.example/1").id == "nabaa"
    assert feeds.outlet_of("https://m.other.example/1").id == "other"
    assert feeds.outlet_of("https://ar.other.example/1").id == "arabic"
    assert feeds.outlet_of("https://notother.example/1") is None
    assert feeds.owner("https://elsewhere.example/1", ["z", "a"]).id == "other"
    assert feeds.owner("https://nabaa.example/1", ["a"]).id == "nabaa"


def test_a_domain_of_two_outlets_goes_to_the_least_and_never_to_a_sample():
    feeds = feed_list(
        outlets=(
            outlet("b", domains=("x.example",)),
            outlet("c", domains=("x.example",)),
            outlet("a", domains=("x.example",), sample=True),
        )
    )
    assert feeds.outlet_of("https://x.example/").id == "b"


def test_changes_add_and_remove_in_their_order():
    added = Feed(id="n", outlet="new", url="https://new.example/feed")
    changes = [
        FeedChange(action="add", feed_id="n", feed=added, outlet=outlet("new")),
        FeedChange(action="remove", feed_id="f"),
        FeedChange(action="remove", feed_id="never-there"),
    ]
    feeds = overlay(feed_list(), changes)
    assert set(feeds.feeds) == {"n"}
    assert feeds.outlet_of("https://new.example/1").id == "new"
    assert set(overlay(feeds, [FeedChange(action="remove", feed_id="n")]).feeds) == set()


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        (Feed(id="n", outlet="nabaa", url="file:/etc"), "only http and https"),
        (Feed(id="n", outlet="nobody", url="https://x.example/"), "no outlet 'nobody'"),
        (None, "only http and https"),
    ],
)
def test_a_change_that_cannot_be_is_refused(feed, said):
    with pytest.raises(FeedListError, match=said):
        overlay(feed_list(), [FeedChange(action="add", feed_id="n", feed=feed)])


def test_a_local_folder_stays_beside_the_list(tmp_path):
    feeds = feed_list(
        Feed(id="in", outlet="nabaa", url="file:sample/x/"), Feed(id="out", outlet="nabaa", url="file:../x")
    )
    feeds = FeedList(feeds.outlets, feeds.feeds, folder=tmp_path)
    assert feeds.local_folder("in") == tmp_path.resolve() / "sample" / "x"
    with pytest.raises(FeedListError, match="leaves the folder"):
        feeds.local_folder("out")


def test_disabled_feeds_are_not_polled():
    off = Feed(id="off", outlet="nabaa", url="https://nabaa.example/2", enabled=False)
    assert off not in feed_list(off).active()
