"""The command line. Heavy modules are imported inside the commands: ``rasid --help`` answers at once."""

from __future__ import annotations

from rasid.cli.app import main

__all__ = ["main"]
