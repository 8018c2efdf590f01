"""``rasid feeds list|add|remove|check|import|export``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rasid.cli.app import app, out, settings

if TYPE_CHECKING:
    from rich.table import Table

    from rasid.feedlist import Listed

feeds = typer.Typer(help="The feeds that are watched.", no_args_is_help=True)
app.add_typer(feeds, name="feeds")


@feeds.command("list")
def list_(
    country: Annotated[str | None, typer.Option(help="Only outlets of this country.")] = None,
    failing: Annotated[bool, typer.Option("--failing", help="Only feeds that do not answer.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Every feed with its outlet, its state, and when it is asked next."""
    from contracts import codec
    from rasid.feedlist import listed

    rows = listed(settings(), country.upper() if country else None, failing)
    if as_json:
        for row in rows:
            typer.echo(codec.encode(row).decode())
        return
    out().print(_listing(rows, time.time(), wide=out().width >= 140))


def _listing(rows: list[Listed], now: float, *, wide: bool) -> Table:
    """The table of feeds; without outlets and countries where addresses would be cut in pieces."""
    from rasid import render

    names = ("outlet", "country") if wide else ()
    made = render.table(
        f"{len(rows)} feeds", "feed", *names, "state", "entries", "last success", "next poll", "address",
        right=("entries",), fold=("address",),
    )  # fmt: skip
    for row in rows:
        next_at, owner = row.status.next_at, (render.text(row.outlet_name), row.country) if wide else ()
        made.add_row(
            row.id, *owner, row.status.state, str(row.status.entries), render.ago(row.status.succeeded_at, now),
            render.ago(next_at, now) if next_at else "at once", row.address,
        )  # fmt: skip
    return made


@feeds.command()
def add(
    address: Annotated[str, typer.Argument(help="A feed's address, or a site whose feed is to be found.")],
    id_: Annotated[str | None, typer.Option("--id", help="Id of the feed; made from the host by default.")] = None,
    outlet: Annotated[
        str | None, typer.Option(help="Id of an outlet of the list; that of the address's domain by default.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of a new outlet, in Arabic.")] = None,
    name_en: Annotated[str | None, typer.Option(help="Name of a new outlet, in English.")] = None,
    country: Annotated[str | None, typer.Option(help="Country of a new outlet, such as SY.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Zone of a new outlet; that of its country's other outlets by default.")
    ] = None,
    viewpoint: Annotated[str, typer.Option(help="Viewpoint of a new outlet, a slug of the list.")] = "independent",
    kind: Annotated[str, typer.Option(help="Kind of a new outlet.")] = "site",
    unseen: Annotated[bool, typer.Option("--unseen", help="Add it although it does not answer now.")] = False,
) -> None:
    """Find the feed of an address and watch it from now on."""
    from arabic.bidi import strip_controls
    from rasid.feedlist import NewOutlet, add_feed

    wanted = NewOutlet(name=name, name_en=name_en, country=country, timezone=timezone, viewpoint=viewpoint, kind=kind)
    typer.echo(strip_controls(add_feed(settings(), address, id_, outlet, wanted, unseen)))


@feeds.command()
def remove(feed_id: Annotated[str, typer.Argument(help="The feed's id.")]) -> None:
    """Stop watching a feed. What it brought stays."""
    from rasid.feedlist import remove_feed

    remove_feed(settings(), feed_id)
    typer.echo(f"{feed_id} is no longer watched; `rasid forget URL` takes single articles out")


@feeds.command()
def check(
    feed_ids: Annotated[list[str] | None, typer.Argument(help="Ids of feeds; all of them by default.")] = None,
) -> None:
    """Poll once, store nothing, and say what came of it. Status 1 where a feed does not answer."""
    from rasid.feedlist import check_feeds

    failed = check_feeds(settings(), feed_ids or [], typer.echo)
    raise typer.Exit(1 if failed else 0)


@feeds.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An OPML file.")],
    country: Annotated[str | None, typer.Option(help="Country of outlets for which the file names none.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of new outlets.")] = None,
) -> None:
    """Watch the feeds of an OPML file."""
    from arabic.bidi import strip_controls
    from rasid.feedlist import import_opml

    for line in import_opml(settings(), file, country, timezone):
        typer.echo(strip_controls(line))


@feeds.command()
def export(
    format_: Annotated[str, typer.Option("--format", help="opml, without the sample sites on disk, or toml.")] = "opml",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write.")] = None,
) -> None:
    """The feeds as OPML for other readers, or as TOML for Rasid's own list."""
    from rasid.errors import UsageError
    from rasid.feedlist import export_feeds

    if format_ not in ("opml", "toml"):
        raise UsageError(f"--format {format_}: one of opml, toml")
    made = export_feeds(settings(), format_)
    if output is None:
        typer.echo(made)
    else:
        output.write_text(made, encoding="utf-8")
        typer.echo(f"written to {output}", err=True)
