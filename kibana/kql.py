"""The part of KQL that the description uses, as Elasticsearch clauses.

``field: value``, ``field: (a or b)``, ``field: *``, ``field >= value`` (also ``>``, ``<=``, ``<``), joined by ``and``, ``or`` and
``not``, with brackets.
"""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]

_TOKEN = re.compile(r'\s*(>=|<=|[()<>:]|"[^"]*"|[^\s()<>:"]+)')
_RANGES = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


def kql(text: str) -> Json:
    """The clause of a question. Raises ValueError where it is not in the language."""
    reading = _Reading(_tokens(text), text)
    clause = reading.either()
    if reading.tokens:
        raise reading.wrong()
    return clause


def _tokens(text: str) -> list[str]:
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"KQL: {text!r}")
        tokens.append(found[1])
        at = found.end()
    return tokens


class _Reading:
    """Takes tokens from the front."""

    def __init__(self, tokens: list[str], text: str) -> None:
        self.tokens, self._text = tokens, text

    def wrong(self) -> ValueError:
        return ValueError(f"KQL: {self._text!r}, at {' '.join(self.tokens[:3]) or 'its end'}")

    def take(self, *wanted: str) -> str:
        """The next token; one of those wanted, where any are named."""
        if not self.tokens or (wanted and self.tokens[0].lower() not in wanted):
            raise self.wrong()
        return self.tokens.pop(0)

    def comes(self, word: str) -> bool:
        """Whether the next token is this word, which is taken then."""
        if self.tokens and self.tokens[0].lower() == word:
            self.tokens.pop(0)
            return True
        return False

    def either(self) -> Json:
        clauses = [self.both()]
        while self.comes("or"):
            clauses.append(self.both())
        return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}

    def both(self) -> Json:
        clauses = [self.single()]
        while self.comes("and"):
            clauses.append(self.single())
        return clauses[0] if len(clauses) == 1 else {"bool": {"filter": clauses}}

    def single(self) -> Json:
        if self.comes("not"):
            return {"bool": {"must_not": [self.single()]}}
        if self.comes("("):
            clause = self.either()
            self.take(")")
            return clause
        field = self.take()
        sign = self.take(":", *_RANGES)
        return self._equal(field) if sign == ":" else {"range": {field: {_RANGES[sign]: self._value()}}}

    def _equal(self, field: str) -> Json:
        if not self.comes("("):
            return self._one(field, self._value())
        clauses = [self._one(field, self._value())]
        while self.comes("or"):
            clauses.append(self._one(field, self._value()))
        self.take(")")
        return {"bool": {"should": clauses, "minimum_should_match": 1}}

    @staticmethod
    def _one(field: str, value: str) -> Json:
        return {"exists": {"field": field}} if value == "*" else {"match": {field: value}}

    def _value(self) -> str:
        return self.take().strip('"')
