"""Two videos share a stretch where their frames are alike in the same order in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from indexer.copies.stored import Pair, Relation
from indexer.duplicates.judging import judge
from indexer.duplicates.lines import Track
from tests.fakes import unit_rows
from tests.indexer.duplicates.made_tracks import BACKGROUND, Film, length_s


def compared(one: Track, other: Track) -> Pair | None:
    return judge((1, 2), (one, other), (length_s(one), length_s(other)), BACKGROUND)


def found(one: Track, other: Track) -> Pair:
    pair = compared(one, other)
    assert pair is not None
    return pair


def test_a_poor_copy_is_found_and_is_whole() -> None:
    film = Film(1)
    pair = found(film.track(seed=1), film.track(noise=0.4, seed=2))
    assert pair.relation is Relation.COPY
    (stretch,) = pair.stretches
    assert (stretch.start_s, stretch.other_start_s) == pytest.approx((0, 0), abs=0.8)
    assert (stretch.end_s, stretch.other_end_s) == pytest.approx((30, 30), abs=0.8)


def test_another_film_shares_nothing() -> None:
    assert compared(Film(1).track(), Film(2).track()) is None


@pytest.mark.parametrize("speed", [0.7, 1.25, 1.9])
def test_a_copy_at_another_speed_says_how_fast(speed: float) -> None:
    film = Film(3, 40.0)
    pair = found(film.track(seed=1), film.track(speed=speed, noise=0.2, seed=2))
    assert pair.relation is Relation.COPY
    assert pair.stretches[0].speed == pytest.approx(1 / speed, rel=0.03)


def test_a_cut_is_a_part_and_lies_where_it_was_taken_from() -> None:
    film = Film(4, 60.0)
    pair = found(film.track(20.0, 35.0, noise=0.2, seed=1), film.track(seed=2))
    assert pair.relation is Relation.PART
    assert pair.whole_one
    assert not pair.whole_other
    (stretch,) = pair.stretches
    assert (stretch.other_start_s, stretch.other_end_s) == pytest.approx((20, 35), abs=0.8)


def test_seen_from_the_other_video_it_is_the_same() -> None:
    film = Film(4, 60.0)
    cut, whole = film.track(20.0, 35.0, seed=1), film.track(seed=2)
    here, there = found(cut, whole), found(whole, cut).turned()
    assert here.relation is there.relation is Relation.PART
    assert there.whole_one == here.whole_other or there.whole_other == here.whole_other
    (one,), (other,) = here.stretches, found(whole, cut).stretches
    assert (one.other_start_s, one.start_s) == pytest.approx(
        (other.start_s, other.other_start_s), abs=0.8
    )


def test_a_compilation_overlaps_with_each_of_its_sources() -> None:
    first, second = Film(5, 40.0), Film(6, 40.0)
    a, b = first.track(10.0, 25.0, seed=1), second.track(5.0, 20.0, seed=2)
    joined = Track(
        np.concatenate([a.times_s, a.times_s[-1] + 0.5 + b.times_s]),
        np.concatenate([a.frames, b.frames]),
    )
    for film, start_s, at_s in ((first, 10.0, 0.0), (second, 5.0, 15.0)):
        pair = found(film.track(seed=3), joined)
        assert pair.relation is Relation.OVERLAP
        (stretch,) = pair.stretches
        assert (stretch.start_s, stretch.other_start_s) == pytest.approx((start_s, at_s), abs=1.2)
        assert stretch.end_s - stretch.start_s == pytest.approx(15, abs=1.5)
    assert compared(first.track(), second.track()) is None


def test_two_parts_in_the_other_order_are_two_stretches() -> None:
    film = Film(7, 40.0)
    a, b = film.track(0.0, 20.0, seed=1), film.track(20.0, 40.0, seed=2)
    turned = Track(
        np.concatenate([b.times_s, b.times_s[-1] + 0.5 + a.times_s]),
        np.concatenate([b.frames, a.frames]),
    )
    pair = found(film.track(seed=3), turned)
    assert len(pair.stretches) == 2
    assert [each.other_start_s > 15 for each in pair.stretches] == [True, False]


def test_the_same_place_at_another_time_is_no_duplicate() -> None:
    """The places are the same, what moves in them is not."""
    for seed in range(10, 16):
        one, other = Film(seed, places=9), Film(seed + 100, places=9)
        assert compared(one.track(), other.track()) is None, seed


def test_a_long_static_camera_does_not_match_itself_at_another_time() -> None:
    film = Film(21, 300.0)
    assert compared(film.track(0.0, 60.0), film.track(150.0, 210.0)) is None


def test_the_same_frames_backwards_are_another_video() -> None:
    film = Film(22)
    there = film.track(seed=2)
    backwards = replace(there, frames=there.frames[::-1].copy())
    assert compared(film.track(seed=1), backwards) is None


def test_shuffled_frames_are_another_video() -> None:
    film = Film(23)
    there = film.track(seed=2)
    order = np.random.default_rng(0).permutation(len(there.frames))
    shuffled = replace(there, frames=there.frames[order])
    assert compared(film.track(seed=1), shuffled) is None


def test_a_standing_picture_is_a_copy_only_where_it_is_the_same_to_the_end() -> None:
    still = Film(31, 20.0, moves=0.0)
    pair = found(still.track(noise=0.02, seed=1), still.track(noise=0.02, seed=2))
    assert pair.relation is Relation.COPY
    assert compared(still.track(noise=0.02, seed=1), still.track(noise=0.5, seed=2)) is None
    longer = Film(31, 40.0, moves=0.0)
    assert compared(still.track(noise=0.02, seed=1), longer.track(noise=0.02, seed=2)) is None


def test_cuts_at_the_same_instants_are_an_order_too() -> None:
    """A slide show: nothing moves, but picture follows picture."""
    slides = Film(32, 40.0, scenes=6, moves=0.0)
    pair = found(slides.track(seed=1), slides.track(noise=0.3, seed=2))
    assert pair.relation is Relation.COPY


def test_what_all_frames_share_is_no_likeness() -> None:
    """Any two pictures are alike in such a space; that is taken off before."""
    film, other = Film(41), Film(42)
    common = unit_rows(np.ones((1, 64), np.float32))[0] * 3
    one, two = (unit_rows(each.track(seed=1).frames + common) for each in (film, other))
    from indexer.duplicates.background import learn_background

    many = [unit_rows(Film(seed).track().frames + common) for seed in range(50, 80)]
    background = learn_background(many)
    times_s = film.track(seed=1).times_s
    tracks = background.track(times_s, one), background.track(times_s[: len(two)], two)
    assert float(np.mean(np.sum(one[:50] * two[:50], axis=1))) > 0.8
    assert judge((1, 2), tracks, (30.0, 30.0), background) is None
    again = background.track(times_s, unit_rows(film.track(noise=0.2, seed=1).frames + common))
    assert judge((1, 2), (tracks[0], again), (30.0, 30.0), background) is not None


def test_short_takes_of_one_place_are_no_copies_and_a_copy_of_a_take_is() -> None:
    """Of two seconds four frames are known: some line fits them, whatever they show."""
    takes = [Film(seed, 2.0, places=7 + seed % 5, moves=0.25) for seed in range(100, 140)]
    of_another = [Film(seed, 2.0, places=7 + seed % 5, moves=0.25) for seed in range(200, 240)]
    wrong = sum(
        compared(one.track(seed=1), other.track(noise=0.2, seed=2)) is not None
        for one, other in zip(takes, of_another, strict=True)
    )
    right = sum(
        compared(each.track(seed=1), each.track(noise=0.2, seed=2)) is not None for each in takes
    )
    assert wrong <= 2
    assert right >= 34
