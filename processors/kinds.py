"""The sub-event of a group of triggers: from its own words where they say it, else from the means and from who is hit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from processors.context import Kinds, nearest_means
from processors.lexicon import Hit

Side = Literal["fighters", "civilians", "protesters", "unknown"]

# The more telling of two types that one group names: a suicide bomb is also a blast.
_PRIORITY = (
    "chemical_weapon",
    "suicide_bomb",
    "grenade",
    "air_drone_strike",
    "remote_explosive_landmine_ied",
    "shelling_artillery_missile_attack",
    "excessive_force_against_protesters",
    "protest_with_intervention",
    "abduction_forced_disappearance",
    "sexual_violence",
    "arrests",
    "armed_clash",
    "attack",
)
_BY_MEANS = {
    "chemical": "chemical_weapon",
    "suicide": "suicide_bomb",
    "air": "air_drone_strike",
    "artillery": "shelling_artillery_missile_attack",
    "explosive": "remote_explosive_landmine_ied",
    "grenade": "grenade",
}
_NEAR, FAR, HARM_NEAR = 7, 60, 9
"""Words after (half as many before) a trigger in which a means still speaks of a strike; of violence without a name of its own, which
may name its weapon after a long row of places; of a harm (قُتل بقذيفة)."""


def told_type(hits: Sequence[Hit]) -> str | None:
    """The most telling type that the triggers themselves name."""
    types = {hit.trigger.type for hit in hits if hit.trigger.type}
    return next((slug for slug in _PRIORITY if slug in types), next(iter(sorted(types)), None))


def means_type(words: Sequence[str], at: int, first: int, stop: int, near: int = FAR) -> str | None:
    """The type that the means around word ``at`` tell, None where no means but small arms stands near."""
    found = [(distance, kind) for distance, kind in nearest_means(words, at, first, stop) if distance <= near]
    if found and found[0][1] in ("guns", "blades"):
        return None
    for kind in ("chemical", "suicide"):
        if any(kind == other for _, other in found):
            return _BY_MEANS[kind]
    return next((_BY_MEANS[kind] for _, kind in found if kind in _BY_MEANS), None)


def refine(slug: str, words: Sequence[str], at: int, first: int, stop: int) -> str:
    """A told type made finer by the words near: «قصف» from aircraft is an air strike, a blast may be a suicide bomb."""
    near = [(distance, kind) for distance, kind in nearest_means(words, at, first, stop) if distance <= 12]
    kinds = {kind for _, kind in near}
    if "chemical" in kinds and slug in ("shelling_artillery_missile_attack", "air_drone_strike"):
        return "chemical_weapon"
    if slug == "shelling_artillery_missile_attack":
        return _air_or_artillery(near)
    if slug == "remote_explosive_landmine_ied" and "suicide" in kinds:
        return "suicide_bomb"
    return slug


def _air_or_artillery(near: Sequence[tuple[int, str]]) -> str:
    air = min((distance for distance, kind in near if kind == "air"), default=99)
    artillery = min((distance for distance, kind in near if kind == "artillery"), default=99)
    if air <= _NEAR and (artillery > 2 or air < artillery):
        return "air_drone_strike"
    return "shelling_artillery_missile_attack"


def violent_type(trigger: str, means: str | None, kinds: Kinds, target: Side, *, by_gunmen: bool = False) -> str:
    """The type of violence without a name of its own (هجوم, استهدف, قُتل, أطلق النار). ``by_gunmen``: unnamed men with small arms do it,
    who shell nobody."""
    if means is not None and not (by_gunmen and kinds["guns"] and means == _BY_MEANS["artillery"]):
        return means
    if target == "protesters":
        return "excessive_force_against_protesters"
    if trigger == "weapon_hit" and not kinds["guns"] and not by_gunmen:
        return "shelling_artillery_missile_attack"
    if target == "civilians":
        return "attack"
    if target == "fighters":
        return "armed_clash"
    return "armed_clash" if trigger in ("assault", "storm", "weapon_hit") else "attack"
