"""What a cluster keeps of an article, in bytes: the topics on the broker's disk, the tables as compaction leaves them, the index."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.report import Figure, figure
from rasid.cluster import reading
from rasid.cluster.topics import WITH_STATE, Topics, specs
from rasid.settings import Settings
from sinks.elasticsearch.connection import ElasticsearchSettings, connect

BIG = 100
"""Bytes an article below which a topic is left out."""


def kept(settings: Settings, data: Path, url: str, articles: int) -> list[Figure]:
    """``data``: the broker's folder; ``url``: Elasticsearch's. ``articles``: how many came through."""
    topics = Topics.of(settings)
    tables = {topics.changelog(stage) for stage in WITH_STATE}
    made = []
    for spec in specs(settings):
        size = _on_disk(data, spec.name) / articles
        if spec.name not in tables and size >= BIG:
            made.append(
                figure(
                    "bytes an article",
                    f"topic {spec.name.removeprefix(topics.prefix + '.')}",
                    [size],
                    "B",
                    note="as compressed on disk, one copy",
                )
            )
    for stage in WITH_STATE:
        name = topics.changelog(stage)
        newest = asyncio.run(_newest(settings, name)) / articles
        grown = _on_disk(data, name) / articles
        made.append(
            figure(
                "bytes an article",
                f"table of {stage}",
                [newest],
                "B",
                note=f"newest values; {grown:,.0f} B written to its changelog before compaction",
            )
        )
    return [*made, *_index(settings, url, articles)]  # fmt: skip


def _on_disk(data: Path, topic: str) -> int:
    """Bytes of a topic's records on the broker's disk; its index files are sparse."""
    return sum(
        path.stat().st_size
        for folder in data.glob(f"{topic}-*")
        if folder.name.removeprefix(f"{topic}-").isdigit()
        for path in folder.glob("*.log")
    )


async def _newest(settings: Settings, topic: str) -> int:
    """Bytes of the newest value of each key, with the key."""
    sizes: dict[tuple[int, bytes], int] = {}
    async for record in reading.records(settings, topic):
        place = record.partition, record.key or b""
        sizes[place] = len(record.key or b"") + len(record.value) if record.value is not None else 0
    return sum(sizes.values())


def _index(settings: Settings, url: str, articles: int) -> list[Figure]:
    with connect(ElasticsearchSettings(urls=(url,), prefix=settings.prefix)) as client:
        made = []
        for kind in ("articles", "events"):
            name = f"{settings.prefix}-{kind}-*"
            client.indices.forcemerge(index=name, max_num_segments=1)
            client.indices.flush(index=name)
            found = client.indices.stats(index=name, metric=["store", "docs"])["_all"]["primaries"]
            size, documents = found["store"]["size_in_bytes"], found["docs"]["count"]
            made.append(
                figure(
                    "bytes an article", f"index of {kind}", [size / articles], "B",
                    note=f"{documents:,} documents, one copy, merged; {size / max(1, documents):,.0f} B a document",
                )
            )  # fmt: skip
    return made
