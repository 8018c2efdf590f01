"""Places between two others, and places at a distance from one."""

import pytest

from arabic.fold import Folded
from processors.places import article_context, find_places, resolve_place


def resolved(text, country="SY"):
    folded = Folded(text)
    mentions = find_places(folded)
    context = article_context(mentions, folded.words, country)
    return [resolve_place(mention, mentions, context) for mention in mentions]


def test_a_place_at_a_distance_has_its_own_point():
    (town,) = resolved("انفجر لغم في مدينة تدمر.")
    (place,) = resolved("انفجر لغم على بعد 50 كم شرق مدينة تدمر.")
    assert place.name == town.name == "تدمر"
    assert place.lat == pytest.approx(town.lat, abs=0.01)
    assert place.lon - town.lon == pytest.approx(0.546, abs=0.01)
    assert place.precision == 2


@pytest.mark.parametrize(
    ("words", "north", "east"),
    [
        ("على بعد 20 كم شمال مدينة تدمر", 1, 0),
        ("على مسافة 20 كيلومترا إلى الجنوب من تدمر", -1, 0),
        ("على بعد 12,5 كلم غربي تدمر", 0, -1),
        ("على بعد 20 كيلومترًا جنوب شرقي تدمر", -1, 1),
    ],
)
def test_the_side_of_a_distance_is_read(words, north, east):
    (town,) = resolved("انفجر لغم في مدينة تدمر.")
    (place,) = resolved(f"انفجر لغم {words}.")
    assert (place.lat > town.lat + 0.01, place.lat < town.lat - 0.01) == (north > 0, north < 0)
    assert (place.lon > town.lon + 0.01, place.lon < town.lon - 0.01) == (east > 0, east < 0)


@pytest.mark.parametrize("words", ["على بعد 700 كم جنوب تدمر", "على بعد 20 كم من تدمر", "شرق تدمر"])
def test_a_distance_without_a_side_or_across_the_country_moves_no_point(words):
    (town,) = resolved("انفجر لغم في مدينة تدمر.")
    (place,) = resolved(f"انفجر لغم {words}.")
    assert (place.lat, place.lon) == (town.lat, town.lon)


def test_an_unknown_village_takes_the_point_that_its_distance_tells():
    village, town = resolved("هاجم مسلحون قرية البو مرعي على بعد 15 كم شرق بعقوبة.", "IQ")
    assert village.name == "البو مرعي"
    assert (village.lat, village.lon) == (town.lat, town.lon)
    assert town.lon > resolved("انفجار في بعقوبة.", "IQ")[0].lon


def test_a_road_between_two_towns_lies_halfway_and_is_one_place():
    (road,) = resolved("قصفت المدفعية الطريق الواصل بين سراقب ومدينة أريحا.")
    assert road.text == "الطريق الواصل بين سراقب ومدينة أريحا"
    assert road.name_en is not None
    assert road.name_en.endswith("road")
    ends = [resolved(f"قصف على مدينة {name}.")[0] for name in ("سراقب", "أريحا")]
    assert road.lat == pytest.approx(sum(end.lat for end in ends) / 2, abs=0.001)


def test_land_between_two_towns_is_one_place_and_two_towns_at_odds_are_two():
    assert [place.text for place in resolved("قصفت الطائرات المنطقة الواقعة بين سراقب وأريحا.")] == [
        "المنطقة الواقعة بين سراقب وأريحا"
    ]
    assert [place.text for place in resolved("قصفت الطائرات الحقول بين بلدتي سراقب وأريحا.")] == ["سراقب وأريحا"]
    assert len(resolved("فتح الطريق بعد قصف سراقب وأريحا.")) == 2


def test_a_road_with_a_number_is_a_place_beside_the_town_that_is_told():
    road, town = resolved("استهدفت مسيرة سيارة على طريق M4 قرب مدينة أريحا.")
    assert road.text == "طريق M4"
    assert (road.lat, road.precision) == (town.lat, 2)


def test_a_quarter_told_alone_lies_in_the_town_told_before():
    places = {
        p.text: p for p in resolved("دارت معارك في مدينة تعز. كما دارت اشتباكات في شارع الستين شمال المدينة.", "YE")
    }
    assert (places["شارع الستين"].lat, places["شارع الستين"].precision) == (places["تعز"].lat, 2)


def test_a_region_that_bears_the_name_of_its_country_is_known_in_the_news_of_another():
    places = {p.text: p for p in resolved("قصفت تركيا حلب وإدلب والرقة والحسكة، كما قصفت مواقع في شمال العراق.")}
    assert places["شمال العراق"].country == "IQ"


def test_an_unknown_village_lies_in_the_countryside_that_was_spoken_of_last():
    text = "قصفت المدفعية ريف كوباني شرق حلب. وسقطت قذائف على قرية الرقاصية. وفي إدلب وحلب سقط قتلى."
    places = {p.text: p for p in resolved(text)}
    assert (places["الرقاصية"].lat, places["الرقاصية"].precision) == (places["ريف كوباني"].lat, 2)


def test_a_road_that_links_two_towns_lies_between_them():
    (road,) = resolved("استهدفت مسيرة سيارتين على الطريق الذي يربط بين مدينة الحسكة وتل براك.")
    assert road.text == "الطريق الذي يربط بين مدينة الحسكة وتل براك"


def test_a_province_is_not_held_to_be_another_of_its_name_abroad():
    village, *_ = resolved("استهدفت مسيرة تركية قرية الشور في مقاطعة الجزيرة قرب مدينة الحسكة شمال شرق سوريا.")
    assert village.country != "SD"


def test_a_road_in_a_capital_lies_in_the_capital_and_in_no_village_of_its_name():
    places = resolved("فجر انتحاري نفسه على طريق الحائرية بمدينة الرياض.", "SA")
    assert [place.country for place in places] == ["SA", "SA"]


def test_an_unknown_area_is_no_governorate():
    area, *_ = resolved("دهمت قوة من الجيش منطقة المشاهدية شمال بغداد.", "IQ")
    assert area.kind is None
