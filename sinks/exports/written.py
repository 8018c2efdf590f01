"""What an export says of itself."""

from msgspec import Struct


class Written(Struct, frozen=True, kw_only=True):
    """``rows`` in the file; ``left_out`` events that the form has no row for; ``without_coordinates`` rows without a point."""

    rows: int = 0
    left_out: int = 0
    without_coordinates: int = 0


class TooManyRows(ValueError):
    """More rows than the form can hold; the message says how many it takes and what to do."""
