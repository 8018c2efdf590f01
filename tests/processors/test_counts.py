import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic.fold import Folded, fold
from processors.counts import find_counts

DATA = tomllib.loads(files("processors").joinpath("lexicons", "counts.toml").read_text("utf-8"))


def bounds(mentions):
    return [[mention.field, mention.low, -1 if mention.high is None else mention.high] for mention in mentions]


@pytest.mark.parametrize("example", DATA["example"], ids=lambda example: example["text"][:40])
def test_examples_of_the_lexicon_hold(example):
    mentions = find_counts(Folded(example["text"]))
    totals = [mention for mention in mentions if mention.role != "part"]
    assert bounds(totals) == example["counts"]
    assert bounds(mention for mention in mentions if mention.role == "part") == example.get("parts", [])
    if "roles" in example:
        assert [mention.role for mention in totals] == example["roles"]


def test_the_counted_noun_and_whether_it_names_civilians_are_told():
    mentions = find_counts(Folded("مقتل ثلاثة أشخاص مدنيين وخمسة جنود من قوات النظام وإصابة عشرة في القصف"))
    killed, *parts, injured = mentions
    assert (killed.low, injured.low) == (8, 10)
    assert [(part.who, part.civilian) for part in parts] == [("أشخاص مدنيين", True), ("جنود من قوات النظام", False)]
    assert (injured.who, injured.civilian) == ("", None)


def test_the_cue_of_a_count_is_where_the_word_stands_that_says_what_befell():
    text = "أدى القصف إلى مقتلِ طفلين"
    (mention,) = find_counts(Folded(text))
    assert text[mention.cue :].startswith("مقتل")
    assert mention.text == "طفلين"


def test_none_is_said_and_silence_gives_nothing():
    zero = find_counts(Folded("سقطت قذيفة دون وقوع أي إصابات"))
    assert [(mention.low, mention.high, mention.negated) for mention in zero] == [(0, 0, True), (0, 0, True)]
    assert find_counts(Folded("سقطت قذيفة في البلدة")) == []
    assert find_counts(Folded("سقطت قذيفة دون معرفة حجم الخسائر")) == []


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("مقتل خمسة مدنيين في القصف", "total"),
        ("ارتفعت حصيلة القتلى إلى 12 قتيلًا", "rising"),
        ("قُتل 90 مدنيًا منذ مطلع العام الجاري", "cumulative"),
        ("مقتل تسعة مدنيين في مناطق متفرقة من ريف إدلب", "shared"),
    ],
)
def test_what_a_toll_stands_for(text, role):
    assert [mention.role for mention in find_counts(Folded(text))] == [role]


@pytest.mark.parametrize(
    "text",
    [
        "شاب يبلغ من العمر 32 عامًا",
        "على بعد 15 كيلومترًا من المدينة",
        "خسائر بقيمة 3 ملايين دولار",
        "فاز بثلاثة أهداف مقابل هدف",
        "ارتفعت الأسعار بنسبة 40 بالمئة",
        "اعتقال 3% من العينة",
        "استهدفت القوات مواقع المسلحين بعشرات الصواريخ",
        "عاد اللاعب بعد الإصابة إلى الملاعب",
        "قتل الوقت في المقهى",
        "سجلت الوزارة 20 إصابة بكورونا في 5 محافظات",
        "اعتقل في 13 من آذار",
    ],
)
def test_numbers_of_other_things_are_no_tolls(text):
    assert find_counts(Folded(text)) == []


def test_a_sentence_does_not_reach_into_the_next():
    assert find_counts(Folded("توقف القتل. ثلاثة أطفال في المدرسة")) == []


def test_a_full_stop_ends_the_reach_of_parts():
    (mention,) = find_counts(Folded("قُتل خمسة مدنيين. بينهم طفل"))[:1]
    assert mention.low == 5


# No fatha and no damma: those decide between dual and plural, active and passive.
MARKS = st.lists(st.sampled_from(["", "\u0652", "\u0651", "\u0640", "\u200f", "\u202b"]), max_size=2).map("".join)


@given(st.data(), st.sampled_from([example["text"] for example in DATA["example"]]))
def test_offsets_quote_the_text_whatever_marks_stand_in_it(data, text):
    marked = "".join(sign + (data.draw(MARKS) if sign.isalpha() else "") for sign in text[:60])
    plain, mentions = find_counts(Folded(text[:60])), find_counts(Folded(marked))
    assert bounds(mentions) == bounds(plain)
    for mention, bare in zip(mentions, plain, strict=True):
        assert marked[mention.start : mention.end] == mention.text
        assert fold(mention.text) == fold(bare.text)
        assert fold(mention.who) == fold(bare.who)


WORDS = st.sampled_from(
    [
        *"قتل مقتل وإصابة أصيب اعتقال قتلوا مصرعهم لقي 3 خمسة وعشرون عشرات من مدنيين طفلان وامرأة آخرون قتلى وجرحى بين قتيل".split(),
        *"وجريح بينهم أكثر من على الأقل دون وقوع إصابات عدد القتلى إلى 12 ، . القصف في مقتله إضافة إلى مع سقطوا و أحد".split(),
    ]
)


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_any_order_of_toll_words_is_read_without_error_into_bounds_that_make_sense(text):
    for mention in find_counts(Folded(text)):
        assert mention.low >= 0
        assert mention.high is None or mention.low <= mention.high
        assert text[mention.start : mention.end] == mention.text != ""


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("مقتل السيدة «حفيظة» والشاب «ريشان»، وإصابة ستة أشخاص", [["killed", 2, 2], ["injured", 6, 6]]),
        ("استشهدت مراسلة القناة نادية سالم والصحفي ناظم فارس", [["killed", 2, 2]]),
        ("إن الحصيلة الأولية للضحايا هي قتيل و 7 مصابين", [["killed", 1, 1], ["injured", 7, 7]]),
        ("مقتل 3 مدنيين (طفلان وامرأة) وإصابة أربعة", [["killed", 3, 3], ["injured", 4, 4]]),
        ("مقتل قيادي في الحركة والشيخ محمد يتحدث", [["killed", 1, 1]]),
        ("مقتل المدعو سالم الأحمد ونجله الشاب مأمون", [["killed", 2, 2]]),
        ("مقتل الشاب محمد سالم الأحمد وامرأة أصيبت", [["killed", 1, 1], ["injured", 1, 1]]),
    ],
)
def test_who_is_added_to_a_toll_and_who_only_explains_it(text, counts):
    assert bounds(m for m in find_counts(Folded(text)) if m.role != "part") == counts
