"""The operator's list of outlets and feeds: read from TOML, changed at run time, written back.

An address is exactly one of ``url`` (a feed), ``site`` (a home page whose feed is discovered) and, in the operator's own
file alone, ``url = "file:…"`` (a folder beside the list, read from disk).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfoNotFoundError

from msgspec import Struct, structs

from ingest.dates import zone
from ingest.urls import BadUrl, canonical, host

_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_OUTLET_KEYS = {"id", "name", "name_en", "country", "timezone", "viewpoint", "kind", "domains", "sample", "feeds"}
_FEED_KEYS = {"id", "url", "site", "source", "enabled", "min_minutes", "max_minutes"}


class FeedListError(ValueError):
    """What is wrong with a feed list, one line a fault: file, outlet, feed, key, and what to do."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class Outlet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A publisher. ``country`` ISO 3166-1 alpha-2, ``timezone`` IANA, ``viewpoint`` and ``kind`` slugs, ``domains`` those
    whose articles are the outlet's. ``sample``: invented, ships with Rasid."""

    id: str
    name: str
    name_en: str
    country: str
    timezone: str
    viewpoint: str
    kind: str
    domains: tuple[str, ...] = ()
    sample: bool = False


class Feed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An address of an outlet. Either ``url`` (http, https or file) or ``site``. ``min_minutes`` and ``max_minutes`` bound
    the time between two polls beside the pace of all; ``source`` says where the address was found."""

    id: str
    outlet: str
    url: str | None = None
    site: str | None = None
    source: str | None = None
    enabled: bool = True
    min_minutes: float | None = None
    max_minutes: float | None = None

    @property
    def address(self) -> str:
        """The address as listed."""
        return self.url or self.site or ""

    @property
    def is_local(self) -> bool:
        return self.address.startswith("file:")


class FeedList(Struct, frozen=True):
    """Outlets and feeds by id, in the order of the list; ``viewpoints`` by slug with their explanation; ``folder`` is what
    ``file:`` addresses are relative to."""

    outlets: dict[str, Outlet]
    feeds: dict[str, Feed]
    viewpoints: dict[str, str] = {}
    folder: Path | None = None
    feed_hosts: tuple[str, ...] = ()
    by_domain: dict[str, str] = {}
    """Outlet ids by domain; made from the outlets."""

    def __post_init__(self) -> None:
        structs.force_setattr(self, "by_domain", _domain_index(self.outlets.values()))

    def outlet(self, feed_id: str) -> Outlet:
        """The outlet that the feed is listed under. Raises KeyError for an unknown feed."""
        return self.outlets[self.feeds[feed_id].outlet]

    def outlet_of(self, url: str) -> Outlet | None:
        """The outlet whose domain the URL belongs to; the longest domain decides, then the least outlet id."""
        name = host(url).removeprefix("www.")
        while name:
            if name in self.by_domain:
                return self.outlets[self.by_domain[name]]
            name = name.partition(".")[2]
        return None

    def owner(self, url: str, feed_ids: Iterable[str]) -> Outlet:
        """Of an article under several feeds: the outlet of its domain, failing that that of the least feed id."""
        return self.outlet_of(url) or self.outlet(min(feed_ids))

    def active(self) -> tuple[Feed, ...]:
        """The feeds to poll."""
        return tuple(feed for feed in self.feeds.values() if feed.enabled)

    def local_folder(self, feed_id: str) -> Path | None:
        """The folder behind a ``file:`` feed, else None. Raises FeedListError where it leaves the list's folder."""
        feed = self.feeds[feed_id]
        if not feed.is_local or self.folder is None:
            return None
        root = self.folder.resolve()
        path = (root / feed.address.removeprefix("file:").lstrip("/")).resolve()
        if not path.is_relative_to(root):
            raise FeedListError(
                [f"feed {feed_id}: {feed.address} leaves the folder of the list; keep it inside {root}"]
            )
        return path


class FeedChange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A feed added (with its outlet, where that is new) or removed at run time. Later changes of a feed win."""

    action: Literal["add", "remove"]
    feed_id: str
    feed: Feed | None = None
    outlet: Outlet | None = None
    changed_at: datetime | None = None


def load(path: Path) -> FeedList:
    """The list in a TOML file. Raises FeedListError with every fault found; OSError where there is no file."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FeedListError([f"{path}: not TOML: {error}; mend the line that it names"]) from error
    return _Reader(str(path)).read(data, path.parent)


def overlay(base: FeedList, changes: Iterable[FeedChange]) -> FeedList:
    """The list with the changes applied in their order. A ``file:`` address cannot be added at run time: FeedListError."""
    outlets, feeds = dict(base.outlets), dict(base.feeds)
    for change in changes:
        if change.action == "remove":
            feeds.pop(change.feed_id, None)
            continue
        if change.feed is None or change.feed.is_local:
            raise FeedListError([f"feed {change.feed_id}: only http and https addresses are added at run time"])
        if change.outlet is not None:
            outlets[change.outlet.id] = change.outlet
        if change.feed.outlet not in outlets:
            raise FeedListError([f"feed {change.feed_id}: no outlet {change.feed.outlet!r}; add the outlet with it"])
        feeds[change.feed_id] = change.feed
    return structs.replace(base, outlets=outlets, feeds=feeds)


def dump(feeds: FeedList) -> str:
    """The list as TOML that ``load`` reads back to the same list."""
    parts = [f"feed_hosts = {_toml(feeds.feed_hosts)}\n"] if feeds.feed_hosts else []
    if feeds.viewpoints:
        rows = (f"{_toml_key(slug)} = {_toml(text)}\n" for slug, text in feeds.viewpoints.items())
        parts.append("[viewpoints]\n" + "".join(rows))
    for outlet in feeds.outlets.values():
        own = [feed for feed in feeds.feeds.values() if feed.outlet == outlet.id]
        parts.append(_outlet_table(outlet, own))
    return "\n".join(parts)


def _outlet_table(outlet: Outlet, feeds: list[Feed]) -> str:
    lines = ["[[outlet]]"]
    lines += [f"{key} = {_toml(value)}" for key, value in structs.asdict(outlet).items() if value not in (False, ())]
    lines.append("feeds = [")
    for feed in feeds:
        pairs = {key: value for key, value in structs.asdict(feed).items() if key != "outlet" and value is not None}
        if feed.enabled:
            del pairs["enabled"]
        lines.append("  { " + ", ".join(f"{key} = {_toml(value)}" for key, value in pairs.items()) + " },")
    return "\n".join([*lines, "]", ""])


def _toml(value: object) -> str:
    """Basic strings, numbers, booleans and arrays of TOML are written as in JSON, but for DEL."""
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml(key)


def _domain_index(outlets: Iterable[Outlet]) -> dict[str, str]:
    """Domain to the least outlet id that names it; samples last."""
    index: dict[str, str] = {}
    for outlet in sorted(outlets, key=lambda one: (one.sample, one.id)):
        for domain in outlet.domains:
            index.setdefault(domain.removeprefix("www."), outlet.id)
    return index


class _Reader:
    """Reads a parsed TOML file; gathers the faults, so that all are told at once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[str] = []
        self.outlets: dict[str, Outlet] = {}
        self.feeds: dict[str, Feed] = {}

    def read(self, data: dict[str, Any], folder: Path) -> FeedList:
        viewpoints = data.get("viewpoints", {})
        for key in data.keys() - {"outlet", "viewpoints", "feed_hosts"}:
            self.fault(key, "unknown key; the tables are [[outlet]] and [viewpoints]")
        tables = data.get("outlet", [])
        if not isinstance(tables, list) or not isinstance(viewpoints, dict):
            self.fault("outlet", "write one [[outlet]] table an outlet, and [viewpoints] as one table")
            tables, viewpoints = [], {}
        for number, table in enumerate(tables, 1):
            self.read_outlet(table, number, viewpoints)
        if self.faults:
            raise FeedListError(self.faults)
        hosts = tuple(str(name) for name in data.get("feed_hosts", ()))
        return FeedList(self.outlets, self.feeds, viewpoints, folder, hosts)

    def fault(self, where: str, what: str) -> None:
        self.faults.append(f"{self.file}: {where}: {what}")

    def read_outlet(self, table: dict[str, Any], number: int, viewpoints: dict[str, str]) -> None:
        where = f"outlet {table.get('id', f'number {number}')!s}"
        before = len(self.faults)
        for key in table.keys() - _OUTLET_KEYS:
            self.fault(where, f"key {key}: unknown; one of {', '.join(sorted(_OUTLET_KEYS))}")
        names = ("id", "name", "name_en", "country", "timezone", "viewpoint", "kind")
        texts = {key: self.text(where, table, key) for key in names}
        if viewpoints and texts["viewpoint"] not in viewpoints:
            self.fault(
                where, f"key viewpoint: {texts['viewpoint']!r} is not in [viewpoints]; add it there or choose one"
            )
        self.check_slugs(where, texts)
        domains = self.domains(where, table.get("domains", []))
        if len(self.faults) == before:
            outlet = Outlet(**texts, domains=domains, sample=bool(table.get("sample", False)))
            if outlet.id in self.outlets:
                self.fault(where, "key id: given twice; every outlet has its own")
            self.outlets[outlet.id] = outlet
        feeds = table.get("feeds", [])
        for place, feed in enumerate(feeds if isinstance(feeds, list) else [], 1):
            self.read_feed(where, feed, place, texts["id"])

    def text(self, where: str, table: dict[str, Any], key: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fault(where, f'key {key}: missing; write {key} = "…"')
            return ""
        return value.strip()

    def check_slugs(self, where: str, texts: dict[str, str]) -> None:
        for key in ("id", "viewpoint", "kind"):
            if texts[key] and not _SLUG.fullmatch(texts[key]):
                self.fault(where, f"key {key}: {texts[key]!r}; use small letters, digits and - only")
        if texts["country"] and not _COUNTRY.fullmatch(texts["country"]):
            self.fault(where, f"key country: {texts['country']!r}; write the two letters of ISO 3166, such as SY")
        try:
            zone(texts["timezone"] or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fault(where, f"key timezone: {texts['timezone']!r}; write an IANA name, such as Asia/Damascus")

    def domains(self, where: str, value: object) -> tuple[str, ...]:
        domains = tuple(str(one).lower() for one in value) if isinstance(value, list) else ("",)
        for domain in domains:
            if not _DOMAIN.fullmatch(domain):
                self.fault(where, f"key domains: {domain!r}; write a list of host names without https:// and paths")
        return domains

    def read_feed(self, outlet_where: str, table: object, place: int, outlet: str) -> None:
        if not isinstance(table, dict):
            self.fault(outlet_where, f'key feeds, number {place}: write {{ id = "…", url = "…" }}')
            return
        where, before = f"{outlet_where}, feed {table.get('id', f'number {place}')!s}", len(self.faults)
        for key in table.keys() - _FEED_KEYS:
            self.fault(where, f"key {key}: unknown; one of {', '.join(sorted(_FEED_KEYS))}")
        feed_id = self.text(where, table, "id")
        if feed_id and not _SLUG.fullmatch(feed_id):
            self.fault(where, f"key id: {feed_id!r}; use small letters, digits and - only")
        if feed_id in self.feeds:
            self.fault(where, f"key id: given twice, also under {self.feeds[feed_id].outlet}; every feed has its own")
        self.check_address(where, table)
        self.check_minutes(where, table)
        if len(self.faults) == before:
            self.feeds[feed_id] = Feed(**{**table, "id": feed_id, "outlet": outlet})

    def check_address(self, where: str, table: dict[str, Any]) -> None:
        given = [key for key in ("url", "site") if table.get(key)]
        if len(given) != 1:
            self.fault(where, "keys url and site: give exactly one: url for a feed, site for a home page")
            return
        address = table[given[0]]
        if given == ["url"] and isinstance(address, str) and address.startswith("file:"):
            return
        try:
            canonical(str(address))
        except BadUrl as error:
            self.fault(where, f"key {given[0]}: {address!r}: {error}; write an http or https address")

    def check_minutes(self, where: str, table: dict[str, Any]) -> None:
        for key in ("min_minutes", "max_minutes"):
            value = table.get(key)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value <= 0):
                self.fault(where, f"key {key}: {value!r}; write a number of minutes above zero")
        if not isinstance(table.get("enabled", True), bool):
            self.fault(where, "key enabled: write true or false")
