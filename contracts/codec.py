"""JSON of records. Decoding checks types and names the wrong field and its path."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, TypeVar, Union, cast, get_args

import msgspec

from contracts.records import SCHEMA_VERSION, AnyRecord, Event, Record, Report

T = TypeVar("T")

_encoder = msgspec.json.Encoder(decimal_format="number")


class BadRecord(ValueError):
    """The bytes are not this record; the message names the field and its path."""


class NewerRecord(Exception):
    """The record was written by a newer version of Rasid: it waits, and is never a dead letter."""


class _Header(msgspec.Struct):
    schema_version: int = SCHEMA_VERSION


def encode(record: object) -> bytes:
    """A record as one line of JSON, without the line end."""
    return _encoder.encode(record)


UNREADABLE = (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises over bytes that are no record: the last over thousands of brackets."""


@lru_cache(maxsize=64)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(Union[kind] if isinstance(kind, tuple) else kind)  # noqa: UP007 a tuple at run time


def decode(kind: type[T] | tuple[type, ...], data: bytes) -> T:
    """The record in ``data``; ``kind`` is a record type, a tuple of some, or a union of them.

    Raises BadRecord with the field's path, NewerRecord where ``schema_version`` is above ours.
    """
    try:
        record: T = _decoder(cast(Hashable, kind)).decode(data)
    except UNREADABLE as error:
        _refuse_newer(data)
        raise BadRecord(f"not a {_name(kind)}: {error}") from error
    if getattr(record, "schema_version", SCHEMA_VERSION) > SCHEMA_VERSION:
        _refuse_newer(data)
    return record


def decode_any(data: bytes) -> AnyRecord:
    """A record of whatever kind its tag names."""
    return decode(AnyRecord, data)  # type: ignore[arg-type]


def _refuse_newer(data: bytes) -> None:
    try:
        version = _decoder(_Header).decode(data).schema_version
    except UNREADABLE:
        return
    if version > SCHEMA_VERSION:
        raise NewerRecord(f"schema_version {version} is newer than {SCHEMA_VERSION}: update Rasid to read it")


def _name(kind: Any) -> str:
    kinds = kind if isinstance(kind, tuple) else get_args(kind) or (kind,)
    return " or ".join(k.__name__ for k in kinds)


def record_name(record: Record | Report | Event | type[Any]) -> str:
    """The tag of a record or record type: ``entry``, ``page``, ``article`` …"""
    kind: Any = record if isinstance(record, type) else type(record)
    return str(kind.__struct_config__.tag)
