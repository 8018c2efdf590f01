"""The data of cleaning: every table is linted, and languages are told apart."""

import tomllib
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest

from arabic.fold import fold
from ingest.agency import agency_name, is_nobody
from ingest.byline import author_name
from ingest.feeds import load
from ingest.furniture import furniture, names_of
from ingest.language import language_of
from ingest.siterules import BadRule, read_rules, shipped

RULES = resources.files("ingest") / "rules"


def table(name: str) -> dict:
    return tomllib.loads((RULES / name).read_text("utf-8"))


def test_no_phrase_stands_twice_and_names_of_elements_are_plain_words():
    data = table("furniture.toml")
    lists = [data["junk"]["certain"], data["junk"]["likely"], data["inside"]["skipped"], data["body"]["marks"]]
    lists += [data["lines"]["exact"], data["lines"]["leads"], data["lines"]["patterns"], data["head"]["dated"]]
    for phrases in lists:
        assert [phrase for phrase, count in Counter(phrases).items() if count > 1] == []
    for phrase in (phrase for phrases in lists[:4] for phrase in phrases):
        assert all(word.isalnum() and word.islower() for word in phrase.split(" ")), phrase


def test_patterns_of_lines_are_written_in_folded_letters():
    data = table("furniture.toml")
    for pattern in (*data["lines"]["patterns"], *data["walls"]["patterns"]):
        arabic = "".join(sign for sign in pattern if "\u0600" <= sign <= "\u06ff" and sign not in "،؟؛")
        assert fold(arabic) == arabic, pattern


def test_each_form_of_an_agency_names_one_agency_and_is_read_back():
    rows = table("agencies.toml")["agency"]
    owners: dict[str, set[str]] = {}
    for row in rows:
        for form in (row["name"], *row["forms"]):
            owners.setdefault(fold(form), set()).add(row["name"])
            assert agency_name(form) == row["name"]
    assert [form for form, names in owners.items() if len(names) > 1] == []
    assert len({row["name"] for row in rows}) == len(rows)


def test_domains_of_agencies_have_no_www_and_one_owner():
    domains = [domain for row in table("agencies.toml")["agency"] for domain in row.get("domains", ())]
    assert len(domains) == len(set(domains))
    assert not [domain for domain in domains if domain.startswith("www.") or "/" in domain]


def test_site_rules_are_of_outlets_in_the_list():
    feeds = load(Path(__file__).parents[2] / "seeds" / "feeds.toml")
    assert set(shipped()) <= set(feeds.outlets)


@pytest.mark.parametrize("bad", [{"o": {"bodi": "//p"}}, {"o": {"body": "//p["}}])
def test_a_bad_site_rule_is_refused_by_name(bad):
    with pytest.raises(BadRule, match="o"):
        read_rules(bad)


@pytest.mark.parametrize(
    ("classes", "junk", "marked"),
    [
        ("inArticleAd", 2, False),
        ("eb-related-inline", 2, False),
        ("sharedaddy sd-sharing-enabled", 2, False),
        ("readAlso", 2, False),
        ("leftSide", 1, False),
        ("entry-content", 0, True),
        ("field field--name-body", 0, True),
        ("heading shadow", 0, False),
        ("download reader", 0, False),
    ],
)
def test_names_of_elements_are_read_as_words(classes, junk, marked):
    names = names_of(classes, "")
    assert (names.junk, names.marked) == (junk, marked)


@pytest.mark.parametrize(
    "line",
    [
        "إعلان",
        "صورة أرشيفية",
        "الوسوم: درعا، جاسم",
        "المشاهدات: 512",
        "pic.twitter.com/aBc",
        "— ناشط (@someone) October",
    ],
)
def test_lines_of_furniture(line):
    assert furniture().is_line(fold(line))


@pytest.mark.parametrize(
    "line",
    ["أعلن الجيش انسحابه من البلدة.", "صورة أرشيفية نادرة تُظهر دمارًا واسعًا في المدينة.", "شارك آلاف في التشييع."],
)
def test_sentences_that_begin_like_furniture_stay(line):
    assert not furniture().is_line(fold(line))
    assert not furniture().is_lead(fold(line))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("news@site.example (ليلى حسن)", "ليلى حسن"),
        ("بقلم: ليلى حسن", "ليلى حسن"),
        ("كتبت ليلى حسن", "ليلى حسن"),
        ("تحرير العلي", "تحرير العلي"),
        ("وكالات", None),
        ("متابعات - وكالات", None),
        ("admin", None),
        ("https://facebook.com/site", None),
        ("20/10/2022", None),
        ("\u202eليلى <b>حسن</b>", "ليلى حسن"),
    ],
)
def test_bylines(text, name):
    assert author_name(text) == name


def test_names_that_stand_for_nobody():
    assert is_nobody(fold("وكالات"))
    assert is_nobody("")
    assert not is_nobody(fold("سانا"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("قُتل ثلاثة مدنيين في قصف استهدف بلدة معرة النعمان جنوبي إدلب.", "ar"),
        ("گفت که این حمله در شمال کشور انجام شده است و چهار نفر را کشته است", "fa"),
        ("فوج نے کہا ہے کہ حملے میں چار افراد ہلاک ہوئے ہیں اور کئی زخمی ہیں", "ur"),
        ("هێزەکانی ئاسایش لە هەولێر چوار کەسیان دەستگیر کرد بۆ لێکۆڵینەوە", "ku"),
        ("Three civilians were killed in the shelling of a town in the south of Idlib", "en"),
        ("Trois civils ont été tués dans le bombardement de la ville et de ses environs", "fr"),
        ("Три мирных жителя погибли при обстреле города", "ru"),
        ("مقتل 3", None),
        ("123 456 789 000", None),
        ("", None),
    ],
)
def test_languages_are_told_apart(text, language):
    assert language_of(text) == language
