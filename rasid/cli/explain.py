"""``rasid explain``: why an article gives the reports that it gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from rasid.cli.app import app, out, settings
from rasid.errors import UsageError


@app.command()
def explain(
    where: Annotated[
        str,
        typer.Argument(
            metavar="FILE|URL",
            help="JSON lines, a saved page (HTML) or plain text, - for standard input; or an address: the kept article, else the web.",
        ),
    ],
    article: Annotated[str | None, typer.Option(help="Id or line number of one of many articles in the file.")] = None,
    title: Annotated[str | None, typer.Option(help="The title, where the file has none.")] = None,
    published: Annotated[
        str | None, typer.Option(help="Day of publication, YYYY-MM-DD, where the file has none.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Address of a saved page: says the outlet.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """An article with triggers, places, actors, dates and counts marked, why each report was made, and what was turned down."""
    import msgspec

    from processors.explaining import explain as explained
    from processors.places import finder_with
    from rasid.explained import explanation_page
    from rasid.oneread import Given, article_at
    from rasid.operators import operations
    from rasid.own_places import checked

    given = settings()
    checked(given.gazetteer)
    asked = Given(which=article, title=title, published=_day(published), url=url)
    found = article_at(given, lambda: operations(given).feed_list(), where, asked, _kept)
    made = explained(found, finder_with(given.gazetteer))
    if as_json:
        typer.echo(msgspec.json.encode(made).decode())
    else:
        explanation_page(out(), made)


def _kept(article_id: str) -> Any:
    """The kept article; None where nothing was ever kept here."""
    from rasid.cli.search import open_index
    from rasid.indexes import in_elasticsearch

    given = settings()
    return open_index().article(article_id) if in_elasticsearch(given) or given.database.exists() else None


def _day(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        raise UsageError(f"--published {value}: a day as YYYY-MM-DD") from None
