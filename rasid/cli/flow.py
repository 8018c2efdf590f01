"""``rasid run``: the whole flow in one process."""

from __future__ import annotations

from typing import Annotated

import typer

from rasid.cli.app import app, out, settings


@app.command()
def run(
    once: Annotated[
        bool, typer.Option("--once", help="One round over the feeds that are due, then a summary.")
    ] = False,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="Until the queues are empty and no feed brings anything new.")
    ] = False,
    index: Annotated[str | None, typer.Option(help="Where events are indexed: sqlite or elasticsearch.")] = None,
    live: Annotated[bool | None, typer.Option("--live/--no-live", help="A live status instead of log lines.")] = None,
    limit: Annotated[int, typer.Option(help="Events in the summary.")] = 100,
) -> None:
    """Poll the feeds, fetch, clean, extract, merge and index, until Ctrl-C."""
    from rasid.errors import UsageError
    from rasid.local.run import run_flow
    from rasid.local.runner import Rounds

    if once and until_idle:
        raise UsageError("choose one of --once and --until-idle")
    rounds: Rounds = "once" if once else "until-idle" if until_idle else "forever"
    run_flow(settings(index=index), rounds, out(), live=live, summary=limit)
