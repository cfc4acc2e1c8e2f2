"""What every source must do; inherited by the test class of each."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.model.arrays import map_arrays, pack, unpack, write_arrays
from recommender.sources.base import Source
from tests.recommender.people import around, axes, table
from tests.recommender.tables import interactions

N_THEMES, EACH, N_PEOPLE = 6, 12, 100
N = N_THEMES * EACH
UNKNOWN = N - 1
"""An item without an event and without a vector."""


def watched_themes() -> Histories:
    """Each person watches eight items of two themes in order; nobody watches the last item."""
    rng = np.random.default_rng(7)
    words = []
    for person in range(N_PEOPLE):
        themes = rng.choice(N_THEMES, 2, replace=False)
        rows = np.concatenate([theme * EACH + np.arange(EACH - 1) for theme in themes])
        words += [f"p{person}:{row}@{at}" for at, row in enumerate(rng.permutation(rows)[:8])]
    return interactions(" ".join(words), n_people=N_PEOPLE, n_items=N).histories


def themed_vectors() -> NDArray[np.float32]:
    """(N, d) vectors around one centre for each theme; zeros for the unknown item."""
    vectors = around(axes(N_THEMES), EACH)
    vectors[UNKNOWN] = 0.0
    return vectors


class SourceContract:
    """Subclasses give the source, and name the exceptions of its kind."""

    tolerance = 1e-5
    """Absolute, of scores and links."""
    scores_unknown = False
    """It scores items of which nothing is known."""
    scores_nobody = False
    """It scores items for an empty history."""
    links_add_up = True
    """Links add up to the score."""
    order_matters = False
    """The order of a history changes its scores."""
    finds_best = False
    """It finds its best items without scoring all of them."""

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        """The source, fitted."""
        raise NotImplementedError

    @cached_property
    def videos(self) -> VideoTable:
        return table(themed_vectors())

    @cached_property
    def histories(self) -> Histories:
        return watched_themes()

    @cached_property
    def source(self) -> Source:
        return self.fit(self.histories, self.videos)

    def assert_close(self, scores: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
        assert scores == pytest.approx(expected, abs=self.tolerance)

    def test_scores_are_one_finite_float32_row_for_each_person(self) -> None:
        scores = self.source.scores(self.histories)
        assert scores.shape == (N_PEOPLE, N)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()
        assert scores.std() > 0.0

    def test_some_rows_are_scored_as_among_all(self) -> None:
        rows = np.array([50, 3, 3, UNKNOWN])
        self.assert_close(
            self.source.scores(self.histories, rows), self.source.scores(self.histories)[:, rows]
        )

    def test_people_do_not_change_each_other(self) -> None:
        some = self.histories.of(np.array([7, 2]))
        self.assert_close(self.source.scores(some), self.source.scores(self.histories)[[7, 2]])

    def test_of_an_unknown_item_it_knows_nothing(self) -> None:
        scores = self.source.scores(self.histories)[:, UNKNOWN]
        assert ((scores > 0.0) if self.scores_unknown else (scores <= 0.0)).all()

    def test_for_an_empty_history_it_knows_nothing(self) -> None:
        nobody = interactions("a:0", n_people=2, n_items=N).histories.of(np.array([1]))
        scores = self.source.scores(nobody)
        assert scores.shape == (1, N)
        assert scores.any() == self.scores_nobody
        assert self.source.links(nobody, 3).shape == (0,)

    def test_links_are_one_for_each_item_and_add_up_to_the_score(self) -> None:
        one = self.histories.of(np.array([5]))
        for row in (0, 17, 40):
            links = self.source.links(one, row)
            assert links.shape == one.item.shape
            assert links.dtype == np.float64
            if self.links_add_up:
                score = float(self.source.scores(one)[0, row])
                assert links.sum() == pytest.approx(score, abs=10 * self.tolerance)

    def test_the_order_of_a_history_matters_only_where_it_should(self) -> None:
        one = self.histories.of(np.array([5]))
        turned = Histories(one.starts, one.item[::-1], one.weight[::-1], one.at_s, N)
        same = np.allclose(self.source.scores(turned), self.source.scores(one), atol=self.tolerance)
        assert same != self.order_matters

    def test_the_best_are_those_of_the_scores(self) -> None:
        one = self.histories.of(np.array([5]))
        allowed = np.ones(N, bool)
        allowed[one.item] = False
        best = self.source.best(one, 4, allowed)
        assert (best is not None) == self.finds_best
        if best is not None:
            scores = np.where(allowed, self.source.scores(one)[0], 0.0)
            self.assert_close(np.sort(scores[best]), np.sort(scores)[-len(best) :])


class SavedSourceContract(SourceContract):
    """For sources of a saved model."""

    name: str
    """Its name in the registry."""

    def test_a_saved_source_scores_as_before(self, tmp_path: Path) -> None:
        again = self.again(self.videos, tmp_path)
        self.assert_close(again.scores(self.histories), self.source.scores(self.histories))
        rows = np.array([50, 3])
        self.assert_close(
            again.scores(self.histories, rows), self.source.scores(self.histories, rows)
        )
        one = self.histories.of(np.array([5]))
        assert again.links(one, 17) == pytest.approx(
            self.source.links(one, 17), abs=10 * self.tolerance
        )

    def test_rows_follow_permanent_ids_when_the_table_changes(self, tmp_path: Path) -> None:
        kept = np.random.default_rng(0).permutation(N - 1)[: N - 9]
        ids = np.append(self.videos.ids[kept], [901, 902])
        vectors = np.vstack([self.videos.matrix[kept], np.zeros((2, 32), np.float32)])
        to = np.full(N, -1)
        to[kept] = np.arange(len(kept))
        now = VideoTable(ids, vectors)
        # The mean of the vectors is that of the old table: only rows have moved.
        now.__dict__["centred"] = np.vstack(
            [self.videos.centred[kept], np.zeros((2, 32), np.float32)]
        )
        again = self.again(now, tmp_path)
        asked = self.histories.renumbered(to, len(ids))
        known = self.histories.renumbered(np.where(to >= 0, np.arange(N), -1), N)
        expected = self.source.scores(known)
        scores = again.scores(asked)
        self.assert_close(scores[:, : len(kept)], expected[:, kept])
        assert not scores[:, len(kept) :].any()
        rows = np.array([4, len(ids) - 1, 0])
        self.assert_close(again.scores(asked, rows), scores[:, rows])
        one, same = asked.of(np.array([5])), known.of(np.array([5]))
        assert again.links(one, 7) == pytest.approx(
            self.source.links(same, int(kept[7])), abs=10 * self.tolerance
        )

    def again(self, videos: VideoTable, folder: Path) -> Source:
        """The source after it was saved and loaded for some videos."""
        packed = pack({self.name: self.source})
        write_arrays(folder / "a.safetensors", packed.arrays)
        read = replace(packed, arrays=map_arrays(folder / "a.safetensors"))
        return unpack(read, self.videos.ids, videos)[self.name]
