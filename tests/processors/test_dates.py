import tomllib
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic.fold import Folded, fold
from processors.dates import find_dates

DATA = tomllib.loads(files("processors").joinpath("lexicons", "dates.toml").read_text("utf-8"))
PUBLISHED = date(2022, 10, 16)  # a Sunday


def shown(mention):
    if mention.date_start is None:
        return "?"
    days = [mention.date_start.isoformat(), mention.date_end.isoformat()]
    return "/".join(sorted(set(days)))


def dates(text, published=PUBLISHED):
    return [shown(mention) for mention in find_dates(Folded(text), published)]


@pytest.mark.parametrize("example", DATA["example"], ids=lambda example: example["text"][:40])
def test_examples_of_the_lexicon_hold(example):
    mentions = find_dates(Folded(example["text"]), example.get("published"))
    assert [shown(mention) for mention in mentions] == example["dates"]
    if "quotes" in example:
        assert [mention.text for mention in mentions] == example["quotes"]


@pytest.mark.parametrize(
    ("text", "saying"),
    [
        ("قال أمس إن القصف استهدف البلدة", True),
        ("حسبما أفاد الأحد المرصد السوري", True),
        ("وأعلنت وزارة الدفاع الأحد أن قواتها تقدمت", True),
        ("قالت الوزارة في بيان أمس إن المدينة آمنة", True),
        ("وقال المرصد إن الطيران قصف أمس البلدة", False),
        ("قُتل أمس مدنيان في البلدة", False),
        ("قال الشاهد. وقُتل أمس اثنان", False),
        ("قُتل جنديان في كمين، كما أعلنت الحكومة مساء الأحد", True),
        ("قُتل اثنان في هجوم، حسبما أعلن مسؤولون محليون السبت", True),
        ("وذلك في بيان نشر على موقعها مساء السبت", True),
        ("كما قُتل مدني مساء الأحد", False),
        ("ذكرت مصادر أمنية، ليل السبت الأحد، أن الطائرات قصفت البلدة", True),
        ("وأعلنت الوزارة حالة الطوارئ، مساء السبت قُتل جندي", False),
        ("أوقفت مفارز الجيش ثمانية بين 13 و19 تشرين الأول الجاري", False),
    ],
)
def test_the_day_of_saying_is_told_from_the_day_of_happening(text, saying):
    assert [mention.saying for mention in find_dates(Folded(text), PUBLISHED)] == [saying]


@pytest.mark.parametrize(
    ("text", "lasting"),
    [
        ("في إطار حملة التصعيد المستمرة منذ نحو شهرين", True),
        ("تستمر الاشتباكات في المدينة منذ أسبوع", True),
        ("وقع الانفجار منذ يومين", False),
        ("تستمر الاشتباكات. وقتل مدني منذ يومين", False),
        ("استمرار القصف الذي بدأ يوم الجمعة", False),
    ],
)
def test_what_goes_on_since_a_day_is_told_from_what_happened_then(text, lasting):
    assert [mention.lasting for mention in find_dates(Folded(text), PUBLISHED)] == [lasting]


def test_what_looks_back_is_recalled_and_what_lies_ahead_is_ahead():
    mentions = find_dates(
        Folded("منذ الأحد الماضي، وفي 3 آذار 2020، والعام الماضي، وأمس، والاثنين المقبل، وغدًا"), PUBLISHED
    )
    assert [mention.recall for mention in mentions] == [False, True, True, False, False, False]
    assert [mention.ahead for mention in mentions] == [False, False, False, False, True, True]
    assert mentions[0].since


def test_precision_and_basis_say_how_the_day_is_known():
    mentions = find_dates(
        Folded("في أيلول 2021، وعام 2019، وأواخر تموز 2022، و3 آب 2022، وأمس، والأسبوع الماضي، وقبل أيام"), PUBLISHED
    )
    assert [mention.precision for mention in mentions] == ["month", "year", "week", "day", "day", "week", "unknown"]
    assert [mention.basis for mention in mentions] == ["explicit"] * 4 + ["relative"] * 3


@pytest.mark.parametrize("weekday", ["الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"])
def test_a_bare_weekday_is_the_last_one_on_or_before_publication(weekday):
    (mention,) = find_dates(Folded(f"وقع الهجوم {weekday} في البلدة"), PUBLISHED)
    assert 0 <= (PUBLISHED - mention.date_start).days < 7


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31 شباط 2022", ["?"]),
        ("في 20 تشرين الأول", ["2022-10-20"]),  # four days ahead
        ("في 20 كانون الأول", ["2021-12-20"]),  # two months ahead: last year's
        ("الخميس 5 أيلول 2019", ["2019-09-05"]),
        ("1 محرم 1444", ["2022-07-30"]),
        ("32 آذار 2022", ["2022-03-01/2022-03-31"]),
        ("النصف الأول من العام 2015", ["2015-01-01/2015-06-30"]),
        ("قبل شهرين وقبل سنة", ["2022-08-01/2022-08-31", "2021-01-01/2021-12-31"]),
        ("من 20 إلى 31 تموز الماضي", ["2022-07-20/2022-07-31"]),
        ("في أمس الحاجة إلى المساعدة", []),
    ],
)
def test_dates_at_the_edges(text, expected):
    assert dates(text) == expected


MARKS = st.lists(st.sampled_from(["", "\u064e", "\u064f", "\u0651", "\u0640", "\u200f", "\u202b"]), max_size=2).map(
    "".join
)


@given(st.data(), st.sampled_from([example["text"] for example in DATA["example"]]))
def test_offsets_quote_the_text_whatever_marks_stand_in_it(data, text):
    marked = "".join(sign + (data.draw(MARKS) if sign.isalpha() else "") for sign in text[:40])
    plain = find_dates(Folded(text[:40]), PUBLISHED)
    mentions = find_dates(Folded(marked), PUBLISHED)
    assert [shown(mention) for mention in mentions] == [shown(mention) for mention in plain]
    for mention, bare in zip(mentions, plain, strict=True):
        assert marked[mention.start : mention.end] == mention.text
        assert fold(mention.text) == fold(bare.text)


def test_a_bracket_is_closed_behind_an_invisible_mark():
    text = "قتل اليوم (الأحد\u200f) ضابط"
    assert [mention.text for mention in find_dates(Folded(text), PUBLISHED)] == ["اليوم (الأحد\u200f)"]


WORDS = st.sampled_from(
    [
        "يوم",
        "الأحد",
        "أمس",
        "14",
        "31",
        "2022",
        "من",
        "تشرين",
        "الأول",
        "الماضي",
        "/",
        "-",
        "(",
        ")",
        "منذ",
        "ثلاثة",
        "أيام",
        "قبل",
        "الشهر",
        "عام",
        "مطلع",
        "شباط",
        "رمضان",
        "1444",
        "12/10",
        "و",
        "إلى",
        "ليلة",
        "السبت",
    ]
)


@given(st.lists(WORDS, max_size=12).map(" ".join), st.sampled_from([PUBLISHED, date(2024, 2, 29), None]))
def test_any_order_of_date_words_is_read_without_error_into_whole_periods(text, published):
    end = 0
    for mention in find_dates(Folded(text), published):
        assert mention.start >= end
        end = mention.end
        assert (mention.date_start is None) == (mention.date_end is None) == (mention.precision == "unknown")
        assert mention.date_start is None or mention.date_start <= mention.date_end
