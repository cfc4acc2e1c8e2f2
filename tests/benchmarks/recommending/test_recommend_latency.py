from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.recommending import answers, fits, recommend_latency
from benchmarks.recommending.many_people import NEW_SHARE, Size, World, make_world
from recommender.answer import shortlist
from recommender.events.histories import Histories

SMALL = Size(videos=300, people=400, per_person=12, dim=16)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(SMALL, seed=1)


def test_a_seed_gives_one_world_and_another_seed_another(world: World) -> None:
    again, other = make_world(SMALL, seed=1), make_world(SMALL, seed=2)
    assert np.array_equal(again.log.item, world.log.item)
    assert np.array_equal(again.videos.matrix, world.videos.matrix)
    assert not np.array_equal(other.videos.matrix, world.videos.matrix)


def test_what_is_to_be_foretold_is_not_in_the_log_and_new_videos_are_unwatched(
    world: World,
) -> None:
    met = set(zip(world.log.user.tolist(), world.log.item.tolist(), strict=True))
    asked = np.flatnonzero(world.last >= 0)
    assert len(asked) > 200
    assert not met & {(int(person), int(world.last[person])) for person in asked}
    unwatched = 1 - len(np.unique(world.log.item)) / SMALL.videos
    assert NEW_SHARE / 2 < unwatched < 0.35
    late = world.videos.added_at_s > world.videos.added_at_s.min()
    assert not set(np.flatnonzero(late).tolist()) & set(world.log.item.tolist())


def test_people_follow_their_themes(world: World) -> None:
    # Two videos of one person are more alike than two of any: else there is nothing to learn.
    vectors, person, row = world.videos.centred, world.log.user, world.log.item
    own = np.flatnonzero(np.diff(person) == 0)
    alike = (vectors[row[own]] * vectors[row[own + 1]]).sum(axis=1).mean()
    any_two = (vectors[row] * vectors[np.random.default_rng(0).permutation(row)]).sum(axis=1).mean()
    assert alike > any_two + 0.1


def test_what_is_foretold_is_the_ndcg_of_the_whole_list(world: World) -> None:
    scores = np.random.default_rng(0).random((len(world.last), SMALL.videos), np.float32)
    asked = np.flatnonzero(world.last >= 0)
    expected = []
    for person in asked:
        met = world.log.item[world.log.user == person]
        order = np.argsort(-scores[person])
        ranked = [int(row) for row in order if row not in met]
        place = ranked.index(int(world.last[person]))
        expected.append(1 / np.log2(place + 2) if place < 10 else 0.0)

    def given(histories: Histories) -> NDArray[np.float32]:
        return scores[asked]

    assert fits.last_video_ndcg(world, given) == pytest.approx(np.mean(expected))


def test_our_closed_form_is_numpys_and_all_learn_something(world: World) -> None:
    figures = fits.race(world, rounds=1)
    assert figures["ease_ndcg_at_10"] == pytest.approx(figures["numpy_ease_ndcg_at_10"], abs=1e-3)
    chance = sum(1 / np.log2(place + 2) for place in range(10)) / SMALL.videos
    for name in ("ease", "item_cosine", "ials"):
        assert figures[f"{name}_ndcg_at_10"] > 2 * chance
    ratios = fits.ratios({"numpy_ease_fit_s": 6.0, "ease_fit_s": 2.0})
    assert ratios == {"ratio_to_numpy_ease_fit": 3.0}


def test_without_implicit_its_keys_are_left_out_and_a_key_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fits, "has_implicit", lambda: False)
    monkeypatch.setattr(recommend_latency, "has_implicit", lambda: False)
    monkeypatch.setattr(recommend_latency, "FITTED", {"small": SMALL})
    monkeypatch.setattr(recommend_latency, "ROUNDS", {"small": 1})
    sizes: list[tuple[int, int]] = []

    def apart(n_videos: int, n_people: int) -> dict[str, float]:
        sizes.append((n_videos, n_people))
        return {"p95_ms": 1.0, "memory_mb": 2.0}

    monkeypatch.setattr(recommend_latency, "measure_apart", apart)
    figures = recommend_latency.run("small")
    assert figures["implicit"] == "not installed: its keys are left out"
    assert not [name for name in figures if name.startswith(("implicit_", "ratio_to_implicit"))]
    assert {"p95_ms", "p95_ms_100k", "memory_mb_100k", "ratio_to_numpy_ease_fit"} <= {*figures}
    assert sizes == [(1_000, 1_000), (100_000, 100_000)]


def test_answers_are_timed_in_a_process_of_their_own() -> None:
    found = answers.measure_apart(400, 300)
    assert 0 < found["p50_ms"] <= found["p95_ms"]
    assert 0 < found["p50_after_event_ms"] <= found["p95_after_event_ms"]
    assert 50 < found["memory_mb"] <= found["memory_peak_mb"] < 2_000
    assert "shared_with_scoring_all" not in found


def test_the_share_of_a_shortlist_with_scoring_all_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "ANSWERS", 9)
    monkeypatch.setattr(answers, "COMPARED", 5)
    monkeypatch.setattr(shortlist, "MAX_SCORED", 100)
    for name in ("NEAR", "LINKED", "STANDING", "UNWATCHED"):
        monkeypatch.setattr(shortlist, name, 400)
    assert answers.measure(400, 300)["shared_with_scoring_all"] == 1.0
    for name, few in (("NEAR", 15), ("LINKED", 1), ("STANDING", 60), ("UNWATCHED", 1)):
        monkeypatch.setattr(shortlist, name, few)
    assert answers.measure(400, 300)["shared_with_scoring_all"] < 1.0
