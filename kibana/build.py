"""Makes ``saved_objects.ndjson`` of ``description.yaml``: ``python kibana/build.py`` writes it, ``--check`` compares.

Needs Python 3.12 or newer and kb-dashboard-core (MIT), which writes the state of Lens panels and controls: tools of whoever changes
the dashboards, no part of Rasid. Ids are those of the description, so that an import replaces what an earlier one made; nothing in the
file depends on the clock or on chance. Both files carry one digest, so that one changed without the other is seen on any Python.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
DESCRIPTION = FOLDER / "description.yaml"
OBJECTS = FOLDER / "saved_objects.ndjson"
DIGEST = FOLDER / "saved_objects.sha256"
"""Of description, builder and what they made, in this order."""

Json = dict[str, Any]

CORE_VERSION = "8.8.0"
"""The shape of objects that we write; Kibana brings them to its own at import."""
VERSIONS = {"index-pattern": "8.0.0", "search": "8.0.0", "map": "8.4.0", "dashboard": "10.2.0"}
DATES = ("fetched_at",)
"""Fields of dates that a panel takes the maximum of: Lens shows them as dates where the column says so."""


def build() -> list[Json]:
    """Every saved object, what is referred to before what refers to it."""
    import yaml

    described = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
    return [
        *(_data_view(name, view) for name, view in described["data_views"].items()),
        *(_search(name, search) for name, search in described["searches"].items()),
        *(_map(name, shown) for name, shown in described["maps"].items()),
        *_dashboards(described),
    ]


def ndjson(objects: list[Json]) -> str:
    return "".join(json.dumps(made, ensure_ascii=False, sort_keys=True) + "\n" for made in objects)


def digest() -> str:
    """What the files of this folder must add up to."""
    taken = hashlib.sha256()
    for path in (DESCRIPTION, Path(__file__).resolve(), OBJECTS):
        taken.update(path.read_bytes())
    return taken.hexdigest()


def _object(kind: str, name: str, attributes: Json, references: list[Json]) -> Json:
    return {
        "id": name,
        "type": kind,
        "attributes": attributes,
        "references": references,
        "coreMigrationVersion": CORE_VERSION,
        "typeMigrationVersion": VERSIONS[kind],
        "managed": False,
    }


def _text(value: Any) -> str:
    """JSON inside JSON, as Kibana keeps it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _data_view(name: str, view: Json) -> Json:
    attributes = {
        "title": view["title"],
        "name": view["name"],
        "fieldAttrs": _text({field: {"customLabel": label} for field, label in view["labels"].items()}),
        "fieldFormatMap": "{}",
        "fields": "[]",
        "runtimeFieldMap": "{}",
        "sourceFilters": "[]",
        "typeMeta": "{}",
    }
    if "time_field" in view:
        attributes["timeFieldName"] = view["time_field"]
    return _object("index-pattern", name, attributes, [])


def _search(name: str, search: Json) -> Json:
    index = "kibanaSavedObjectMeta.searchSourceJSON.index"
    source = {"query": _kql(search["query"]), "filter": [], "indexRefName": index}
    attributes = {
        "title": search["title"],
        "description": search.get("description", ""),
        "columns": search["columns"],
        "sort": search["sort"],
        "grid": {},
        "hideChart": True,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _text(source)},
    }
    return _object("search", name, attributes, [_reference(index, "index-pattern", search["data_view"])])


def _kql(query: str) -> Json:
    return {"query": query, "language": "kuery"}


def _reference(name: str, kind: str, ident: str) -> Json:
    return {"name": name, "type": kind, "id": ident}


def _map(name: str, shown: Json) -> Json:
    layer = "layer_1_source_index_pattern"
    centre = shown["centre"]
    state = {
        "center": {"lat": centre["lat"], "lon": centre["lon"]},
        "zoom": centre["zoom"],
        "timeFilters": {"from": "now-7d", "to": "now"},
        "query": _kql(""),
        "filters": [],
        "refreshConfig": {"isPaused": True, "interval": 0},
        "settings": {"autoFitToDataBounds": False, "initialLocation": "LAST_SAVED_LOCATION"},
    }
    attributes = {
        "title": shown["title"],
        "description": shown["description"],
        "mapStateJSON": _text(state),
        "layerListJSON": _text([_ground(), _points(name, shown, layer)]),
        "uiStateJSON": _text({"isLayerTOCOpen": True, "openTOCDetails": []}),
    }
    return _object("map", name, attributes, [_reference(layer, "index-pattern", shown["data_view"])])


def _layer(ident: str, kind: str, source: Json, style: Json, **more: Any) -> Json:
    return {
        "id": ident,
        "type": kind,
        "label": None,
        "sourceDescriptor": source,
        "style": style,
        "minZoom": 0,
        "maxZoom": 24,
        "visible": True,
        "includeInFitToBounds": True,
        **more,
    }


def _ground() -> Json:
    """The ground that Kibana is set up with: Elastic's tiles, or none without a way to the Internet."""
    source = {"type": "EMS_TMS", "isAutoSelect": True, "lightModeDefault": "road_map_desaturated"}
    return _layer("ground", "EMS_VECTOR_TILE", source, {"type": "EMS_VECTOR_TILE", "color": ""}, alpha=1)


def _points(name: str, shown: Json, index: str) -> Json:
    source = {
        "id": f"{name}-events",
        "type": "ES_SEARCH",
        "geoField": shown["location"],
        "scalingType": "LIMIT",
        "sortField": "date_start",
        "sortOrder": "desc",
        "filterByMapBounds": True,
        "tooltipProperties": shown["tooltip"],
        "topHitsGroupByTimeseries": False,
        "topHitsSplitField": "",
        "topHitsSize": 1,
        "applyGlobalQuery": True,
        "applyGlobalTime": True,
        "applyForceRefresh": True,
        "indexPatternRefName": index,
    }
    style = {"type": "VECTOR", "isTimeAware": True, "properties": _style(shown)}
    more = {"alpha": 0.75, "joins": [], "disableTooltips": False, "query": _kql(shown["query"])}
    return _layer("events", "GEOJSON_VECTOR", source, style, **more) | {"label": shown["title"]}


def _style(shown: Json) -> Json:
    """Colour by one field, size by another."""
    others = [{"stop": None, "color": "#bdbdbd"}]
    colours = others + [{"stop": value, "color": colour} for value, colour in shown["colours"].items()]
    return {
        "symbolizeAs": {"options": {"value": "circle"}},
        "fillColor": _by(shown["colour"], type="CATEGORICAL", useCustomColorPalette=True, customColorPalette=colours),
        "iconSize": _by(shown["size"], minSize=6, maxSize=36),
        "lineColor": {"type": "STATIC", "options": {"color": "#ffffff"}},
        "lineWidth": {"type": "STATIC", "options": {"size": 1}},
    }


def _by(field: str, **options: Any) -> Json:
    meta = {"isEnabled": True, "sigma": 3}
    return {
        "type": "DYNAMIC",
        "options": {"field": {"name": field, "origin": "source"}, "fieldMetaOptions": meta, **options},
    }


def _dashboards(described: Json) -> Iterator[Json]:
    from kb_dashboard_core.dashboard.compile import compile_dashboard
    from kb_dashboard_core.loader import DashboardConfig

    for config in DashboardConfig.model_validate({"dashboards": described["dashboards"]}).dashboards:
        made = json.loads(compile_dashboard(config).model_dump_json(by_alias=True))
        yield _dashboard(made, set(described["map_panels"]), set(described["apart"]))


def _dashboard(made: Json, maps: set[str], apart: set[str]) -> Json:
    """What the compiler made, with what it does not know: maps as panels, panels apart from the controls, dates."""
    attributes = made["attributes"]
    panels = json.loads(attributes["panelsJSON"])
    references = [
        reference | {"type": "map"} if reference["id"] in maps else reference for reference in made["references"]
    ]
    for panel in panels:
        if panel["type"] == "search":
            _point(panel, maps)
        else:
            _layers(panel, panel["panelIndex"] in apart)
    attributes["panelsJSON"] = _text(panels)
    _untouched_slider(attributes["controlGroupInput"])
    return _object("dashboard", made["id"], attributes, references)


def _point(panel: Json, maps: set[str]) -> None:
    """Kibana looks a panel's reference up without the panel's id before its name; the compiler writes it with the id."""
    if panel["embeddableConfig"].pop("savedObjectId") in maps:
        panel["type"] = "map"
    panel["panelRefName"] = panel["panelRefName"].removeprefix(f"{panel['panelIndex']}:")


def _layers(panel: Json, apart: bool) -> None:
    layers = panel["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]["layers"]
    for layer in layers.values():
        layer["ignoreGlobalFilters"] = apart
        for column in layer["columns"].values():
            if column["operationType"] == "max" and column["sourceField"] in DATES:
                column["dataType"] = "date"


def _untouched_slider(controls: Json) -> None:
    """A time slider that shows all of the time chosen until someone moves it."""
    panels = json.loads(controls["panelsJSON"])
    for panel in panels.values():
        for end in ("Start", "End"):
            panel["explicitInput"].pop(f"timeslice{end}AsPercentageOfTimeRange", None)
    controls["panelsJSON"] = _text(panels)


def main(arguments: list[str]) -> int:
    made = ndjson(build())
    if arguments == ["--check"]:
        fits = made == OBJECTS.read_text(encoding="utf-8") and digest() == DIGEST.read_text(encoding="utf-8").strip()
        print("as described" if fits else "the objects are not those of the description: run python kibana/build.py")
        return 0 if fits else 1
    OBJECTS.write_text(made, encoding="utf-8")
    DIGEST.write_text(digest() + "\n", encoding="utf-8")
    print(f"{made.count(chr(10))} objects, {len(made.encode()):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
