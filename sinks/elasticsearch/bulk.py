"""Writing in batches: what is newer stays, what is busy is asked again, what is refused is named."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from elasticsearch import ApiError, Elasticsearch
from msgspec import Struct

from contracts.outcomes import IndexRefused, Unavailable
from sinks.elasticsearch.connection import ElasticsearchSettings
from sinks.elasticsearch.documents import Line
from sinks.elasticsearch.faults import BLOCKED, BUSY, error_type, reason_of, shortened, told
from sinks.elasticsearch.schema import KINDS, Names
from sinks.elasticsearch.series import create

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 4.0
_ANSWER = "errors,items.*._index,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason"
_THERE_ALREADY = 409
# What a node says of a document that it will never take.
_UNFIT = frozenset({
    "document_parsing_exception", "mapper_parsing_exception", "parsing_exception", "x_content_parse_exception",
    "illegal_argument_exception", "number_format_exception", "date_time_parse_exception", "max_bytes_length_exceeded_exception",
})  # fmt: skip


def batches(lines: Sequence[Line], settings: ElasticsearchSettings) -> Iterator[list[Line]]:
    """The lines in order, cut by number and by bytes; one that is larger than a batch goes alone."""
    batch: list[Line] = []
    size = 0
    for line in lines:
        if batch and (len(batch) >= settings.bulk_actions or size + line.size > settings.bulk_bytes):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += line.size
    if batch:
        yield batch


class Sent(Struct, frozen=True):
    """What became of a batch: the lines that the index will never take, with the reasons; the series in which all others are."""

    rejected: dict[str, str]
    series: frozenset[int]


class _Course:
    """One batch on its way."""

    def __init__(self, series: int | None, newer: bool) -> None:
        self.series, self.version_type = series, "external" if newer else "external_gte"
        self.rejected: dict[str, str] = {}
        self.landed: set[int] = set()


class Bulk:
    """Sends batches. ``sleep`` waits between the tries of a busy node, in seconds."""

    def __init__(
        self, client: Elasticsearch, names: Names, settings: ElasticsearchSettings, sleep: Callable[[float], None]
    ) -> None:
        self._client, self._names, self._settings, self._sleep = client, names, settings, sleep

    def send(self, batch: Sequence[Line], series: int | None, *, newer: bool = True) -> Sent:
        """Every line is in the index, or a newer version of it is, or it is among those that are given back with the reason. ``series``
        None: the published one. ``newer`` False: an equal version is written over.
        Raises Unavailable where the node is away, blocked, or busy for longer than ``busy_seconds``; IndexRefused."""
        course = _Course(series, newer)
        waited, pause, waiting = 0.0, _FIRST_PAUSE, list(batch)
        while True:
            waiting, why = self._once(waiting, course)
            if not waiting:  # where the series changed meanwhile, no one of them has all
                return Sent(course.rejected, frozenset(course.landed if len(course.landed) == 1 else ()))
            if waited >= self._settings.busy_seconds:
                raise Unavailable(f"Elasticsearch is busy: {why}")
            length = pause * random.uniform(0.7, 1.3)
            if why:
                self._sleep(length)
            waited, pause = waited + length, min(pause * 2, _LONGEST_PAUSE)

    def _once(self, lines: list[Line], course: _Course) -> tuple[list[Line], str]:
        """One request; the lines that must be sent again, and why; '' where nothing is to be waited for."""
        try:
            answer = self._request(lines, course)
        except ApiError as error:
            if error.status_code in BUSY:
                return lines, reason_of(error)
            if error.status_code not in (400, 413):
                raise
            return self._halved(lines, course, reason_of(error))
        course.landed |= {
            self._series_of(item["index"]["_index"]) for item in answer["items"] if _is_there(item["index"])
        }
        return self._sorted(lines, answer["items"], course) if answer["errors"] else ([], "")

    def _series_of(self, index: str) -> int:
        kind = next(kind for kind in KINDS if index.startswith(f"{self._names.prefix}-{kind}-"))
        return self._names.parsed(kind, index)[1]

    def _request(self, lines: list[Line], course: _Course) -> Any:
        """The node's answer. Errors of the connection and of access leave as ours, the others as the client's."""
        operations: list[Any] = []
        for line in lines:
            operations += [self._action(line, course), line.body]
        busy: ApiError | None = None
        with told():
            try:
                # the node waits less long for a shard than we wait for the node
                wait = f"{max(1, int(self._settings.request_seconds / 2))}s"
                return self._client.bulk(operations=operations, require_alias=True, timeout=wait, filter_path=_ANSWER)
            except ApiError as error:
                if error_type(error) == BLOCKED or error.status_code in (401, 403):
                    raise
                busy = error
        raise busy

    def _action(self, line: Line, course: _Course) -> bytes:
        alias = self._names.write(line.kind, line.part, course.series)
        action = {"_index": alias, "_id": line.id, "version": line.version, "version_type": course.version_type}
        return msgspec.json.encode({"index": action})

    def _halved(self, lines: list[Line], course: _Course, why: str) -> tuple[list[Line], str]:
        """The request as a whole was refused, for its size or for one line in it: that line is found by halving."""
        if len(lines) == 1:
            course.rejected[lines[0].id] = why
            return [], ""
        middle = len(lines) // 2
        first, why_first = self._once(lines[:middle], course)
        second, why_second = self._once(lines[middle:], course)
        return first + second, why_second or why_first

    def _sorted(self, lines: list[Line], items: Sequence[dict[str, Any]], course: _Course) -> tuple[list[Line], str]:
        """Tells apart what became of each line."""
        again: list[Line] = []
        why, missing = "", set()
        for line, item in zip(lines, items, strict=True):
            error = item["index"].get("error")
            if _is_there(item["index"]):
                continue
            kind, reason = error["type"], _reason(error)
            if kind == BLOCKED:
                raise Unavailable(f"Elasticsearch does not take writes: {reason}")
            if kind == "strict_dynamic_mapping_exception":
                raise IndexRefused(
                    f"the mapping of the index lacks a field: {reason}. Set the index up anew (rasid setup)"
                )
            if kind == "security_exception":
                raise IndexRefused(f"Elasticsearch refuses the user or key: {reason}")
            if kind in _UNFIT:
                course.rejected[line.id] = reason
                continue
            again.append(line)
            if kind == "index_not_found_exception":
                missing.add((line.kind, line.part))
            else:
                why = reason
        for part in sorted(missing):
            create(self._client, self._names, *part, course.series)
        return again, why


def _is_there(item: dict[str, Any]) -> bool:
    """Whether the index has the document, or a newer one."""
    return item.get("error") is None or item["status"] == _THERE_ALREADY


def _reason(error: dict[str, Any]) -> str:
    cause = error.get("caused_by", {}).get("reason")
    return shortened(f"{error['reason']}: {cause}" if cause else error["reason"])
