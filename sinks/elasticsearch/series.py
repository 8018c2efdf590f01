"""Series of indices: which one is read, which one is being built beside it, and how one takes the other's place.

While a series is built, its index of articles carries the alias ``<prefix>-building``: whoever writes sees it after each write, and writes
there too before the write counts as done. So what is read from the published series, once that alias stands, and copied, is all that can
be missing. Everything that this knows stands in aliases: a process that dies leaves nothing else behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch
from msgspec import Struct

from contracts.outcomes import IndexRefused, Unavailable
from sinks.elasticsearch.faults import error_type, reason_of, told
from sinks.elasticsearch.schema import KINDS, Kind, Names, definition

_EXISTS = "resource_already_exists_exception"

Found = Mapping[str, Mapping[str, Any]]
"""Index -> its aliases."""


class Standing(Struct, frozen=True):
    """``published``: the series that is read, 0 where nothing was published yet. ``building``: the one that is to take its place."""

    published: int = 0
    building: int | None = None

    @property
    def written(self) -> frozenset[int]:
        """Where a document must be before its write is done."""
        return frozenset({self.published} if self.building is None else {self.published, self.building})


def standing(client: Elasticsearch, names: Names) -> Standing:
    """As it is now, in one request."""
    with told():
        asked = client.options(
            ignore_status=404
        ).indices  # one of the aliases may be missing: the others are told all the same
        found = asked.get_alias(name=[*map(names.read, KINDS), names.building]).body
    read: list[int] = []
    built: list[int] = []
    for kind in KINDS:
        for index in found:
            if index.startswith(f"{names.prefix}-{kind}-"):
                aliases, number = found[index]["aliases"], names.parsed(kind, index)[1]
                read += [number] if names.read(kind) in aliases else []
                built += [number] if names.building in aliases else []
    published = max(read, default=0)
    return Standing(published, max((number for number in built if number > published), default=None))


def create(client: Elasticsearch, names: Names, kind: Kind, part: str, series: int | None) -> None:
    """Makes the index of one part with all its aliases, whole, whatever has become of the template. One that is there is left. A series
    that is published meanwhile is noticed: its index is led to, and no other."""
    live = standing(client, names).published
    number = live if series is None else series
    own = names.write(kind, part, number)
    aliases = (own, names.read(kind), names.write(kind, part, None)) if number == live else (own,)
    if not _made(client, names.index(kind, part, number), kind, aliases):
        with told():
            client.indices.update_aliases(actions=[{"add": {"index": names.index(kind, part, number), "alias": own}}])
    while True:
        found = _aliases(client, [names.index(kind, part, 0), f"{names.index(kind, part, 0)}-s*"])
        if not _turned(client, names, found, standing(client, names).published):
            return


def _made(client: Elasticsearch, index: str, kind: Kind, aliases: tuple[str, ...]) -> bool:
    """Whether it was not there before."""
    body = definition(kind)
    with told():
        try:
            made = client.indices.create(
                index=index,
                settings=body["settings"],
                mappings=body["mappings"],
                aliases={alias: {} for alias in aliases},
            )
        except BadRequestError as error:
            if error_type(error) != _EXISTS:
                raise IndexRefused(f"the index {index} cannot be made: {reason_of(error)}") from error
            return False
    if not made["acknowledged"]:  # some node does not know it yet, and would not see its aliases
        raise Unavailable(f"Elasticsearch has not made {index} everywhere yet")
    return True


def begin(client: Elasticsearch, names: Names) -> int:
    """The series that is being built: the one that was begun, or a new one, which every writer knows from now on."""
    known = standing(client, names)
    if known.building is not None:
        return known.building
    taken = [names.parsed(kind, index)[1] for kind in KINDS for index in _aliases(client, [names.pattern(kind)])]
    number = max([known.published, *taken]) + 1
    _made(
        client,
        names.index("articles", "all", number),
        "articles",
        (names.write("articles", "all", number), names.building),
    )
    return begin(client, names)  # somebody may have begun at the same moment


def abandon(client: Elasticsearch, names: Names) -> None:
    """Gives up what is being built: nobody writes there any more, and its indices are deleted."""
    number = standing(client, names).building
    if number is None:
        return
    with told():
        index = names.index("articles", "all", number)
        client.indices.update_aliases(actions=[{"remove": {"index": index, "alias": names.building}}])
    delete(client, list(_of(client, names, number)))


def delete(client: Elasticsearch, indices: list[str]) -> None:
    with told():
        for index in indices:
            client.options(ignore_status=404).indices.delete(index=index)


def copied(client: Elasticsearch, names: Names, series: int) -> set[str]:
    """The indices that were copied whole into the series."""
    found = _aliases(client, [names.index("articles", "all", series)])
    marks = {alias for aliases in found.values() for alias in aliases}
    return {alias.removeprefix(names.copied("")) for alias in marks if alias.startswith(names.copied(""))}


def mark_copied(client: Elasticsearch, names: Names, series: int, source: str) -> None:
    """What is written to the source from now on is written to the series, too: it stays copied."""
    with told():
        mark = {"index": names.index("articles", "all", series), "alias": names.copied(source)}
        client.indices.update_aliases(actions=[{"add": mark}])


def read_now(client: Elasticsearch, names: Names) -> list[tuple[Kind, str]]:
    """The indices that are read, with their kinds."""
    return [
        (kind, index)
        for kind in KINDS
        for index, aliases in sorted(_aliases(client, [names.pattern(kind)]).items())
        if names.read(kind) in aliases
    ]


def publish(client: Elasticsearch, names: Names, series: int) -> list[str]:
    """Has every alias lead to the indices of this series, in one step; the indices that nobody reads any more. What a writer makes in
    that moment is set right after it."""
    if own := list(_of(client, names, series)):
        with told():
            client.indices.refresh(index=own)
    while True:
        found = _aliases(client, list(map(names.pattern, KINDS)))
        if not _turned(client, names, found, series, ended=True):
            return sorted(found.keys() - _of(client, names, series))


def _turned(client: Elasticsearch, names: Names, found: Found, series: int, *, ended: bool = False) -> bool:
    """Has the aliases of these indices lead to the published series alone; whether any did not. ``ended``: nothing is built any more."""
    actions = [
        action for index, aliases in found.items() for action in _actions(names, index, set(aliases), series, ended)
    ]
    if actions:
        with told():
            client.indices.update_aliases(actions=actions)
    return bool(actions)


def _actions(names: Names, index: str, held: set[str], series: int, ended: bool) -> Iterator[dict[str, Any]]:
    kind: Kind = next(kind for kind in KINDS if index.startswith(f"{names.prefix}-{kind}-"))
    part, number = names.parsed(kind, index)
    led = {names.read(kind), names.write(kind, part, None)}
    marks = {alias for alias in held if ended and (alias == names.building or alias.startswith(names.copied("")))}
    wanted = led if number == series else set()
    for alias in sorted(wanted - held):
        yield {"add": {"index": index, "alias": alias}}
    for alias in sorted((held & led - wanted) | marks):
        yield {"remove": {"index": index, "alias": alias, "must_exist": False}}


def _of(client: Elasticsearch, names: Names, series: int) -> set[str]:
    """The indices of a series."""
    return {
        index
        for kind in KINDS
        for index in _aliases(client, [names.pattern(kind)])
        if names.parsed(kind, index)[1] == series
    }


def _aliases(client: Elasticsearch, patterns: list[str]) -> Found:
    """The indices of these names that there are."""
    with told():
        found = client.indices.get_alias(index=patterns, ignore_unavailable=True, allow_no_indices=True).body
    return {index: body["aliases"] for index, body in found.items()}
