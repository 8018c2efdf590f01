"""Mends the text of an XML document, so that a strict parser reads it and nothing in it can expand or reach out.

Cheap on sound documents: each fault is looked for with one search before anything is rewritten.
"""

from __future__ import annotations

import html.entities
import re

from msgspec import Struct

_DECLARATION = re.compile(r"<\?xml\b[^>]{0,300}\?>")
_ILLEGAL = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);)(?:#([xX][0-9a-fA-F]{1,8}|[0-9]{1,8});|([A-Za-z][A-Za-z0-9]{1,31});|)"
)
_ELEMENT = re.compile(r"<[A-Za-z_]")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"


class Healed(Struct, frozen=True):
    """An XML text without declaration and DOCTYPE, and what had to be mended (``entities``, ``controls``, ``references``)."""

    text: str
    problems: tuple[str, ...] = ()


def heal(text: str) -> Healed:
    """``text`` as a strict parser can read it, from its first ``<`` on.

    The XML declaration goes (the text is encoded as UTF-8 from here on), and so does the whole DOCTYPE: entities that it
    declares are never expanded. Control characters go. Named entities of HTML become their characters; every other
    reference that XML does not know, and every bare ``&``, becomes text.
    """
    start = text.find("<")
    if start < 0:
        return Healed("")
    problems = []
    text = _DECLARATION.sub("", text[start:], count=1)
    text, declared_entities = _without_doctype(text)
    if declared_entities:
        problems.append("entities")
    if _ILLEGAL.search(text):
        text = _ILLEGAL.sub("", text)
        problems.append("controls")
    mended = _outside_cdata(text) if _has_strange_reference(text) else text
    if mended != text:
        problems.append("references")
    return Healed(mended, tuple(problems))


def _without_doctype(text: str) -> tuple[str, bool]:
    """The text without a DOCTYPE before its first element, and whether that declared entities."""
    first = _ELEMENT.search(text)
    head_end = first.start() if first else len(text)
    start = text.find("<!DOCTYPE", 0, head_end)
    if start < 0:
        start = text.find("<!doctype", 0, head_end)
    if start < 0:
        return text, False
    end = _doctype_end(text, start)
    return text[:start] + text[end:], "<!ENTITY" in text[start:end]


def _doctype_end(text: str, start: int) -> int:
    """Offset after the ``>`` that closes a DOCTYPE. An internal subset ends with ``]>``; one that is not closed takes all."""
    close = text.find(">", start)
    subset = text.find("[", start, close if close >= 0 else len(text))
    if subset < 0:
        return close + 1 if close >= 0 else len(text)
    ends = re.compile(r"\]\s*>").search(text, subset)
    return ends.end() if ends else len(text)


def _has_strange_reference(text: str) -> bool:
    return _REFERENCE.search(text) is not None


def _outside_cdata(text: str) -> str:
    """References mended, but for CDATA sections, where ``&`` is a letter like any other."""
    head, *sections = text.split(_CDATA)
    pieces = [_REFERENCE.sub(_mended, head)]
    for section in sections:
        inside, end, outside = section.partition(_CDATA_END)
        pieces += (_CDATA, inside, end, _REFERENCE.sub(_mended, outside))
    return "".join(pieces)


def _mended(match: re.Match[str]) -> str:
    number, name = match[1], match[2]
    if number:
        return match[0] if _is_character(int(number[1:], 16) if number[0] in "xX" else int(number)) else ""
    if name and name in html.entities.name2codepoint:
        return chr(html.entities.name2codepoint[name])
    return "&amp;" + match[0][1:]


def _is_character(point: int) -> bool:
    """Whether XML 1.0 allows the code point."""
    return (
        point in (0x9, 0xA, 0xD) or 0x20 <= point <= 0xD7FF or 0xE000 <= point <= 0xFFFD or 0x10000 <= point <= 0x10FFFF
    )
