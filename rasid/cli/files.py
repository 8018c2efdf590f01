"""``rasid extract`` and ``rasid merge``: one stage alone, on files or standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from rasid.cli.app import app, settings
from rasid.errors import UsageError

INPUT = Annotated[str, typer.Argument(help="A JSON-lines file; - for standard input.")]
OUTPUT = Annotated[Path | None, typer.Option("--output", "-o", help="File to write; standard output by default.")]


def lines(name: str) -> Iterator[bytes]:
    """The lines of a file or of standard input, gzip read as it comes."""
    if name == "-":
        yield from sys.stdin.buffer
        return
    import gzip

    try:
        with open(name, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(name) if packed else open(name, "rb") as file:
            yield from file
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror or error}") from None


@app.command()
def extract(
    file: INPUT = "-", output: OUTPUT = None, workers: Annotated[int, typer.Option(help="Processes.")] = 1
) -> None:
    """Articles in (JSON lines with id and text; title, url, outlet, published where known), reports out."""
    from rasid.batch import extract_lines
    from rasid.own_places import checked

    places = settings().gazetteer
    checked(places)
    _write(extract_lines(lines(file), file, workers, places), output)


@app.command()
def merge(file: INPUT = "-", output: OUTPUT = None) -> None:
    """Reports in (what `rasid extract` writes), events out."""
    from rasid.batch import merge_lines

    _write(merge_lines(lines(file), file), output)


def _write(rows: Iterator[bytes], output: Path | None) -> None:
    if output is None:
        for row in rows:
            sys.stdout.buffer.write(row + b"\n")
        sys.stdout.buffer.flush()
        return
    try:
        with output.open("wb") as file:
            file.writelines(row + b"\n" for row in rows)
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}") from None
