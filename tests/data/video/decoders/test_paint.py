"""Pictures are drawn as a player shows them: upright, in their shape, in their colours."""

from __future__ import annotations

import gc
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import av  # noqa: TID251  (tests paint their own clips)
import numpy as np
import pytest
from numpy.typing import NDArray

from data.video.children.pool import decode_one
from data.video.decoders.decoding import open_decoding
from data.video.decoders.paint import LONGEST_SIDE, Layout, Painter
from data.video.decoders.tone import WHITE_NITS
from data.video.transcode import transcode
from data.video.types import DecodeRequest, FrameFit, FrameSpec, Pixels

pytestmark = pytest.mark.long(10)

PQ, HLG, BT2020, BT709 = 16, 18, 9, 1
ONE = 1 << 16
ORIENTATIONS = [
    (x, 0, 0, y) if straight else (0, x, y, 0)
    for straight, x, y in product((True, False), (ONE, -ONE), (ONE, -ONE))
]
"""(a, b, c, d) of all eight display matrices."""
CORNERS = {(-1, -1): (255, 0, 0), (1, -1): (0, 255, 0), (-1, 1): (0, 0, 255), (1, 1): (255, 255, 0)}
"""Colour of each corner of the stored picture; y points down."""


def flag(size: tuple[int, int]) -> Pixels:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    halves = (slice(None, size[0] // 2), slice(size[0] // 2, None))
    rows = (slice(None, size[1] // 2), slice(size[1] // 2, None))
    for (x, y), rgb in CORNERS.items():
        picture[rows[y > 0], halves[x > 0]] = rgb
    return picture


def write(path: Path, pictures: list[Pixels], codec: str = "libx264", **options: Any) -> Path:
    """A video of these pictures; `matrix` and `shape` go to the stream, `options` to the coder."""
    matrix, shape = options.pop("matrix", None), options.pop("shape", None)
    with av.open(str(path), "w") as out:
        coder = {key.replace("_", "-"): str(value) for key, value in options.items()}
        stream = out.add_stream(codec, rate=10, options={"crf": "4", **coder})
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = *pictures[0].shape[:2], "yuv420p"
        if matrix is not None:
            a, b, c, d = matrix
            stream.set_display_matrix((a, b, 0, c, d, 0, 0, 0, 1 << 30))
        if shape is not None:
            stream.codec_context.sample_aspect_ratio = shape
        for picture in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def first(path: Path, spec: FrameSpec) -> Pixels:
    pixels, _, ending = decode_one(DecodeRequest(path, spec))
    assert ending.state == "done"
    picture: Pixels = pixels[0]
    return picture


@pytest.mark.parametrize("matrix", ORIENTATIONS)
def test_each_of_the_eight_orientations_is_upright(
    matrix: tuple[int, int, int, int], tmp_path: Path
) -> None:
    path = write(tmp_path / "a.mp4", [flag((96, 64))] * 2, matrix=matrix)
    drawn = first(path, FrameSpec(40, 40))
    a, b, c, d = (np.sign(number) for number in matrix)
    for (x, y), rgb in CORNERS.items():
        shown_x, shown_y = a * x + c * y, b * x + d * y
        found = drawn[20 + 10 * shown_y, 20 + 10 * shown_x].astype(int)
        assert np.abs(found - rgb).max() < 40, (x, y)
    info = decode_one(DecodeRequest(path, FrameSpec(40, 40)))[2].info
    assert info is not None
    assert (info.width_px, info.height_px) == ((96, 64) if a else (64, 96))


def test_a_matrix_a_little_off_counts_as_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [flag((64, 64))] * 2, matrix=(-60000, 9000, 9000, 60000))
    assert first(path, FrameSpec(40, 40))[10, 30].argmax() == 0


def test_the_shape_of_pixels_is_that_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", [flag((72, 64))] * 2, shape=Fraction(16, 9))
    drawn = first(path, FrameSpec(64, 64, "pad", (9, 9, 9)))
    rows = np.flatnonzero(np.abs(drawn.astype(int) - 9).max(axis=(1, 2)) > 20)
    assert len(rows) == pytest.approx(32, abs=2)


def test_a_shape_that_cannot_be_true_is_square(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", [flag((64, 64))] * 2, shape=Fraction(1, 4000))
    assert first(path, FrameSpec(40, 40, "crop"))[10, 10].argmax() == 0


@pytest.mark.parametrize("size", [(4096, 2), (2, 4096)])
def test_a_strip_is_drawn(size: tuple[int, int]) -> None:
    picture = np.full((size[1], size[0], 3), 90, np.uint8)
    fits: tuple[FrameFit, ...] = ("squash", "crop", "pad")
    for fit in fits:
        out = np.empty((64, 64, 3), np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        Painter(FrameSpec(64, 64, fit)).paint(frame, 1.0, out)
        assert abs(int(out.max()) - 90) < 6


def test_no_strip_is_scaled_without_bound() -> None:
    layout = Layout.of(FrameSpec(224, 224, "crop"), 8192, 1)
    assert max(layout.scaled_w, layout.scaled_h) <= LONGEST_SIDE * 224


def test_of_interlaced_pictures_one_field_is_shown(tmp_path: Path) -> None:
    """Upper lines white, lower lines black, as two moments would be: never grey."""
    picture = np.zeros((128, 96, 3), np.uint8)
    picture[::2] = 255
    path = write(tmp_path / "a.mp4", [picture] * 3, x264_params="tff=1")
    assert first(path, FrameSpec(32, 32)).min() > 240


def pq(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Code values of light (SMPTE ST 2084)."""
    power = (nits / 10_000) ** 0.1593017578125
    codes: NDArray[np.float64] = (
        (0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)
    ) ** 78.84375
    return codes


def graded(
    codes: NDArray[np.float64], *, trc: int, primaries: int = BT2020, matrix: int = BT2020
) -> Pixels:
    """What comes out of (n, 3) code values in 0..1."""
    strip = np.repeat(np.repeat((codes * 65535).round().astype(np.uint16)[None], 8, 0), 8, 1)
    frame = av.VideoFrame.from_ndarray(strip, format="rgb48le")
    frame.color_trc, frame.color_primaries, frame.colorspace = trc, primaries, matrix
    out = np.empty((8, strip.shape[1], 3), np.uint8)
    Painter(FrameSpec(strip.shape[1], 8)).paint(frame, 1.0, out)
    return out[4, 4::8]


def grey(codes: list[float], **tags: int) -> list[int]:
    found: list[int] = graded(np.repeat(np.array(codes)[:, None], 3, 1), **tags)[:, 1].tolist()
    return found


def test_dark_and_middle_tones_of_pq_are_those_of_a_standard_picture() -> None:
    nits = np.array([0.0, 1.0, 5.0, 10.0, 20.0])
    wanted = (nits / WHITE_NITS) ** (1 / 2.4) * 255
    assert grey(pq(nits).tolist(), trc=PQ) == pytest.approx(wanted.tolist(), abs=3)


def test_highlights_are_compressed_not_cut() -> None:
    nits = np.array([50.0, 100.0, 200.0, 400.0, 1000.0])
    found = grey(pq(nits).tolist(), trc=PQ)
    assert (np.diff(found) >= 2).all()
    assert found[1] < 240
    assert found[-1] >= 253


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("", 252),
        ("max-cll=4000,400", 240),
        ("master-display=G(1,1)B(1,1)R(1,1)WP(1,1)L(40000000,50)", 240),
        ("max-cll=2000,400:master-display=G(1,1)B(1,1)R(1,1)WP(1,1)L(40000000,50)", 247),
    ],
)
def test_highlights_are_compressed_by_what_the_file_says_of_its_brightest_point(
    said: str, level: int, tmp_path: Path
) -> None:
    """400 nits by BT.2390 where the brightest point has 1000 (unsaid), 4000 or 2000."""
    code = np.uint16(pq(np.array(400.0)) * 65535)
    picture = np.full((64, 64, 3), code, np.uint16)
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        # With B-frames x265 gives a film of one frame a decoding time that it never set.
        coder = {"x265-params": f"log-level=error:bframes=0:{said}".rstrip(":"), "crf": "1"}
        stream = out.add_stream("libx265", rate=10, options=coder)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = 64, 64, "yuv444p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace = PQ, BT2020, BT2020
        frame = av.VideoFrame.from_ndarray(picture, format="rgb48le")
        out.mux(stream.encode(frame.reformat(format="yuv444p10le", dst_colorspace=BT2020)))
        out.mux(stream.encode(None))
    drawn = first(tmp_path / "a.mkv", FrameSpec(64, 64))
    assert drawn.mean() == pytest.approx(level, abs=2)


def test_hlg_black_white_and_middle() -> None:
    found = grey([0.0, 0.38, 0.75, 1.0], trc=HLG)
    assert found[0] <= 1
    assert found[1] == pytest.approx((26 / WHITE_NITS) ** (1 / 2.4) * 255, abs=8)  # grey, BT.2408
    assert 200 <= found[2] < found[3]
    assert found[3] >= 253


def test_a_colour_of_bt709_in_bt2020_comes_back() -> None:
    to_bt2020 = np.array(
        [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    )
    colours = np.array([[20, 2, 2], [2, 20, 2], [2, 2, 20], [10, 20, 5]], float)
    found = graded(pq(colours @ to_bt2020.T), trc=PQ)
    wanted = (colours / WHITE_NITS) ** (1 / 2.4) * 255
    assert np.abs(found - wanted).max() < 6
    plain = graded(((colours @ to_bt2020.T) / 20) ** (1 / 2.4), trc=BT709)
    assert np.abs(plain - (colours / 20) ** (1 / 2.4) * 255).max() < 6


def test_standard_pictures_are_left_alone() -> None:
    codes = [0.0, 0.25, 0.5, 1.0]
    found = grey(codes, trc=BT709, primaries=BT709, matrix=BT709)
    assert found == pytest.approx([code * 255 for code in codes], abs=1)


@pytest.mark.parametrize("matrix", range(18))
def test_no_tag_keeps_a_picture_from_being_drawn(matrix: int) -> None:
    picture = np.full((16, 16, 3), 128, np.uint8)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
    frame.colorspace = matrix
    out = np.empty((8, 8, 3), np.uint8)
    Painter(FrameSpec(8, 8)).paint(frame, 1.0, out)
    assert out.mean() == pytest.approx(128, abs=4)


def test_full_range_is_not_taken_for_limited() -> None:
    picture = np.full((16, 16), 235, np.uint8)
    out = np.empty((8, 8, 3), np.uint8)
    for full, wanted in ((1, 255), (2, 235)):
        frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(
            format="yuv420p", dst_color_range="JPEG"
        )
        frame.color_range = full
        Painter(FrameSpec(8, 8)).paint(frame, 1.0, out)
        assert out.mean() == pytest.approx(wanted, abs=2)


def test_a_changed_copy_is_upright_as_well(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [flag((96, 64))] * 3, matrix=(0, ONE, ONE, 0))
    transcode(path, tmp_path / "copy.mp4")
    drawn = first(tmp_path / "copy.mp4", FrameSpec(64, 96))
    for (x, y), rgb in CORNERS.items():  # its rows and columns are exchanged
        assert np.abs(drawn[48 + 24 * x, 32 + 16 * y].astype(int) - rgb).max() < 40


def frames_in_memory() -> int:
    # `isinstance` would ask each object of torch for its class, which warns.
    return sum(type(each) is av.VideoFrame for each in gc.get_objects())


def test_frames_are_freed_as_soon_as_they_are_drawn(tmp_path: Path) -> None:
    """Not only when the garbage collector comes: a video would be held whole until then."""
    path = write(tmp_path / "a.mp4", [flag((64, 64))] * 40, matrix=ORIENTATIONS[3])
    out = np.empty((8, 8, 3), np.uint8)
    gc.collect()
    before = frames_in_memory()
    gc.disable()
    try:
        with open_decoding(DecodeRequest(path, FrameSpec(8, 8), fps=10.0)) as decoding:
            for sample in decoding.samples():
                sample.draw(out)
        held = frames_in_memory() - before
    finally:
        gc.enable()
    assert held <= 4
