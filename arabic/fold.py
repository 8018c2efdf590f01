"""The one folding of the product, and the way back from folded offsets to those of the text as it stands.

Folding is context-free: ``fold(a + b) == fold(a) + fold(b)``. So a slice of a folded text always answers to a slice of the
original, and a phrase folded alone is found inside a folded article.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property, lru_cache

# Combining marks: Latin accents, Koranic signs, the harakat with superscript alef, variation selectors.
MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08d3-\u08e1\u08e3-\u08ff\ufe00-\ufe0f"
# Soft hyphen, Arabic letter mark, zero-width signs, bidirectional controls, word joiners, byte order mark.
CONTROLS = "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
TATWEEL = "\u0640"

# Letters whose spelling wavers, each with what it becomes (alef with hamza or madda, alef maqsura, teh marbuta, seated hamza).
_LETTERS = {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي"}
_ARABIC_DIGITS = {chr(0x0660 + value): str(value) for value in range(10)}
_PERSIAN_DIGITS = {chr(0x06F0 + value): str(value) for value in range(10)}
# Persian, Urdu, Kurdish and Maghrebi letters, and the Arabic letter that a newsroom writes for them.
_FOREIGN = {
    "ٱ": "ا", "ٲ": "ا", "ٳ": "ا", "ک": "ك", "ڪ": "ك", "گ": "ك", "ڭ": "ك", "ݣ": "ك", "ی": "ي", "ې": "ي", "ے": "ي", "ێ": "ي", "ۍ": "ي",
    "ہ": "ه", "ھ": "ه", "ە": "ه", "ۀ": "ه", "ۃ": "ه", "ۂ": "ه", "پ": "ب", "چ": "ج", "ژ": "ز", "ڤ": "ف", "ڨ": "ق", "ۆ": "و", "ۇ": "و", "ۋ": "و",
    "ٹ": "ت", "ڈ": "د", "ڑ": "ر", "ں": "ن", "ڵ": "ل", "ڕ": "ر", "ٶ": "و", "ٸ": "ي", "ٵ": "ا",
    "٫": ".", "٬": ",", "٪": "%",
}  # fmt: skip

# The signs that text is made of nearly always: they fold by plain replacement. Any other sign takes the slow way, once per text.
_COMMON = (
    r"\x00-\x7f\u060c\u061b\u061f\u0621-\u063a\u0640-\u0652\u0660-\u0669\u200b-\u200f\u00ab\u00bb\u2013\u2014"
    r"\u2018\u2019\u201c\u201d\u2022\u2026"
)
_RARE = re.compile(f"[^{_COMMON}]")
_SHIFTING = re.compile(f"[{MARKS}{CONTROLS}{TATWEEL}]+|[^{_COMMON}]")
_DELETED = re.compile(f"[{MARKS}{CONTROLS}{TATWEEL}]+")
_LEAST_DELETED = "\u00ad"
"""The first of the signs that are deleted: a blank or a point is told from them at once."""
_TRAILING_CONTROLS = re.compile(f"[{CONTROLS}]+$")
_WORD = re.compile(r"[0-9]+|[^\W\d_]+")
_REPLACED = tuple(
    {
        **dict.fromkeys([*map(chr, range(0x064B, 0x0653)), TATWEEL, *map(chr, range(0x200B, 0x2010))], ""),
        **_LETTERS,
        **_ARABIC_DIGITS,
    }.items()
)


@lru_cache(maxsize=8192)
def _fold_sign(sign: str) -> str:
    """What one code point becomes: nothing, one sign, or several for a ligature."""
    folded = sign
    for _ in range(4):  # a compatibility form may decompose into signs that fold further
        before, folded = folded, "".join(_fold_part(part) for part in unicodedata.normalize("NFKD", folded))
        if folded == before:
            break
    return folded


def _fold_part(part: str) -> str:
    if _DELETED.match(part):
        return ""
    part = _LETTERS.get(part) or _FOREIGN.get(part) or _ARABIC_DIGITS.get(part) or _PERSIAN_DIGITS.get(part) or part
    return _DELETED.sub("", part.lower())


def fold(text: str) -> str:
    """The text as it is compared and searched: without diacritics, tatweel and invisible controls; one form for each of alef,
    yeh, teh marbuta and hamza on a seat; presentation forms taken apart; ASCII digits; Latin in lower case without accents."""
    return _fold_phrase(text) if len(text) <= _PHRASE else _fold_text(text)


def _fold(text: str) -> str:
    if _RARE.search(text):
        text = _RARE.sub(lambda match: _fold_sign(match[0]), text)
    for old, new in _REPLACED:
        text = text.replace(old, new)
    return text.lower()


_PHRASE = 64
"""Signs of a phrase: names and nouns are folded again and again, and remembered."""
_fold_phrase = lru_cache(maxsize=32768)(_fold)
_fold_text = lru_cache(maxsize=8)(_fold)
"""A text is folded by all who read it, one after the other: its words, its signature."""


class Folded:
    """A text with its folded form. ``original`` as it stands, ``text`` folded; offsets count code points, ends are exclusive."""

    __slots__ = ("__dict__", "original", "text")

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = fold(original)

    @cached_property
    def _shifts(self) -> tuple[list[int], list[int]]:
        """Folded offsets from which on the distance to the original changes (after each deletion, inside each ligature), and that
        distance; found when the first offset is asked for, since most of everyday news is only searched for words."""
        starts, distances, shift = [], [], 0
        for match in _SHIFTING.finditer(self.original):
            sign = match[0]
            width = len(_fold_sign(sign)) if len(sign) == 1 else 0
            folded = match.start() - shift
            if width == 0:
                starts.append(folded)
                distances.append(shift + len(sign))
            for extra in range(1, width):
                starts.append(folded + extra)
                distances.append(shift - extra)
            shift += len(sign) - width
        return starts, distances

    def _origin(self, index: int) -> int:
        """Offset of the original sign that the folded sign at ``index`` comes from."""
        starts, distances = self._shifts
        at = bisect_right(starts, index)
        return index + distances[at - 1] if at else index

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original offsets of ``text[start:end]``, with the marks on its last letter; a ligature that is cut is taken whole."""
        if not self._shifts[0]:
            return start, end
        first = self._origin(start)
        if end <= start:
            return first, first
        last = self._origin(end - 1) + 1
        run = _DELETED.match(self.original, last) if self.original[last : last + 1] >= _LEAST_DELETED else None
        if run:
            last += len(_TRAILING_CONTROLS.sub("", run[0]))
        return first, last

    def origins(self, offsets: Sequence[int]) -> Sequence[int]:
        """Where the signs at folded ``offsets`` stand in the original."""
        return [self._origin(offset) for offset in offsets] if self._shifts[0] else offsets

    def quote(self, start: int, end: int) -> str:
        """The original text of ``text[start:end]``."""
        first, last = self.span(start, end)
        return self.original[first:last]

    def index(self, offset: int) -> int:
        """The folded offset of the first sign that comes from ``original[offset:]``."""
        low, high = 0, len(self.text)
        while low < high:
            middle = (low + high) // 2
            if self._origin(middle) < offset:
                low = middle + 1
            else:
                high = middle
        return low

    @cached_property
    def words(self) -> list[str]:
        """The runs of letters and the runs of digits of the folded text."""
        return _WORD.findall(self.text)

    @cached_property
    def starts(self) -> list[int]:
        """The folded offset of each of ``words``; a word's end is its start and its length."""
        starts, end, find = [], 0, self.text.find
        for word in self.words:
            start = find(word, end)
            starts.append(start)
            end = start + len(word)
        return starts
