"""What Kibana asks Elasticsearch for each panel, read from the built saved objects: the panels can be tried on any node without Kibana.

Lens panels become aggregations, saved searches and maps searches, controls lists of values. Formulas are asked part by part, as Lens
asks them. Questions in KQL are read by the small part of that language that the description uses; anything else is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from kibana.kql import kql

OBJECTS = Path(__file__).resolve().parent / "saved_objects.ndjson"

Json = dict[str, Any]


class Asked(Struct, frozen=True):
    """One question. ``source`` names dashboard and panel, or the saved object; ``time_field`` is what the chosen time narrows, None
    where it does not."""

    source: str
    index: str
    time_field: str | None
    body: Json
    buckets: tuple[str, ...] = ()
    """Names of nested bucket aggregations, from the outside."""


def load(path: Path = OBJECTS) -> dict[tuple[str, str], Json]:
    """Saved objects by type and id."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {(made["type"], made["id"]): made for made in map(json.loads, lines)}


def questions(objects: Mapping[tuple[str, str], Json]) -> Iterator[Asked]:
    """Every question of every object."""
    for (kind, name), made in objects.items():
        if kind == "search":
            yield _search(name, made, objects)
        elif kind == "map":
            yield from _map(name, made, objects)
        elif kind == "dashboard":
            yield from _controls(name, made, objects)
            for panel in panels(made):
                if panel["type"] == "lens":
                    yield from _lens(f"{name}/{panel['panelIndex']}", panel, objects)


def panels(dashboard: Json) -> list[Json]:
    """The panels of a dashboard, in reading order."""
    made: list[Json] = json.loads(dashboard["attributes"]["panelsJSON"])
    return sorted(made, key=lambda panel: (panel["gridData"]["y"], panel["gridData"]["x"]))


def _view(references: list[Json], name: str, objects: Mapping[tuple[str, str], Json]) -> Json:
    """The data view behind the name of a reference."""
    ident = next(reference["id"] for reference in references if reference["name"] == name)
    attributes: Json = objects["index-pattern", ident]["attributes"]
    return attributes


def _search(name: str, made: Json, objects: Mapping[tuple[str, str], Json]) -> Asked:
    source = json.loads(made["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
    view = _view(made["references"], source["indexRefName"], objects)
    columns = made["attributes"]["columns"]
    body = {
        "query": _matching(source["query"], source["filter"]),
        "sort": [{field: order} for field, order in made["attributes"]["sort"]],
        "fields": columns,
        "size": 500,
    }
    return Asked(name, view["title"], view.get("timeFieldName"), body)


def _map(name: str, made: Json, objects: Mapping[tuple[str, str], Json]) -> Iterator[Asked]:
    for layer in json.loads(made["attributes"]["layerListJSON"]):
        source = layer["sourceDescriptor"]
        if source["type"] != "ES_SEARCH":
            continue
        view = _view(made["references"], source["indexPatternRefName"], objects)
        located = {"exists": {"field": source["geoField"]}}
        query = {"bool": {"filter": [_matching(layer["query"], []), located]}}
        styled = [
            style["options"]["field"]["name"]
            for style in layer["style"]["properties"].values()
            if style.get("type") == "DYNAMIC"
        ]
        fields = [*source["tooltipProperties"], source["geoField"], *styled]
        body = {"query": query, "fields": fields, "sort": [{source["sortField"]: source["sortOrder"]}], "size": 500}
        yield Asked(f"{name}/{layer['id']}", view["title"], view.get("timeFieldName"), body)


def _controls(name: str, made: Json, objects: Mapping[tuple[str, str], Json]) -> Iterator[Asked]:
    for ident, control in json.loads(made["attributes"]["controlGroupInput"]["panelsJSON"]).items():
        chosen = control["explicitInput"]
        if control["type"] != "optionsListControl":
            continue
        view: Json = objects["index-pattern", chosen["dataViewId"]]["attributes"]
        body = {"size": 0, "aggs": {"values": {"terms": {"field": chosen["fieldName"], "size": 10}}}}
        yield Asked(f"{name}/{ident}", view["title"], view.get("timeFieldName"), body, ("values",))


def _matching(query: Json, filters: list[Json]) -> Json:
    """A query and the filters beside it, as one clause."""
    must: list[Json] = [kql(query["query"])] if query["query"] else []
    must_not: list[Json] = []
    for one in filters:
        if not one["meta"]["disabled"]:
            (must_not if one["meta"]["negate"] else must).append(one["query"])
    return {"bool": {"filter": must, "must_not": must_not}}


def _lens(name: str, panel: Json, objects: Mapping[tuple[str, str], Json]) -> Iterator[Asked]:
    attributes = panel["embeddableConfig"]["attributes"]
    state = attributes["state"]
    for ident, layer in state["datasourceStates"]["formBased"]["layers"].items():
        view = _view(attributes["references"], f"indexpattern-datasource-layer-{ident}", objects)
        columns = {name: layer["columns"][name] for name in layer["columnOrder"]}
        buckets = [name for name, column in columns.items() if column["isBucketed"]]
        body = {
            "size": 0,
            "query": _matching(state["query"], state["filters"]),
            "aggs": _nested(buckets, columns),
        }
        yield Asked(name, view["title"], view.get("timeFieldName"), body, tuple(buckets))


def _nested(buckets: list[str], columns: Mapping[str, Json]) -> Json:
    """The metrics of all columns inside the buckets, the first outermost."""
    metrics = {name: made for name, column in columns.items() if (made := _metric(column))}
    if not buckets:
        return metrics
    outer, *rest = buckets
    made = _bucket(columns[outer], columns)
    inner = _nested(rest, columns) if rest else metrics
    ordered = columns[outer]["params"].get("orderBy", {}).get("columnId")
    more = {ordered: metrics[ordered]} if ordered in metrics else {}
    return {outer: made | {"aggs": {**inner, **more}}}


def _bucket(column: Json, columns: Mapping[str, Json]) -> Json:
    params = column["params"]
    if column["operationType"] == "date_histogram":
        interval = {"auto": "1d"}.get(params["interval"], params["interval"])
        return {"date_histogram": {"field": column["sourceField"], "calendar_interval": interval, "min_doc_count": 1}}
    if column["operationType"] == "terms":
        return {"terms": {"field": column["sourceField"], "size": params["size"], "order": _order(params, columns)}}
    raise ValueError(f"buckets of {column['operationType']} are not read here")


def _order(params: Json, columns: Mapping[str, Json]) -> Json:
    by = params["orderBy"]
    direction = params["orderDirection"]
    if by["type"] == "alphabetical":
        return {"_key": direction}
    column = columns[by["columnId"]]
    counts = column["operationType"] == "count" and "filter" not in column
    return {"_count" if counts else by["columnId"]: direction}


_METRICS = {"sum": "sum", "max": "max", "min": "min", "average": "avg", "unique_count": "cardinality"}


def _metric(column: Json) -> Json | None:
    """The aggregation of a column; None where Lens reckons it from others, or has it from the buckets."""
    kind = column["operationType"]
    if column["isBucketed"] or kind in ("formula", "math"):
        return None
    if kind == "count":
        made: Json = {"filter": {"match_all": {}}}
    elif kind in _METRICS:
        made = {_METRICS[kind]: {"field": column["sourceField"]}}
    else:
        raise ValueError(f"metrics of {kind} are not read here")
    if not column.get("filter"):
        return made
    narrowed = {"filter": kql(column["filter"]["query"])}
    return narrowed if kind == "count" else narrowed | {"aggs": {"value": made}}
