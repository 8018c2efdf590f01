"""The commands, their options, and how a command ends: 0 done, 1 a feed does not answer, 2 wrong usage,
3 lines left out, 4 not found, 5 busy, 6 storage, 70 a bug."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts.outcomes import IndexRefused, Unavailable
from rasid import __version__
from rasid.errors import CommandError, StorageError, UsageError

app = typer.Typer(
    help="Rasid (راصد) watches Arabic news feeds and turns them into a searchable table of events.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


COMMANDS = ("flow", "search", "feeds", "files", "explain", "gazetteer", "deadletters", "admin", "cluster", "poll")
"""Modules that register their commands when they are imported."""


class State:
    """The options that stand before the command."""

    config: Path | None = None
    flags: dict[str, Any] = {}
    color: bool | None = None


def settings(**more: Any) -> Any:
    """The effective settings, with a command's own flags on top."""
    from rasid.settings import load

    return load(State.config, **{**State.flags, **_given(more)})


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in flags.items() if value is not None}


def out(*, stderr: bool = False) -> Any:
    """The console for people."""
    from rasid.render import console

    return console(State.color, stderr=stderr)


def counting(what: str) -> Callable[[int, int], None]:
    """Says on one line of standard error how far a long command is, where that is a terminal."""
    shown = out(stderr=True)

    def say(done: int, total: int) -> None:
        if shown.is_terminal:
            shown.print(f"{done} of {total} {what}", end="\r" if done < total else "\n")

    return say


@app.callback()
def options(
    config: Annotated[Path | None, typer.Option(help="Settings file; rasid.toml in this folder by default.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the database.")] = None,
    feeds: Annotated[Path | None, typer.Option(help="The list of outlets and feeds (TOML).")] = None,
    color: Annotated[bool | None, typer.Option("--color/--no-color", help="Colours in tables and status.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any setting, as NAME=VALUE; `rasid config` names them. May be given again."),
    ] = None,
) -> None:
    State.config, State.color = config, color
    named = {"data_dir": data_dir, "feeds": feeds, "log_level": log_level}
    State.flags = {**_settings_of(given or []), **_given(named)}


def _settings_of(given: list[str]) -> dict[str, Any]:
    """Values as they would stand in the environment: several in JSON."""
    import json

    made: dict[str, Any] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--set {pair}: write NAME=VALUE, such as host_spacing=2.0")
        try:
            made[name] = json.loads(value) if value.startswith(("[", "{")) else value
        except json.JSONDecodeError as error:
            raise UsageError(f"--set {name}: {error}") from None
    return made


@app.command()
def version() -> None:
    """The version."""
    typer.echo(__version__)


def main() -> None:
    """Entry point: an error that is ours is one line, and its status the process's."""
    for name in COMMANDS:
        import_module(f"rasid.cli.{name}")
    try:
        sys.exit(app(standalone_mode=False))  # a status that a command ends with; None where it simply ends
    except (IndexRefused, Unavailable) as error:
        _fail(str(error), StorageError.status)
    except CommandError as error:
        _fail(str(error), error.status)
    except (typer.Abort, KeyboardInterrupt):
        _fail("interrupted", 130)
    except Exception as error:
        if hasattr(error, "show"):  # a usage error of the command line's library
            error.show()
            sys.exit(getattr(error, "exit_code", 2))
        _end_with_storage(error)
        raise


def _end_with_storage(error: Exception) -> None:
    """Where it is the database that failed: a damaged page, a disk that is full or does not answer."""
    from rasid.local.database import storage_fault

    fault = storage_fault(error, settings().database)
    if fault is not None:
        _fail(str(fault), fault.status)


def _fail(message: str, status: int) -> None:
    from arabic.bidi import strip_controls

    sys.stderr.write(f"rasid: {strip_controls(message)}\n")  # it may quote what a server said
    sys.exit(status)
