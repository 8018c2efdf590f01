"""From a passage to drafts: triggers are grouped, what did not happen is turned down, the rest gets type, time, place, parts, tolls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import structs

from contracts.records import Quote
from processors.casualties import attach_counts
from processors.context import Kinds, has_light_verb, names_gun, nearest_means
from processors.dates_of import choose_when
from processors.drafts import Draft
from processors.factuality import Cue, is_planned, kinds
from processors.forms import has_article, is_future
from processors.frames import Roles, read_roles
from processors.groups import Group, group_hits
from processors.kinds import FAR, HARM_NEAR, means_type, refine, told_type, violent_type
from processors.lexicon import LEADS_NOUN, Hit, Lexicon
from processors.mentions import Mentions, Setting
from processors.passage import Passage
from processors.places_of import choose_places, event_places
from processors.refusals import Genre, turned_down
from processors.sentences import Sentence
from processors.sides import (
    by_a_gang,
    by_aircraft,
    by_gunmen,
    by_settlers,
    gain_of,
    is_brawl,
    is_live_fire,
    is_protest,
    side_of,
    told_people,
)
from processors.speakers import NON_STATE, Source, SpeakerReader

LONGEST_TRIGGER = 4
"""Words of a trigger that is quoted whole; a longer stretch is quoted by its first word."""
ANNOUNCED_WITHIN = 4
"""Words from a verb of saying to what it announces."""
LONGEST_HARM = 8
"""Words of a phrase that tells the harm and then what did it («مقتل ثلاثة مدنيين بقصف») and is quoted whole."""
_THEN = frozenset({"ثم", "عاودت", "عاود"})  # then, did once more: another thing of the same kind
_POINTERS = frozenset({"هذا", "هذه", "ذلك", "تلك", "لهذا", "بهذا", "لهذه", "نفس"})  # this, that, the same
_OTHERS = frozenset(
    {"اخر", "اخري", "ثان", "ثانيه", "مماثل", "مماثله", "ثالث", "ثالثه", "مشابه", "اخرين", "منفصل", "منفصله"}
)
# another, second, similar, third, separate
_DEMONSTRATED = frozenset({"المذكور", "المذكوره"})
_TURNS = (
    "من جهه اخري", "الي ذلك", "في سياق", "وفي سياق", "علي صعيد", "وعلي صعيد", "من جانب اخر", "في المقابل", "وفي المقابل", "كذلك",
    "بالمقابل", "في غضون ذلك", "وفي غضون", "بعد ذلك", "بالتزامن", "في الاثناء", "وفي الاثناء", "من ناحيه اخري", "في حادث", "وفي حادث",
    "في هجوم اخر", "في عمليه اخري", "وفي عمليه اخري", "كما استهدف", "كما قصف", "كما شن", "كما تعرض", "كما نفذ", "كما اعتقل", "وفي الغضون",
)  # fmt: skip
# on the other hand, besides, in a related matter, meanwhile, after that, also shelled …
_SKIPPED_LINES = ("اقرا ايضا", "اقرا المزيد", "شاهد ايضا", "مواضيع ذات صله", "اقرا ايضًا", "للمزيد")
# read also, read more, see also: links to other articles


def read_passage(passage: Passage, mentions: Mentions, setting: Setting, genre: Genre, lexicon: Lexicon) -> list[Draft]:
    """The drafts of a passage in the order of the text."""
    drafts: list[Draft] = []
    for sentence in passage.sentences:
        hits = hits_of(passage, sentence, lexicon)
        if hits:
            told = _read_sentence(passage, sentence, hits, mentions, genre, setting.published)
            headline = sentence.index <= 1 and passage.is_headline(sentence)
            for draft in told:
                draft.headline = headline
            drafts.extend(told)
    if drafts:
        _give_sources(passage, mentions, drafts)
    return drafts


def _give_sources(passage: Passage, mentions: Mentions, drafts: Sequence[Draft]) -> None:
    """Gives every draft of a passage the source of its sentence."""
    speakers = SpeakerReader(passage, mentions.actors)
    sources = {sentence.index: speakers.source(sentence) for sentence in passage.sentences}
    for draft in drafts:
        draft.extra["source"] = sources[draft.group.sentence.index]
    _give_only_source(drafts, speakers.heard)


def _give_only_source(drafts: Sequence[Draft], heard: Sequence[Source]) -> None:
    """Where an article hears a party or an official alone, what it tells without a source comes from them."""
    if not heard or any(source.independent for source in heard):
        return
    party = heard[0].kind in NON_STATE and not heard[0].claims
    if not heard[0].official and not party:
        return
    for draft in drafts:
        if draft.extra["source"] is None:
            draft.extra["source"] = structs.replace(heard[0], elsewhere=True)


def is_worth_reading(passage: Passage, genre: Genre, lexicon: Lexicon) -> bool:
    """Whether any trigger would stand alone: most of everyday news ends here, before places, actors and tolls are looked for."""
    return any(
        turned_down(Group(passage, sentence, [hit]), passage.cues(sentence), around, genre) is None
        for sentence in passage.sentences
        if (hits := hits_of(passage, sentence, lexicon))
        for around in (passage.kinds(sentence),)
        for hit in hits
    )


def hits_of(passage: Passage, sentence: Sentence, lexicon: Lexicon) -> list[Hit]:
    """The triggers of a sentence; none where it only links to other articles."""
    if passage.folded.text.startswith(_SKIPPED_LINES, sentence.start, sentence.end):
        return []
    return passage.hits(sentence, lexicon)


def _read_sentence(
    passage: Passage,
    sentence: Sentence,
    hits: Sequence[Hit],
    mentions: Mentions,
    genre: Genre,
    published: date | None,
) -> list[Draft]:
    around = passage.kinds(sentence)
    groups = groups_of(passage, sentence, hits, mentions)
    cues = passage.cues(sentence)
    kept = [group for group in groups if not turned_down(group, cues, around, genre)]
    reader = _GroupReader(mentions, cues, around, kept, published)
    return [draft for group in kept for draft in reader.read(group)]


def groups_of(passage: Passage, sentence: Sentence, hits: Sequence[Hit], mentions: Mentions) -> list[Group]:
    """The triggers of a sentence as things, before any is turned down."""
    places = event_places(mentions.places, sentence.first, sentence.stop)
    groups = group_hits(passage, sentence, hits, [(place.first, place.stop) for place in places])
    return _without_protests_put_down(_without_fires_of_riots(_without_bare_operations(groups)))


def _without_bare_operations(groups: Sequence[Group]) -> list[Group]:
    """«عملية أمنية» beside arrests or a clash only names them together."""
    others = [group for group in groups if group.head.trigger.role != "talk" and group.head.trigger.id != "operation"]
    return [group for group in groups if group.head.trigger.id != "operation" or not others]


def _without_fires_of_riots(groups: Sequence[Group]) -> list[Group]:
    """«اقتحم محتجون المبنى وأضرموا فيه النار احتجاجا على الغلاء»: what rioters burn and why they protest is of the riot."""
    riots = [group.first for group in groups if group.head.trigger.id in _RIOTS]
    return [group for group in groups if not (_is_of_riot(group) and any(at < group.first for at in riots))]


def _without_protests_put_down(groups: Sequence[Group]) -> list[Group]:
    """«تظاهر المئات، وفرقت قوات الأمن المحتجين»: the protest and its end are one thing, told by the end."""
    ended = any(group.head.trigger.id in ("intervene", "crackdown") for group in groups)
    return [group for group in groups if not (ended and group.head.trigger.id == "protest")]


def _is_of_riot(group: Group) -> bool:
    trigger = group.head.trigger.id
    return trigger == "loot" or (trigger == "protest" and not group.head.verb)


_RIOTS = frozenset({"riot", "rioters", "mob", "crowd"})


class _GroupReader:
    """Reads the groups of one sentence; ``groups`` are all of them, so that each takes only what is nearest to it."""

    def __init__(
        self, mentions: Mentions, cues: Sequence[Cue], around: Kinds, groups: Sequence[Group], published: date | None
    ) -> None:
        self.mentions, self.cues, self.around, self.groups = mentions, cues, around, groups
        self.published = published

    def read(self, group: Group) -> list[Draft]:
        """One draft, or one for each place of a list."""
        first, stop = self._scope(group)
        roles = read_roles(group, self.mentions.actors, first, stop)
        draft = self._draft(group, first, stop, roles)
        chosen = choose_places(group, self.mentions.places, first, stop)
        attach_counts(draft, self.groups, self.mentions.counts)
        if draft.sub_event == "looting_property_destruction" and _hurts(draft):  # «أحرقوا منازل القرية وقتلوا ستة»
            draft.sub_event = "attack"
        draft.features["light"] = float(has_light_verb(group.passage.words[first:stop]))
        draft.features["supported"] = float(self._is_supported(group, draft, first, stop, placed=bool(chosen)))
        draft.extra["places"] = chosen
        draft.extra["roles"] = roles
        return [draft]

    def _is_supported(self, group: Group, draft: Draft, first: int, stop: int, *, placed: bool) -> bool:
        """Whether the words tell that it happened: a perfect verb, a light verb, a toll, a day with a place; a bare noun («التحقيق في
        تفجير») may only add to what is told elsewhere."""
        if draft.is_title or draft.sub_event is None:
            return True
        if any(hit.verb and not _is_imperfect(group.passage.words[hit.first]) for hit in group.hits):
            return True
        if placed and draft.when.precision == "day":
            return True
        words = group.passage.words
        others = [i for i in range(first, stop) if not any(hit.verb and hit.first == i for hit in group.hits)]
        if not any(hit.verb for hit in group.hits) and has_light_verb(words[i] for i in others):
            return True
        return bool(draft.counts) or (placed and not draft.definite)

    def _scope(self, group: Group) -> tuple[int, int]:
        """The words that a group may take its parts from: its clauses, up to the triggers of its neighbours."""
        sentence = group.sentence
        first = min(sentence.clause_of(hit.first)[0] for hit in group.hits)
        stop = max(sentence.clause_of(hit.last)[1] for hit in group.hits)
        for other in self.groups:
            if other is group:
                continue
            if group.last < other.first < stop and other.head.verb:
                stop = other.first
            if first <= other.last < group.first and group.head.verb:
                first = max(first, other.last + 1)
        return first, stop

    def _draft(self, group: Group, first: int, stop: int, roles: Roles) -> Draft:
        passage, head = group.passage, group.head
        words = passage.words
        slug, told = self._type(group, first, stop, roles)
        draft = Draft(
            group=group,
            sub_event=slug,
            plover=head.trigger.plover,
            told=told,
            trigger=_quote_told(passage, group),
            evidence=_sentence_quote(passage, group.sentence),
        )
        before = words[head.first - 1] if head.first > group.sentence.first else ""
        after = words[head.last + 1 : head.last + 4]
        draft.definite = not head.verb and (has_article(words[head.first]) or before in _POINTERS)
        draft.features["points_back"] = float(
            any(not hit.verb and words[hit.first].removeprefix("و").startswith("ال") for hit in group.hits)
        )
        draft.other = bool(_OTHERS & set(after)) or before in _THEN or self._turns_away(group, draft)
        near = nearest_means(words, head.first, first, stop)
        draft.weapons = tuple(dict.fromkeys(kind for distance, kind in near if distance <= HARM_NEAR))
        draft.extra["any_strike"] = slug == "shelling_artillery_missile_attack" and not names_gun(words[first:stop])
        draft.when = choose_when(
            group, self.mentions.dates, first, stop, alone=len(self.groups) == 1, published=self.published
        )
        self._factuality(draft, group, first, stop)
        return draft

    def _turns_away(self, group: Group, draft: Draft) -> bool:
        """«إلى ذلك», «من جهة أخرى»: the sentence begins another thing, unless it points back."""
        sentence = group.sentence
        begin = " ".join(group.passage.words[sentence.first : sentence.first + 4])
        return not draft.definite and not group.is_outcome_only and begin.startswith(_TURNS)

    def _type(self, group: Group, first: int, stop: int, roles: Roles) -> tuple[str | None, bool]:
        words, head = group.passage.words, group.head
        if head.trigger.role == "talk":
            return None, True
        slug = told_type(group.hits)
        if head.trigger.role == "take":
            return gain_of(group, first, stop, roles), True
        if slug == "armed_clash" and is_protest(group, roles):
            return "violent_demonstration", True
        if slug == "armed_clash" and is_brawl(group, roles):
            return "mob_violence", True
        if slug == "arrests" and by_a_gang(roles):
            return "abduction_forced_disappearance", True
        if slug == "protest_with_intervention" and is_live_fire(words[first:stop]):
            return "excessive_force_against_protesters", True
        if slug is not None:
            return self._by_what(refine(slug, words, head.first, first, stop), group, first, stop, roles), True
        near = HARM_NEAR if group.is_outcome_only else FAR
        means = means_type(words, head.first, first, stop, near)
        target = side_of(roles.targets)
        if target == "unknown":
            target = (
                "civilians"
                if by_settlers(group, roles, self.mentions.actors)
                else told_people(group, first, stop, roles)
            )
        kind = violent_type(head.trigger.id, means, self.around, target, by_gunmen=by_gunmen(roles))
        return self._by_what(kind, group, first, stop, roles), means is not None

    def _by_what(self, slug: str, group: Group, first: int, stop: int, roles: Roles) -> str:
        """Shelling by what flies is an air strike, where the verb's own clause names no gun."""
        if (
            slug != "shelling_artillery_missile_attack"
            or not (group.head.verb or group.passage.words[group.head.first - 1] in LEADS_NOUN)
            or not by_aircraft(group, roles, self.mentions.actors)
        ):
            return slug
        return slug if names_gun(group.passage.words[first:stop]) else "air_drone_strike"

    def _factuality(self, draft: Draft, group: Group, first: int, stop: int) -> None:
        told = kinds(self.cues, group.sentence.first, group.sentence.stop)
        before = kinds(self.cues, group.sentence.first, group.head.first)
        words, at = group.passage.words, group.head.first
        leads = words[at - 1] if at > group.sentence.first else ""
        future = group.head.future or (len(leads) > 2 and is_future(leads) and has_light_verb([leads]))
        if is_planned(self.cues, group.head.first, future=future):
            draft.status = "planned"
        elif "deny" in before:
            draft.status = "denied"
        draft.features["recall"] = float("recall" in kinds(self.cues, first, stop))
        draft.features["cumulative"] = float("cumulative" in told)
        draft.features["leads_recall"] = float(
            "recall" in kinds(self.cues, group.sentence.first, group.sentence.first + 3)
        )
        draft.features["own_word"] = float("own_word" in told)
        draft.features["independent"] = float("independent" in told)
        draft.features["announced"] = float(_is_announced(self.cues, group, words))


def _is_announced(cues: Sequence[Cue], group: Group, words: Sequence[str]) -> bool:
    """«أعلنت سيطرتها على البلدة»: a deed of the one who speaks, by its pronoun."""
    at = group.head.first
    near = any(cue.kind in ("says", "claim") and 0 < at - cue.last <= ANNOUNCED_WITHIN for cue in cues)
    return near and not group.head.verb and words[at].endswith(("ها", "هم", "ته"))


def _hurts(draft: Draft) -> bool:
    return any(count.low > 0 for name, count in draft.counts.items() if name in ("killed", "injured"))


def _is_imperfect(word: str) -> bool:
    return word.removeprefix("و").removeprefix("ف")[:1] in "يت"


def _quote_told(passage: Passage, group: Group) -> Quote:
    """The words that tell a thing: its head, with the harm before it where that is near («قُتل مدنيان بقصف»)."""
    head, first = group.head, group.hits[0]
    if first.first < head.first and head.last - first.first < LONGEST_HARM:
        return _quote(passage, first.first, head.last + 1)
    whole = head.last - head.first < LONGEST_TRIGGER
    return _quote(passage, head.first, head.last + 1 if whole else head.first + 1)


def _quote(passage: Passage, first: int, stop: int) -> Quote:
    start, end = passage.span(first, stop)
    return quote_at(passage, start, end)


def quote_at(passage: Passage, start: int, end: int) -> Quote:
    """A quote by original offsets; in the title, start and end are -1 and ``title_start`` holds."""
    text = passage.folded.original[start:end]
    if passage.is_title:
        return Quote(text=text, start=-1, end=-1, title_start=start)
    return Quote(text=text, start=start, end=end)


def _sentence_quote(passage: Passage, sentence: Sentence) -> Quote:
    start, end = passage.folded.span(sentence.start, sentence.end)
    return quote_at(passage, start, end)
