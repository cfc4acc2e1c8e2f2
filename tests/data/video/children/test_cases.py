"""Small inputs with known right values: which stretch of which video comes out of each."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from data.video.children.pool import decode_one
from data.video.clips.cuts import CutDetector
from data.video.clips.spans import split_clips
from data.video.types import DecodeRequest, FrameSpec

ROOT = Path(__file__).resolve().parents[4]
CASES = Path(os.environ.get("REELWISE_CASES", ROOT / "../shared/cases")) / "video"
SPEC = FrameSpec(64, 64)


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Path:
    path: Path = CASES / request.param
    if not path.is_file():
        pytest.skip(f"no case {path} (REELWISE_CASES)")
    return path


@pytest.mark.parametrize("case", ["last_frame_20h.mp4"], indirect=True)
def test_a_last_frame_that_stands_for_hours_is_a_few_clips(case: Path) -> None:
    pixels, times_s, ending = decode_one(DecodeRequest(case, SPEC))
    assert (ending.state, ending.reason) == ("done", "")
    assert ending.info is not None
    assert ending.info.duration_s > 20 * 3600
    detector = CutDetector()
    detector.feed(pixels, times_s)
    assert len(split_clips(times_s, ending.info.duration_s, detector.cuts_s)) <= 3
    assert len(times_s) <= 30


@pytest.mark.parametrize("case", ["hdr_c5.mp4"], indirect=True)
def test_an_hdr_picture_is_about_the_standard_one(case: Path) -> None:
    hdr, standard = (
        decode_one(DecodeRequest(path, SPEC))[0].astype(float)
        for path in (case, case.with_name("sdr_c5.mp4"))
    )
    assert hdr.std() == pytest.approx(standard.std(), rel=0.15)
    assert abs(hdr.mean() - standard.mean()) < 16
    assert np.abs(hdr - standard).mean() < 22


@pytest.mark.parametrize(
    "case",
    ["misaligned.ts", "packets204.ts", "uuid_first.mp4", "raw.h264", "v.ivf", "c5.mp4"],
    indirect=True,
)
def test_each_good_file_is_five_seconds(case: Path) -> None:
    _, times_s, ending = decode_one(DecodeRequest(case, SPEC))
    assert (ending.state, ending.reason) == ("done", "")
    assert times_s.tolist() == pytest.approx([at / 2 for at in range(10)], abs=0.02)
