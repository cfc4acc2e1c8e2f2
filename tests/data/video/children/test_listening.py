"""The sound of a file is read in a child: what goes wrong there costs that file, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from data.errors import UnreadableVideo
from data.video.children.listening import Listener
from data.video.children.supervisor import DecodeLimits
from data.video.sound.types import SoundPiece
from data.video.sound.wire import MOST_SAMPLES, piece_fields, read_piece
from data.video.types import Ending
from tests.data.sounding import Sound, beeps, film, heard

ROGUE = "tests.data.video.children.rogue_sound_child"
LIMITS = DecodeLimits(stall_s=2.0)


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener(LIMITS, ROGUE) as opened:
        yield opened


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("clips") / "clip.mkv", Sound(beeps(2, [0.5])), length_s=2)


def ended(listener: Listener, path: Path) -> tuple[list[SoundPiece], Ending]:
    path.touch()
    pieces = list(listener.pieces(path))
    assert listener.ending is not None
    return pieces, listener.ending


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("stall", "stopped: no progress for 2 s"),
        ("exit", "the decoder ended with code 3"),
    ],
)
def test_what_was_heard_before_a_child_died_counts(
    deed: str, reason: str, listener: Listener, clip: Path, tmp_path: Path
) -> None:
    pieces, ending = ended(listener, tmp_path / f"rogue-{deed}.mkv")
    assert len(pieces) == 1
    assert ending.state == "partial"
    assert ending.reason.startswith("the sound breaks off at 1.0 s (")
    assert reason in ending.reason
    assert heard(listener.pieces(clip)) == pytest.approx([0.5], abs=0.03)
    assert listener.track is not None
    assert listener.ending is not None
    assert listener.ending.state == "done"


def test_a_child_that_dies_at_once_leaves_a_reason(listener: Listener, tmp_path: Path) -> None:
    pieces, ending = ended(listener, tmp_path / "rogue-exit-early.mkv")
    assert (pieces, ending.state) == ([], "failed")
    assert ending.reason == "the decoder ended with code 3"


def test_what_no_child_of_ours_says_is_refused(listener: Listener, tmp_path: Path) -> None:
    with pytest.raises(UnreadableVideo, match="broke off"):
        ended(listener, tmp_path / "rogue-lie.mkv")


def test_sound_that_goes_back_in_time_is_left_out(listener: Listener, tmp_path: Path) -> None:
    pieces, _ = ended(listener, tmp_path / "rogue-back.mkv")
    assert [piece.start_s for piece in pieces] == [0.0]


def test_a_file_that_is_no_video_is_told_from_one_without_sound(
    listener: Listener, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableVideo, match="empty"):
        ended(listener, tmp_path / "none.mp4")
    _, ending = ended(listener, film(tmp_path / "mute.mp4", length_s=1))
    assert (ending.state, ending.reason) == ("done", "no sound")


def test_a_reader_that_stops_early_leaves_nothing_for_the_next(
    listener: Listener, clip: Path, tmp_path: Path
) -> None:
    sound = Sound(beeps(60, [50.0], rate_hz=8000), rate_hz=8000, codec="pcm_alaw")
    long = film(tmp_path / "long.mov", sound, length_s=1)
    assert next(iter(listener.pieces(long))).start_s == 0
    assert heard(listener.pieces(clip)) == pytest.approx([0.5], abs=0.03)


def test_a_piece_survives_the_way(tmp_path: Path) -> None:
    samples = np.linspace(-1, 1, MOST_SAMPLES + 5, dtype=np.float32)
    first, last = map(read_piece, piece_fields(SoundPiece(2.5, samples)))
    assert (first.start_s, last.start_s) == (2.5, 2.5 + MOST_SAMPLES / 16_000)
    there = np.concatenate([first.samples, last.samples])
    assert np.abs(there - samples).max() < 1e-4
    for bad in ([0.0, ""], [-1.0, "AAAA"], ["x", "AAAA"], [0.0, "AAA"], [0.0], None):
        with pytest.raises((ValueError, TypeError)):
            read_piece(bad)
