"""Mentions to records: a draft's places and actors with what they resolve to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import structs

from contracts.records import Actor, Place
from processors.drafts import Draft
from processors.mentions import Mentions, Setting
from processors.passage import Located
from processors.place_holding import LEAST_SHARE, PlaceContext
from processors.place_mentions import PlaceMention
from processors.place_resolution import article_context, resolve_place
from processors.speakers import NON_STATE, Source, is_claim, speaker_of


def context_of(every: Sequence[Mentions], words: Iterable[str], setting: Setting) -> PlaceContext:
    """What the whole article, title and text, says of where."""
    mentions = [located.mention for found in every for located in found.places]
    table = setting.finder.gazetteer if setting.finder is not None else None
    return article_context(mentions, words, setting.country, table)


def without_far_words(found: Mentions, context: PlaceContext) -> Mentions:
    """The mentions without those that a bare name of the operator's table alone makes a place, in a country that the article hardly
    speaks of: such a name is a word."""

    def is_far(place: PlaceMention) -> bool:
        if place.head or not place.entries or any(entry.proof != "always" for entry in place.entries):
            return False
        return all(context.countries.get(entry.country, 0.0) < LEAST_SHARE for entry in place.entries)

    return structs.replace(found, places=[located for located in found.places if not is_far(located.mention)])


def resolve_draft(draft: Draft, own: Mentions, context: PlaceContext) -> None:
    """Fills place, place list, initiators and targets of a draft. ``own``: the mentions of its passage."""
    places = [located.mention for located in own.places]
    row = [
        _in_title(resolve_place(located.mention, places, context), draft.is_title) for located in draft.extra["places"]
    ]
    draft.place = row[0] if row else None
    draft.place_list = tuple(row)
    roles = draft.extra["roles"]
    source = draft.extra.get("source")
    draft.speaker = speaker_of(source)
    draft.initiators = tuple(actor_of(located, draft.is_title) for located in roles.initiators)
    draft.targets = tuple(actor_of(located, draft.is_title) for located in roles.targets)


def _in_title(place: Place, is_title: bool) -> Place:
    if not is_title:
        return place
    return structs.replace(place, start=-1, end=-1, title_start=place.start)


def settle_claims(drafts: Sequence[Draft]) -> None:
    """Marks what only a party to the conflict says, now that the parts are known."""
    for draft in drafts:
        if draft.status in ("asserted", "claimed") and draft.sub_event is not None:
            source = draft.extra.get("source")
            claimed = is_claim(source, draft.sub_event, draft.initiators, draft.targets)
            claimed = claimed and not _is_known(draft, source)
            claimed = claimed or (draft.features.get("own_word", 0) > 0 and _is_party(draft.initiators))
            confirmed = bool(draft.extra.get("confirmed"))
            announced = draft.features.get("announced", 0) > 0 and _is_party(draft.initiators)
            relayed = announced and draft.mentions == 1  # whoever tells on what the party says has not seen it
            draft.status = "claimed" if relayed or ((claimed or announced) and not confirmed) else "asserted"


def _is_known(draft: Draft, source: Source | None) -> bool:
    """What officials without a name, or a ministry, recall is no claim any more."""
    return draft.background and source is not None and source.official and source.actor_id is None


def _is_party(actors: Sequence[Actor]) -> bool:
    return any(actor.kind in NON_STATE or actor.kind == "state_forces" for actor in actors)


def actor_of(located: Located[Any], is_title: bool) -> Actor:
    """The record of an actor that stands in the title or in the text."""
    mention = located.mention
    start, end = (-1, -1) if is_title else (mention.start, mention.end)
    return Actor(
        text=mention.text,
        start=start,
        end=end,
        title_start=mention.start if is_title else None,
        name=mention.name,
        name_en=mention.name_en,
        actor_id=mention.actor_id,
        kind=mention.kind,
        country=mention.country,
    )
