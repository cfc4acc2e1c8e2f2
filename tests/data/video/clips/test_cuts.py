"""Cuts are found where they are and only there; clips cover the video by the rules."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from data.toons.scenes import draw_scene, random_scene
from data.video.clips.cuts import CutDetector, _blocks

SIZE = 96


def backdrop(seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 6, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((SIZE // 6, SIZE // 6, 1), np.uint8))


def cuts(frames: list[NDArray[np.uint8]], *, fps: float = 2.0, batch: int = 5) -> list[float]:
    detector = CutDetector()
    pixels, times_s = np.stack(frames), np.arange(len(frames)) / fps
    for first in range(0, len(frames), batch):
        detector.feed(pixels[first : first + batch], times_s[first : first + batch])
    return detector.cuts_s


def test_hard_cuts_are_found_between_their_samples() -> None:
    frames = [backdrop(1)] * 5 + [backdrop(2)] * 4 + [backdrop(3)] * 6
    assert cuts(frames) == [2.25, 4.25]


def test_batches_make_no_difference() -> None:
    frames = [backdrop(at // 4) for at in range(40)]
    assert cuts(frames, batch=1) == cuts(frames, batch=64) != []


def test_a_moving_object_is_no_cut() -> None:
    frames = []
    for at in range(16):
        frame = backdrop(1)
        frame[20:70, 5 * at : 5 * at + 45] = (250, 30, 30)
        frames.append(frame)
    assert cuts(frames) == []


def test_a_pan_a_flicker_and_noise_are_no_cuts() -> None:
    wide = np.concatenate([backdrop(1), backdrop(2), backdrop(3)], axis=1)
    pan = [wide[:, 8 * at : 8 * at + SIZE] for at in range(24)]
    rng = np.random.default_rng(0)
    noisy = [
        np.clip(backdrop(1) + rng.normal(0, 12, (SIZE, SIZE, 3)), 0, 255).astype(np.uint8)
        for _ in range(12)
    ]
    still = [backdrop(4)] * 10
    assert cuts(pan) == cuts(noisy) == cuts(still) == []


def test_a_picture_that_only_jumps_aside_is_no_cut() -> None:
    aside = np.roll(backdrop(1), SIZE // 2, axis=1)
    assert cuts([backdrop(1)] * 5 + [aside] * 5) == []


@pytest.mark.parametrize(
    ("rows", "level", "found"), [(48, 130, [2.25]), (36, 200, []), (96, 120, []), (96, 121, [2.25])]
)
def test_half_of_the_blocks_change_at_a_cut_by_20_levels_in_any_channel(
    rows: int, level: int, found: list[float]
) -> None:
    before = np.full((SIZE, SIZE, 3), 100, np.uint8)
    after = before.copy()
    after[:rows, :, 2] = level
    assert cuts([before] * 5 + [after] * 5) == found


@pytest.mark.parametrize("steps", [3, 5, 8])
def test_a_fade_gives_at_most_one_cut(steps: int) -> None:
    a, b = backdrop(1).astype(float), backdrop(2).astype(float)
    fade = [(a + (b - a) * k / steps).astype(np.uint8) for k in range(1, steps)]
    assert len(cuts([backdrop(1)] * 5 + fade + [backdrop(2)] * 5)) <= 1


def test_cuts_between_toon_scenes_are_found_and_no_others() -> None:
    rng = np.random.default_rng(7)
    found = wanted = false = 0
    for _ in range(12):
        scenes = [random_scene(rng, held_out=None) for _ in range(3)]
        frames, borders = list[NDArray[np.uint8]](), list[float]()
        for scene in scenes:
            times_s = np.arange(0, scene.duration_s, 0.5)
            frames.extend(draw_scene(scene, times_s, width_px=96, height_px=96))
            borders.append(len(frames) / 2 - 0.25)
        real = [
            at for at, a, b in zip(borders, scenes, scenes[1:], strict=False) if a.place != b.place
        ]
        seen = cuts(frames)
        wanted += len(real)
        found += sum(any(abs(at - cut) < 0.01 for cut in seen) for at in real)
        false += sum(all(abs(at - cut) > 0.01 for at in borders) for cut in seen)
    assert wanted >= 15
    assert found >= 0.9 * wanted, (found, wanted)
    assert false <= 1


def test_the_middle_between_uneven_samples_is_the_cut() -> None:
    detector = CutDetector()
    frames = np.stack([backdrop(1)] * 3 + [backdrop(2)] * 3)
    detector.feed(frames, np.array([0.0, 1.0, 5.0, 6.0, 6.5, 9.0]))
    assert detector.cuts_s == [5.5]


@pytest.mark.parametrize("batch", [1, 2, 3, 64])
def test_a_jump_aside_is_no_cut_and_a_cut_is_one_wherever_batches_end(batch: int) -> None:
    one, other = backdrop(1), backdrop(2)
    aside = np.roll(one, SIZE // 2, axis=1)
    assert cuts([one, one, aside, aside, one, one, other, other], batch=batch) == [2.75]
    assert cuts([other, one, one, aside, aside], batch=batch) == [0.25]


@pytest.mark.parametrize("turned", [False, True])
def test_a_step_that_the_one_beside_it_equals_is_no_cut(turned: bool) -> None:
    """A flash of one sample, or a fast change in two steps."""
    dark, grey, light = (np.full((SIZE, SIZE, 3), level, np.uint8) for level in (20, 100, 180))
    frames = [dark] * 4 + [grey] + [light] * 4
    assert cuts(frames[::-1] if turned else frames) == []
    # Twice as far at once as in the step before or after it: that is one.
    nearly = [dark] * 4 + [np.full_like(grey, 70)] + [light] * 4
    assert cuts(nearly[::-1] if turned else nearly) == [2.25 if not turned else 1.75]


def test_an_empty_batch_between_two_changes_nothing() -> None:
    detector = CutDetector()
    detector.feed(np.stack([backdrop(1)] * 3), np.array([0.0, 0.5, 1.0]))
    detector.feed(np.zeros((0, SIZE, SIZE, 3), np.uint8), np.zeros(0))
    detector.feed(np.stack([backdrop(2)] * 3), np.array([1.5, 2.0, 2.5]))
    assert detector.cuts_s == [1.25]


def test_frames_may_be_overwritten_after_they_were_fed() -> None:
    detector, buffer = CutDetector(), np.empty((2, SIZE, SIZE, 3), np.uint8)
    for at in range(4):
        buffer[:] = backdrop(1 + at // 2)
        detector.feed(buffer, np.array([at, at + 0.5]))
    assert detector.cuts_s == [1.75]


@pytest.mark.parametrize("shape", [(127, 127), (224, 224), (5, 9), (64, 300), (300, 64), (8, 8)])
def test_blocks_are_means_of_the_thinned_picture(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, *shape, 3)).astype(np.uint8)
    pixels[1] = 255  # the largest sums
    height, width = (max(1, side // 64) for side in shape)
    thin = pixels[:, ::height, ::width].astype(np.float64)
    rows, columns = min(8, thin.shape[1]), min(8, thin.shape[2])
    high, wide = thin.shape[1] // rows, thin.shape[2] // columns
    blocks = _blocks(pixels)
    assert blocks.shape == (2, rows, columns, 3)
    for row, column in np.ndindex(rows, columns):
        block = thin[:, row * high : row * high + high, column * wide : column * wide + wide]
        assert blocks[:, row, column] == pytest.approx(block.mean((1, 2)), abs=1e-3)


def test_the_smallest_frames_and_single_frames_work() -> None:
    detector = CutDetector()
    detector.feed(np.zeros((0, 4, 4, 3), np.uint8), np.zeros(0))
    detector.feed(np.zeros((1, 4, 4, 3), np.uint8), np.zeros(1))
    assert detector.cuts_s == []
    assert cuts([np.full((1, 1, 3), 9, np.uint8)] * 3) == []


def test_a_cut_after_a_picture_that_stood_still_is_where_the_next_one_begins() -> None:
    detector = CutDetector()
    detector.feed(np.stack([backdrop(1)] * 6), np.arange(6) / 2)
    detector.feed(np.stack([backdrop(2)] * 6), 3600 + np.arange(6) / 2)
    assert detector.cuts_s == [3599.75]
