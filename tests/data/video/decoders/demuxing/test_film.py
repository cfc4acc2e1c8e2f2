"""Which picture stream of several is the film."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av  # noqa: TID251  (tests paint their own clips)
import numpy as np
import pytest

import data.video.decoders.demuxing.film
from data.video.children.pool import decode_one
from data.video.decoders.opening import open_video
from data.video.types import DecodeRequest, FrameSpec

SPEC = FrameSpec(16, 16)
Disposition = av.stream.Disposition
NONE = Disposition(0)
DEFAULT = Disposition.default


def write(
    path: Path, *tracks: tuple[int, tuple[int, int], float, int, av.stream.Disposition]
) -> Path:
    """Streams of one grey each: (grey, size, pictures per second, pictures, marks)."""
    with av.open(str(path), "w") as out:
        coders = []
        for _, size, fps, _, marks in tracks:
            stream = out.add_stream(
                "libx264", rate=Fraction(fps).limit_denominator(100), options={"crf": "12"}
            )
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.disposition = marks
            coders.append(stream)
        for stream, (grey, size, fps, n, _) in zip(coders, tracks, strict=True):
            picture = np.full((size[1], size[0], 3), grey, np.uint8)
            for at in range(n):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = at, 1 / Fraction(fps).limit_denominator(100)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    return path


def shown(path: Path) -> int:
    pixels, _, ending = decode_one(DecodeRequest(path, SPEC))
    assert (ending.state, ending.reason) == ("done", "")
    return round(float(pixels[-1].mean()) / 40) * 40


FILM = (160, (128, 96), 10.0, 30, NONE)
MARKED_FILM = (*FILM[:4], DEFAULT)
PROXY = (80, (64, 48), 10.0, 31, NONE)
STILL = (40, (256, 192), 10.0, 1, NONE)


@pytest.mark.parametrize(("name", "marks"), [("a.mkv", NONE), ("a.ts", NONE), ("a.mov", DEFAULT)])
@pytest.mark.parametrize(
    "tracks",
    [
        (STILL, FILM),
        (FILM, STILL),
        (PROXY, FILM),
        ((40, (256, 192), 0.2, 3, NONE), FILM),
        ((80, (128, 96), 10.0, 20, NONE), FILM),
    ],
    ids=["still first", "still last", "proxy first", "slides first", "shorter first"],
)
def test_moving_pictures_then_the_longest_then_the_largest(
    name: str,
    marks: av.stream.Disposition,
    tracks: tuple[tuple[int, tuple[int, int], float, int, av.stream.Disposition], ...],
    tmp_path: Path,
) -> None:
    marked = [(*track[:4], marks) for track in tracks]  # MOV marks the first where none is marked
    assert shown(write(tmp_path / name, *marked)) == 160


def test_the_default_comes_before_what_is_longer_or_larger(tmp_path: Path) -> None:
    longer = (80, (256, 192), 10.0, 60, NONE)
    assert shown(write(tmp_path / "a.mkv", longer, MARKED_FILM)) == 160
    assert shown(write(tmp_path / "b.mkv", PROXY, MARKED_FILM)) == 160


def test_a_still_is_no_film_even_if_it_is_the_default(tmp_path: Path) -> None:
    assert shown(write(tmp_path / "a.mkv", (*STILL[:4], DEFAULT), FILM)) == 160


def test_a_file_of_one_still_is_read(tmp_path: Path) -> None:
    assert shown(write(tmp_path / "a.mkv", STILL)) == 40


def test_the_cover_of_a_song_is_no_film(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as out:
        sound, cover = out.add_stream("aac", rate=8000), out.add_stream("mjpeg", rate=1)
        assert isinstance(cover, av.VideoStream)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        picture = np.full((48, 64, 3), 160, np.uint8)
        out.mux(cover.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(cover.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
        silence.sample_rate = 8000
        out.mux(sound.encode(silence))
        out.mux(sound.encode(None))
    _, _, ending = decode_one(DecodeRequest(path, SPEC))
    assert (ending.state, ending.reason) == ("failed", "has sound but no picture")


def test_a_stream_too_large_to_read_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data.video.decoders.demuxing.film, "MAX_PIXELS", 200 * 100)
    path = write(tmp_path / "a.mkv", (80, (256, 192), 10.0, 40, DEFAULT), FILM)
    with open_video(path) as video:
        assert video.info.width_px == 128
