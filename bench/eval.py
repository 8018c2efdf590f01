"""Scores extraction on labelled news: reports are written for each file, the scorers beside the labels are run on them.

usage: eval.py [DIRECTORY] [--pin] [--halves]

DIRECTORY (or RASID_EVAL; default ../shared/eval) holds the labels and their scorers; where it is absent, that is said and nothing
is measured. ``--halves``: figures for even- and odd-numbered articles too. ``--pin`` writes bench/scores.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from processors.extract import RULES, extract_reports  # noqa: E402
from processors.files import read_articles, write_reports  # noqa: E402

SCORES = ROOT / "bench" / "scores.json"
TIME = "ms an article"
"""Shown, but not pinned: it is the machine's as much as ours."""
FILES = {"events-dev": "score.py", "sentences-dev": "score_sentences.py", "incidents-dev": "score_incidents.py"}


def main() -> int:
    """Measures and prints; 0 also where there is nothing to measure on."""
    options = _options()
    directory = Path(options.directory)
    if not (directory / "events-dev.jsonl").exists():
        print(f"skipped: no labelled articles in {directory} (name their directory, or set RASID_EVAL)")
        return 0
    figures = {name: _measure(directory, name, scorer) for name, scorer in FILES.items()}
    if options.halves:
        for half in (0, 1):
            figures[f"events-dev half {half}"] = _measure(directory, "events-dev", "score.py", half)
    _show(figures)
    if options.pin:
        pinned = {name: {key: value for key, value in rows.items() if key != TIME} for name, rows in figures.items()}
        text = json.dumps({"rules": RULES, **pinned}, indent=1, ensure_ascii=False)
        SCORES.write_text(text + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "directory", nargs="?", default=os.environ.get("RASID_EVAL", str(ROOT.parent / "shared" / "eval"))
    )
    parser.add_argument("--pin", action="store_true")
    parser.add_argument("--halves", action="store_true")
    return parser.parse_args()


def _measure(directory: Path, name: str, scorer: str, half: int | None = None) -> dict[str, Any]:
    """The scorer's figures on one file (or every second article of it), with the milliseconds an article took."""
    lines = (directory / f"{name}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    lines = [line for number, line in enumerate(lines) if half is None or number % 2 == half]
    with tempfile.TemporaryDirectory() as work:
        labels, reports = Path(work) / "labels.jsonl", Path(work) / "reports.jsonl"
        labels.write_text("".join(lines), encoding="utf-8")
        started = time.perf_counter()
        with reports.open("wb") as out:
            write_reports((report for article in read_articles(lines) for report in extract_reports(article)), out)
        spent = (time.perf_counter() - started) / max(1, len(lines))
        command = [sys.executable, str(directory / scorer), str(labels), str(reports), "--json"]
        figures: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {**figures, TIME: round(1000 * spent, 2)}


def _show(figures: dict[str, dict[str, Any]]) -> None:
    for name, rows in figures.items():
        print(name)
        for key, value in rows.items():
            print(f"  {key:18} {_line(value)}")


def _line(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return "  ".join(
        f"{key} {_line(item) if not isinstance(item, dict) else item.get('right', item)}" for key, item in value.items()
    )


if __name__ == "__main__":
    sys.exit(main())
