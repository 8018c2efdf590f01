"""``rasid setup`` and ``rasid worker``: the cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from rasid.cli.app import app, out, settings


@app.command()
def setup() -> None:
    """Make what the cluster needs: topics, the list of feeds, the index. Safe to run again; refuses what does not fit."""
    from rasid.cluster.connection import check_versions

    check_versions()
    import asyncio

    from rasid.build import feeds_of
    from rasid.cluster.feedtopic import publish
    from rasid.cluster.setup import set_up
    from rasid.logs import configure_logs

    given = settings()
    configure_logs("warning", quiet=False)
    feeds = feeds_of(given)
    made = set_up(given)
    published = asyncio.run(publish(given, feeds))
    console = out()
    console.print(
        f"topics: {len(made.created)} made, {len(made.changed)} changed; feeds: {published} records published"
    )
    if given.elasticsearch:
        from rasid.indexes import elasticsearch_index

        elasticsearch_index(given).setup()
        console.print("index: templates installed")


@app.command()
def worker(
    stages: Annotated[
        list[str] | None, typer.Argument(help="fetch, clean, extract, merge, index, delay; all where none is named.")
    ] = None,
) -> None:
    """Work on the stages of a cluster, one process each, until Ctrl-C."""
    from rasid.cluster.connection import check_versions

    check_versions()
    from rasid.cluster.build import bind
    from rasid.cluster.supervise import run_worker

    run_worker(settings(), stages or [], bind)
