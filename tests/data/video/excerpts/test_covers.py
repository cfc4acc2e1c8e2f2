"""What is covered is neither seen nor heard in what is written; everything else is as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.video.children.excerpting import Excerpt, Excerpts
from data.video.excerpts.covers import Cover, blurred, cover_picture, silence
from data.video.excerpts.encoding import RATE_HZ, write_clip, write_piece
from data.video.excerpts.source import Source
from tests.data.video.excerpts.conftest import FPS, tone_at
from tests.data.video.excerpts.test_encoding import grey_at, heard, shades, streamed

BLACK = Cover(2.0, 3.0, "black")


def test_a_cover_of_a_clip_is_black_and_silent_and_nothing_else_is(
    film: Path, tmp_path: Path
) -> None:
    with Source.opened(film) as source:
        write_clip(source, 1.5, 4.5, tmp_path / "clip.mp4", (BLACK,))
    for time_s, grey in shades(tmp_path / "clip.mp4"):
        # A picture that is seen for any part of the cover is covered.
        inside = BLACK.start_s - 1 / FPS < 1.5 + time_s < BLACK.end_s - 1e-3
        assert grey == pytest.approx(0 if inside else grey_at(1.5 + time_s), abs=3)
    start_s, samples = heard(tmp_path / "clip.mp4")
    at = 1.5 + start_s + np.arange(samples.size) / RATE_HZ
    assert np.abs(samples[(at > 2.05) & (at < 2.95)]).max() < 1e-3
    for outside in ((at > 1.6) & (at < 1.95), (at > 3.05) & (at < 4.4)):
        assert np.abs(samples[outside] - tone_at(at[outside])).max() < 0.1


def test_a_cover_goes_over_pieces_of_a_stream(film: Path, tmp_path: Path) -> None:
    cover = Cover(3.5, 4.5, "black")
    with Source.opened(film) as source:
        content = streamed(source, [], tmp_path)
        for start_s, end_s in ((0.0, 4.0), (4.0, 8.0)):
            write_piece(source, start_s, end_s, tmp_path / "piece.m4s", (cover,))
            content += (tmp_path / "piece.m4s").read_bytes()
    seen = shades(content)
    black = [time_s for time_s, grey in seen if grey < 19]
    assert (min(black), max(black)) == pytest.approx((3.5, 4.4), abs=0.11)
    assert len(black) == 10
    start_s, samples = heard(content)
    at = start_s + np.arange(samples.size) / RATE_HZ
    assert np.abs(samples[(at > 3.55) & (at < 4.45)]).max() < 1e-3
    assert np.abs(samples[(at > 3.0) & (at < 3.4)]).max() > 0.1


def test_a_child_covers_what_it_writes_and_a_copy_cannot(film: Path, tmp_path: Path) -> None:
    whole = Cover(0.0, 9.0, "black")
    with Excerpts(1) as excerpts:
        excerpts.write(Excerpt(film, "exact", 5.0, 5.5, (whole,)), tmp_path / "clip.mp4")
    assert {round(grey) for _, grey in shades(tmp_path / "clip.mp4")} <= {0, 1}
    with pytest.raises(ValueError, match="copy"):
        Excerpt(film, "copy", 5.0, 5.5, (whole,))


def test_a_picture_is_covered_for_any_part_of_the_time_it_is_seen() -> None:
    pixels = np.full((4, 6, 3), 200, np.uint8)
    for start_s, end_s, is_covered in (
        (1.0, 2.0, False),
        (1.5, 2.1, True),
        (2.9, 9.0, True),
        (3.0, 4.0, False),
    ):
        seen = cover_picture(pixels, start_s, end_s, (BLACK,))
        assert bool(seen.max() == 0) is is_covered
    both = (BLACK, Cover(0.0, 9.0, "blurred"))
    assert cover_picture(pixels, 2.0, 3.0, both).max() == 0


def test_what_is_blurred_tells_nothing_of_small_things() -> None:
    pixels = np.zeros((270, 480, 3), np.uint8)
    pixels[::8, ::8] = 255
    assert np.ptp(blurred(pixels).astype(int)) < 12


def test_silence_begins_and_ends_with_its_samples() -> None:
    samples = np.ones((2, 100), np.float32)
    silence(samples, 950, 100, (Cover(9.75, 10.0, "blurred"), Cover(20.0, 30.0, "black")))
    assert samples[0].tolist() == [1.0] * 25 + [0.0] * 25 + [1.0] * 50
