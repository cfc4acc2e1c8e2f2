"""Videos that look alike find each other, at a bounded cost."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from data.video.small_frames import SMALL_PX, SMALL_SIZE
from indexer.duplicates import looks
from indexer.duplicates.looks import AlikeLooks, looks_of
from indexer.duplicates.patterns import ONLY_MIRRORED, mirrored, patterns


def pictures(seed: int, n: int = 10) -> NDArray[np.uint8]:
    """(n, 256) small pictures, none like another."""
    rng = np.random.default_rng(seed)
    return rng.integers(20, 235, (n, SMALL_SIZE)).astype(np.uint8)


def shown(
    rows: NDArray[np.uint8], each_s: float = 2.0
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """A video that shows each picture for so long, two frames a second."""
    each = int(2 * each_s)
    return np.arange(len(rows) * each) / 2, rows.repeat(each, axis=0)


def spoiled(rows: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(0, 25, rows.shape)
    return np.clip(rows + noise, 0, 255).astype(np.uint8)


def test_mirrored_patterns_are_those_of_mirrored_pictures() -> None:
    rows = pictures(1)
    turned = rows.reshape(-1, SMALL_PX, SMALL_PX)[:, :, ::-1].reshape(-1, SMALL_SIZE)
    assert ONLY_MIRRORED == 2
    assert mirrored(patterns(rows)) == pytest.approx(patterns(turned), abs=1e-4)
    assert mirrored(patterns(rows)) == pytest.approx(patterns(rows, 1), abs=1e-4)


def test_a_look_is_two_seconds_and_the_same_is_kept_once() -> None:
    assert len(looks_of(*shown(pictures(1)))) == 10
    standing = pictures(1)[:1].repeat(10, axis=0)
    assert len(looks_of(*shown(standing))) == 1
    assert len(looks_of(*shown(pictures(1), each_s=20.0))) == 10


def test_plain_pictures_and_none_have_no_looks() -> None:
    plain = np.full((10, SMALL_SIZE), 120, np.uint8)
    assert looks_of(*shown(plain)).shape == (0, 55)
    assert looks_of(np.zeros(0), None).shape == (0, 55)


@pytest.mark.parametrize("products", [looks.FLAT_PRODUCTS, 0], ids=["each", "cells"])
def test_copies_find_each_other_among_many(monkeypatch: pytest.MonkeyPatch, products: int) -> None:
    monkeypatch.setattr(looks, "FLAT_PRODUCTS", products)
    rows = {video: pictures(video) for video in range(1, 200)}
    turned = spoiled(rows[7], 1).reshape(-1, SMALL_PX, SMALL_PX)[:, :, ::-1]
    rows |= {300: spoiled(rows[5], 0), 301: turned.reshape(-1, SMALL_SIZE), 302: rows[9][3:6]}
    stored = {video: looks_of(*shown(some)) for video, some in rows.items()}
    alike = AlikeLooks(stored, sum(map(len, stored.values())))
    for one, other in ((5, 300), (7, 301), (9, 302)):
        for here, there in ((one, other), (other, one)):
            evidence = alike.evidence([here])[here]
            assert max(evidence, key=lambda each: evidence[each]) == there
            assert here not in evidence
    assert max(alike.evidence([11])[11].values(), default=0.0) < 0.2


def test_what_is_as_near_to_many_says_little() -> None:
    """A title that all begin with, and one copy of the rest."""
    title = pictures(500, 2)
    rows = {video: np.concatenate([title, pictures(video)]) for video in range(1, 40)}
    rows[50] = np.concatenate([spoiled(rows[5], 2)])
    alike = AlikeLooks({video: looks_of(*shown(some)) for video, some in rows.items()}, 100)
    evidence = alike.evidence([5])[5]
    first, second = sorted(evidence.values(), reverse=True)[:2]
    assert evidence[50] == first > 5 * second


def test_looks_of_a_long_video_do_not_fill_all_places() -> None:
    base = pictures(1, 1)
    long = np.concatenate([spoiled(base, seed) for seed in range(300)])
    poor = spoiled(spoiled(spoiled(base, 997), 998), 999)
    stored = {1: looks_of(*shown(long)), 2: looks_of(*shown(poor))}
    assert len(stored[1]) > looks.NEAREST
    assert AlikeLooks(stored, 1).evidence([1])[1].keys() == {2}


def test_without_any_looks_nothing_is_proposed() -> None:
    none = looks_of(np.zeros(0), None)
    assert AlikeLooks({1: none, 2: none}, 0).evidence([1])[1] == {}
    assert AlikeLooks({}, 0).evidence([1])[1] == {}


def test_videos_asked_together_get_what_each_gets_alone() -> None:
    rows = {video: pictures(video, 6 if video % 5 else 60) for video in range(1, 40)}
    rows |= {video + 100: spoiled(rows[video], video) for video in range(1, 12)}
    alike = AlikeLooks({video: looks_of(*shown(some)) for video, some in rows.items()}, 1000)
    together = alike.evidence([*rows, 999])
    assert together.pop(999) == {}
    for video, evidence in together.items():
        assert evidence == pytest.approx(alike.evidence([video])[video])
    assert all(together[video] for video in range(101, 112))
