"""``rasid dead list|show|retry``."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from rasid.cli.app import app, out, settings

dead = typer.Typer(help="Records that a stage refused: list them, look at one, try them again.", no_args_is_help=True)
app.add_typer(dead, name="dead")


@dead.command("list")
def list_(
    stage: Annotated[str | None, typer.Option(help="Only of this stage.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, the newest first.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """What was refused, where and why."""
    from contracts import codec
    from rasid import render
    from rasid.local.database import Database
    from rasid.local.operations import dead_letters

    letters = dead_letters(Database(settings().database, readonly=True), stage, limit)
    if as_json:
        for letter in letters:
            typer.echo(codec.encode(letter).decode())
        return
    if not letters:
        typer.echo("no dead letters")
        return
    made = render.table(
        f"{len(letters)} dead letters", "id", "stage", "kind", "key", "tries", "when", "reason", fold=("reason",)
    )
    for one in letters:
        reason = one.reason.splitlines()[0] if one.reason else ""
        made.add_row(
            str(one.id),
            one.stage,
            one.kind,
            render.text(one.key),
            str(one.tries),
            render.ago(one.at, time.time()),
            render.text(reason),
        )
    out().print(made)


@dead.command()
def show(number: Annotated[int, typer.Argument(help="The dead letter's id.")]) -> None:
    """One dead letter: why, and the record itself as JSON."""
    from rasid.local.database import Database
    from rasid.local.operations import dead_letter

    letter = dead_letter(Database(settings().database, readonly=True), number)
    typer.echo(
        f"{letter.kind} {letter.key} refused by {letter.stage} after {letter.tries} tries:\n{letter.reason}\n", err=True
    )
    typer.echo(letter.value.decode("utf-8", "backslashreplace"))


@dead.command()
def retry(
    numbers: Annotated[list[int] | None, typer.Argument(help="Ids of dead letters.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    stage: Annotated[str | None, typer.Option(help="All of this stage.")] = None,
) -> None:
    """Put dead letters back into the queue of the stage that refused them."""
    from rasid.errors import UsageError
    from rasid.local.operations import dead_letters, retry_dead
    from rasid.local.session import opened

    if not (numbers or everything or stage):
        raise UsageError("name the dead letters, or --stage, or --all")
    with opened(settings()) as session:
        chosen = numbers or [one.id for one in dead_letters(session.database, stage, 1 << 30)]
        done = retry_dead(session.database, session.journal, chosen, time.time())
        typer.echo(f"{done} back in the queue; a running rasid takes them up at once, else `rasid run` does")
