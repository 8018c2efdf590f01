"""Event types: each slug has its names, family and PLOVER category."""

from __future__ import annotations

from contracts.taxonomy import EVENT_TYPES, PLOVER, SUB_EVENTS, family, quad_class


def test_every_sub_event_has_a_family_with_names_and_a_known_plover_category() -> None:
    assert len(SUB_EVENTS) == 25
    for sub in SUB_EVENTS.values():
        assert EVENT_TYPES[sub.family][0] == sub.event_type
        assert sub.plover in PLOVER
        assert sub.name_ar
        assert sub.name_en


def test_families_of_what_only_plover_knows_are_its_categories() -> None:
    assert family("attack") == "civilians"
    assert family(None, "CONSULT") == "consult"
    assert family(None) == "none"
    assert quad_class("THREATEN") == 3
    assert quad_class(None) is None
