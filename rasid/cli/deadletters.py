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
    from rasid.operators import operations

    letters = operations(settings()).dead_letters(stage, limit)
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
def show(letter_id: Annotated[str, typer.Argument(help="The dead letter's id.")]) -> None:
    """One dead letter: why, and the record itself as JSON."""
    from arabic.bidi import strip_controls
    from rasid.operators import operations

    letter = operations(settings()).dead_letter(letter_id)
    told = f"{letter.kind} {letter.key} refused by {letter.stage} after {letter.tries} tries:\n{letter.reason}\n"
    typer.echo(strip_controls(told), err=True)
    typer.echo(strip_controls(letter.value.decode("utf-8", "backslashreplace")))


@dead.command()
def retry(
    letter_ids: Annotated[list[str] | None, typer.Argument(help="Ids of dead letters.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    stage: Annotated[str | None, typer.Option(help="All of this stage.")] = None,
) -> None:
    """Put dead letters back into the queue of the stage that refused them."""
    from rasid.errors import UsageError
    from rasid.operators import operations

    if not (letter_ids or everything or stage):
        raise UsageError("name the dead letters, or --stage, or --all")
    kept = operations(settings())
    done = kept.retry_dead(letter_ids or [str(one.id) for one in kept.dead_letters(stage, 1 << 30)])
    typer.echo(f"{done} back in the queue; what runs takes them up at once, else `rasid run` does")
