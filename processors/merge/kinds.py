"""Which types of event can be one thing told in different words, where texts differ in naming the means."""

from __future__ import annotations

from contracts.taxonomy import SUB_EVENTS

_ARMS = (
    "armed_clash",
    "shelling_artillery_missile_attack",
    "air_drone_strike",
    "remote_explosive_landmine_ied",
    "suicide_bomb",
    "grenade",
    "attack",
)

_NEAR_ROWS = (
    *((one, other) for one in _ARMS for other in _ARMS if one < other),
    ("chemical_weapon", "shelling_artillery_missile_attack"),
    ("chemical_weapon", "air_drone_strike"),
    ("chemical_weapon", "attack"),
    ("sexual_violence", "attack"),
    ("abduction_forced_disappearance", "attack"),
    ("government_regains_territory", "armed_clash"),
    ("non_state_actor_overtakes_territory", "armed_clash"),
    ("peaceful_protest", "protest_with_intervention"),
    ("peaceful_protest", "violent_demonstration"),
    ("protest_with_intervention", "excessive_force_against_protesters"),
    ("protest_with_intervention", "violent_demonstration"),
    ("excessive_force_against_protesters", "violent_demonstration"),
    ("violent_demonstration", "mob_violence"),
    ("mob_violence", "looting_property_destruction"),
    ("arrests", "abduction_forced_disappearance"),
    ("change_to_group_activity", "headquarters_or_base_established"),
    ("change_to_group_activity", "non_violent_transfer_of_territory"),
    ("non_violent_transfer_of_territory", "government_regains_territory"),
    ("non_violent_transfer_of_territory", "non_state_actor_overtakes_territory"),
)
_UNLIKELY = frozenset(
    {  # of the arms: nobody mistakes one for the other
        frozenset({"suicide_bomb", "shelling_artillery_missile_attack"}),
        frozenset({"suicide_bomb", "air_drone_strike"}),
    }
)
_NEAR = frozenset(map(frozenset, _NEAR_ROWS)) - _UNLIKELY


def _groups() -> dict[str, str]:
    """Slug -> the least slug that near types lead to: types of different groups never meet."""
    group = {slug: slug for slug in SUB_EVENTS}
    for pair in sorted(map(sorted, _NEAR)):
        low, high = sorted(group[slug] for slug in pair)
        group = {slug: low if of == high else of for slug, of in group.items()}
    return group


_GROUP = _groups()


def group(sub_event_type: str | None, plover: str | None) -> str:
    """The block that a type is compared in: near ACLED types together, and each PLOVER category without an ACLED type."""
    if sub_event_type is not None:
        return _GROUP.get(sub_event_type, sub_event_type)
    return f"plover:{plover or 'none'}"


def nearness(a: str | None, b: str | None) -> int:
    """Of two types of one group: 2 the same, 1 near, -1 different things."""
    if a == b:
        return 2
    if a is None or b is None:
        return -1
    return 1 if frozenset((a, b)) in _NEAR else -1
