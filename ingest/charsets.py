"""Names of character sets as pages declare them, and the Python codec that reads each.

A closed table: an unknown name never reaches ``codecs.lookup``, which would also find codecs that are no character sets
(unicode_escape, zlib). Latin-1 and ASCII are read as windows-1252, as browsers do (WHATWG Encoding Standard).
"""

from __future__ import annotations

_NAMES = {
    # codec: the names that declare it, in lower case
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 utf_8 utf-8-sig",
    "cp1256": "windows-1256 cp1256 x-cp1256 cp-1256 windows1256 win-1256 win1256 1256 ansi-1256 windows_1256 arabic-windows",
    "iso8859_6": "iso-8859-6 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987 iso-8859-6-e iso-8859-6-i iso-ir-127 arabic "
    "asmo-708 ecma-114 csisolatinarabic csiso88596e csiso88596i",
    "mac_arabic": "x-mac-arabic macarabic mac-arabic",
    "cp720": "dos-720 cp720",
    "cp864": "ibm864 cp864 ibm-864",
    "cp1252": "windows-1252 cp1252 x-cp1252 ansi_x3.4-1968 ascii us-ascii iso-8859-1 iso8859-1 iso88591 iso_8859-1 "
    "iso_8859-1:1987 iso-ir-100 latin1 latin-1 l1 cp819 ibm819 csisolatin1 windows1252",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251 windows1251 win-1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 latin5 l5 iso-ir-148",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "cp874": "windows-874 dos-874 iso-8859-11 iso8859-11 tis-620",
    "iso8859_2": "iso-8859-2 iso8859-2 iso_8859-2 latin2 l2",
    "iso8859_3": "iso-8859-3 iso8859-3 iso_8859-3 latin3 l3",
    "iso8859_4": "iso-8859-4 iso8859-4 iso_8859-4 latin4 l4",
    "iso8859_5": "iso-8859-5 iso8859-5 iso_8859-5 cyrillic",
    "iso8859_7": "iso-8859-7 iso8859-7 iso_8859-7 greek greek8 ecma-118 elot_928",
    "iso8859_8": "iso-8859-8 iso8859-8 iso_8859-8 iso-8859-8-i iso-8859-8-e hebrew logical visual",
    "iso8859_10": "iso-8859-10 iso8859-10 latin6 l6",
    "iso8859_13": "iso-8859-13 iso8859-13",
    "iso8859_14": "iso-8859-14 iso8859-14",
    "iso8859_15": "iso-8859-15 iso8859-15 iso_8859-15 latin9 l9",
    "iso8859_16": "iso-8859-16",
    "koi8_r": "koi8-r koi8 koi koi8_r cskoi8r",
    "koi8_u": "koi8-u koi8-ru",
    "cp866": "ibm866 cp866 866 csibm866",
    "mac_roman": "macintosh mac x-mac-roman csmacintosh",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "gb18030 gbk gb2312 gb_2312 gb_2312-80 x-gbk chinese csgb2312 iso-ir-58",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5 csbig5",
    "cp932": "shift_jis shift-jis sjis ms_kanji ms932 windows-31j x-sjis csshiftjis",
    "euc_jp": "euc-jp x-euc-jp cseucpkdfmtjapanese",
    "cp949": "euc-kr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean windows-949 cseuckr",
}

_CODECS = {name: codec for codec, names in _NAMES.items() for name in names.split()}
_SHOWN = {"cp1256": "windows-1256", "iso8859_6": "iso-8859-6", "cp1252": "windows-1252", "gb18030": "gb18030"}

ARABIC = frozenset({"cp1256", "iso8859_6", "mac_arabic", "cp720", "cp864"})
LATIN = frozenset({"cp1250", "cp1252", "cp1254", "cp1257", "cp1258", "mac_roman"}) | {
    f"iso8859_{part}" for part in (2, 3, 4, 10, 13, 14, 15, 16)
}
"""Codecs of Latin letters: what servers declare by default, also over Arabic bytes."""


def codec(name: str | None) -> str | None:
    """The codec for a declared name; None where it names none that we read."""
    if not name:
        return None
    return _CODECS.get(name.strip(" \t\r\n\f\"'").lower())


def shown(codec_name: str) -> str:
    """The name of a codec as a reader knows it, such as ``windows-1256``."""
    return _SHOWN.get(codec_name) or _NAMES[codec_name].split()[0]
