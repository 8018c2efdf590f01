"""``rasid status|config|replay|forget|backup``."""

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
    stage: Annotated[str, typer.Option("--from", help="clean, extract or merge.")],
    since: Annotated[str | None, typer.Option(help="Only records that came since (ISO date or time).")] = None,
) -> None:
    """Run a stage and all after it again over the kept records, after a rule changed."""
    from rasid.errors import UsageError
    from rasid.operators import operations

    try:
        start = datetime.fromisoformat(since) if since else None
    except ValueError:
        raise UsageError(f"--since {since}: write an ISO date or time, such as 2026-03-01") from None
    start = start.replace(tzinfo=start.tzinfo or UTC) if start else None
    n = operations(settings()).replay(stage, start, counting("queued"))
    typer.echo(f"{n} records go through {stage} again")


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
