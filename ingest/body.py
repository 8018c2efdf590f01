"""The text of a page: by the outlet's rule, by the element that is named as the text, by trafilatura, by density.

Each way is tried where the one before finds too little. The tree is pruned already (``ingest.prune``) and is not changed.
"""

from __future__ import annotations

import logging
from typing import Any

from lxml import etree

from ingest.furniture import furniture
from ingest.lines import Line, lines_of
from ingest.polish import polish
from ingest.prose import characters, joined, prose
from ingest.prune import Spots, own_text
from ingest.siterules import SiteRule, found

_ENOUGH = 40
"""Characters of text: a flash («عاجل») has one short sentence."""
_ENOUGH_UNMARKED = 80
_COVERS = 0.5
"""The marked element must hold this share of the page's paragraphs, else trafilatura is asked too."""
_MOST_MARKED = 12
_SAME = 0.85


def text_of(body: Any, spots: Spots, rule: SiteRule, title: str) -> str:
    """The article's text, one paragraph a line; empty where the page has none."""
    ruled = found(rule.body, body)
    if ruled is not None:
        text = joined(prose(lines_of(ruled), title))
        if len(text) >= _ENOUGH:
            return _unless_wall(text)
    if own_text(body) < _ENOUGH:
        return ""
    marked, own = _marked(spots, title)
    if own >= _ENOUGH and own >= _COVERS * _in_paragraphs(body):
        return _unless_wall(marked)
    read = _by_trafilatura(body, title)
    best = read if len(read) > len(marked) and len(read) >= _ENOUGH_UNMARKED else marked
    if len(best) < _ENOUGH:
        dense = _by_density(body, title)
        best = dense if len(dense) >= _ENOUGH_UNMARKED else ""
    return _unless_wall(best)


def _unless_wall(text: str) -> str:
    return "" if furniture().is_wall(text) else text


def _marked(spots: Spots, title: str) -> tuple[str, int]:
    """The text of the best element that is named as the text, and its characters. Of elements that hold about the same text
    the innermost counts: the outer ones add bylines and labels."""
    found_lines: list[tuple[int, list[Line]]] = []
    for element in spots.marked[:_MOST_MARKED]:
        lines = lines_of(element)
        found_lines.append((characters(lines), lines))
    if not found_lines:
        return "", 0
    most = max(count for count, _ in found_lines)
    near = [(len(lines), number) for number, (count, lines) in enumerate(found_lines) if count >= _SAME * most]
    best = found_lines[min(near)[1]][1]
    text = joined(prose(best, title))
    return text, len(text)


def _in_paragraphs(body: Any) -> int:
    return sum(_unlinked(paragraph) for paragraph in body.iter("p"))


def _unlinked(element: Any) -> int:
    linked = sum(len("".join(link.itertext())) for link in element.iter("a"))
    return sum(map(len, element.itertext())) - linked


def _by_trafilatura(body: Any, title: str) -> str:
    from trafilatura import bare_extraction  # slow to import, and many pages do without

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it warns of every page without text
    pruned = etree.tostring(body.getroottree(), encoding="unicode", method="html")
    document = bare_extraction(pruned, fast=True, include_comments=False, include_links=True, deduplicate=False)
    if document is None or isinstance(document, dict) or document.body is None:
        return ""
    links = {polish("".join(link.itertext())) for link in body.iter("a")}
    lines = [Line(line.text, 1.0) if line.text in links else line for line in lines_of(document.body)]
    return joined(prose(lines, title))  # its rescue of pages without paragraphs keeps menus, as plain text


def _by_density(body: Any, title: str) -> str:
    """The element whose children hold the most text outside links; half of it counts for the element above."""
    scores: dict[Any, float] = {}
    for element in body.iter(etree.Element):
        if element.tag in ("p", "div", "td", "section", "article", "span", "br"):
            own = len((element.text or "").strip()) + sum(len((child.tail or "").strip()) for child in element)
            parent = element.getparent()
            for holder, share in ((element if element.tag != "p" else parent, 1.0), (parent, 0.5)):
                if holder is not None and own > 20:
                    scores[holder] = scores.get(holder, 0.0) + share * own
    if not scores:
        return ""
    best = max(scores, key=lambda holder: scores[holder])
    return joined(prose(lines_of(best), title))
