from __future__ import annotations

import threading

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.recommending.many_people import Size, World, make_world
from indexer.store.rows import choice, row_index
from recommender.answer import shortlist as candidates
from recommender.answer.items import Recommendations, UserRequest
from recommender.answer.recommender import Recommender
from recommender.answer.shortlist import Shortlist, TopVideos
from recommender.sources.item_links import DenseLinks, SparseLinks, best_rows
from recommender.sources.popularity import CrowdCounts
from tests.recommender.people import event, verdict

pytestmark = pytest.mark.long(11)

PEOPLE = [f"p{i}" for i in range(0, 3000, 120)]


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(Size(videos=6_000, people=3_000, per_person=15, dim=64), seed=3)


@pytest.fixture(scope="module")
def scoring_all(world: World) -> Recommender:
    recommender = Recommender(world.videos, world.log)
    recommender.warm_up()
    return recommender


@pytest.fixture(scope="module")
def shortlisting(world: World) -> Recommender:
    """Tests must not tell it of events."""
    with pytest.MonkeyPatch.context() as patch:
        return make_shortlisting(world, patch)


@pytest.fixture
def own_shortlisting(world: World, monkeypatch: pytest.MonkeyPatch) -> Recommender:
    return make_shortlisting(world, monkeypatch)


def make_shortlisting(world: World, patch: pytest.MonkeyPatch) -> Recommender:
    patch.setattr(candidates, "MAX_SCORED", 100)
    patch.setattr(choice, "EXACT_UP_TO", 100)
    recommender = Recommender(world.videos, world.log)
    recommender.warm_up()
    return recommender


def ids(got: Recommendations) -> list[int]:
    return [item.video_id for item in got.items]


def n_scored(recommender: Recommender, user: str, monkeypatch: pytest.MonkeyPatch) -> int:
    sizes: list[int] = []
    rows = Shortlist.rows

    def counted(self: Shortlist, request: UserRequest, k: int) -> NDArray[np.int64] | None:
        picked = rows(self, request, k)
        sizes.append(len(recommender.videos) if picked is None else len(picked))
        return picked

    monkeypatch.setattr(Shortlist, "rows", counted)
    recommender.recommend(user)
    return sizes[0]


def test_a_page_of_a_shortlist_is_nearly_the_page_of_all(
    scoring_all: Recommender, shortlisting: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = [
        len({*ids(scoring_all.recommend(user))} & {*ids(shortlisting.recommend(user))}) / 10
        for user in [*PEOPLE, "nobody"]
    ]
    assert np.mean(shared) >= 0.95
    assert n_scored(shortlisting, "p0", monkeypatch) < 3_000
    assert scoring_all.scores_all


def test_a_shortlist_of_everything_gives_the_very_same_page(
    scoring_all: Recommender, shortlisting: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NEAR", "LINKED", "STANDING", "UNWATCHED"):
        monkeypatch.setattr(candidates, name, 6_000)
    monkeypatch.setattr(row_index, "EXACT_AMONG", 6_000)
    for user in [*PEOPLE[:10], "nobody"]:
        expected, found = scoring_all.recommend(user).items, shortlisting.recommend(user).items
        assert [one.video_id for one in found] == [one.video_id for one in expected]
        assert [one.source for one in found] == [one.source for one in expected]
        assert [one.because for one in found] == [one.because for one in expected]
        assert [one.score for one in found] == pytest.approx([one.score for one in expected])


def test_what_was_met_or_excluded_is_no_candidate(
    world: World, shortlisting: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, user in list(enumerate(PEOPLE))[:10]:
        first = ids(shortlisting.recommend(user))
        found = ids(shortlisting.recommend(user, exclude=first))
        met = world.log.item[world.log.user == 120 * number] + 1
        assert len(found) == 10
        assert not {*found} & {*first, *met.tolist()}


def test_a_page_too_long_for_a_shortlist_is_made_of_all(shortlisting: Recommender) -> None:
    assert len(shortlisting.recommend("p0", 3_000).items) == 3_000


def test_what_plays_brings_its_own_candidates(
    scoring_all: Recommender, shortlisting: Recommender
) -> None:
    for playing in (11, 700, 2_500, 4_000):
        expected = ids(scoring_all.recommend("nobody", playing=playing))
        found = ids(shortlisting.recommend("nobody", playing=playing))
        assert len({*expected} & {*found}) >= 9


def test_an_event_changes_the_next_shortlist(world: World, own_shortlisting: Recommender) -> None:
    shortlisting = own_shortlisting
    before = shortlisting.recommend("p0")
    liked = int(np.argmax(world.videos.centred @ -world.videos.centred[ids(before)[0] - 1])) + 1
    shortlisting.observe([event("p0", liked, day=20), verdict("p0", ids(before)[0], "dislike")])
    after = shortlisting.recommend("p0")
    assert not {liked, ids(before)[0]} & {*ids(after)}
    because = {item.because.video_id for item in after.items if item.because}
    assert liked in because


def test_a_refit_goes_on_behind_and_loses_no_event(
    own_shortlisting: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    shortlisting = own_shortlisting
    before, go_on = shortlisting.live, threading.Event()
    fit = Shortlist.warm_up

    def held(picker: Shortlist) -> None:
        assert go_on.wait(300)
        fit(picker)

    monkeypatch.setattr(Shortlist, "warm_up", held)
    n = len(before.log)
    many = [event(f"new{i}", 1 + i % 50) for i in range(n // 50 + 1)]
    shortlisting.observe(many)
    shortlisting.observe([event("late", 77, day=1), event("p0", 78, day=1)])
    assert shortlisting.live is before  # answers go on while it is fitted
    assert 77 not in ids(shortlisting.recommend("late"))
    go_on.set()
    shortlisting.wait_for_refit(300)
    after = shortlisting.live
    assert after is not before
    assert len(after.log) == len(before.log) == n + len(many) + 2
    assert after.log.users == before.log.users
    assert after.log.pairs_of(after.log.users["late"]).item.tolist() == [76]
    assert after.log.counts.liked == pytest.approx(before.log.counts.liked)
    assert not after.stale


def test_the_best_for_all_follow_the_events(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "_STALE", 7)
    rng = np.random.default_rng(0)
    counts = CrowdCounts(world.log, world.videos)
    standing = TopVideos(counts.liked.__getitem__, counts)
    allowed = rng.random(6_000) < 0.5
    for _ in range(60):
        rows = rng.integers(6_000, size=rng.integers(1, 4))
        counts.liked[rows] += rng.integers(0, 400)
        counts.touched += rows.tolist()
        found = counts.liked[standing.best(20, allowed)]
        assert sorted(found) == sorted(np.sort(counts.liked[allowed])[-20:])


def test_the_best_rows_are_the_first_of_equals_and_above_0() -> None:
    values = np.array([0.0, 2.0, 1.0, 1.0, 3.0, 1.0, -1.0])
    assert sorted(best_rows(values, 3)) == [1, 2, 4]
    assert sorted(best_rows(values, 5)) == [1, 2, 3, 4, 5]
    assert sorted(best_rows(values, 6)) == [1, 2, 3, 4, 5]
    assert sorted(best_rows(values, 100)) == [1, 2, 3, 4, 5]


def test_links_find_their_best_without_scoring_all() -> None:
    rng = np.random.default_rng(0)
    dense = rng.random((40, 40), np.float32) * (rng.random((40, 40)) < 0.2)
    history = sparse.csr_array(rng.random((1, 40)) * (rng.random((1, 40)) < 0.2))
    allowed = rng.random(40) < 0.6
    watched = np.sort(rng.choice(60, 40, replace=False))
    wide = sparse.csr_array((history.data, watched[history.indices], history.indptr), shape=(1, 60))
    wide_allowed = np.zeros(60, bool)
    wide_allowed[watched] = allowed
    for links, asked, open_to in (
        (SparseLinks(sparse.csr_array(dense)), history, allowed),
        (DenseLinks(60, watched, dense), wide, wide_allowed),
    ):
        scores = np.where(open_to, links.scores(asked)[0], 0.0)
        assert sorted(links.best(asked, 5, open_to)) == sorted(np.argsort(-scores)[:5])
