"""News that nobody published: stories with their facts, told by several outlets in sentences of ``newsroom.toml``.

Everything is a function of the story's number, the telling and the day that counts as today: the same in every run.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct

TELLINGS = 3
"""Outlets that tell one story."""
DAYS = 20
"""The stories lie within so many days before today."""
LEAST_WORDS, MOST_WORDS = 150, 500
MOST_MORE = 3
"""What an article reports beside its lead at the most: a labelled article with events has four on the average."""


class Article(Struct, frozen=True, kw_only=True):
    """One outlet's telling of a story. ``paragraphs`` are what cleaning should find on its page."""

    story: int
    telling: int
    kind: str
    section: str
    outlet: str
    skin: str
    title: str
    paragraphs: tuple[str, ...]
    published_at: datetime

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)


@cache
def newsroom() -> dict[str, Any]:
    """The data file."""
    data: dict[str, Any] = tomllib.loads(Path(__file__).with_name("newsroom.toml").read_text(encoding="utf-8"))
    return data


def tell(story: int, telling: int, today: datetime) -> Article:
    """The story as its ``telling``-th outlet publishes it. ``today`` is in UTC."""
    return _told(story, telling, today, None)


def summarize(story: int, telling: int, today: datetime) -> Article:
    """The telling with its first paragraph alone, as a feed shows it."""
    return _told(story, telling, today, 1)


def headline(story: int, telling: int, today: datetime) -> str:
    """The title of the telling alone."""
    return _Story(story, today).title(Random(f"telling {story} {telling}"))


def _told(story: int, telling: int, today: datetime, paragraphs: int | None) -> Article:
    facts, own = _Story(story, today), Random(f"telling {story} {telling}")
    outlets = newsroom()["outlets"]
    outlet = outlets[(story + telling * 3) % len(outlets)]
    title, published_at = facts.title(own), facts.happened_at + timedelta(minutes=own.randint(20, 300))
    return Article(
        story=story,
        telling=telling,
        kind=facts.kind["name"],
        section=facts.kind["section"],
        outlet=outlet["name"],
        skin=outlet["skin"],
        title=title,
        paragraphs=tuple(islice(_paragraphs(facts, own), paragraphs)),
        published_at=min(published_at, today),
    )


def _paragraphs(facts: _Story, own: Random) -> Iterator[str]:
    """The lead, then paragraphs of one to three sentences until the article is as long as it should be."""
    wanted = own.randint(LEAST_WORDS, MOST_WORDS)
    lead = own.choice(facts.kind["leads"]).format_map(facts.slots(own))
    yield lead
    body = [*facts.kind["body"], *own.sample(newsroom()["common"]["body"], 4)]
    own.shuffle(body)
    for wordings in own.sample(facts.more, min(own.randint(1, MOST_MORE), len(facts.more))):
        body.insert(own.randint(0, 6), own.choice(wordings))
    templates, words = cycle(body), len(lead.split())
    while words < wanted:
        sentences = [next(templates).format_map(facts.slots(own)) for _ in range(own.randint(1, 3))]
        paragraph = " ".join(sentences)
        words += len(paragraph.split())
        yield paragraph


class _Story:
    """The facts that all tellings share."""

    def __init__(self, number: int, today: datetime) -> None:
        random, room = Random(f"story {number}"), newsroom()
        kinds = room["kinds"]
        self.kind: dict[str, Any] = random.choices(kinds, weights=[kind["share"] for kind in kinds])[0]
        self.country: dict[str, Any] = random.choice(room["countries"])
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        self.happened_at = midnight - timedelta(days=number % DAYS + 1, minutes=-random.randint(0, 1_000))
        self._fixed = self._facts(random, room["words"])
        self._dead, self._hurt = random.randint(1, 14), random.randint(1, 30)
        more = self.kind.get("more", [])
        self.more: list[list[str]] = random.sample(more, min(MOST_MORE, len(more)))

    def _facts(self, random: Random, words: dict[str, list[str]]) -> dict[str, str]:
        place, gov = random.choice(self.country["places"])
        actors = random.sample(self.country["actors"], 2)
        clubs = random.sample(words["club"], 2)
        picked = {name: random.choice(words[name]) for name in ("player", "coach", "company", "attack", "hour")}
        return {
            **picked,
            "place": place,
            "gov": gov,
            "place2": random.choice([other for other, _ in self.country["places"] if other != place]),
            "detained": counted("detained", random.randint(1, 16)),
            "families": counted("families", random.randint(2, 60)),
            "houses": counted("houses", random.randint(1, 20)),
            "country": self.country["name"],
            "adjective": self.country["adjective"],
            "actor": actors[0],
            "actor2": actors[1],
            "club": clubs[0],
            "club2": clubs[1],
            "weekday": words["weekdays"][self.happened_at.weekday()],
            "day": str(self.happened_at.day),
            "month": self.country["months"][self.happened_at.month - 1],
            "temp": str(random.randint(18, 47)),
            "price": f"{random.randint(11, 98) * 50} ليرة",  # lira
            "amount": str(random.randint(3, 950)),
            "pct": str(random.randint(2, 60)),
        }

    def title(self, own: Random) -> str:
        return str(own.choice(self.kind["titles"]).format_map(self.slots(own)))

    def slots(self, own: Random) -> dict[str, str]:
        """The facts, and what each sentence fills in by itself; one outlet's toll may be higher than another's."""
        words = newsroom()["words"]
        drawn = {name: own.choice(words[name]) for name in ("source", "official", "expert", "agency", "ministry")}
        return {
            **self._fixed,
            **drawn,
            "temp2": str(own.randint(4, 17)),
            "n1": str(own.randint(3, 9)),
            "n2": str(own.randint(11, 44)),
            "n3": str(own.randint(45, 89)),
            "n4": str(own.randint(20, 900)),
            "months": f"{own.randint(3, 9)} أشهر",  # months, three to nine
            "killed": counted("killed", self._dead + own.choice((0, 0, 0, 1))),
            "injured": counted("injured", self._hurt + own.choice((0, 0, 2))),
        }


def counted(what: str, number: int) -> str:
    """The number with its noun as Arabic counts: one, two, three to ten with a plural, more with a singular."""
    forms = newsroom()["counted"][what]
    form = forms[0 if number == 1 else 1 if number == 2 else 2 if number <= 10 else 3]
    return str(form.format(n=number))
