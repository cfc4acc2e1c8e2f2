"""A row of a file that cannot be used."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RowTrouble:
    """A row that cannot be used."""

    line: int
    """Its line in the file; 0 where it is of none."""
    reason: str
    """Why."""
