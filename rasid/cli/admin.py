"""``rasid status|config|replay|forget|backup|restore``."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rasid.cli.app import app, counting, out, settings

if TYPE_CHECKING:
    from rasid.operators import Operations
    from rasid.settings import Settings


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    wait_idle: Annotated[
        bool,
        typer.Option("--wait-idle", help="First wait until no feed brings anything new and no record is ready."),
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait at the most, with --wait-idle; 0: for ever.")] = 0,
) -> None:
    """What is silent, stale, waiting, dead, and how far behind each stage is."""
    from contracts import codec
    from rasid.operators import operations
    from rasid.status import show

    kept = operations(settings())
    if wait_idle:
        _wait_idle(kept, timeout)
    made = kept.status(time.time())
    if as_json:
        typer.echo(codec.encode(made).decode())
    else:
        show(out(), made, time.time())


def _wait_idle(kept: Operations, timeout: float) -> None:
    """Looks once a second; says what is waited for where that changes. Raises NotIdle."""
    from rasid.errors import NotIdle

    end, said = time.monotonic() + timeout, None
    while (waits := kept.idle(time.time())) is not None:
        if timeout and time.monotonic() > end:
            raise NotIdle(f"not idle after {timeout:g} s: {waits}")
        if waits != said:
            typer.echo(waits, err=True)
            said = waits
        time.sleep(1.0)


@app.command()
def config() -> None:
    """The effective settings, secrets hidden."""
    from rasid import render

    made = render.table(None, "setting", "value", "environment", "meaning", fold=("value", "meaning"))
    effective = settings()
    for name, field in type(effective).model_fields.items():
        made.add_row(
            name, render.text(shown_value(getattr(effective, name))), f"RASID_{name.upper()}", field.description or ""
        )
    out().print(made)


def shown_value(value: Any) -> Any:
    """A setting as it may be shown: secrets hidden, in addresses too."""
    from pydantic import SecretBytes, SecretStr

    if isinstance(value, SecretStr | SecretBytes):
        return "********"
    if isinstance(value, str):
        return re.sub(r"(?<=://)[^/@\s]+@", "********@", value)
    return value


@app.command()
def replay(
    stage: Annotated[str | None, typer.Option("--from", help="clean, extract or merge.")] = None,
    since: Annotated[str | None, typer.Option(help="Only records that came since (ISO date or time).")] = None,
    rebuild: Annotated[
        bool,
        typer.Option(
            "--rebuild", help="Write all documents into new indices of Elasticsearch, which then take over at once."
        ),
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="With --rebuild: begin again instead of going on with what was begun.")
    ] = False,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="With --rebuild: delete the indices that nobody reads any more.")
    ] = False,
) -> None:
    """Run a stage and all after it again over the kept records, after a rule changed; or build the index anew, after its mapping did.
    The flow goes on meanwhile."""
    from rasid.errors import UsageError
    from rasid.operators import operations

    if stage is None and not rebuild:
        raise UsageError("name a stage with --from (clean, extract or merge), or --rebuild")
    if (anew or drop_old) and not rebuild:
        raise UsageError("--anew and --drop-old go with --rebuild")
    given, start = settings(), _start(since)
    if stage is not None:
        n = operations(given).replay(stage, start, counting("queued"))
        typer.echo(f"{n} records go through {stage} again")
    if rebuild:
        _rebuild(given, anew=anew, drop_old=drop_old)


def _start(since: str | None) -> datetime | None:
    from rasid.errors import UsageError

    try:
        start = datetime.fromisoformat(since) if since else None
    except ValueError:
        raise UsageError(f"--since {since}: write an ISO date or time, such as 2026-03-01") from None
    return start.replace(tzinfo=start.tzinfo or UTC) if start else None


def _rebuild(given: Settings, *, anew: bool, drop_old: bool) -> None:
    from contracts.outcomes import RejectedDocuments
    from rasid.errors import StorageError, UsageError
    from rasid.indexes import elasticsearch_index, in_elasticsearch

    if not in_elasticsearch(given):
        raise UsageError(
            "the index in SQLite is a part of the database: `rasid replay --from merge` writes its events anew"
        )
    try:
        done = elasticsearch_index(given).rebuild(counting("documents"), anew=anew, drop_old=drop_old)
    except RejectedDocuments as refused:
        raise StorageError(f"{refused}. What was read before is read on") from refused
    typer.echo(f"index rebuilt: {done.documents} documents copied, series {done.series} is read now")
    if done.left:
        typer.echo(f"{'deleted' if drop_old else 'left behind'}: {', '.join(done.left)}")


@app.command()
def forget(url: Annotated[str, typer.Argument(help="The article's address.")]) -> None:
    """Take an article and all that came of it out of everything, and keep it out."""
    from contracts.ids import article_id
    from ingest.urls import BadUrl, canonical, identity
    from rasid.errors import UsageError
    from rasid.operators import operations

    try:
        article = article_id(identity(canonical(url)))
    except BadUrl as error:
        raise UsageError(f"{url}: {error}") from None
    gone = operations(settings()).forget(article)
    typer.echo(
        f"forgotten: {gone.records} records, {gone.documents} documents, reports under {gone.withdrawn} countries; "
        f"kept out from now on (article {gone.article_id})"
    )


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The copy; must not exist yet.")]) -> None:
    """A consistent copy of what is kept, also while it is in use."""
    from rasid.operators import operations

    size = operations(settings()).backup(file, counting("records"))
    typer.echo(f"{file}: {size / 1e6:.1f} MB")


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="What `rasid backup` wrote.")]) -> None:
    """Put a backup where nothing is yet: a data folder without a database, or a cluster that was never set up."""
    from rasid.operators import operations

    if not file.is_file():
        from rasid.errors import UsageError

        raise UsageError(f"no file {file}")
    records = operations(settings()).restore(file, counting("records"))
    typer.echo(f"restored: {records} records")
