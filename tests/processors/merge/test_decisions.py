"""Which decisions are taken, and why one is refused."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from processors.merge.decisions import flaw, refusal, value_of
from tests.processors.merge.builder import PLACES, clash, decision, report

HERE, THERE = clash("a"), clash("b", replace(PLACES["jasim"], country="IQ"))


@pytest.mark.parametrize(
    ("given", "report_now", "other_now", "reason"),
    [
        (decision("d", "confirm", HERE), HERE, None, None),
        (decision("d", "join", HERE, clash("c")), HERE, clash("c"), None),
        (decision("d", "join", HERE, THERE), HERE, THERE, "the reports lie in SY and IQ"),
        (decision("d", "separate", HERE, report("x", None)), HERE, report("x", None), "the reports lie in SY and XX"),
        (decision("d", "confirm", HERE), None, None, "no report a"),
        (decision("d", "join", HERE, THERE), HERE, None, "no report b"),
        (
            decision("d", "confirm", HERE),
            clash("a", evidence="نص آخر"),
            None,
            "the quoted evidence is not that of report a",
        ),
        (decision("d", "join", HERE), HERE, None, "join names only one report"),
        (decision("d", "join", HERE, HERE), HERE, HERE, "join names one report twice"),
        (decision("d", "set", HERE, field="id", value='"x"'), HERE, None, "the field 'id' cannot be set"),
        (decision("d", "set", HERE, field="killed", value='"many"'), HERE, None, "does not fit killed"),
        (decision("d", "set", HERE, field="killed", value="{"), HERE, None, "does not fit killed"),
    ],
)
def test_refusal(given: Any, report_now: Any, other_now: Any, reason: str | None) -> None:
    said = refusal(given, report_now, other_now)
    assert said is None if reason is None else said is not None and reason in said


def test_a_quote_may_differ_in_spelling_that_folding_levels() -> None:
    given = replace(decision("d", "confirm", clash("a", evidence="قُتل أربعة")), evidence="قتل اربعة")
    assert refusal(given, clash("a", evidence="قُتل أربعة")) is None


def test_a_field_can_be_emptied() -> None:
    given = decision("d", "set", HERE, field="killed", value="null")
    assert flaw(given) is None
    assert value_of(given) is None
