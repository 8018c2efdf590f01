"""The operator's own places, checked before a command or a worker reads with them."""

from __future__ import annotations

from pathlib import Path

from processors.own_places.store import BadFile, OwnFile, read_file
from rasid.errors import UsageError


def checked(gazetteer: Path) -> OwnFile:
    """The operator's own places. Raises UsageError where the file cannot be used: said once, before workers fail on it."""
    try:
        return read_file(gazetteer)
    except BadFile as error:
        raise UsageError(f"{error}; remove the file and add its sources again") from None
