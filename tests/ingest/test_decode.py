import codecs
import gzip

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest import charsets
from ingest.decode import decode, reads_as_arabic, undouble

NEWS = (
    "أعلنت وزارة الداخلية، اليوم الأحد، مقتل عنصرين من قوى الأمن وإصابة ثلاثة آخرين في اشتباكات شهدتها مدينة جاسم "
    "شمالي محافظة درعا؛ ولم يصدر أي تعليق من «الجهات المعنية» حتى الآن."
)
PAGE = f"<html><head><title>اشتباكات في جاسم</title></head><body><p>{NEWS}</p></body></html>"
PERSIAN = "وزارت کشور اعلام کرد در پی زمین لرزه در استان کرمان گروه‌های امدادی به منطقه اعزام شدند و گزارشی از تلفات چاپ نشده است"
RUSSIAN = (
    "Министерство внутренних дел сообщило, что в результате происшествия на севере области пострадали три человека"
)
GREEK = "Το υπουργείο ανακοίνωσε ότι τρεις άνθρωποι τραυματίστηκαν στη σύγκρουση κοντά στην πόλη"
FRENCH = "Le ministère de l'Intérieur a annoncé que trois personnes ont été blessées à Alep, près de la frontière"
HEBREW = "משרד החוץ הודיע היום כי שלושה בני אדם נפצעו באירוע"
CHINESE = "外交部发言人今天在北京举行的例行记者会上表示中方愿意继续发挥建设性作用"
TURKISH = "İçişleri Bakanlığı üç kişinin yaralandığını, iki kişinin öldüğünü açıkladı"


def misread(text, charset):
    """UTF-8 read with the wrong charset; bytes that it leaves open become controls, as in browsers."""
    return "".join(bytes([byte]).decode(charset, "ignore") or chr(byte) for byte in text.encode())


@given(
    st.text(max_size=300), st.sampled_from([None, "utf-8", "windows-1256", "iso-8859-1", "no-such", "unicode_escape"])
)
@example(NEWS, "windows-1256")
@example(PERSIAN, "iso-8859-6")
def test_valid_utf8_comes_back_exactly_whatever_is_declared(text, declared):
    text = text.lstrip("\ufeff<\x00")  # a mark is dropped, and "<" with zero bytes is bare UTF-16
    decoded = decode(text.encode(), declared)
    assert (decoded.text, decoded.charset) == (text, "utf-8")


@given(st.binary(max_size=400), st.none() | st.text(max_size=20) | st.sampled_from(list(charsets._CODECS)))
@example(codecs.BOM_UTF32_LE + b"\xff", None)
@example(b"\x00<\x00?\xff", None)
@example(gzip.compress(b"x"), "zlib")
def test_no_bytes_and_no_declaration_raise(body, declared):
    decoded = decode(body, declared)
    decoded.text.encode("utf-8")
    assert decoded.charset


@given(
    st.lists(
        st.sampled_from([*NEWS.split(), *PERSIAN.split(), "<p>", "\xd8\xa7", "\xd9\x84", "\u0637\u00a7\u0638\u201e"])
    )
)
def test_undoubling_never_raises(pieces):
    undouble(" ".join(pieces))


@pytest.mark.parametrize(
    ("body", "declared", "charset"),
    [
        (PAGE.encode("cp1256"), None, "windows-1256"),
        (PAGE.encode("cp1256"), "windows-1256", "windows-1256"),
        (PAGE.encode("cp1256"), "CP1256", "windows-1256"),
        (PAGE.encode("cp1256"), "utf-8", "windows-1256"),
        (PAGE.encode("cp1256"), "ISO-8859-1", "windows-1256"),
        (PAGE.encode("cp1256"), "iso-8859-6", "windows-1256"),
        (PAGE.encode(), "windows-1256", "utf-8"),
        (PAGE.encode(), None, "utf-8"),
        (PAGE.encode("utf-16-le"), None, "utf-16-le"),
        (PAGE.encode("utf-16-be"), None, "utf-16-be"),
        (codecs.BOM_UTF16_LE + PAGE.encode("utf-16-le"), "utf-8", "utf-16-le"),
        (codecs.BOM_UTF8 + PAGE.encode(), "windows-1256", "utf-8"),
    ],
)
def test_arabic_pages_are_read_however_they_are_declared(body, declared, charset):
    decoded = decode(body, declared)
    assert (decoded.text, decoded.charset) == (PAGE, charset)


def test_iso_8859_6_is_read_also_where_it_is_declared_windows_1256():
    plain = NEWS.replace("«", "").replace("»", "")
    for declared in (None, "windows-1256", "iso-8859-6"):
        assert decode(plain.encode("iso8859_6"), declared).text == plain


def test_healed_says_that_the_bytes_were_not_what_they_claimed():
    assert not decode(PAGE.encode()).healed
    assert not decode(PAGE.encode("cp1256"), "windows-1256").healed
    assert not decode(b"plain ascii", "windows-1256").healed
    assert decode(PAGE.encode("cp1256"), "utf-8").healed
    assert decode(PAGE.encode(), "windows-1256").healed
    assert decode(PAGE.encode() + b"\xff").healed


@pytest.mark.parametrize(
    "head",
    [
        b'<?xml version="1.0" encoding="windows-1251"?><rss>',
        b"<?xml version='1.0'   encoding='WINDOWS-1251' ?><rss>",
        b'<html><meta charset="windows-1251">',
        b"<html><META content='text/html; charset=windows-1251' http-equiv=Content-Type>",
        b"<html>" + b" " * 3000 + b"<meta charset=cp1251>",
    ],
)
def test_the_declaration_inside_the_document_is_found(head):
    decoded = decode(head + RUSSIAN.encode("cp1251"))
    assert decoded.text.endswith(RUSSIAN)
    assert decoded.charset == "windows-1251"


def test_the_header_goes_before_the_document():
    body = b'<meta charset="windows-1253">' + RUSSIAN.encode("koi8_r")
    assert decode(body, "koi8-r").text.endswith(RUSSIAN)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (text, encoding)
        for texts, encodings in [
            ((RUSSIAN, RUSSIAN.upper()), ("cp1251", "koi8_r", "iso8859_5", "cp866", "mac_cyrillic")),
            ((GREEK, GREEK.upper()), ("cp1253", "iso8859_7")),
            ((FRENCH, FRENCH.upper()), ("cp1252", "iso8859_15", "mac_roman")),
            ((HEBREW,), ("cp1255", "iso8859_8")),
            ((TURKISH, TURKISH.upper()), ("cp1254",)),
            ((CHINESE,), ("gb18030", "big5hkscs", "cp949", "euc_jp")),
        ]
        for text in texts
        for encoding in encodings
    ],
)
def test_other_scripts_do_not_turn_into_arabic(text, encoding):
    body = text.encode(encoding, "ignore")
    assert not any("\u0600" <= char <= "\u06ff" for char in decode(body).text)
    assert decode(body, charsets.shown(encoding)).text == body.decode(encoding)


def test_persian_stays_persian():
    windows = PERSIAN.replace("ی", "ي").encode("cp1256")
    assert decode(PERSIAN.encode(), "windows-1256").text == PERSIAN
    assert decode(windows, "windows-1256").text == windows.decode("cp1256")
    assert decode(windows).text == windows.decode("cp1256")


def test_a_handful_of_bad_bytes_stays_utf8():
    body = NEWS.encode()
    for spoilt in (body[:-2], body + b"\xff", body[:40] + b"\xc7\xe1" + body[40:], b"\xa0" + body):
        decoded = decode(spoilt, "windows-1256")
        assert decoded.charset == "utf-8"
        assert 1 <= decoded.text.count("\ufffd") <= 2
        assert "محافظة درعا" in decoded.text


@pytest.mark.parametrize("charset", ["cp1252", "latin-1", "cp1256"])
def test_arabic_that_was_encoded_twice_is_read_once(charset):
    decoded = decode(misread(PAGE, charset).encode())
    assert decoded.text == PAGE
    assert decoded.healed


@pytest.mark.parametrize("charset", ["cp1252", "cp1256"])
def test_only_the_doubled_part_of_a_page_is_healed(charset):
    frame = "القائمة: فقط، من نحن؟ ⭐ "
    assert undouble(frame + misread(NEWS, charset)) == frame + NEWS


def test_text_that_speaks_of_broken_text_is_left_alone():
    for text in (
        NEWS,
        "The letters Ø§ and Ù„ are what Arabic looks like",
        "ظ„ ط§ هذه حروف مكسورة",
        FRENCH,
        "Ø 12 mm, Ùr",
    ):
        assert undouble(text) is text


def test_reading_as_arabic_is_judged_by_letters_not_by_script_alone():
    assert reads_as_arabic(PAGE)
    assert reads_as_arabic(PERSIAN)
    assert not reads_as_arabic(RUSSIAN.encode("koi8_r").decode("cp1256", "ignore"))
    assert not reads_as_arabic(FRENCH)
    assert not reads_as_arabic("")


def test_codecs_that_are_no_charsets_are_not_looked_up():
    for name in ("unicode_escape", "zlib", "rot13", "idna", "utf-7", "utf-16", "", None, "x" * 500):
        assert charsets.codec(name) is None


def test_every_codec_of_the_table_exists_and_has_one_name_to_show():
    shown = {charsets.shown(codec) for codec in charsets._NAMES}
    assert len(shown) == len(charsets._NAMES)
    for codec in charsets._NAMES:
        assert codecs.lookup(codec).name
        assert charsets.codec(charsets.shown(codec)) == codec
