"""Golden pairs: short articles written for the tests with every event that they tell, scored by region and by rare class.

usage: python -m bench.golden [DIRECTORY] [--pin] [--errors]

DIRECTORY (default tests/processors/golden) holds a TOML file a group: ``country`` of the outlet and ``pair`` tables with ``text``,
``day`` of publication, ``events``. An event has the keys of the labels; what is left out is: the day itself, "asserted", no
background, nobody, not counted. ``--pin`` writes scores.json beside the pairs; ``--errors`` shows what differs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from arabic.fold import fold
from contracts.records import Article, Count, Report
from contracts.taxonomy import SUB_EVENTS
from processors.extract import extract_reports
from processors.files import read_article

DIRECTORY = Path(__file__).resolve().parent.parent / "tests" / "processors" / "golden"
SHOWN = ("event", "row", "full", "initiator", "target", "status")
_HEADS = frozenset(
    map(
        fold,
        ("مدينة", "بلدة", "قرية", "حي", "مخيم", "محافظة", "ريف", "منطقة", "قضاء", "ناحية", "شارع", "جبل", "مطار", "قاعدة", "وادي", "سوق", "طريق"),
    )
)  # fmt: skip
# town, village, quarter, camp …: words that many names begin with
_FORCES = frozenset(map(fold, ("قوات", "عناصر", "مسلحين", "مسلحون", "جيش", "تنظيم", "من", "في", "على")))


class Pair(Struct, frozen=True):
    """An article and what it tells."""

    text: str
    day: str
    country: str
    events: list[dict[str, Any]]


def groups(directory: Path = DIRECTORY) -> dict[str, list[Pair]]:
    """The pairs by group, in the order of their names."""
    found = {}
    for path in sorted(directory.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = [
            Pair(row["text"], row["day"], row.get("country", data["country"]), row["events"]) for row in data["pair"]
        ]
    return found


def scores(pairs: Sequence[Pair], errors: list[str] | None = None) -> dict[str, float]:
    """F1 of events, of rows (type, place, date, killed, injured right) and of full rows (sides and status too); of the labels with
    sides, and of all, the share whose sides and status are right: one that is missed is not."""
    count: Counter[str] = Counter()
    for number, pair in enumerate(pairs):
        reports = [report for report in extract_reports(article_of(pair, number)) if report.sub_event_type]
        count["labels"] += len(pair.events)
        count["reports"] += len(reports)
        match = _match(pair, reports)
        for i, label in enumerate(pair.events):
            wrong = _wrong(label, pair, reports[match[i]]) if i in match else ["missed"]
            _add(count, label, wrong)
            if errors is not None and wrong:
                errors.append(f"{label['trigger']} | {', '.join(wrong)} | {pair.text}")
        if errors is not None:
            errors += [
                f"{r.trigger.text} | false {r.sub_event_type} | {pair.text}"
                for j, r in enumerate(reports)
                if j not in match.values()
            ]
    whole = count["labels"] + count["reports"]
    figures = {name: 2 * count[name] / max(1, whole) for name in ("event", "row", "full")}
    figures |= {name: count[name] / max(1, count[f"of {name}"]) for name in ("initiator", "target", "status")}
    return {name: round(value, 3) for name, value in figures.items()}


def article_of(pair: Pair, number: int) -> Article:
    """The article of a pair, without title and outlet."""
    row = {"id": f"g{number}", "text": pair.text, "title": "", "published": pair.day, "country": pair.country}
    return read_article(json.dumps({**row, "timezone": "Asia/Beirut"}, ensure_ascii=False))


def _add(count: Counter[str], label: dict[str, Any], wrong: Sequence[str]) -> None:
    found = "missed" not in wrong
    count["event"] += found
    row = found and not {name.split(" ")[0] for name in wrong} & {"type", "place", "date", "killed", "injured"}
    count["row"] += row
    count["full"] += row and not wrong
    for name, present in (("initiator", label.get("initiators")), ("target", label.get("targets")), ("status", True)):
        if present:
            count[f"of {name}"] += 1
            count[name] += found and not any(item.startswith(name) for item in wrong)


def _match(pair: Pair, reports: Sequence[Report]) -> dict[int, int]:
    """Labels to reports of their family, one to one, the most alike first."""
    scored = []
    for i, label in enumerate(pair.events):
        for j, report in enumerate(reports):
            if SUB_EVENTS[label["type"]].family == SUB_EVENTS[str(report.sub_event_type)].family:
                alike = -len(_wrong(label, pair, report)) + bool(
                    _words([label["trigger"]]) & _words([report.trigger.text])
                )
                scored.append((alike, -i, -j))
    match: dict[int, int] = {}
    for _, i, j in sorted(scored, reverse=True):
        if -i not in match and -j not in match.values():
            match[-i] = -j
    return match


def _wrong(label: dict[str, Any], pair: Pair, report: Report) -> list[str]:
    """The fields of a report that are not the label's."""
    start, _, end = label.get("date", pair.day).partition("/")
    dates = (str(report.date_start), str(report.date_end or report.date_start))
    place = [report.place.text, report.place.name or ""] if report.place else []
    checks = {
        f"type {report.sub_event_type}": report.sub_event_type == label["type"],
        f"place {place}": bool(_words([label["place"]], _HEADS) & _words(place, _HEADS)) if "place" in label else True,
        f"date {dates}": dates == (start, end or start),
        f"killed {_bounds(report.killed)}": _same(label.get("killed"), report.killed),
        f"injured {_bounds(report.injured)}": _same(label.get("injured"), report.injured),
        f"status {report.status}": report.status == label.get("status", "asserted"),
        **_sides(label, report),
    }
    return [name for name, right in checks.items() if not right]


def _sides(label: dict[str, Any], report: Report) -> dict[str, bool]:
    sides = [[x for a in actors for x in (a.text, a.name or "")] for actors in (report.initiators, report.targets)]
    first, second = label.get("initiators", []), label.get("targets", [])
    straight = [_meet(first, sides[0]), _meet(second, sides[1])]
    turned = [_meet(first, sides[1]), _meet(second, sides[0])]
    found = turned if label["type"] == "armed_clash" and sum(turned) > sum(straight) else straight
    return {f"initiator {sides[0][::2]}": found[0], f"target {sides[1][::2]}": found[1]}


def _meet(label: Sequence[str], given: Sequence[str]) -> bool:
    """Whether a label without anybody, or one of its actors, is given."""
    return not label or any(bool(_words([name], _FORCES) & _words(given, _FORCES)) for name in label)


def _same(label: Sequence[int] | None, count: Count | None) -> bool:
    """Whether a toll is the label's; a label without one says nothing."""
    return label is None or (count is not None and [count.low, count.high] == list(label))


def _bounds(count: Count | None) -> list[int | None] | None:
    return None if count is None else [count.low, count.high]


def _words(texts: Iterable[str], common: frozenset[str] = frozenset()) -> set[str]:
    """Folded words without article and proclitics; those that many names share only where nothing else is left."""
    every = {_bare(word) for text in texts for word in fold(text).replace('"', " ").split()}
    return every - {_bare(word) for word in common} or every


def _bare(word: str) -> str:
    for clitic in ("وال", "بال", "فال", "لل", "ال", "و", "ب", "ل", "ف"):
        if word.startswith(clitic) and len(word) - len(clitic) >= 3:
            return word[len(clitic) :]
    return word


def main() -> int:
    """Prints a line a group, and the whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", type=Path, default=DIRECTORY)
    parser.add_argument("--pin", action="store_true")
    parser.add_argument("--errors", action="store_true")
    options = parser.parse_args()
    found = groups(options.directory)
    figures: dict[str, dict[str, float]] = {}
    for name, pairs in {**found, "all": [pair for group in found.values() for pair in group]}.items():
        errors: list[str] = []
        figures[name] = scores(pairs, errors)
        row = "  ".join(f"{key} {figures[name][key]:.3f}" for key in SHOWN)
        print(f"{name:24} {len(pairs):4} articles  {row}")
        if options.errors and name != "all":
            print("\n".join(f"    {error}" for error in errors))
    if options.pin:
        (options.directory / "scores.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
