"""What only a party says: own deeds against an enemy are claimed, what others did to one's own side is told."""

import pytest

from contracts.records import Actor
from processors.speakers import Source, is_claim


def actor(text, kind, country=None):
    return Actor(text=text, start=0, end=len(text), kind=kind, country=country)


POLICE = Source("المتحدث باسم الشرطة", kind="state_forces", country="EG", official=True)
GUNMEN = actor("مسلحون", "political_militia")
OWN = actor("قوات الأمن المصرية", "state_forces", "EG")


@pytest.mark.parametrize(
    ("slug", "initiators", "targets", "claimed"),
    [
        ("armed_clash", (GUNMEN,), (OWN,), False),  # an attack on its own side
        ("armed_clash", (OWN,), (GUNMEN,), True),
        ("armed_clash", (), (OWN,), True),
        ("arrests", (GUNMEN,), (), True),  # «القبض على مسلحين»: they did not arrest anybody
        ("disrupted_weapons_use", (GUNMEN,), (), True),
        ("shelling_artillery_missile_attack", (GUNMEN,), (), False),
        ("air_drone_strike", (OWN,), (GUNMEN,), True),
    ],
)
def test_an_official_source_claims_the_deeds_of_its_own_side(slug, initiators, targets, claimed):
    assert is_claim(POLICE, slug, initiators, targets) is claimed


def test_nobody_outside_the_conflict_claims():
    witness = Source("شهود عيان", independent=True)
    assert not is_claim(witness, "armed_clash", (OWN,), (GUNMEN,))
    assert not is_claim(None, "armed_clash", (OWN,), (GUNMEN,))


def test_a_non_state_party_claims_whatever_it_says():
    party = Source("التنظيم", kind="rebel")
    assert is_claim(party, "armed_clash", (GUNMEN,), (OWN,))
    assert is_claim(party, "shelling_artillery_missile_attack", (), ())
