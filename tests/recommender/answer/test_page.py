from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.answer.exploration import Exploration
from recommender.answer.page import RULES, Candidates, PageRules, Place, make_page, places_for_new
from recommender.events.videos import VideoTable
from tests.recommender.people import axes

pytestmark = pytest.mark.long(11)


def library(vectors: np.ndarray, folders: Sequence[str | None] = ()) -> VideoTable:
    """Vectors that keep their cosines: centring takes nothing from a symmetric set."""
    n = len(vectors)
    paths = [None if f is None else Path(f"/films/{f}/{i}.mp4") for i, f in enumerate(folders)]
    table = VideoTable(np.arange(1, n + 1), np.asarray(vectors, np.float32), paths=paths)
    table.__dict__["centred"] = np.asarray(vectors, np.float32)
    return table


def page(
    scores: Sequence[float],
    videos: VideoTable | None = None,
    *,
    k: int | None = None,
    unwatched: Sequence[int] = (),
    rules: PageRules = RULES,
    exploration: Exploration | None = None,
) -> list[Place]:
    n = len(scores)
    videos = library(np.eye(max(n, 1))[:n]) if videos is None else videos
    given = Candidates(
        np.arange(n), np.asarray(scores, np.float64), np.asarray(unwatched, np.int64)
    )
    return make_page(given, videos, n if k is None else k, rules, exploration)


def rows(places: list[Place]) -> list[int]:
    return [place.row for place in places]


def test_a_twin_loses_its_part_and_gives_way() -> None:
    got = page([1.0, 0.9, 0.8], library(np.eye(3)[[0, 0, 1]]))
    assert rows(got) == [0, 2, 1]
    assert got[2].score == pytest.approx(0.9 * (1 - RULES.diversity))


def test_the_opposite_is_not_rewarded() -> None:
    got = page([1.0, 0.5, 0.6], library(np.array([[1, 0], [-1, 0], [0, 1]])))
    assert [place.score for place in got] == pytest.approx([1.0, 0.6, 0.5])


@settings(max_examples=80, deadline=None)
@given(
    n=st.integers(0, 150),
    k=st.integers(1, 30),
    n_folders=st.integers(0, 6),
    seed=st.integers(0, 10_000),
    share=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_every_page_is_full_and_nothing_comes_twice(
    n: int, k: int, n_folders: int, seed: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 4))
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    folders = [str(rng.integers(n_folders)) if n_folders else None for _ in range(n)]
    scores = rng.random(n) * (rng.random(n) < 0.7)
    unwatched = rng.permutation(n)[: n // 3]
    got = page(
        scores.tolist(),
        library(vectors, folders),
        k=k,
        unwatched=unwatched.tolist(),
        exploration=Exploration(share, rng),
    )
    assert len(set(rows(got))) == len(got) == min(n, k)
    assert all(0.0 <= place.score <= 1.0 for place in got)
    assert all(0.0 < place.propensity <= 1.0 for place in got)
    if not share:
        assert [place.score for place in got] == sorted((p.score for p in got), reverse=True)
        assert {place.propensity for place in got} <= {1.0}
        assert len(set(rows(got)) & set(unwatched.tolist())) >= min(
            places_for_new(k), len(unwatched)
        )


def test_of_a_large_library_the_best_are_chosen() -> None:
    rng = np.random.default_rng(0)
    scores = rng.permutation(5000) / 5000
    got = page(scores.tolist(), library(np.zeros((5000, 2))), k=20)
    assert rows(got) == np.argsort(-scores)[:20].tolist()


def one_by_one(n: int) -> list[float]:
    return [1.0 - 0.01 * i for i in range(n)]


def test_one_folder_fills_a_third_where_others_are_nearly_as_good() -> None:
    videos = library(np.eye(40), ["a"] * 20 + ["b"] * 10 + ["c"] * 10)
    got = rows(page(one_by_one(40), videos, k=9))
    assert got == [0, 1, 2, 20, 21, 22, 30, 31, 32]


def test_two_of_a_folder_may_stand_on_the_smallest_page() -> None:
    videos = library(np.eye(10), ["a"] * 5 + ["b"] * 5)
    assert rows(page(one_by_one(10), videos, k=3)) == [0, 1, 5]


def test_a_flat_library_and_unknown_files_are_left_as_they_are() -> None:
    plain = page(one_by_one(20), k=10)
    for folders in (["a"] * 20, [None] * 20):
        assert page(one_by_one(20), library(np.eye(20), folders), k=10) == plain


def test_a_folder_fills_what_the_others_cannot_and_no_page_is_shorter() -> None:
    # Each folder holds a third: three of each are its share, and four where the page is longer.
    videos = library(np.eye(12), ["a"] * 4 + ["b"] * 4 + ["c"] * 4)
    assert len(page(one_by_one(12), videos, k=12)) == 12
    few = library(np.eye(12), ["a"] * 6 + ["b"] * 2 + ["c"] * 4)
    got = page(one_by_one(12), few, k=12)
    assert len(got) == 12
    # Six others: six of the folder are within its room, so none of it counts half.
    assert [place.score for place in got] == pytest.approx(one_by_one(12))


def test_the_folder_of_nearly_everything_is_the_library_itself() -> None:
    videos = library(np.eye(40), ["a"] * 21 + ["b"] * 19)
    assert rows(page(one_by_one(40), videos, k=9)) == list(range(9))


def test_a_kept_place_goes_to_a_folder_with_room_where_there_is_one() -> None:
    videos = library(np.eye(7), ["a", "a", "b", "c", "a", "b", "b"])
    full = [0.9, 0.8, 0.7, 0.6, 0.0, 0.0, 0.1]
    assert rows(page(full, videos, unwatched=[4, 5], k=5)) == [0, 1, 2, 3, 5]
    free = PageRules(folder_share=1.0)
    assert rows(page(full, videos, unwatched=[4, 5], k=5, rules=free)) == [0, 1, 2, 3, 4]


def test_what_is_worth_less_than_half_does_not_displace_the_folder() -> None:
    videos = library(np.eye(40), ["a"] * 20 + ["b"] * 20)
    scores = [0.9] * 20 + [0.3] * 20
    assert rows(page(scores, videos, k=9)) == list(range(9))
    assert rows(page([0.9] * 20 + [0.5] * 20, videos, k=9))[3:6] == [20, 21, 22]


def test_the_limit_is_a_setting() -> None:
    videos = library(np.eye(40), ["a"] * 20 + ["b"] * 20)
    free = PageRules(folder_share=1.0)
    assert rows(page(one_by_one(40), videos, k=9, rules=free)) == list(range(9))
    strict = PageRules(folder_share=0.5, beyond_share=0.0)
    scores = [0.9] * 20 + [0.01] * 20
    assert sum(row < 20 for row in rows(page(scores, videos, k=8, rules=strict))) == 4


def test_a_tenth_of_the_places_is_kept_for_new_videos() -> None:
    assert [places_for_new(k) for k in (1, 4, 5, 10, 14, 15, 100)] == [0, 0, 1, 1, 1, 2, 10]


def test_a_kept_place_is_the_last_and_worth_no_more_than_the_one_before() -> None:
    got = page([1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.1], unwatched=[6], k=5)
    assert rows(got) == [0, 1, 2, 3, 6]
    assert [place.reserved for place in got] == [False] * 4 + [True]
    assert got[4].score <= got[3].score


def test_a_new_video_that_came_by_itself_fills_the_place() -> None:
    got = page([1.0, 0.9, 0.8, 0.7, 0.6, 0.5], unwatched=[2, 5], k=5)
    assert rows(got) == [0, 1, 2, 3, 4]
    assert not any(place.reserved for place in got)


def test_new_videos_never_push_each_other_out() -> None:
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, *[0.1] * 10, 0.05]
    got = page(scores, unwatched=[14, 15], k=15)
    assert {14, 15} <= set(rows(got))


def test_fewer_new_videos_than_places_for_them_take_fewer() -> None:
    got = page(one_by_one(60), unwatched=[59], k=30)
    assert rows(got) == [*range(29), 59]


def test_a_page_left_to_chance_differs_and_says_how_probable_it_was() -> None:
    pages = [
        page(one_by_one(30), k=5, exploration=Exploration(0.5, np.random.default_rng(seed)))
        for seed in range(20)
    ]
    assert len({tuple(rows(one)) for one in pages}) > 10
    steady = page(one_by_one(30), k=5, exploration=Exploration(0.0))
    assert steady == page(one_by_one(30), k=5)


def test_the_propensities_are_those_of_the_pages_that_come() -> None:
    # After the first its twin is second by score, but not what the place goes to without chance.
    videos = library(np.asarray(axes(4, dim=4))[[0, 0, 1, 2]])
    rng = np.random.default_rng(0)
    n = 20_000
    seen: dict[tuple[int, ...], int] = {}
    told: dict[tuple[int, ...], float] = {}
    for _ in range(n):
        got = page([0.9, 0.85, 0.8, 0.1], videos, k=2, exploration=Exploration(0.4, rng))
        key = tuple(rows(got))
        seen[key] = seen.get(key, 0) + 1
        told[key] = got[0].propensity * got[1].propensity
    assert sum(told.values()) == pytest.approx(1.0)
    assert len(told) == 12
    assert told[0, 2] > 0.6 * 0.6 > max(told[key] for key in told if key != (0, 2))
    for key, probability in told.items():
        assert abs(seen[key] / n - probability) < 4 * np.sqrt(probability / n)


def test_of_copies_and_parts_a_page_holds_one() -> None:
    videos = library(np.eye(6))
    links = {0: np.array([1, 4]), 1: np.array([0]), 4: np.array([0])}
    videos = replace(videos, covering=links)
    assert rows(page([0.6, 1.0, 0.9, 0.8, 0.7, 0.5], videos)) == [1, 2, 3, 4, 5]
    assert rows(page([1.0, 0.9, 0.8, 0.7, 0.6, 0.5], videos)) == [0, 2, 3, 5]


def test_explored_places_and_reserved_ones_hold_no_copy_either() -> None:
    videos = replace(library(np.eye(12)), covering={row: np.array([row ^ 1]) for row in range(12)})
    for seed in range(20):
        exploration = Exploration(0.8, np.random.default_rng(seed))
        got = rows(page(np.linspace(1, 0.1, 12).tolist(), videos, k=6, exploration=exploration))
        assert len({row // 2 for row in got}) == len(got)
    got = rows(page([1.0] * 12, videos, k=6, unwatched=range(6, 12)))
    assert len({row // 2 for row in got}) == len(got) == 6
