"""From names to the map: the admin chain, the rest of the article, and knowing when not to pin."""

from __future__ import annotations

from arabic.fold import Folded
from contracts.records import Place
from processors.place_relations import contains
from processors.places import article_context, find_places, resolve_place


def resolved(text: str, outlet_country: str | None = None) -> dict[str, Place]:
    folded = Folded(text)
    mentions = find_places(folded)
    context = article_context(mentions, folded.words, outlet_country)
    return {mention.text: resolve_place(mention, mentions, context) for mention in mentions}


def test_a_town_is_found_in_the_governorate_named_after_it():
    place = resolved("قتل شاب في مدينة جاسم شمالي محافظة درعا")["جاسم"]
    assert (place.admin1, place.admin1_en, place.admin1_code, place.country) == ("درعا", "Daraa", "SY.06", "SY")
    assert place.precision == 1
    assert place.lat is not None
    assert abs(place.lat - 32.99) < 0.1


def test_one_name_in_two_countries_follows_the_chain():
    assert resolved("اشتباكات في مدينة طرابلس شمال لبنان")["طرابلس"].country == "LB"
    assert resolved("اشتباكات في طرابلس غربي ليبيا بين كتائب ليبية")["طرابلس"].country == "LY"


def test_one_name_in_two_countries_follows_the_outlet():
    assert resolved("اندلع حريق في طرابلس", "LB")["طرابلس"].country == "LB"
    assert resolved("اندلع حريق في طرابلس", "LY")["طرابلس"].country == "LY"


def test_an_unknown_village_keeps_its_text_and_takes_its_governorate():
    place = resolved("انفجر لغم في قرية العنقودية بريف إدلب")["العنقودية"]
    assert place.text == "العنقودية"
    assert (place.admin1_code, place.country, place.precision) == ("SY.12", "SY", 3)
    assert place.geonameid is None
    assert place.lat is not None


def test_an_unknown_village_beside_nothing_is_not_pinned():
    place = resolved("انفجر لغم في قرية العنقودية")["العنقودية"]
    assert (place.lat, place.country) == (None, None)


def test_a_known_name_outside_the_named_governorate_is_not_pinned_there():
    place = resolved("قصفت المدفعية قرية جاسم بريف حلب الشمالي")["جاسم"]
    assert place.admin1_code == "SY.09"
    assert place.geonameid is None
    assert place.precision >= 2


def test_a_governorate_is_precision_three_and_a_country_four():
    assert resolved("في محافظة إدلب")["إدلب"].precision == 3
    assert resolved("زار الوفد العراق")["العراق"].precision == 4


def test_the_surroundings_of_a_town_are_a_district():
    place = resolved("في محيط مدينة درعا")["محيط مدينة درعا"]
    assert place.precision == 2
    assert place.country == "SY"


def test_a_list_of_villages_shares_the_unit_at_its_end():
    found = resolved("قصفت المدفعية قرى معرزاف وسفوهن وكنديلة بريف إدلب")
    assert {found[name].admin1_code for name in ("معرزاف", "سفوهن", "كنديلة")} == {"SY.12"}


def test_why_and_score_are_told():
    place = resolved("في بلدة الشحيل بريف دير الزور الشرقي")["الشحيل"]
    assert "ريف دير الزور الشرقي" in place.why
    assert 0 < place.score <= 1


def test_gaza_and_the_south_have_their_quarters_and_towns():
    found = resolved("قصف الاحتلال حي الشجاعية شرق مدينة غزة، واستهدفت مسيرة بلدة عيترون جنوب لبنان")
    assert found["حي الشجاعية"].country == "PS"
    assert found["عيترون"].country == "LB"


def test_a_quarter_of_a_named_city_is_not_a_namesake_elsewhere():
    place = resolved("داهمت الدورية منازل في حي الزهراء بمدينة حمص", "SY")["حي الزهراء"]
    assert (place.admin1_code, place.precision) == ("SY.11", 2)
    assert place.lat is not None
    assert abs(place.lat - 34.73) < 0.1


def test_the_unit_of_an_earlier_clause_does_not_move_a_known_town():
    place = resolved("انفجر لغم بمنطقة تاكسنة في ولاية جيجل، واحتج سكان بلدية عين أمناس", "DZ")["عين أمناس"]
    assert place.admin1_en == "Illizi"


def test_an_offline_table_can_be_used_in_place_of_the_shipped_one():
    from processors.gazetteer import Entry, Gazetteer
    from processors.places import Finder

    own = Gazetteer([Entry(("العنقودية",), "Anqudiyah", "village", "SY", "SY.12", None, 35.9, 36.6)])
    folded = Folded("انفجر لغم في قرية العنقودية")
    mentions = find_places(folded, Finder(own))
    place = resolve_place(mentions[0], mentions, article_context(mentions, folded.words, "SY"), own)
    assert (place.name_en, place.lat) == ("Anqudiyah", 35.9)


def test_a_building_lies_in_the_town_beside_it_and_not_where_its_namesake_does():
    places = resolved("هجوم على فندق بيبلوس في سيفاري", "ML")
    assert (places["فندق بيبلوس"].country, places["فندق بيبلوس"].precision) == ("ML", 2)
    assert places["فندق بيبلوس"].lat == places["سيفاري"].lat
    assert places["فندق بيبلوس"].geonameid is None


def test_an_unknown_square_or_village_beside_a_town_takes_its_point():
    places = resolved("استهدف القصف ساحة العصافير الواقعة جنوب شرق مدينة كوباني وقرية العنقودية شمالي مدينة منبج")
    assert places["ساحة العصافير"].lat == places["كوباني"].lat
    assert places["العنقودية"].lat == places["منبج"].lat
    assert {places[name].precision for name in ("ساحة العصافير", "العنقودية")} == {2}


def test_a_known_quarter_of_the_town_beside_it_keeps_its_own_point():
    places = resolved("قصف على حي الشيخ مقصود في مدينة حلب")
    quarter = places["حي الشيخ مقصود"]
    assert (quarter.kind, quarter.name_en is not None, quarter.lat != places["حلب"].lat) == ("quarter", True, True)


def test_a_palestinian_governorate_is_told_from_its_town():
    places = resolved("اقتحمت قوات الاحتلال بلدة قباطية في محافظة جنين ثم مدينة نابلس", "PS")
    assert (places["جنين"].kind, places["جنين"].precision, places["جنين"].country) == ("admin2", 3, "PS")
    assert contains(places["جنين"], places["قباطية"])
    assert not contains(places["جنين"], places["نابلس"])
    assert resolved("اشتباكات في مدينة جنين", "PS")["جنين"].kind == "town"
    assert resolved("اشتباكات في جنين", "PS")["جنين"].kind == "town"


def test_the_provinces_of_neighbours_are_first_level_divisions():
    assert resolved("في ولاية قيصري التركية")["قيصري"].admin1_code == "TR.38"
    assert resolved("في محافظة لرستان غربي إيران")["لرستان"].admin1_code == "IR.23"
    assert resolved("في ولاية بنجشير شمال كابول")["بنجشير"].admin1_code == "AF.42"


def test_a_road_between_two_towns_lies_halfway():
    places = resolved("قُتل سائق على طريق حمص – تدمر في سوريا")
    road = places["طريق حمص – تدمر"]
    assert (road.kind, road.geonameid, road.precision) == ("site", None, 2)
    assert 36.7 < road.lon < 38.3
    assert "تدمر" not in places
    assert resolved("قُتل سائق على طريق حمص في سوريا")["طريق حمص"].geonameid is not None


def test_two_towns_with_a_dash_and_no_road_stay_two():
    assert {"حمص", "تدمر"} <= set(resolved("اشتباكات في حمص – تدمر في سوريا"))
