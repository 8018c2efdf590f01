"""Number words and figures of a folded text as whole numbers: compounds, duals, hundreds, thousands, millions."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from arabic.digits import FIGURE
from arabic.fold import Folded, fold

Gender = Literal["m", "f"]
Kind = Literal["unit", "teen_unit", "tens", "hundreds", "scale", "counted", "dual"]


class Number(NamedTuple):
    """A whole number in the text: folded offsets, its words ``first`` to ``last`` (exclusive) in ``Folded.words``.

    ``gender`` is that of the counted noun as the number word shows it (خمسة: masculine, خمس: feminine); None for figures."""

    value: int
    start: int
    end: int
    first: int
    last: int
    gender: Gender | None = None
    definite: bool = False


class _Term(NamedTuple):
    """A number word: ``joined`` with و before it (adds to what stands before), or with another proclitic (begins anew)."""

    kind: Kind
    value: int
    gender: Gender | None
    proclitic: str


class _Lexicon(NamedTuple):
    terms: dict[str, _Term]
    ordinals: dict[str, int]


@cache
def _lexicon() -> _Lexicon:
    data = tomllib.loads(files("arabic").joinpath("numbers.toml").read_text("utf-8"))
    bare = _bare_terms(data)
    terms = {pro + form: term._replace(proclitic=pro) for pro in data["proclitics"] for form, term in bare.items()}
    # A bare form wins over one that only looks like a clitic and a number (واحد).
    terms |= bare
    for form in data["not_numbers"]:
        terms.pop(fold(form), None)
    ordinals = {fold(form): value for form, value in data["ordinals"].items()}
    return _Lexicon(
        terms, {pro + form: value for pro in ("", "ال", "وال", "بال", "لل") for form, value in ordinals.items()}
    )


def _bare_terms(data: dict[str, Any]) -> dict[str, _Term]:
    terms: dict[str, _Term] = {}
    for row in data["unit"]:
        terms |= {fold(form): _Term("unit", row["value"], "m", "") for form in row["masculine"]}
        terms |= {fold(form): _Term("unit", row["value"], "f", "") for form in row["feminine"]}
    for kind in ("teen_unit", "tens", "hundreds", "scale"):
        terms |= {fold(form): _Term(kind, row["value"], None, "") for row in data[kind] for form in row["forms"]}
    for row in data["scale"]:
        terms |= {fold(form): _Term("counted", row["value"], None, "") for form in row["counted"]}
        terms |= {fold(form): _Term("dual", row["value"], None, "") for form in row["dual"]}
    return terms


def ordinal(word: str) -> int | None:
    """The rank that a folded word names (الثالث, بالثانية: 3, 2), or None."""
    return _lexicon().ordinals.get(word)


@lru_cache(maxsize=4)  # dates and counts ask for the same text in turn
@lru_cache(maxsize=4)  # dates and tolls both ask for those of the text that is read
def find_numbers(text: Folded) -> tuple[Number, ...]:
    """Every whole number in the text, in its order. Fractions without a scale (3.5) and vague plurals (مئات) are none."""
    words, terms, found = text.words, _lexicon().terms, []
    at = 0
    hits = [index for index, word in enumerate(words) if word in terms or word[0] <= "9"]
    for index in hits:
        if index < at:
            continue
        number = _Reader(text, index).read()
        if number:
            found.append(number)
        at = number.last if number else index + 1
    return tuple(found)


class _Reader:
    """Reads one number from a word on: ``_total`` what the scales closed, ``_current`` the group below a thousand."""

    def __init__(self, text: Folded, index: int) -> None:
        self._text, self._words, self._terms = text, text.words, _lexicon().terms
        self._first = self._next = index
        self._total = 0
        self._current: float = 0
        self._least_scale = 10**12
        self._gender: Gender | None = None
        self._definite = False
        self._figure = False

    def read(self) -> Number | None:
        if not self._begin():
            return None
        while self._go_on():
            pass
        value = self._total + self._current
        if value != int(value):
            return None
        start = self._text.starts[self._first]
        last = self._next - 1
        end = self._text.starts[last] + len(self._words[last])
        return Number(int(value), start, end, self._first, self._next, self._gender, self._definite)

    def _begin(self) -> bool:
        word = self._words[self._next]
        if word[0] <= "9":
            return self._read_figure()
        term = self._terms[word]
        if term.kind == "counted":
            return False
        if term.kind == "teen_unit" and not self._teen_follows():
            return False
        self._definite = term.proclitic.endswith(("ال", "لل"))
        self._gender = term.gender
        self._take(term)
        return True

    def _read_figure(self) -> bool:
        """A figure, which may hold several runs of digits: 1,200 or 1.5."""
        start = self._text.starts[self._next]
        match = FIGURE.match(self._text.text, start)
        if not match:
            return False
        whole = match[1].replace(",", "").replace(".", "")
        self._current = float(f"{whole}.{match[2]}") if match[2] else int(whole)
        self._figure = True
        while self._next < len(self._words) and self._text.starts[self._next] < match.end():
            self._next += 1
        return True

    def _teen_follows(self) -> bool:
        following = self._words[self._next + 1 : self._next + 2]
        term = self._terms.get(following[0]) if following else None
        return term is not None and term.value == 10 and not term.proclitic

    def _take(self, term: _Term) -> None:
        self._next += 1
        if term.kind in ("scale", "counted", "dual"):
            factor = self._current or (2 if term.kind == "dual" else 1)
            self._total += round(factor * term.value)
            self._current, self._least_scale, self._figure = 0, term.value, False
        elif term.kind == "hundreds" and 3 <= self._current <= 9:
            self._current *= term.value
        else:
            self._current += term.value

    def _go_on(self) -> bool:
        """Takes the next word if it belongs to this number."""
        if self._next >= len(self._words) or not self._adjacent(self._next):
            return False
        word = self._words[self._next]
        if word == "و" and self._total:  # «مليون و200 ألف»
            return self._go_on_with_figure()
        term = self._terms.get(word)
        if term is None or not self._fits(term):
            return False
        self._take(term)
        return True

    def _go_on_with_figure(self) -> bool:
        at = self._next + 1
        if self._current or at >= len(self._words) or not self._words[at].isdigit():
            return False
        before, self._next = self._next, at
        if self._read_figure() and self._current < self._least_scale:
            return True
        self._next, self._current = before, 0
        return False

    def _adjacent(self, index: int) -> bool:
        before = self._text.starts[index - 1] + len(self._words[index - 1])
        return self._text.text[before : self._text.starts[index]].isspace() or self._words[index - 1] == "و"

    def _fits(self, term: _Term) -> bool:
        if term.proclitic == "":
            return self._multiplies(term)
        if term.proclitic not in ("و", "وال") or self._figure:
            return False
        return self._adds(term)

    def _multiplies(self, term: _Term) -> bool:
        """Without و: ثلاثة عشر, ثلاث مئة, خمسة آلاف, عشرون ألفًا."""
        if term.kind == "unit" and term.value == 10:
            return not self._figure and 1 <= self._current % 100 <= 9
        if term.kind == "hundreds":
            return not self._figure and term.value == 100 and 3 <= self._current <= 9
        scales = term.kind in ("scale", "counted", "dual")
        return scales and self._current > 0 and term.value < self._least_scale

    def _adds(self, term: _Term) -> bool:
        """With و: خمسة وعشرون, مئة وثلاثة, ألف ومئتان; units after tens are another number."""
        within = self._current % 100
        if term.kind == "tens":
            return within < 10 and (self._current + self._total) > 0
        if term.kind in ("unit", "teen_unit"):
            return within == 0 and (self._current + self._total) > 0
        if term.kind == "hundreds":
            return self._current == 0 and self._total > 0
        return self._current == 0 and self._total > 0 and term.value < self._least_scale
