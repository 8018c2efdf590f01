"""Events as GeoJSON (RFC 7946): WGS 84, longitude before latitude."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

from contracts.codec import encode
from contracts.records import Event
from sinks.exports.table import coordinates, row
from sinks.exports.written import Written


def feature(event: Event) -> dict[str, Any]:
    """The event as a Feature; without coordinates its geometry is null, as the standard allows for what has no place."""
    point = coordinates(event)
    geometry = {"type": "Point", "coordinates": [point[1], point[0]]} if point else None
    properties = {column: cell for column, cell in row(event).items() if column not in ("latitude", "longitude")}
    return {"type": "Feature", "id": event.id, "geometry": geometry, "properties": properties}


def write_geojson(events: Iterable[Event], file: BinaryIO) -> Written:
    """A FeatureCollection of one Feature a line."""
    rows = without = 0
    file.write(b'{"type":"FeatureCollection","features":[')
    for event in events:
        found = feature(event)
        file.write((b",\n" if rows else b"\n") + encode(found))
        rows += 1
        without += found["geometry"] is None
    file.write(b"\n]}\n")
    return Written(rows=rows, without_coordinates=without)
