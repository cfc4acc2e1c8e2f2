"""From values of columns to numbers: what is learned of a column from its training rows."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from data.catalogue.naming.spelling import person_name
from data.labels.kinds import ColumnKind
from data.numbers import number_of

MOST_CATEGORIES = 200
"""Values of one column that are told apart, the most frequent first; others count as unknown."""
HASH_CHARS = 24
"""Hexadecimal digits that stand for a person."""


@dataclass(frozen=True)
class ColumnCode:
    """How one column becomes numbers."""

    name: str
    """The column."""
    kind: ColumnKind
    """What its values are."""
    values: tuple[str, ...] = ()
    """Categories that are told apart; persons by `person_hash`."""
    salt: str = ""
    """What the hashes of persons begin with."""

    def width(self, text_dim: int) -> int:
        """How many numbers a value becomes."""
        if self.kind == "number":
            return 2
        return text_dim if self.kind == "text" else len(self.values)

    def numbers(self, values: Sequence[str], texts: Floats | None) -> Floats:
        """(n, width) numbers: value and whether it is missing, one of many, or a text's vector."""
        if self.kind == "text":
            assert texts is not None
            return texts
        if self.kind == "number":
            read = [number_of(value) for value in values]
            rows = [(0.0, 1.0) if each is None else (each, 0.0) for each in read]
            return np.array(rows, np.float32).reshape(-1, 2)
        place = {value: at for at, value in enumerate(self.values)}
        out = np.zeros((len(values), len(self.values)), np.float32)
        for row, value in enumerate(values):
            known = self._known(value)
            if known in place:
                out[row, place[known]] = 1.0
        return out

    def _known(self, value: str) -> str:
        return person_hash(value, self.salt) if self.kind == "person" else value


def fit_column(name: str, kind: ColumnKind, values: Sequence[str], salt: str) -> ColumnCode:
    """Learn which values a column has; no name of a person is kept."""
    if kind not in ("category", "person"):
        return ColumnCode(name, kind)
    distinct, counts = np.unique([value for value in values if value] or [""], return_counts=True)
    often = distinct[np.argsort(-counts, kind="stable")][:MOST_CATEGORIES].tolist()
    if kind == "person":
        return ColumnCode(name, kind, tuple(person_hash(each, salt) for each in often), salt)
    return ColumnCode(name, kind, tuple(often))


def person_hash(name: str, salt: str) -> str:
    """What stands for a person: it tells whether somebody is the one, and not who."""
    return hashlib.sha256(f"{salt}\x1f{person_name(name)}".encode()).hexdigest()[:HASH_CHARS]
