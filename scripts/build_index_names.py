"""Writes sinks/mappings/names.txt: names that the Arabic stemmer of Elasticsearch must keep whole, one a line.

They are names of countries, divisions and regions of our gazetteer that end like a plural or a dual: «لبنان» (Lebanon) would be
stemmed to «لبن» (milk), «عمان» to «عم» (uncle). Other endings, and the article, go from the text and from the query alike.
Run: python scripts/build_index_names.py
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import cramjam

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from arabic.stem import light_stem  # noqa: E402

_KINDS = {"country", "capital", "admin1", "region"}
_OTHERS = ("طالبان",)  # the movement; stemmed it is «طالب», a student
_WORD = re.compile("[\u0621-\u064a]{3,}")
_ORDINARY = {"امان", "معان", "البحيرات", "الواحات"}  # safety, meanings, lakes, oases: more often words than names
_PLURAL = ("ان", "ات", "ون", "ين")
# What arabic_normalization does to letters; unlike our folding it leaves hamza on its seats.
_NORMALIZED = str.maketrans("أإآىة", "ااايه")


def _is_cut(word: str) -> bool:
    """Whether the stemmer would take the end of the name for a dual or a plural."""
    return word.endswith(_PLURAL) and light_stem(word) != word and word not in _ORDINARY


def main() -> None:
    packed = (ROOT / "processors" / "lexicons" / "gazetteer.tsv.zst").read_bytes()
    rows = [line.split("\t") for line in bytes(cramjam.zstd.decompress(packed)).decode("utf-8").splitlines()[1:]]
    names = {name for row in rows if row[2] in _KINDS for name in row[0].split("|")} | set(_OTHERS)
    words = {name.translate(_NORMALIZED) for name in names if _WORD.fullmatch(name)}
    kept = sorted(filter(_is_cut, words))
    (ROOT / "sinks" / "mappings" / "names.txt").write_text("\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
