"""The part that a place has in its clause: where it happened, came from or went to, whose it is, a capital that stands for its state."""

from __future__ import annotations

from arabic.fold import fold
from processors.place_mentions import Role
from processors.place_phrases import Hit, Lead
from processors.place_words import PlaceWords

CUE_WINDOW = 60  # folded characters before a phrase in which a cue of its role stands
DATELINE_WINDOW = 70  # a dateline ends in the first characters of an article
FROM = fold("من")
_ON, _IN = fold("على"), fold("في")
_ONTO = frozenset(map(fold, ("على", "في", "ب", "إلى")))
_BASES = frozenset(map(fold, ("قاعدة", "مطار", "مستوطنة", "مستوطنات")))
# base, airport, settlement: what takes off or sets out from them strikes elsewhere
_ADDED = frozenset(map(fold, ("إضافة", "بالإضافة", "وإضافة")))
_HITS = ("استهدف", "طال", "قصف", "سقط")  # targeted, reached, shelled, fell: what follows was hit


class RoleReader:
    """Reads the roles of the places of one text, in order."""

    def __init__(self, at: PlaceWords) -> None:
        self.at = at
        self.government_end = -1  # folded end of the last capital that stood for its state

    def role(self, lead: Lead, hit: Hit) -> Role:
        start = lead.start if lead.start is not None else hit.start
        before = self.at.text[max(0, start - CUE_WINDOW) : start]
        for sign in ".!؟?\n،":
            before = before[before.rfind(sign) + 1 :]
        previous = self.at.word_before(start)
        if self._is_dateline(hit):
            return "dateline"
        if self._is_affiliation(previous, start) or self.at.rules.about.search(before):
            return "affiliation"
        if self._is_origin(before, lead) or (lead.preposition == FROM and lead.head and lead.head.word in _BASES):
            return "origin"
        if lead.preposition in self.at.rules.direction_prepositions and not self._is_added(lead):
            return "location" if self.at.rules.reaches.search(before) else "direction"
        if self._is_government(hit, lead, previous):
            return "government"
        return "location"

    def _is_added(self, lead: Lead) -> bool:
        """«إضافة إلى بلدة مسرابا»: one more of a list, and no direction."""
        if lead.before is None:
            return False
        return not _ADDED.isdisjoint(self.at.words[max(0, lead.before - 1) : lead.before + 1])

    def _is_origin(self, before: str, lead: Lead) -> bool:
        """«مصدره قوات النظام في جورين», and not «مصدره قوات النظام استهدف بلدة», «من فوق الجولان على دمشق» or «المتمركزة في جورين على
        بلدة»."""
        found = self.at.rules.origin.search(before)
        if found is None:
            return False
        words = found[0].split()
        onto = (lead.preposition in _ONTO and FROM in words) or (lead.preposition == _ON and _IN in words)
        return not onto and not any(word.startswith(_HITS) for word in words[1:])

    def _is_affiliation(self, previous: str, start: int) -> bool:
        """«من أبناء مدينة جاسم», «جامعة دمشق»: whose, not where."""
        bare = previous[1:] if previous[:1] in "وبفل" else previous
        if previous in self.at.rules.affiliation or bare in self.at.rules.affiliation:
            return True
        if previous not in self.at.rules.residents:
            return False
        index = self.at.index_after(start) - 2
        return index >= 0 and self.at.words[index] == FROM

    def _is_dateline(self, hit: Hit) -> bool:
        """«بيروت - رويترز:» at the head of an article."""
        if hit.end > DATELINE_WINDOW or not hit.entries or self.at.sentence(hit.start) > 0:
            return False
        before, after = self.at.text[: hit.start].strip(), self.at.text[hit.end : hit.end + 3].strip()
        return len(before) < 30 and (" " not in before) and after[:1] in ("-", "–", "—", ":", "(", "/") and after != ""

    def _is_government(self, hit: Hit, lead: Lead, previous: str) -> bool:
        """A capital or country that speaks or is spoken with, not a place where something happens."""
        if lead.head or lead.relation or (lead.preposition and lead.preposition not in ("بين", "من")):
            return False
        if not any(entry.kind in ("country", "capital") for entry in hit.entries):
            return False
        index = self.at.index_after(hit.end)
        following = self.at.words[index] if index < len(self.at.words) and self.at.adjacent(index) else ""
        goes_on = hit.clitic == "و" and self.government_end == hit.start - 2  # «توصلت أنقرة وموسكو»
        if (
            goes_on
            or following in self.at.rules.speech
            or previous in self.at.rules.speech
            or lead.preposition == "بين"
        ):
            self.government_end = hit.end
            return True
        return False
