from hypothesis import given
from hypothesis import strategies as st

from arabic.signature import SIZE, containment, likeness, signature

WORDS = [
    "قصف",
    "قتل",
    "اصيب",
    "مدينة",
    "ريف",
    "درعا",
    "حلب",
    "قوات",
    "النظام",
    "مدفعية",
    "طائرة",
    "شهداء",
    "جرحى",
    "صباح",
    "مساء",
    "اليوم",
    "المرصد",
    "مصادر",
    "محلية",
    "بلدة",
]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=120).map(" ".join)
BODY = " ".join(f"كلمة{n} جملة{n * 7 % 101}" for n in range(200))


@given(TEXTS, TEXTS)
def test_likeness_is_symmetric_and_between_0_and_1(a, b):
    one, two = signature(a), signature(b)
    assert likeness(one, two) == likeness(two, one)
    assert 0 <= likeness(one, two) <= 1
    assert 0 <= containment(one, two) <= 1


@given(TEXTS)
def test_a_text_is_its_own_copy_and_the_signature_is_sorted_and_bounded(text):
    values = signature(text)
    assert list(values) == sorted(set(values))
    assert len(values) <= SIZE
    assert all(0 <= value < 2**53 for value in values)
    if values:
        assert likeness(values, values) == containment(values, values) == 1


def test_marks_and_spelling_do_not_change_the_signature():
    assert signature("قُتِل شخصان في مدينة إدلب اليوم") == signature("قتل شخصان في مدينه ادلب اليوم.")


def test_an_agency_copy_with_a_new_lead_is_like_its_source_and_another_text_is_not():
    copy = "خاص بالموقع من مراسلنا في العاصمة " + BODY
    assert likeness(signature(BODY), signature(copy)) > 0.8
    assert likeness(signature(BODY), signature(BODY.replace("كلمة", "لفظ"))) == 0


def test_an_extract_is_contained_in_the_whole_though_the_two_are_not_alike():
    extract = " ".join(BODY.split()[:100])
    assert containment(signature(extract), signature(BODY)) > 0.8
    assert likeness(signature(extract), signature(BODY)) < 0.5


def test_an_empty_text_is_like_nothing():
    assert signature(" … ") == ()
    assert likeness((), signature(BODY)) == containment((), signature(BODY)) == 0


def test_hashes_are_the_same_on_every_machine():
    assert signature("قتل شخصان") == (SHORT,)


SHORT = 188013686896040
