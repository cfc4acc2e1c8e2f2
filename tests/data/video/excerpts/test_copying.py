"""A copied clip begins at a key picture, and says how much earlier that is."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from data.errors import ReelwiseError
from data.video.excerpts.copying import copy_clip
from data.video.excerpts.source import Source
from tests.data.video.excerpts.conftest import FPS
from tests.data.video.excerpts.test_encoding import grey_at, heard, shades

KEY_EVERY_S = 30 / FPS


def test_a_copy_begins_with_the_key_picture_before(film: Path, tmp_path: Path) -> None:
    with Source.opened(film) as source:
        earlier_s = copy_clip(source, 4.2, 6.0, tmp_path / "clip.mp4")
    assert earlier_s == pytest.approx(4.2 - KEY_EVERY_S, abs=0.01)
    found = shades(tmp_path / "clip.mp4")
    assert found[0][0] == pytest.approx(0.0, abs=0.01)
    assert abs(found[0][1] - grey_at(KEY_EVERY_S)) <= 2
    assert len(found) == pytest.approx((6.0 - KEY_EVERY_S) * FPS, abs=3)
    _, samples = heard(tmp_path / "clip.mp4")
    assert len(samples) / 48_000 == pytest.approx(6.0 - KEY_EVERY_S, abs=0.1)
    with av.open(str(film)) as whole, av.open(str(tmp_path / "clip.mp4")) as clip:
        first = next(packet for packet in clip.demux(video=0) if packet.size)
        assert any(bytes(packet) == bytes(first) for packet in whole.demux(video=0))


def test_a_container_that_cannot_hold_it_says_so(film: Path, tmp_path: Path) -> None:
    with Source.opened(film) as source, pytest.raises(ReelwiseError, match="cannot hold") as told:
        copy_clip(source, 1.0, 2.0, tmp_path / "clip.webm")
    assert "leave out --fast" in told.value.fix


def test_a_file_without_time_stamps_is_not_copied(film: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw.h264"
    with av.open(str(film)) as whole, av.open(str(raw), "w", format="h264") as out:
        stream = out.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    with Source.opened(raw) as source, pytest.raises(ReelwiseError, match="no time stamps"):
        copy_clip(source, 1.0, 2.0, tmp_path / "clip.mp4")
