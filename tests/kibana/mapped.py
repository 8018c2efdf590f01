"""The fields that the mappings know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any


@cache
def mapped(view: str) -> dict[str, str]:
    """Field -> type, of the mapping behind a data view or index; what is stored without an index is left out."""
    kind = view.split("-")[1]
    body = json.loads(resources.files("sinks").joinpath("mappings", f"{kind}.json").read_bytes())
    return dict(_fields(body["mappings"]["properties"], ""))


def _fields(properties: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, made in properties.items():
        whole = f"{path}{name}"
        if "properties" in made:
            yield from _fields(made["properties"], f"{whole}.")
        elif made.get("enabled", True):
            yield whole, made["type"]
