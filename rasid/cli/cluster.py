"""``rasid setup`` and ``rasid worker``: the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rasid.cli.app import app, out, settings

if TYPE_CHECKING:
    from rasid.settings import Settings


@app.command()
def setup() -> None:
    """Make what is needed beside Rasid: in a cluster the topics and the list of feeds; the index and Kibana's objects where they are
    set. Safe to run again; refuses what does not fit."""
    from rasid.logs import configure_logs

    given, console = settings(), out()
    configure_logs("warning", quiet=False)
    if given.mode == "cluster":
        console.print(_topics(given))
    if given.elasticsearch:
        from rasid.indexes import elasticsearch_index

        elasticsearch_index(given).setup()
        console.print("index: templates installed")
    if given.kibana:
        console.print(f"Kibana: {_dashboards(given)} objects imported")
    if given.mode == "local" and not given.elasticsearch and not given.kibana:
        console.print("nothing to set up: one process on SQLite makes its own file")


def _topics(given: Settings) -> str:
    from rasid.cluster.connection import check_versions

    check_versions()
    import asyncio

    from rasid.build import feeds_of
    from rasid.cluster.feedtopic import publish
    from rasid.cluster.setup import set_up

    feeds = feeds_of(given)
    made = set_up(given)
    published = asyncio.run(publish(given, feeds))
    return f"topics: {len(made.created)} made, {len(made.changed)} changed; feeds: {published} records published"


def _dashboards(given: Settings) -> int:
    import asyncio

    from rasid.kibana import Credentials, kibana_import

    credentials = Credentials(
        api_key=given.elasticsearch_api_key.get_secret_value(),
        user=given.elasticsearch_user,
        password=given.elasticsearch_password.get_secret_value(),
    )
    return asyncio.run(kibana_import(given.kibana, credentials, prefix=given.prefix, ca=given.kibana_ca))


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
