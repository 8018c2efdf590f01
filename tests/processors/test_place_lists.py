"""A row of places is a list of things, whatever joins them."""

import pytest

from arabic.fold import Folded
from processors.extract import extract_reports
from processors.places import find_places
from tests.processors.test_explaining import article


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (
            "طال القصف المدفعي يوم أمس كلا من قرية البارة وتل رفعت وكنصفرة في الشمال السوري.",
            ("البارة", "تل رفعت", "كنصفرة"),
        ),
        ("شن الطيران الحربي 15 غارة على مواقع المسلحين في سراقب وكذلك في معرة النعمان.", ("سراقب", "معرة النعمان")),
        ("قصفت قوات النظام بالمدفعية بلدة البارة بالإضافة إلى بلدة كنصفرة جنوبي إدلب.", ("البارة", "كنصفرة")),
        ("شنت مقاتلات التحالف الدولي غارات قرب الرقة والحسكة وكوباني.", ("الرقة", "الحسكة", "عين العرب")),
        ("شن طيران التحالف العربي غارات على مواقع للحوثيين في صنعاء ومأرب.", ("صنعاء", "مأرب")),
        (
            "استهدفت الغارات منطقة عطان بصنعاء، ومعسكر السواد جنوب العاصمة، وقاعدة الديلمي الجوية، إضافة إلى مواقع في "
            "مديرية صرواح بمأرب.",
            ("عطان", "السواد", "الديلمي", "صرواح"),
        ),
        ("قصف الطيران الحربي قرية الفطيرة وريف حماة الشمالي.", ("الفطيرة",)),
        ("قصفت قوات النظام بالمدفعية بلدة البارة وسط تحليق لطيران الاستطلاع فوق سراقب.", ("البارة",)),
    ],
)
def test_places_that_are_joined_are_told_one_by_one(text, places):
    found = extract_reports(article(text, ""))
    told = [
        f"{report.place.name} {report.place.text}"
        for report in found
        if report.event_type == "Explosions/Remote violence"
    ]
    assert [any(name in place for place in told) for name in places] == [True] * len(places)
    assert len(told) == len(places)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("غارات على صنعاء وصعدة وحجة وعمران وإب ومأرب.", ["صنعاء", "صعده", "حجه", "عمران", "اب", "مارب"]),
        ("قصف طال كفرنبل وحاس وكفرسجنة.", ["كفرنبل", "حاس", "كفرسجنه"]),
        ("قتل أب وابنه في 12 آب في صنعاء.", ["صنعاء"]),
        ("التقى الوزير في صنعاء عمران وصالح.", ["صنعاء"]),
        ("خلاف في صنعاء وحجة قوية.", ["صنعاء"]),
    ],
)
def test_a_list_proves_the_names_in_it_that_could_be_words(text, names):
    assert [mention.name for mention in find_places(Folded(text))] == names
