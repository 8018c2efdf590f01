"""Errors that end a command, each with the exit status that scripts can rely on."""

from __future__ import annotations


class CommandError(Exception):
    """Ends the command with ``status``; the message says what is wrong and what to do."""

    status = 1


class UsageError(CommandError):
    """Wrong settings or arguments."""

    status = 2


class NotFound(CommandError):
    """No such event, feed or dead letter."""

    status = 4


class Busy(CommandError):
    """Another runner holds the database."""

    status = 5


class NotIdle(CommandError):
    """There is still something to be done at the end of the time that was given."""

    status = 5


class StorageError(CommandError):
    """The database cannot be opened, read or written, and waiting will not help."""

    status = 6


class Bug(CommandError):
    """Something that must not happen, at one record; the record stays where it is."""

    status = 70
