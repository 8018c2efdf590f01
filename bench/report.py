"""Figures as they come out: a line each while they are made, a table at the end, or one JSON object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from statistics import median

from msgspec import Struct, structs
from rich.console import Console
from rich.table import Table


class Figure(Struct, frozen=True, kw_only=True):
    """One measured value: the median of its rounds with the least and the most. ``aim``: at most this much."""

    benchmark: str
    what: str
    value: float
    unit: str = ""
    low: float | None = None
    high: float | None = None
    aim: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """None where no aim was set."""
        return None if self.aim is None else self.value <= self.aim


def figure(
    benchmark: str, what: str, values: Sequence[float], unit: str = "", aim: float | None = None, note: str = ""
) -> Figure:
    """The median of several rounds."""
    many = len(values) > 1
    return Figure(
        benchmark=benchmark, what=what, value=median(values), unit=unit, aim=aim, note=note,
        low=min(values) if many else None, high=max(values) if many else None,
    )  # fmt: skip


def progress(text: str) -> None:
    """What is being done, for who waits; on standard error."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


def as_json(one: Figure) -> str:
    return json.dumps({**structs.asdict(one), "met": one.met}, ensure_ascii=False)


def show(figures: Iterable[Figure], title: str) -> None:
    """The table for people."""
    table = Table(title=title, title_justify="left")
    for name, right in (
        ("benchmark", 0),
        ("what", 0),
        ("measured", 1),
        ("rounds", 1),
        ("aim", 1),
        ("", 0),
        ("note", 0),
    ):
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    before = ""
    for one in figures:
        verdict = {None: "", True: "met", False: "missed"}[one.met]
        spread = "" if one.low is None or one.high is None else f"{number(one.low)} – {number(one.high)}"
        aim = "" if one.aim is None else f"≤ {number(one.aim)}"
        name = "" if one.benchmark == before else one.benchmark
        table.add_row(name, one.what, f"{number(one.value)} {one.unit}".strip(), spread, aim, verdict, one.note)
        before = one.benchmark
    Console(width=max(Console().width, 130)).print(table)


def number(value: float) -> str:
    """Three figures that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
