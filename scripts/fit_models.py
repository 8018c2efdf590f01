"""Fits ``processors/lexicons/models.json`` on labelled articles, and measures it by folds.

usage: fit_models.py DIRECTORY [--dry] [--folds N]

DIRECTORY holds events-dev.jsonl, sentences-dev.jsonl and score.py, whose matching says which reports are events and which rows are
right. Only numbers are written. Folds keep articles of one outlet, and of one incident, together; all models are fitted anew for
each fold, and the figures are the scorer's own over the reports of articles that no model saw. Plain Python.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "scripts"))

import msgspec  # noqa: E402
from fitting.folds import Corpus  # noqa: E402

TARGET = ROOT / "processors" / "lexicons" / "models.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--dry", action="store_true", help="measure only")
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    corpus = Corpus(options.directory)
    figures, accept = corpus.by_folds(options.folds)
    print(json.dumps(figures, ensure_ascii=False))
    if not options.dry:
        models = corpus.fit_all(accept, figures)
        TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(models), indent=1) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
