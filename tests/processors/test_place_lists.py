"""A row of places is a list of things, whatever joins them."""

import pytest

from processors.extract import extract_reports
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
        ("قصف الطيران الحربي قرية الفطيرة وريف حماة الشمالي.", ("الفطيرة",)),
        ("قصفت قوات النظام بالمدفعية بلدة البارة وسط تحليق لطيران الاستطلاع فوق سراقب.", ("البارة",)),
    ],
)
def test_places_that_are_joined_are_told_one_by_one(text, places):
    found = extract_reports(article(text, ""))
    told = [
        report.place.name or report.place.text for report in found if report.event_type == "Explosions/Remote violence"
    ]
    assert [any(name in place for place in told) for name in places] == [True] * len(places)
    assert len(told) == len(places)
