"""Stages alone, on lines of JSON: what ``rasid extract`` and ``rasid merge`` do."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from msgspec import structs

from arabic.signature import signature
from contracts import codec
from contracts.records import Article, Report
from processors.extract import extract_reports
from processors.files import BadLine, read_articles
from processors.places import finder_with
from rasid.errors import CommandError, UsageError

CHUNK = 16
"""Articles handed to a process at once."""


class SomeLinesBad(CommandError):
    """The good lines were written; the bad ones are named on standard error."""

    status = 3


def extract_lines(lines: Iterable[bytes], name: str, workers: int, gazetteer: Path | None = None) -> Iterator[bytes]:
    """Reports, in the order of the articles. Raises SomeLinesBad at the end where lines were passed over."""
    bad: list[BadLine] = []
    articles = read_articles(lines, lambda error: _say(name, error, bad))
    if workers <= 1:
        found: Iterable[tuple[Report, ...]] = map(partial(_extract, gazetteer), articles)
        yield from _encoded(found)
    else:
        with get_context("forkserver").Pool(workers) as pool:
            yield from _encoded(pool.imap(partial(_extract, gazetteer), articles, CHUNK))
    if bad:
        raise SomeLinesBad(f"{name}: {len(bad)} lines are no articles (named above); the others are done")


def _extract(gazetteer: Path | None, article: Article) -> tuple[Report, ...]:
    reports = extract_reports(article, finder_with(gazetteer))
    if not reports or article.signature:
        return reports
    signed = signature(article.text)
    return tuple(structs.replace(report, signature=signed) for report in reports)


def _encoded(found: Iterable[tuple[Report, ...]]) -> Iterator[bytes]:
    for reports in found:
        for report in reports:
            yield codec.encode(report)


def _say(name: str, error: BadLine, bad: list[BadLine]) -> None:
    bad.append(error)
    sys.stderr.write(f"{name}: {error}\n")


def merge_lines(lines: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The live events of all reports. Raises UsageError naming the first line that is no report."""
    from processors.merge import merge_reports  # here, so that extraction alone starts without it
    from processors.merge.files import read_reports

    try:
        for event in merge_reports(read_reports(lines)):
            yield codec.encode(event)
    except (codec.BadRecord, codec.NewerRecord) as error:
        raise UsageError(f"{name}: {error}") from None
