"""Raw codec streams: their packets have no times, their length is what their frames add up to."""

from pathlib import Path

import numpy as np
import pytest

from data.video.decoders.decoding import open_decoding
from data.video.types import DecodeRequest, FrameSpec
from tests.data.paint import CYCLE, numbers, paint

SPEC = FrameSpec(32, 24)


@pytest.mark.parametrize(
    ("file", "codec", "fps"),
    [
        ("a.h264", "libx264", 10),
        ("b.h264", "libx264", 50),
        ("c.hevc", "libx265", 30),
        ("d.m2v", "mpeg2video", 30),
        ("e.m1v", "mpeg1video", 24),
    ],
)
def test_a_raw_stream_is_whole_and_its_frames_have_their_times(
    file: str, codec: str, fps: int, tmp_path: Path
) -> None:
    path = paint(tmp_path / file, n=4 * fps, fps=fps, codec=codec, g=fps)
    pixels, times_s = [], []
    with open_decoding(DecodeRequest(path, SPEC, fps=2.0, decoder="pyav")) as decoding:
        for sample in decoding.samples():
            pixels.append(np.empty((SPEC.height_px, SPEC.width_px, 3), np.uint8))
            sample.draw(pixels[-1])
            times_s.append(sample.time_s)
        ending, info = decoding.ending(), decoding.info
    assert (ending.state, ending.reason) == ("done", "")
    assert info is not None
    assert (round(info.fps, 2), round(info.duration_s, 2)) == (fps, 4.0)
    assert np.allclose(times_s, np.arange(8) / 2, atol=1 / fps)
    assert numbers(np.stack(pixels)) == [round(time_s * fps) % CYCLE for time_s in times_s]
