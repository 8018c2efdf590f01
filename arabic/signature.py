"""Likeness of texts: the k least hashes of their word 5-grams (bottom-k sketch, Cohen and Kaplan 2007).

It tells copies of one agency text from independent reports; the hashes are stable bytes over machines and versions."""

from __future__ import annotations

import re
from hashlib import blake2b
from heapq import nsmallest

from arabic.fold import fold

SIZE = 64
SHINGLE = 5
_BYTES = 6  # 48 bits: every JSON reader keeps them exact

_WORD = re.compile(r"\w+")


def signature(text: str) -> tuple[int, ...]:
    """The 64 least hashes (48 bits, ascending) of the folded word 5-grams; all of them where there are fewer; a text of fewer
    than five words is one shingle, an empty one gives ()."""
    words = [word.encode("utf-8", "surrogatepass") for word in _WORD.findall(fold(text))]
    if not words:
        return ()
    rows = zip(*(words[at:] for at in range(min(SHINGLE, len(words)))), strict=False)
    shingles = set(map(b" ".join, rows))
    digests = {blake2b(shingle, digest_size=_BYTES).digest() for shingle in shingles}
    return tuple(int.from_bytes(digest, "big") for digest in sorted(digests)[:SIZE])


def likeness(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    """Estimated Jaccard likeness of two texts' shingles, 0 to 1; 0 where one is empty. Standard error about 0.06."""
    if not a or not b:
        return 0.0
    union = nsmallest(SIZE, set(a) | set(b))
    return len(set(a) & set(b) & set(union)) / len(union)


def containment(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    """Estimated share of a's shingles that stand in b too, 0 to 1: near 1 where a is an extract of b.

    Only hashes under both sketches' reach are comparable: where b is far longer than a few remain, and the estimate is rough."""
    reach = b[-1] if len(b) == SIZE else None
    within = a if reach is None else tuple(value for value in a if value <= reach)
    return len(set(within) & set(b)) / len(within) if within else 0.0
