"""Whether relevance is a probability: the table, its error, and what is called confident."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.search.relevance.reliability import Judged, reliability, reliability_table


def drawn(n: int, *, bias: float = 0.0) -> list[Judged]:
    """Hits that are right as often as their relevance says, or more often by `bias`."""
    rng = np.random.default_rng(0)
    given = rng.uniform(0, 1 - bias, n)
    right = rng.uniform(size=n) < given + bias
    return [Judged(float(r), bool(ok), 0.0) for r, ok in zip(given, right, strict=True)]


def test_a_true_probability_has_hardly_an_error() -> None:
    table = reliability_table(drawn(20_000))
    assert [row.from_ for row in table] == [0, 0.2, 0.4, 0.6, 0.8]
    assert sum(row.n for row in table) == 20_000
    assert all(abs(row.right - row.relevance) < 0.03 for row in table)
    assert reliability(drawn(20_000))["calibration_error"] == pytest.approx(0, abs=0.02)


def test_doubt_without_reason_is_an_error() -> None:
    assert reliability(drawn(20_000, bias=0.3))["calibration_error"] == pytest.approx(0.3, abs=0.03)


def test_confident_without_counts_queries_whose_video_is_taken_away() -> None:
    judged = [Judged(0.9, True, without) for without in (0.1, 0.49, 0.5, 0.8)]
    assert reliability(judged)["confident_without"] == 0.5


def test_certainty_and_no_query_at_all() -> None:
    assert reliability_table([Judged(1.0, True, 0.0)])[0].to == 1
    assert reliability([])["calibration_error"] == 0
