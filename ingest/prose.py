"""Which lines of an element are the article: leads to other articles, share words and lone signs go, in their order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from arabic.fold import fold
from ingest.furniture import furniture
from ingest.lines import Line

MAX_TEXT = 200_000
"""Code points of an article; a longer one is cut at a line end."""

_WORD = re.compile(r"\w")
_ALL_LINK = 0.9


def prose(lines: Sequence[Line], title: str = "") -> list[str]:
    """The lines that are the article's text. ``title``: a first line that repeats it is left out."""
    rules = furniture()
    headline = fold(title).strip()
    kept: list[str] = []
    after_lead = False
    for line in lines:
        if not _WORD.search(line.text):
            continue
        folded = fold(line.text)
        if rules.is_lead(folded):
            after_lead = True
        elif after_lead and _is_link(line):
            continue
        elif not _is_link(line) and not rules.is_line(folded):
            after_lead = False
            if kept or folded.strip() != headline:
                kept.append(line.text)
    return _without_last_headings(kept, lines)


def characters(lines: Sequence[Line]) -> int:
    """How much of the lines is text of their own: characters outside links, of lines that are not mostly links."""
    return sum(round(len(line.text) * (1 - line.linked)) for line in lines if line.linked < 0.5)


def joined(kept: Sequence[str]) -> str:
    """The article's text: one paragraph a line, at most MAX_TEXT code points."""
    text = "\n".join(kept)
    if len(text) <= MAX_TEXT:
        return text
    cut = text.rfind("\n", 0, MAX_TEXT)
    return text[: cut if cut > MAX_TEXT // 2 else MAX_TEXT].rstrip()


def _is_link(line: Line) -> bool:
    return line.linked >= _ALL_LINK


def _without_last_headings(kept: list[str], lines: Sequence[Line]) -> list[str]:
    """A heading at the end has lost what it headed: a box of links."""
    headings = {line.text for line in lines if line.heading}
    while len(kept) > 1 and kept[-1] in headings:
        kept.pop()
    return kept
