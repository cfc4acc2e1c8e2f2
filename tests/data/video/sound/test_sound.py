"""Sound is read on the clock of the video's frames, and what cannot be read is named."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from av.stream import Disposition  # noqa: TID251

from data.errors import UnreadableVideo
from data.video.sound import decoding
from data.video.sound.decoding import open_sound
from data.video.sound.types import RATE_HZ, SoundPiece, Track
from data.video.types import Ending
from tests.data.sounding import Sound, beeps, film, heard

AT_S = [0.5, 1.5, 3.0]


def read(path: Path) -> tuple[list[SoundPiece], Ending]:
    with open_sound(path) as sound:
        pieces = list(sound.pieces())
        return pieces, sound.ending()


def track_of(path: Path) -> Track:
    with open_sound(path) as sound:
        assert next(sound.pieces())
        assert sound.track is not None
        return sound.track


def noise(length_s: float, rate_hz: int = 48_000) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(0, 0.05, round(length_s * rate_hz)).astype(np.float32)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_sound_that_starts_late_is_heard_late(suffix: str, tmp_path: Path) -> None:
    late = film(tmp_path / f"late{suffix}", Sound(beeps(4, AT_S), start_s=1.0), length_s=5)
    pieces, ending = read(late)
    assert heard(pieces) == pytest.approx([1.5, 2.5, 4.0], abs=0.03)
    assert (ending.state, ending.reason) == ("done", "")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_picture_that_starts_late_moves_no_sound(suffix: str, tmp_path: Path) -> None:
    sound = Sound(beeps(4, AT_S))
    pieces, _ = read(film(tmp_path / f"late{suffix}", sound, start_s=1.0, length_s=5))
    assert heard(pieces) == pytest.approx(AT_S, abs=0.03)


@pytest.mark.parametrize("suffix", [".mkv", ".ts"])
def test_a_clock_that_starts_late_counts_from_its_start(suffix: str, tmp_path: Path) -> None:
    late = film(tmp_path / f"late{suffix}", Sound(beeps(4, AT_S), start_s=10.0), start_s=10.0)
    assert heard(read(late)[0]) == pytest.approx(AT_S, abs=0.03)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_after_a_gap_sound_is_heard_when_it_is(suffix: str, tmp_path: Path) -> None:
    short = Sound(beeps(4, AT_S), gaps=[(1.8, 0.8)])
    pieces, _ = read(film(tmp_path / f"short{suffix}", short))
    assert heard(pieces) == pytest.approx(AT_S, abs=0.03)
    assert len(pieces) == 1
    long = Sound(beeps(8, [0.5, 7.0]), gaps=[(1.8, 4.0)])
    before, after = read(film(tmp_path / f"long{suffix}", long, length_s=8))[0]
    assert heard([before, after]) == pytest.approx([0.5, 7.0], abs=0.03)
    assert (before.end_s, after.start_s) == pytest.approx((1.8, 5.8), abs=0.05)


def test_sound_that_starts_anew_with_the_picture_stays_beside_it(tmp_path: Path) -> None:
    one = film(tmp_path / "one.ts", Sound(beeps(2, [0.5]), start_s=1.0), length_s=4)
    two = tmp_path / "two.ts"
    two.write_bytes(one.read_bytes() * 2)
    pieces, ending = read(two)  # alone, the second would go on where the first ends, at 3 s
    assert heard(pieces) == pytest.approx([1.5, 5.5], abs=0.06)
    assert ending.state == "done"


@pytest.mark.parametrize(
    ("codec", "rate_hz", "layout", "suffix"),
    [
        ("pcm_alaw", 8000, "mono", ".mov"),
        ("pcm_s16le", 11_025, "stereo", ".avi"),
        ("ac3", 48_000, "5.1", ".mkv"),
        ("libopus", 48_000, "mono", ".mkv"),
        ("flac", 44_100, "stereo", ".mkv"),
        ("aac", 44_100, "5.1", ".mp4"),
    ],
)
def test_any_rate_and_layout_becomes_one(
    codec: str, rate_hz: int, layout: str, suffix: str, tmp_path: Path
) -> None:
    made = Sound(beeps(4, AT_S, rate_hz=rate_hz), rate_hz=rate_hz, layout=layout, codec=codec)
    pieces, ending = read(film(tmp_path / f"clip{suffix}", made))
    assert heard(pieces) == pytest.approx(AT_S, abs=0.03)
    assert ending.state == "done"
    assert pieces[0].samples.dtype == np.float32
    assert np.abs(pieces[0].samples).max() <= 1


def test_long_sound_comes_in_pieces_without_a_gap(tmp_path: Path) -> None:
    made = Sound(beeps(25, [], rate_hz=8000), rate_hz=8000, codec="pcm_alaw")
    pieces, _ = read(film(tmp_path / "long.mov", made, length_s=25, fps=2))
    assert [piece.start_s for piece in pieces] == pytest.approx([0, 10.1, 20.2], abs=0.1)
    for before, after in pairwise(pieces):
        assert after.start_s == pytest.approx(before.end_s, abs=1 / RATE_HZ)


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    pieces, ending = read(film(tmp_path / "mute.mp4"))
    assert (pieces, ending.state, ending.reason) == ([], "done", "no sound")


def test_what_is_said_about_a_film_is_not_its_sound(tmp_path: Path) -> None:
    own, aside = beeps(2, [0.5]), beeps(2, [1.0])
    default, comment = Disposition.default, Disposition.comment
    marked = film(
        tmp_path / "marked.mkv",
        Sound(aside, marks=default | comment, language="eng"),
        Sound(own, language="deu"),
        length_s=2,
    )
    named = film(
        tmp_path / "named.mkv",
        Sound(aside, title="Director's Commentary"),
        Sound(own, language="deu"),
        length_s=2,
    )
    for path in (marked, named):
        assert heard(read(path)[0]) == pytest.approx([0.5], abs=0.03)
        assert track_of(path) == Track("aac", "deu", 2)


def test_the_default_comes_first_and_a_stub_last(tmp_path: Path) -> None:
    first, second = Sound(beeps(2, [0.5])), Sound(beeps(2, [1.0]), marks=Disposition.default)
    assert track_of(film(tmp_path / "a.mkv", first, second, length_s=2)).number == 2
    stub = Sound(beeps(0.2, []))
    assert track_of(film(tmp_path / "b.mkv", stub, first, length_s=2)).number == 2


def test_damage_in_the_middle_costs_itself(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mp4", Sound(beeps(12, [0.5, 11.0]) + noise(12)), length_s=12)
    data = bytearray(path.read_bytes())
    middle = slice(len(data) * 4 // 10, len(data) * 6 // 10)
    data[middle] = np.random.default_rng(1).bytes(middle.stop - middle.start)
    path.write_bytes(data)
    pieces, ending = read(path)
    assert ending.state == "partial"
    assert ending.reason.startswith("damaged: ")
    assert "s of sound from" in ending.reason
    assert 0.5 in heard(pieces)
    assert pieces[-1].end_s == pytest.approx(12, abs=0.1)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_that_breaks_off_says_when(suffix: str, tmp_path: Path) -> None:
    made = Sound(beeps(12, [0.5]) + noise(12))
    path = film(tmp_path / f"clip{suffix}", made, length_s=12, container={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    pieces, ending = read(path)
    assert ending.state == "partial"
    assert f"breaks off at {pieces[-1].end_s:.1f} s" in ending.reason
    assert 4 < pieces[-1].end_s < 8


def test_sound_that_cannot_be_decoded_is_told_from_no_sound(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mkv", Sound(noise(4), codec="flac"))
    data = path.read_bytes().replace(b"\xff\xf8", b"\x00\x00")  # no frame of FLAC begins any more
    path.write_bytes(data)
    pieces, ending = read(path)
    assert (pieces, ending.state) == ([], "failed")
    assert ending.reason == "damaged: its sound cannot be decoded"


def test_a_small_file_cannot_hold_sound_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(tmp_path / "clip.mkv", Sound(beeps(4, AT_S), codec="flac"))
    monkeypatch.setattr(decoding, "FREE_S", 1.0)
    monkeypatch.setattr(decoding, "S_PER_BYTE", 0.0)
    pieces, ending = read(path)
    assert ending.state == "partial"
    assert ending.reason.startswith("stopped at 1.")
    assert 1.0 <= pieces[-1].end_s < 1.2


def test_samples_that_are_no_numbers_are_silence(tmp_path: Path) -> None:
    samples = beeps(2, [0.5])
    samples[48_000:48_100] = math.nan
    samples[50_000:50_100] = 1e30
    pieces, _ = read(film(tmp_path / "clip.mov", Sound(samples, codec="pcm_f32le"), length_s=2))
    assert np.isfinite(pieces[0].samples).all()
    assert np.abs(pieces[0].samples).max() <= 1


def test_what_is_no_video_has_no_sound_to_read(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"no video at all")
    with pytest.raises(UnreadableVideo), open_sound(path):
        pass
