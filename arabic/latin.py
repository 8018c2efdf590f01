"""A loose key under which an Arabic name and its Latin spellings meet: «جاسم» and Jasim are both ``jsm``.

Used where no English name is known. It keeps consonants only, so it finds too much: callers rank, they do not decide by it."""

from __future__ import annotations

import re
from functools import lru_cache

from arabic.fold import fold

# ع and hamza have no sure Latin letter; و and ي are as often vowels: all are dropped, as a e i o u w y are.
_ARABIC = str.maketrans({
    "ب": "b", "ت": "t", "ث": "t", "ج": "j", "ح": "h", "خ": "x", "د": "d", "ذ": "d", "ر": "r", "ز": "z", "س": "s", "ش": "c", "ص": "s",
    "ض": "d", "ط": "t", "ظ": "z", "غ": "j", "ف": "f", "ق": "k", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h",
    "ا": "", "و": "", "ي": "", "ع": "", "ء": "",
})  # fmt: skip
# Digraphs first, each one letter of the key. g stands for ج (Gamal), for غ (Gaza) and j for ج: one letter for all of them.
_DIGRAPHS = (("sh", "C"), ("ch", "C"), ("kh", "X"), ("gh", "j"), ("th", "t"), ("dh", "d"), ("ph", "f"), ("ck", "k"))
_LATIN = str.maketrans("cgqvp", "kjkfb", "aeiouwy'`’‘ʿʾ")
_ARTICLE = re.compile(r"\b(?:al|el|ul|as|ash|ad|adh|ar|at|ath|an|az)[- ](?=\w)")
_ARABIC_WORD = re.compile(r"[\u0621-\u064a]+")
_DOUBLED = re.compile(r"(.)\1+")
_WORD = re.compile(r"[\w'’‘`ʿʾ]+")


@lru_cache(maxsize=16384)
def latin_key(name: str) -> str:
    """The consonant key of a name in Arabic or Latin letters, its words kept apart; '' where no consonant is left."""
    words = _WORD.findall(_ARTICLE.sub("", fold(name)))
    return " ".join(filter(None, map(_word_key, words)))


def _word_key(word: str) -> str:
    if _ARABIC_WORD.fullmatch(word):
        key = (word[2:] if word.startswith("ال") and len(word) > 4 else word).translate(_ARABIC)
    else:
        for digraph, letter in _DIGRAPHS:
            word = word.replace(digraph, letter)
        key = word.translate(_LATIN).lower()
    key = _DOUBLED.sub(r"\1", key)
    return key.removesuffix("h") if len(key) > 1 else key  # teh marbuta, heard or not
