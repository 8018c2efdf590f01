"""An element as lines of text: a line is what stands between two block borders or ``<br>``."""

from __future__ import annotations

from typing import Any

from lxml import etree
from msgspec import Struct

from ingest.furniture import furniture, names_of
from ingest.polish import polish

_BLOCKS = frozenset(
    "p div section article main header footer aside nav ul ol li dl dt dd h1 h2 h3 h4 h5 h6 blockquote pre table thead tbody tfoot tr td th "
    "caption figure figcaption address center fieldset form hr details summary body html list item head quote row cell lb br".split()
)
_SKIPPED = frozenset(
    "script style noscript template iframe object embed button select option textarea input svg math canvas audio video nav aside footer "
    "figcaption del h1 title link meta dialog".split()
)
_LINKS = frozenset(("a", "ref"))
_POSTS = ("twitter-tweet", "instagram-media", "tiktok-embed", "fb-post", "telegram-post")
MAX_LINES = 20_000


class Line(Struct, frozen=True):
    """A line, polished; ``linked``: the share of its characters that stand in links, 0 to 1; ``heading``: of a heading element."""

    text: str
    linked: float = 0.0
    heading: bool = False


def lines_of(root: Any) -> list[Line]:
    """The lines of an element's text, without scripts, embedded posts, captions and bylines; empty ones left out."""
    return _Writer().write(root)


class _Writer:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.parts: list[str] = []
        self.linked = self.links = 0
        self.heading = False

    def write(self, root: Any) -> list[Line]:
        walk = etree.iterwalk(root, events=("start", "end"))
        skipping: Any = None
        for event, element in walk:
            if event == "start":
                if element is not root and _is_skipped(element):
                    skipping = element
                    walk.skip_subtree()
                else:
                    self.start(element)
            elif skipping is element:
                skipping = None
                self.after(element)
            else:
                self.end(element, element is root)
            if len(self.lines) > MAX_LINES:
                break
        self.flush()
        return self.lines

    def start(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self.flush()
            self.heading = tag in ("h2", "h3", "h4", "head")
        elif tag in _LINKS:
            self.links += 1
        if element.text:
            self.take(element.text)

    def end(self, element: Any, last: bool) -> None:
        if element.tag in _BLOCKS:
            self.flush()
        elif element.tag in _LINKS:
            self.links -= 1
        if not last:
            self.after(element)

    def after(self, element: Any) -> None:
        if element.tail:
            self.take(element.tail)

    def take(self, text: str) -> None:
        self.parts.append(text)
        if self.links:
            self.linked += len(text)

    def flush(self) -> None:
        if self.parts:
            raw = "".join(self.parts)
            text = polish(raw)
            if text:
                self.lines.append(Line(text, min(1.0, self.linked / len(text)), self.heading))
            self.parts, self.linked = [], 0
        self.heading = False


def _is_skipped(element: Any) -> bool:
    tag = element.tag
    if not isinstance(tag, str) or tag in _SKIPPED or tag.startswith("amp-"):
        return True
    get = element.get
    if tag == "blockquote" and is_post(element):
        return True
    if get("hidden") is not None or "display:none" in (get("style") or "").replace(" ", "").lower():
        return _is_short(element)
    classes, identifier = get("class"), get("id")
    if not classes and not identifier:
        return False
    names = names_of(classes or "", identifier or "")
    return names.junk == 2 or ((names.skipped or names.junk == 1) and not names.marked and _is_short(element))


def is_post(element: Any) -> bool:
    """An embedded post: by its class, or by a link to the post in a quotation that is signed with it."""
    if any(name in (element.get("class") or "") for name in _POSTS) or element.get("cite", "").startswith(
        "https://t.me/"
    ):
        return True
    return any("/status/" in (link.get("href") or "") for link in element.iter("a"))


def _is_short(element: Any) -> bool:
    most, length = furniture().skipped_most, 0
    for piece in element.itertext():
        length += len(piece)
        if length > most:
            return False
    return True
