"""``rasid gazetteer add|list|remove``: places of the operator's own, beside those that ship."""

from __future__ import annotations

from typing import Annotated

import typer

from rasid.cli.app import app, out, settings

gazetteer = typer.Typer(help="Places beside those that ship.", no_args_is_help=True)
app.add_typer(gazetteer, name="gazetteer")


@gazetteer.command()
def add(
    origins: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|FOLDER|ADDRESS...",
            help="GeoNames dumps (XX.zip, alternate names), OCHA tables (CSV, GeoJSON), JSON; plain, gzip or zip.",
        ),
    ],
    name: Annotated[str | None, typer.Option(help="Name of the source; made from the file by default.")] = None,
    country: Annotated[str, typer.Option(help="Country of all rows, such as SY, where the file does not say.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(help="field=column, where a column is not found by its name: name, name_en, lat, lon, admin1 ..."),
    ] = None,
) -> None:
    """Read tables of places into the operator's gazetteer; a source of the same name is replaced."""
    from rasid.errors import UsageError
    from rasid.gazetteer import add as add_places
    from rasid.gazetteer import columns_of

    if country and (len(country) != 2 or not country.isalpha()):
        raise UsageError(f"--country {country}: two letters are wanted, such as SY")
    shown = out(stderr=True)

    def say(text: str) -> None:
        if shown.is_terminal:
            shown.print(text, end="\r\n", markup=False, highlight=False)

    added = add_places(settings(), origins, name=name, country=country, columns=columns_of(column or []), say=say)
    typer.echo(
        f"{added.name}: {added.rows:,} rows, names for {added.names:,} more; the gazetteer has {added.places:,} places"
    )
    for reason, count in sorted(added.faults.items(), key=lambda pair: -pair[1]):
        typer.echo(f"  {count:,} {reason}, such as {added.examples[reason]}", err=True)
    for text in added.passed_over:
        typer.echo(f"  passed over: {text}", err=True)


@gazetteer.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """The sources of the operator's gazetteer."""
    import json

    from rasid import render
    from rasid.gazetteer import listed

    file = listed(settings())
    if as_json:
        for source in file.sources:
            told = {"name": source.name, "places": source.places, "added_at": source.added_at.isoformat()}
            typer.echo(json.dumps({**told, "origin": source.origin, "faults": source.faults}, ensure_ascii=False))
        return
    made = render.table(
        f"{file.places:,} places", "source", "rows", "added", "left out", "from", right=("rows",), fold=("from",)
    )
    for source in file.sources:
        bad = sum(source.faults.values())
        made.add_row(
            render.text(source.name),
            f"{source.places:,}",
            f"{source.added_at:%Y-%m-%d}",
            f"{bad:,}",
            render.text(source.origin),
        )
    out().print(made)


@gazetteer.command()
def remove(name: Annotated[str, typer.Argument(help="The source, as `rasid gazetteer list` names it.")]) -> None:
    """Take a source out again."""
    from rasid.gazetteer import remove as remove_source

    typer.echo(f"{name} removed; the gazetteer has {remove_source(settings(), name):,} places")
