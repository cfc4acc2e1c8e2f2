"""Pieces of a stream play as one film, and a clip holds what was chosen."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from data.video.excerpts.encoding import write_clip, write_head, write_piece
from data.video.excerpts.fragments import codecs_of
from data.video.excerpts.source import Source
from tests.data.video.excerpts.conftest import FPS, LENGTH_S, RATE_HZ, tone_at

GREY_OFF = 3


def shades(content: bytes | Path) -> list[tuple[float, float]]:
    """Time and grey of each picture."""
    source: Any = BytesIO(content) if isinstance(content, bytes) else str(content)
    with av.open(source) as container:
        return [
            (float(frame.pts * frame.time_base), float(frame.to_ndarray(format="gray").mean()))
            for frame in container.decode(video=0)
            if frame.pts is not None and frame.time_base is not None
        ]


def heard(content: bytes | Path) -> tuple[float, Any]:
    """When the sound begins, and its left channel."""
    source: Any = BytesIO(content) if isinstance(content, bytes) else str(content)
    with av.open(source) as container:
        frames = list(container.decode(audio=0))
    first = frames[0]
    assert first.pts is not None
    assert first.time_base is not None
    start_s = float(first.pts * first.time_base)
    return start_s, np.concatenate([frame.to_ndarray()[0] for frame in frames])


def streamed(source: Source, pieces: list[tuple[float, float]], folder: Path) -> bytes:
    write_head(source, folder / "head.mp4")
    content = (folder / "head.mp4").read_bytes()
    for start_s, end_s in pieces:
        write_piece(source, start_s, end_s, folder / "piece.m4s")
        content += (folder / "piece.m4s").read_bytes()
    return content


def grey_at(time_s: float) -> float:
    return 20 + 2 * int(time_s * FPS + 1e-3)


def test_pieces_show_every_picture_at_its_time(film: Path, tmp_path: Path) -> None:
    with Source.opened(film) as source:
        content = streamed(source, [(0.0, 4.0), (4.0, 8.0), (8.0, LENGTH_S)], tmp_path)
    found = shades(content)
    assert len(found) == LENGTH_S * FPS
    assert [time_s for time_s, _ in found] == pytest.approx(
        [i / FPS for i in range(len(found))], abs=1e-3
    )
    for time_s, grey in found:
        assert abs(grey - grey_at(time_s)) <= GREY_OFF, time_s


def test_sound_goes_on_over_the_border_of_two_pieces(film: Path, tmp_path: Path) -> None:
    with Source.opened(film) as source:
        content = streamed(source, [(0.0, 4.0), (4.0, 8.0)], tmp_path)
    start_s, samples = heard(content)
    assert start_s == pytest.approx(0.0, abs=1e-3)
    assert len(samples) / RATE_HZ == pytest.approx(8.0, abs=0.03)
    times_s = np.arange(len(samples)) / RATE_HZ
    tone = tone_at(times_s)
    border = slice(int(3.8 * RATE_HZ), int(4.2 * RATE_HZ))
    assert np.abs(samples[border] - tone[border]).max() < 0.05


def test_a_piece_after_a_jump_is_the_same_as_in_a_row(film: Path, tmp_path: Path) -> None:
    with Source.opened(film) as source:
        write_piece(source, 4.0, 8.0, tmp_path / "jumped.m4s")
        write_piece(source, 0.0, 4.0, tmp_path / "first.m4s")
        write_piece(source, 4.0, 8.0, tmp_path / "after.m4s")
    assert (tmp_path / "jumped.m4s").read_bytes() == (tmp_path / "after.m4s").read_bytes()


def test_a_piece_begins_with_the_picture_that_stands_there(tmp_path: Path) -> None:
    """A GIF whose pictures stand for two seconds, cut in the middle of one."""
    pictures = [Image.new("L", (32, 32), 40 + 60 * i) for i in range(3)]
    pictures[0].save(
        tmp_path / "slow.gif", save_all=True, append_images=pictures[1:], duration=2000
    )
    with Source.opened(tmp_path / "slow.gif") as source:
        content = streamed(source, [(3.0, 5.0)], tmp_path)
        assert source.track() is None
    found = shades(content)
    assert [time_s for time_s, _ in found] == pytest.approx([3.0, 4.0], abs=1e-3)
    assert [grey for _, grey in found] == pytest.approx([100, 160], abs=GREY_OFF)
    assert codecs_of(content).startswith("avc1.")
    assert "mp4a" not in codecs_of(content)


def test_an_exact_clip_begins_and_ends_where_it_was_cut(film: Path, tmp_path: Path) -> None:
    with Source.opened(film) as source:
        write_clip(source, 2.3, 5.6, tmp_path / "clip.mp4")
    found = shades(tmp_path / "clip.mp4")
    assert len(found) == 33
    for time_s, grey in found:
        assert abs(grey - grey_at(2.3 + time_s)) <= GREY_OFF
    _, samples = heard(tmp_path / "clip.mp4")
    tone = tone_at(2.3 + np.arange(len(samples)) / RATE_HZ)
    middle = slice(RATE_HZ, 2 * RATE_HZ)
    assert np.abs(samples[middle] - tone[middle]).max() < 0.05


def test_a_turned_picture_is_written_upright(tmp_path: Path, film: Path) -> None:
    turned = tmp_path / "turned.mp4"
    content = bytearray(film.read_bytes())
    at = content.find(b"tkhd")
    matrix = at + 4 + 40
    unit = 1 << 16
    rows = [0, unit, 0, -unit & 0xFFFFFFFF, 0, 0, 0, 0, 1 << 30]
    content[matrix : matrix + 36] = b"".join(value.to_bytes(4, "big") for value in rows)
    turned.write_bytes(content)
    with Source.opened(turned) as source:
        content_written = streamed(source, [(0.0, 1.0)], tmp_path)
    with av.open(BytesIO(content_written)) as container:
        picture = container.streams.video[0]
        assert (picture.width, picture.height) == (64, 96)
