"""Bytes of a feed or page to text, healing what Arabic publishers get wrong.

Order: byte order mark, strict UTF-8, UTF-8 with a handful of bad bytes, the declared charset, windows-1256 or ISO-8859-6
where the result reads as Arabic, windows-1252. Nothing here raises, whatever the bytes and the declaration.
"""

from __future__ import annotations

import codecs
import re

from msgspec import Struct

from ingest import charsets

_DECLARED_WITHIN = 4096
_XML = re.compile(rb"""<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9_:.\-]{2,40})["']""")
_META = re.compile(rb"""<meta\s[^>]{0,500}?\bcharset\s*=\s*["']?\s*([A-Za-z0-9_:.\-]{2,40})""", re.IGNORECASE)
_BOMS = (  # the longer marks first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BARE_UTF16 = ((re.compile(rb"<\x00[?!A-Za-z]\x00"), "utf-16-le"), (re.compile(rb"\x00<\x00[?!A-Za-z]"), "utf-16-be"))
_SECTION_SIGN = "\u00a7".encode()
"""What the second byte of alef becomes in text that was encoded twice, under each of the charsets; rare in any other."""
_ASCII_BYTES = bytes(range(128))
_RUN = re.compile(r"[^\x00-\x7f]+")
_LETTERS = re.compile(r"[ء-غف-يٱ-ە]")
_NEUTRAL = re.compile(r"[ـً-ٰٟ،؛؟٪-٭«»‘’“”–—…\u00a0\u200c-\u200f•·°©®×÷\u0660-\u0669\u06f0-\u06f9]")
_SAMPLE = 5_000
_UTF8_SAMPLE = 16_384
_FEW_LETTERS = 8


class Decoded(Struct, frozen=True):
    """Text, the charset that gave it, and whether the bytes were not what they claimed to be (misdeclared, broken, doubled)."""

    text: str
    charset: str
    healed: bool = False


def decode(body: bytes, declared: str | None = None) -> Decoded:
    """The text of ``body``; ``declared`` is the charset of the Content-Type header. Valid UTF-8 comes back as it is, but for
    a byte order mark, bare UTF-16, and Arabic that was encoded twice. Bytes that nothing explains become U+FFFD."""
    marked = _by_mark(body)
    if marked is not None:
        return marked
    claim = declared_codec(body, declared)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(body, claim)
    single = undouble(text) if _SECTION_SIGN in body else text
    claims_other = claim not in (None, "utf-8") and not body.isascii()
    return Decoded(single, "utf-8", healed=claims_other or single is not text)


def declared_codec(body: bytes, declared: str | None = None) -> str | None:
    """The codec that the header, then the XML declaration, then a meta element within the first 4 KB names."""
    found = charsets.codec(declared)
    if found is not None:
        return found
    head = body[:_DECLARED_WITHIN]
    for pattern in (_XML, _META):
        match = pattern.search(head)
        found = charsets.codec(match[1].decode("ascii")) if match else None
        if found is not None:
            return found
    return None


def reads_as_arabic(text: str) -> bool:
    """Whether the letters beyond ASCII are distributed as in Arabic (or another language of its script) and not as bytes of
    Cyrillic, Greek, Latin or Chinese that were read with an Arabic charset.

    Alef and lam make 25–32 % of Arabic letters, and with yeh, meem, noon and waw over half (Persian: alef 13–15 %, the six
    43–48 %); Russian in KOI8-R read as windows-1256 is all Arabic letters too, of which alef and the six make a tenth.
    """
    beyond, mixed = _beyond_ascii(text)
    letters = "".join(_LETTERS.findall(beyond))
    if len(letters) < _FEW_LETTERS:
        return False
    strange = len(beyond) - len(letters) - len(_NEUTRAL.findall(beyond))
    if strange > 0.04 * len(beyond) or mixed > 0.1 * len(beyond):
        return False
    alef = sum(map(letters.count, "اأإآ")) / len(letters)
    common = sum(map(letters.count, "اأإليىمنو")) / len(letters)
    return alef >= 0.07 and common >= 0.36


def _beyond_ascii(text: str) -> tuple[str, int]:
    """The first characters beyond ASCII, and how often a Latin letter stands beside them: in Arabic hardly ever."""
    runs: list[str] = []
    length = mixed = 0
    for run in _RUN.finditer(text):
        start, end = run.span()
        runs.append(run[0])
        mixed += text[start - 1 : start].isalpha() + text[end : end + 1].isalpha()
        length += end - start
        if length >= _SAMPLE:
            break
    return "".join(runs)[:_SAMPLE], mixed


def _by_mark(body: bytes) -> Decoded | None:
    for mark, name in _BOMS:
        if body.startswith(mark):
            text = body[len(mark) :].decode(name, "replace")
            single = undouble(text)
            return Decoded(single, name, healed="\ufffd" in text or single is not text)
    for pattern, name in _BARE_UTF16:
        if pattern.match(body):
            return Decoded(body.decode(name, "replace"), name, healed=True)
    return None


def _not_utf8(body: bytes, claim: str | None) -> Decoded:
    # A sample tells, and reading a whole page of another charset as UTF-8 is slow: each bad byte is handled by itself.
    sample = body.translate(None, _ASCII_BYTES)[:_UTF8_SAMPLE].decode("utf-8", "replace")
    bad = sample.count("\ufffd")
    whole = len(sample) - bad
    if bad * 8 <= whole or (claim == "utf-8" and bad <= whole):
        return Decoded(undouble(body.decode("utf-8", "replace")), "utf-8", healed=True)
    trusted = None if claim is None or claim == "utf-8" or claim in charsets.LATIN else _strictly(body, claim)
    if trusted is not None and claim is not None and (claim not in charsets.ARABIC or reads_as_arabic(trusted)):
        return Decoded(trusted, charsets.shown(claim))
    return _as_arabic(body) or _as_claimed(body, claim)


def _as_arabic(body: bytes) -> Decoded | None:
    for name in ("cp1256", "iso8859_6"):
        text = _strictly(body, name)
        if text is not None and reads_as_arabic(text):
            return Decoded(text, charsets.shown(name), healed=True)
    return None


def _as_claimed(body: bytes, claim: str | None) -> Decoded:
    name = "cp1252" if claim is None or claim == "utf-8" else claim
    text = _strictly(body, name)
    if text is not None:
        return Decoded(text, charsets.shown(name), healed=name != claim)
    return Decoded(body.decode(name, "replace"), charsets.shown(name), healed=True)


def _strictly(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except UnicodeError:
        return None


# --- Text that was encoded twice: UTF-8 read as windows-1252 or windows-1256 and written as UTF-8 again.


def _reversed(name: str) -> dict[int, int]:
    """Code point to byte, where bytes that the charset leaves open stand for the control of the same number (as in browsers)."""
    table = {byte: byte for byte in range(256)} if name == "cp1252" else {byte: byte for byte in range(128)}
    for byte in range(128, 256):
        table[ord(bytes([byte]).decode(name, "ignore") or chr(byte))] = byte
    return table


def _sequences(table: dict[int, int], leads: range, punctuation: str = "") -> re.Pattern[str]:
    """Runs of sequences of UTF-8, spelled in the characters of the wrong charset. A lead before one of ``punctuation`` may be
    the end of a word: it counts only in a run of three, or beside a sequence that is no accident. Guillemets and no-break
    spaces (C2), dashes, curly quotes and direction marks (E2), and a stray byte order mark (EF) come along."""

    def spelled(*wanted: int) -> str:
        return "[" + re.escape("".join(chr(point) for point, byte in table.items() if byte in wanted)) + "]"

    lead, follow = spelled(*leads), spelled(*range(0x80, 0xC0))
    sure = f"{lead}(?![{re.escape(punctuation)}]){follow}" if punctuation else lead + follow
    sign = f"{spelled(0xC2)}{spelled(0xA0, 0xAB, 0xBB)}|{spelled(0xE2, 0xEF)}{follow}{follow}"
    pair = f"(?:{lead}{follow}|{sign})"
    return re.compile(f"{pair}{{3,}}|{pair}?{sure}{pair}?|{sign}")


_FROM_1252 = _reversed("cp1252")
_FROM_1256 = _reversed("cp1256")
# Alef and lam, as each wrong charset shows them; then the table, and what a run looks like. Under windows-1256 the leads are
# the letters tah, zah, ain and ghain.
_DOUBLED = (
    (("\u00d8\u00a7", "\u00d9\u201e"), _FROM_1252, _sequences(_FROM_1252, range(0xC2, 0xE0))),
    (("\u00d8\u00a7", "\u00d9\u0084"), _FROM_1252, _sequences(_FROM_1252, range(0xC2, 0xE0))),
    (("\u0637\u00a7", "\u0638\u201e"), _FROM_1256, _sequences(_FROM_1256, range(0xD8, 0xDC), "،؛؟«»…–—“”‘’\u00a0")),
)
_CERTAIN = 6


def undouble(text: str) -> str:
    """Arabic that was encoded twice, read back once; any other text is returned as the same object."""
    for marks, table, run in _DOUBLED:
        if all(mark in text for mark in marks):
            healed = _wholly(text, table) or _by_runs(text, table, run)
            if healed is not None:
                return healed
    return text


def _wholly(text: str, table: dict[int, int]) -> str | None:
    try:
        healed = codecs.charmap_encode(text, "strict", table)[0].decode("utf-8")
    except UnicodeError:
        return None
    return healed if reads_as_arabic(healed) else None


def _by_runs(text: str, table: dict[int, int], run: re.Pattern[str]) -> str | None:
    """Heals the doubled stretches of a page that is only partly so (a template around a broken body)."""
    runs = run.findall(text)
    if sum(map(len, runs)) < 2 * _CERTAIN:
        return None
    return run.sub(lambda match: _read_back(match[0], table), text)


def _read_back(run: str, table: dict[int, int]) -> str:
    return codecs.charmap_encode(run, "strict", table)[0].decode("utf-8", "replace")
