"""Small pictures are the same of a video and of its copies with bars, padding or other bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.video.small_frames import (
    REDUCED_PX,
    SMALL_PX,
    SMALL_SIZE,
    reduced,
    small_frames,
    without_bars,
)
from data.video.types import FrameSpec

SPEC = FrameSpec(96, 96)
GREY = (127, 127, 127)


def painted(seed: int, height: int = 96, width: int = 96) -> NDArray[np.uint8]:
    """A picture of large bright and dark areas."""
    rng = np.random.default_rng(seed)
    cells = rng.integers(40, 250, (4, 4, 3)).astype(np.uint8)
    return cells.repeat(height // 4, axis=0).repeat(width // 4, axis=1)


def small(frames: list[NDArray[np.uint8]], spec: FrameSpec = SPEC) -> NDArray[np.int16]:
    times_s = np.arange(len(frames)) / 2
    return small_frames(reduced(np.stack(frames), spec), times_s, []).astype(np.int16)


def bordered(frame: NDArray[np.uint8], top: int, left: int, value: int) -> NDArray[np.uint8]:
    """The picture made smaller within bars, in the same size."""
    out = np.full_like(frame, value)
    rows = np.linspace(0, 95, 96 - 2 * top).round().astype(int)
    columns = np.linspace(0, 95, 96 - 2 * left).round().astype(int)
    out[top : 96 - top, left : 96 - left] = frame[rows][:, columns]
    return out


def test_each_frame_has_one_of_brightness_alone() -> None:
    frames = [painted(seed) for seed in range(3)]
    rows = small(frames)
    assert rows.shape == (3, SMALL_SIZE)
    grey = frames[0].astype(float) @ [0.299, 0.587, 0.114]
    cell = grey.reshape(4, 24, 4, 24).mean(axis=(1, 3))
    at = np.arange(4) * SMALL_PX // 4 + 1
    assert np.abs(rows[0].reshape(SMALL_PX, SMALL_PX)[np.ix_(at, at)] - cell).max() <= 2


def test_bars_of_any_colour_are_no_part_of_it() -> None:
    plain = [painted(seed) for seed in range(4)]
    for top, left, value in ((12, 0, 0), (0, 12, 255), (12, 12, 0)):
        barred = small([bordered(frame, top, left, value) for frame in plain])
        assert np.abs(barred - small(plain)).mean() < 6, (top, left)


def test_what_is_dark_in_one_frame_only_is_no_bar() -> None:
    dark = painted(1)
    dark[:24] = 0
    shot = reduced(np.stack([dark, painted(2), painted(3)]), SPEC)
    assert without_bars(shot) == (0, REDUCED_PX, 0, REDUCED_PX)


def test_a_logo_on_a_bar_does_not_end_it() -> None:
    plain = [painted(seed) for seed in range(4)]
    barred = [bordered(frame, 0, 24, 0) for frame in plain]
    for frame in barred:
        frame[4:18, 78:92] = 255
    assert np.abs(small(barred) - small(plain)).mean() < 6


def test_bars_within_a_border_are_no_part_of_it() -> None:
    """Few pixels of a line are then picture: those of the other direction tell."""
    page = np.full((96, 96, 3), 255, np.uint8)
    page[30:60, 40:44] = 0
    barred = bordered(page, 0, 24, 0)
    assert np.abs(small([bordered(barred, 12, 12, 0)]) - small([barred])).mean() < 6


def test_darkness_towards_the_edges_is_no_bar() -> None:
    """What moves in the dark would say where the picture ends: otherwise in a cut than in all."""
    night = [np.zeros((96, 96, 3), np.uint8) for _ in range(6)]
    for at, frame in enumerate(night):
        frame[20 + 8 * at : 30 + 8 * at, 30 + 4 * at : 50 + 4 * at] = 200
    assert np.array_equal(small(night[:3]), small(night)[:3])
    assert np.array_equal(small(night[3:]), small(night)[3:])


def test_a_plain_sky_is_no_bar() -> None:
    """Joined with others it lies between bars, which would hide that it is plain."""
    story = painted(1)
    story[:40] = 200
    assert without_bars(reduced(story[None], SPEC)) == (0, REDUCED_PX, 0, REDUCED_PX)
    assert np.abs(small([bordered(story, 0, 16, 0)]) - small([story])).mean() < 6


def test_bars_are_those_of_each_shot() -> None:
    """As in a compilation."""
    first, second = [painted(1)] * 3, [bordered(painted(2), 12, 0, 0)] * 3
    bright = reduced(np.stack(first + second), SPEC)
    rows = small_frames(bright, np.arange(6) / 2, [1.25]).astype(np.int16)
    assert np.abs(rows[3:] - small([painted(2)] * 3)).mean() < 6
    assert np.array_equal(rows[:3], small(first))


def test_the_padding_of_a_specification_is_no_part_of_it() -> None:
    frame = np.full((96, 96, 3), GREY, np.uint8)
    frame[24:72] = painted(1, 48, 96)
    padded = small([frame], FrameSpec(96, 96, "pad", GREY))
    assert np.abs(padded - small([painted(1)])).max() <= 2


def test_black_frames_and_none_are_kept_as_they_are() -> None:
    assert not small([np.zeros((96, 96, 3), np.uint8)]).any()
    none = reduced(np.zeros((0, 96, 96, 3), np.uint8), SPEC)
    assert small_frames(none, np.zeros(0), []).shape == (0, SMALL_SIZE)
