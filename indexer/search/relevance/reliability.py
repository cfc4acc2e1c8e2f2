"""Whether relevance is the probability that it is called: how often hits of a relevance are right.

The table and its summary are those of reliability diagrams (DeGroot & Fienberg, 1983; expected
calibration error: Naeini et al., AAAI 2015).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.search.relevance.calibrate import CONFIDENT_RELEVANCE

BINS = 5
"""Rows of the table, of equal width."""


@dataclass(frozen=True)
class Judged:
    """The first hit of a query, judged."""

    relevance: float
    """Of the first hit."""
    right: bool
    """Whether it is a right video."""
    without: float
    """Relevance of the best hit that is not right: the first one, were the right one not there."""


@dataclass(frozen=True)
class ReliabilityRow:
    """First hits whose relevance lies in one stretch."""

    from_: float
    """Least relevance."""
    to: float
    """Highest relevance."""
    n: int
    """Queries."""
    relevance: float
    """Their mean relevance."""
    right: float
    """Share of them whose first hit is right."""


def reliability_table(judged: Sequence[Judged]) -> list[ReliabilityRow]:
    """The stretches of relevance that occur, from low to high."""
    given = np.asarray([each.relevance for each in judged])
    right = np.asarray([each.right for each in judged], float)
    places = np.minimum((given * BINS).astype(int), BINS - 1)
    return [
        ReliabilityRow(
            place / BINS,
            (place + 1) / BINS,
            int(np.count_nonzero(places == place)),
            float(given[places == place].mean()),
            float(right[places == place].mean()),
        )
        for place in np.unique(places).tolist()
    ]


def reliability(judged: Sequence[Judged]) -> dict[str, float | int]:
    """The table as `reliability_FROM_...`, `calibration_error`, and `confident_without`.

    The last is the share of queries that are called confident though no right video is there: of
    each query the hits are taken without the right ones.
    """
    table = reliability_table(judged)
    gaps = [row.n * abs(row.relevance - row.right) for row in table]
    rows = {
        f"reliability_{row.from_:.1f}_{name}": value
        for row in table
        for name, value in (("n", row.n), ("relevance", row.relevance), ("right", row.right))
    }
    return {
        **rows,
        "calibration_error": sum(gaps) / max(len(judged), 1),
        "confident_without": float(
            np.mean([each.without >= CONFIDENT_RELEVANCE for each in judged]) if judged else 0.0
        ),
    }
