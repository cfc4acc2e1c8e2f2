"""What conditions can be on in one library: what the catalogue knows of videos, and its heads."""

from dataclasses import dataclass
from typing import Literal

from data.catalogue.database import Database
from data.catalogue.live.conditions import FIELDS, NUMBERS, TIMES
from data.catalogue.predictions import Predictions

Kind = Literal["text", "number", "date", "label"]

OPERATORS: dict[Kind, tuple[str, ...]] = {
    "text": ("=", "!="),
    "number": (">=", "<=", "=", "!=", ">", "<"),
    "date": (">=", "<", ">", "<="),
    "label": ("=", "!="),
}
"""How values of each kind are compared, the most usual first."""


@dataclass(frozen=True)
class Askable:
    """Something that a condition can be on."""

    name: str
    """As a condition names it: a field, or a head."""
    kind: Kind
    """What its values are."""
    of_clips: bool = False
    """Whether single clips have it, or whole videos."""
    labels: tuple[str, ...] = ()
    """The values that a label has; a label's probability is asked for as `NAME.LABEL`."""


def askable(database: Database, encoder_id: str) -> list[Askable]:
    """List what conditions can be on: first the heads by name, then the fields of every video.

    Heads that need columns which clips do not have, and those of other encoders, are left out: a
    condition on them is refused.
    """
    heads = [
        Askable(head.name, "label" if head.classes else "number", True, head.classes)
        for head in Predictions(database).heads().values()
        if not head.needs and head.encoder_id == encoder_id and head.name not in FIELDS
    ]
    return [*heads, *(Askable(name, _kind(name)) for name in FIELDS)]


def _kind(field: str) -> Kind:
    if field in NUMBERS:
        return "number"
    return "date" if field in TIMES else "text"
