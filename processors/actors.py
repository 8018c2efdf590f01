"""Finding the actors that a text names, and saying who they are.

``find_actors`` reads every noun phrase that a known name or a role noun leads, each at most twelve words, without proclitics, and
resolves it: by the ontology with the dates of its names, by the country's adjective («طائرة مسيّرة تركية»), by the outlet's viewpoint
(«الاحتلال»), and definite nouns («التنظيم») by what the article named before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from arabic.fold import Folded, fold
from contracts.records import ActorKind
from processors.actor_ontology import ActorEntry, Name, Ontology, Viewed, ontology
from processors.actor_phrases import Phrase, PhraseReader
from processors.demonyms import adjectives
from processors.gazetteer import shipped
from processors.role_nouns import roles

_NAMED_AFTER = frozenset(
    map(
        fold,
        ("حي", "شارع", "مدينة", "بلدة", "قرية", "مخيم", "منطقة", "ساحة", "مسجد", "جامع", "جبل", "تل", "دوار", "حارة"),
    )
)
# quarter, street, town, village, camp, area, square, mosque, hill, roundabout
UNARMED = frozenset({"civilians", "protesters", "rioters"})
SHADDA = "\u0651"
MARCH = fold("مسيرة")
OUTLET_VOTES = 2  # adjectives of another country that the outlet's own country counts for


class ActorMention(Struct, frozen=True):
    """An actor in the text: quote and offsets of the original, and who it is as far as the text tells. ``head``: the class of its head
    noun; ``definite``: it points at someone known; ``thing``: an object that is hit, not a person."""

    text: str
    start: int
    end: int
    name: str | None = None
    name_en: str | None = None
    actor_id: str | None = None
    kind: ActorKind | None = None
    country: str | None = None
    head: str | None = None
    definite: bool = False
    thing: bool = False


class _Resolver:
    """Who a phrase is, given the outlet, the day, and what the text named so far."""

    def __init__(
        self, known: Ontology, viewpoint: str | None, outlet: str | None, published: date | None, countries: list[str]
    ) -> None:
        self.known, self.viewpoint, self.outlet, self.published = known, viewpoint, outlet, published
        self.countries = countries
        self.named: list[ActorEntry] = []

    def entry_of(self, phrase: Phrase) -> ActorEntry | None:
        """The first name in the phrase that resolves, else the force of the country whose adjective it bears."""
        for hit in phrase.hits:
            entry = self._entry(hit.name, phrase)
            if entry is not None:
                self._note(entry)
                return entry
        head = phrase.head
        if phrase.countries and head and (head.means or head.group == "state"):
            return self._force(phrase.countries[0])
        return None

    def _force(self, country: str, suffix: str = "forces") -> ActorEntry | None:
        """The forces of a country on the day; Syria's changed hands."""
        if country == "SY" and suffix == "forces":
            return self._dated(self.known.names["الجيش السوري"])
        return self.known.force_of(country, suffix)

    def _note(self, entry: ActorEntry) -> None:
        if entry in self.named:
            self.named.remove(entry)
        self.named.append(entry)

    def _entry(self, name: Name, phrase: Phrase) -> ActorEntry | None:
        if name.viewed is not None:
            return self._viewed(name.viewed, phrase)
        if name.bare is not None:
            return self._bare(name.bare, phrase)
        if name.noun is not None:
            return next((entry for entry in reversed(self.named) if entry.noun == name.noun), None)
        return self._dated(name)

    def _dated(self, name: Name) -> ActorEntry | None:
        """The entry whose dates hold, of the country at issue where several do or the name is common to many."""
        entries = [entry for entry in name.entries if entry.holds_on(self.published)]
        if not entries:
            entries = [entry for entry in name.entries if self.published is None]
        for country in (*self.countries, self.outlet):
            at_home = next((entry for entry in entries if country and entry.country == country), None)
            if at_home:
                return at_home
        return None if name.generic or not entries else entries[0]

    def _viewed(self, viewed: Viewed, phrase: Phrase) -> ActorEntry | None:
        if phrase.countries:  # «الاحتلال التركي», «النظام السوري»
            of_country = [
                self.known.entries[i] for i in viewed.follows if self.known.entries[i].country == phrase.countries[0]
            ]
            return of_country[0] if of_country else self.known.force_of(phrase.countries[0])
        for entry in reversed(self.named):
            if entry.id in viewed.follows:
                return entry
        chosen = viewed.viewpoints.get(self.viewpoint or "")
        for country in (*self.countries, self.outlet or ""):
            chosen = chosen or viewed.countries.get(country)
        chosen = chosen or viewed.otherwise
        return self.known.entries.get(chosen) if chosen else None

    def _bare(self, suffix: str, phrase: Phrase) -> ActorEntry | None:
        country = phrase.countries[0] if phrase.countries else None
        if country is None and suffix == "forces":
            before = [e for e in self.named if e.kind == "state_forces" and e.noun in ("جيش", "قوات")]
            if before:
                return before[-1]
        country = country or next(iter(self.countries), None)
        return self._force(country, suffix) if country else None


def spoken_countries(words: list[str], outlet: str | None, states: Iterable[str | None] = ()) -> list[str]:
    """The countries that a text speaks of, by their adjectives and by ``states`` (one for each time that a country or capital is
    named), the most named first; the outlet's own where none outweighs it."""
    forms = adjectives()
    votes: Counter[str] = Counter(filter(None, map(forms.get, words)))
    votes.update(filter(None, states))
    if outlet:
        votes[outlet] += OUTLET_VOTES
    return sorted(votes, key=lambda code: (-votes[code], code != outlet, code))


def _is_believed(phrase: Phrase, resolver: _Resolver) -> bool:
    """A name that is also a word needs a head before it or a sure name of the same actor earlier."""
    if phrase.head is not None and phrase.hits and phrase.hits[0].first > phrase.first:
        return True
    if not phrase.hits or not phrase.hits[0].name.proof:
        return True
    return any(entry in resolver.named for entry in phrase.hits[0].name.entries)


def _kind_of(phrase: Phrase, entry: ActorEntry | None) -> ActorKind | None:
    head = phrase.head
    leads = head is not None and not (phrase.hits and phrase.hits[0].first == phrase.first)
    if leads and head is not None:
        if head.kind in UNARMED and not head.thing:
            return head.kind
        if head.thing:
            return entry.kind if entry else (None if head.military else head.kind)
    if entry is not None:
        return entry.kind
    return head.kind if head is not None else None


def find_actors(
    folded: Folded, *, viewpoint: str | None = None, country: str | None = None, published: date | None = None
) -> list[ActorMention]:
    """The actors of a text in order, none inside another. ``viewpoint``: a slug of the feed list; ``country``: the outlet's (ISO
    3166 alpha-2); ``published``: the day of publication at the outlet. Offsets are those of ``folded.original``."""
    known, words = ontology(), folded.words
    reader = PhraseReader(folded, known, roles())
    states = [hit.name.entries[0].country for hit in reader.hits.values() if hit.name.state]
    resolver = _Resolver(known, viewpoint, country, published, spoken_countries(words, country, states))
    return [
        mention
        for phrase in reader.phrases()
        if _is_believed(phrase, resolver) and (mention := _mention(folded, phrase, resolver)) is not None
    ]


def _mention(folded: Folded, phrase: Phrase, resolver: _Resolver) -> ActorMention | None:
    entry = resolver.entry_of(phrase)
    head = phrase.head
    if entry is None and head is None and not any(hit.name.viewed or hit.name.entries for hit in phrase.hits):
        return None
    if entry is None and not _stands_alone(folded, phrase):
        return None
    last = phrase.stop - 1
    start, end = folded.span(folded.starts[phrase.first] + phrase.cut, folded.starts[last] + len(folded.words[last]))
    end = _closed(folded.original, start, end)
    kind = _kind_of(phrase, entry)
    named = entry if entry is not None and not (kind in UNARMED and kind != entry.kind) else None
    home = named.country if named else (phrase.countries[0] if phrase.countries else None)
    return ActorMention(
        folded.original[start:end],
        start,
        end,
        named.name if named else None,
        named.name_en if named else None,
        named.id if named else None,
        kind,
        home,
        head.group if head else None,
        phrase.definite,
        bool(head and head.thing and not named),
    )


def _stands_alone(folded: Folded, phrase: Phrase) -> bool:
    """May a phrase without a known actor be one? Not «المدفعية» alone, not «مسيرة» (a march, unless its shadda says drone), not a name
    of a place that begins like a person's («الشيخ زويد»)."""
    head = phrase.head
    if head is None:
        return True
    if head.named_only and not phrase.countries:
        return False
    if head.named and phrase.first and folded.words[phrase.first - 1].lstrip("وبل") in _NAMED_AFTER:
        return False  # «حي الشيخ جراح», «شارع الطبيب»: a place that bears a person's name
    first = folded.starts[phrase.first] + phrase.cut
    last = folded.starts[phrase.stop - 1] + len(folded.words[phrase.stop - 1])
    if head.means and phrase.stop - phrase.first == 1 and folded.text[first:last].endswith(MARCH):
        return SHADDA in folded.quote(first, last)
    return not (
        head.named and " ".join(folded.words[phrase.first : phrase.first + 2])[phrase.cut :] in shipped().spellings
    )


def _closed(text: str, start: int, end: int) -> int:
    """The end with the closing sign of a quotation that opens inside: «تنظيم “الدولة”»."""
    for opening, closing in ("“”", "«»", "()", '""'):
        quote = text[start:end]
        if text[end : end + 1] == closing and quote.count(opening) > (
            quote.count(closing) if opening != closing else quote.count(opening) // 2 * 2
        ):
            return end + 1
    return end
