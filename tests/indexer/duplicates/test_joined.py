"""A copy that is spoiled for the encoder is known by its small pictures, and the other way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from data.video.small_frames import SMALL_PX
from indexer.duplicates.background import Background, learn_background
from indexer.duplicates.joined import joined, likeliest_ways
from indexer.duplicates.judging import judge
from indexer.duplicates.lines import Track
from indexer.duplicates.patterns import WAYS, patterns, patterns_in_all_ways
from tests.indexer.duplicates.made_tracks import DIM, Film, length_s

Bytes = NDArray[np.uint8]
BOTH = Background(np.zeros(DIM, np.float32), alike=0.3, alike_joined=0.3)


def scene(seed: int, times_s: NDArray[np.float64]) -> Bytes:
    """(n, 256): a place, in which a bright spot moves from one random place to the next."""
    rng = np.random.default_rng([seed, 7])
    place = np.kron(rng.uniform(20, 170, (4, 4)), np.ones((4, 4)))
    knots = rng.uniform(2, SMALL_PX - 3, (int(times_s.max()) + 3, 2))
    before = times_s.astype(int)
    share = (times_s - before)[:, None]
    spot = (1 - share) * knots[before] + share * knots[before + 1]
    at = np.arange(SMALL_PX)
    far = (at[:, None] - spot[:, 0, None, None]) ** 2 + (at - spot[:, 1, None, None]) ** 2
    pictures = place + 150 * np.exp(-far / 6)
    return np.asarray(np.clip(pictures, 0, 255).reshape(len(times_s), -1), np.uint8)


def with_pictures(track: Track, seed: int) -> Track:
    return replace(track, small=scene(seed, track.times_s))


def mirrored(small: Bytes) -> Bytes:
    turned = small.reshape(-1, SMALL_PX, SMALL_PX)[:, :, ::-1]
    return np.asarray(turned.reshape(len(small), -1), np.uint8)


def shares(one: Track, other: Track) -> bool:
    lengths_s = length_s(one), length_s(other)
    return judge((1, 2), (one, other), lengths_s, BOTH) is not None


def test_a_pattern_is_that_of_the_same_picture_darker_or_with_less_contrast() -> None:
    small = scene(1, np.arange(4.0))
    paler = (small * 0.6 + 60).astype(np.uint8)
    alike = np.sum(patterns(small) * patterns(paler), axis=1)
    others = patterns(small) @ patterns(scene(2, np.arange(4.0))).T
    assert alike.min() > 0.97
    assert others.max() < 0.6


def test_a_picture_without_contrast_says_nothing() -> None:
    flat = np.full((1, SMALL_PX**2), 90, np.uint8)
    flat[0, ::2] += 1
    assert np.linalg.norm(patterns(flat)) < 0.6
    assert np.linalg.norm(patterns(np.full((1, SMALL_PX**2), 90, np.uint8))) < 1e-3


def test_all_ways_are_the_ways_one_by_one() -> None:
    small = scene(3, np.arange(3.0))
    each = np.stack([patterns(small, way) for way in range(len(WAYS))])
    np.testing.assert_allclose(patterns_in_all_ways(small), each, atol=1e-5)
    np.testing.assert_allclose(patterns(mirrored(small)), patterns(small, 1), atol=1e-5)


def test_a_mirrored_copy_is_looked_at_in_a_mirror() -> None:
    film = Film(1)
    plain = with_pictures(film.track(seed=1), 1)
    other = with_pictures(film.track(seed=2), 1)
    assert other.small is not None
    turned = replace(other, small=mirrored(other.small))
    assert likeliest_ways(plain, other) == (0, 0)
    assert likeliest_ways(plain, turned) == (0, 1)
    seen = joined(plain, turned)
    assert seen is not None
    one, again = seen
    assert float(np.sum(one.frames[:40] * again.frames[:40], axis=1).mean()) > 0.8


@pytest.mark.parametrize("seed", range(3))
def test_a_copy_spoiled_for_the_encoder_is_found_by_its_pictures(seed: int) -> None:
    film = Film(seed + 1)
    plain = with_pictures(film.track(seed=1), seed)
    spoiled = with_pictures(film.track(noise=1.3, seed=2), seed)
    assert not shares(replace(plain, small=None), replace(spoiled, small=None))
    assert shares(plain, spoiled)


def test_the_same_place_with_other_motion_is_no_copy_by_both() -> None:
    for seed in range(10, 14):
        one, other = Film(seed, places=9).track(), Film(seed + 100, places=9).track()
        ours, theirs = scene(5, one.times_s), scene(5, other.times_s[::-1].copy())
        assert not shares(replace(one, small=ours), replace(other, small=theirs)), seed


def test_where_one_has_no_pictures_vectors_alone_decide() -> None:
    film = Film(4)
    plain, other = film.track(seed=1), film.track(noise=0.3, seed=2)
    assert joined(with_pictures(plain, 1), other) is None
    assert shares(with_pictures(plain, 1), other)


def test_the_background_of_both_is_measured_where_enough_have_pictures() -> None:
    tracks = [with_pictures(Film(seed, 12.0).track(), seed) for seed in range(30, 50)]
    frames = [each.frames for each in tracks]
    measured = learn_background(frames, [each.small for each in tracks])
    assert measured.alike_joined != measured.alike
    none = learn_background(frames, [None] * len(frames))
    assert none.alike_joined == Background(none.common, 0.0).alike_joined
    assert measured.alike == none.alike
