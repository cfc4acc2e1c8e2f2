"""Which label each known-bad file gets (promise R9), and that every real file is done."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import av  # noqa: TID251  (tests paint their own clips)
import numpy as np
import pytest

from data.video.children.pool import decode_each, decode_one
from data.video.types import DecodeRequest, Ending, FrameSpec
from tests.data.paint import paint

pytestmark = pytest.mark.long(16)

ROOT = Path(__file__).resolve().parents[4]
REAL = Path(os.environ.get("REELWISE_REAL_VIDEOS", ROOT / "../shared/videos"))
BAD = Path(os.environ.get("REELWISE_BAD_VIDEOS", ROOT / "../shared/bad"))
SPEC = FrameSpec(64, 64)

LABELS = {
    "decord_corrupted.mp4": ("partial", "damaged: 4.8 s of 5.0 s"),
    "decord_rot90.mov": ("done", ""),
    "decord_unordered.mov": ("done", ""),
    "derived_text_named.mp4": ("failed", "plain text"),
    "derived_zero_length.mp4": ("failed", "empty"),
    "mp4p_clusterfuzz_6093954524250112.mp4": ("failed", "its index (moov) is missing"),
    "mp4p_h263_1frame.3gp": ("done", ""),
    "mp4p_invalid_userdata.mp4": ("failed", "none of the 5544 frames"),
    "mp4p_short_cenc.mp4": ("failed", "encrypted"),
    "mp4p_zero_empty_stsc.mp4": ("failed", "cannot be decoded"),
    "psd_counter.mp4": ("done", ""),
    "tc_animated.gif": ("done", ""),
    "tc_audio_only.mp3": ("failed", "sound but no picture"),
    "tc_av1.mkv": ("done", ""),
    "tc_frame_exceeds_screen.gif": ("done", ""),
    "tc_h265_10bit.mp4": ("done", ""),
    "tc_nasa_vfr.mp4": ("done", ""),
    "tc_nonzero_start.mp4": ("done", ""),
    "tc_odd_dims_vp9.mp4": ("done", ""),
    "tc_vp8.webm": ("done", ""),
}


def _decode_all(paths: list[Path]) -> dict[str, Ending]:
    requests = [DecodeRequest(path, SPEC, fps=1.0, key=key) for key, path in enumerate(paths)]
    return {paths[key].name: ending for key, (_, _, ending) in decode_each(requests, workers=2)}


def test_each_known_bad_file_has_its_label() -> None:
    if not BAD.is_dir():
        pytest.skip(f"no damaged files at {BAD} (REELWISE_BAD_VIDEOS)")
    found = _decode_all([BAD / name for name in LABELS])
    assert {name: end.state for name, end in found.items()} == {
        name: state for name, (state, _) in LABELS.items()
    }
    for name, (_, reason) in LABELS.items():
        assert reason in found[name].reason
        assert bool(found[name].reason) == bool(reason)
    assert {p.name for p in BAD.iterdir()} - {"files.csv"} == set(LABELS)


def test_every_real_file_is_done() -> None:
    if not REAL.is_dir():
        pytest.skip(f"no real videos at {REAL} (REELWISE_REAL_VIDEOS)")
    paths = [p for p in sorted(REAL.iterdir()) if p.suffix in (".mp4", ".mkv", ".gif")]
    found = _decode_all(paths)
    assert len(found) == 27
    assert {name: end.reason for name, end in found.items() if end.state != "done"} == {}


def _half(path: Path, share: float = 0.6) -> Path:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


def _faststart(folder: Path, n: int) -> Path:
    """An mp4 whose index comes first, so that a cut file can still be opened."""
    plain = paint(folder / "plain.mp4", n=n, g=10)
    path = folder / "a.mp4"
    with (
        av.open(str(plain)) as source,
        av.open(str(path), "w", options={"movflags": "faststart"}) as out,
    ):
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return path


def _overcounted(folder: Path) -> Path:
    """Every length in the header is twice as long as what the file holds."""
    path = paint(folder / "a.mp4", n=40)
    data = bytearray(path.read_bytes())
    for box, at in ((b"mvhd", 16), (b"mdhd", 16), (b"tkhd", 20)):
        start = data.index(box) + 4 + at
        (length,) = struct.unpack_from(">I", data, start)
        struct.pack_into(">I", data, start, length * 2)
    start = data.index(b"elst") + 4 + 8
    (length,) = struct.unpack_from(">I", data, start)
    struct.pack_into(">I", data, start, length * 2)
    start = data.index(b"stts") + 4 + 8
    struct.pack_into(">I", data, start, 80)
    path.write_bytes(data)
    return path


def _overlong(folder: Path) -> Path:
    path = paint(folder / "a.mkv", n=40)
    data = path.read_bytes()
    before, after = (b"\x44\x89\x88" + struct.pack(">d", ms) for ms in (4000.0, 8000.0))
    assert before in data
    tag, longer = b"00:00:04.0", b"00:00:08.0"
    assert tag in data
    path.write_bytes(data.replace(before, after).replace(tag, longer))
    return path


def _zeroed(folder: Path) -> Path:
    path = _faststart(folder, 80)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    half = (len(data) - start) // 2
    data[start + half : start + half + half // 2] = bytes(half // 2)
    path.write_bytes(data)
    return path


def _write(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return make


MADE: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "cut mp4, index first": (lambda f: _half(_faststart(f, 80), 0.9), "partial", "cut off: "),
    "cut mp4, index last": (lambda f: _half(paint(f / "a.mp4")), "failed", "index (moov)"),
    "cut mkv": (lambda f: _half(paint(f / "a.mkv", n=80, g=10)), "partial", "cut off: "),
    "cut gif": (
        lambda f: _half(paint(f / "a.gif", n=20, codec="gif", size=(120, 90)), 0.5),
        "partial",
        "cut off: ",
    ),
    "mp4 promises twice as much": (_overcounted, "partial", "cut off: 4.0 s of 8.0 s"),
    "mkv promises twice as much": (_overlong, "partial", "cut off: 4.0 s of 8.0 s"),
    "zeros in the middle": (_zeroed, "partial", "damaged: "),
    "empty": (_write("a.mp4", b""), "failed", "empty (0 bytes)"),
    "zeros": (_write("a.mkv", bytes(5000)), "failed", "zeros"),
    "noise": (_write("a.webm", bytes(range(256)) * 20), "failed", "no known container"),
    "a page": (_write("a.mp4", b"<!doctype html><title>404</title>"), "failed", "plain text"),
    "a picture": (_write("a.mp4", b"\x89PNG\r\n\x1a\n" + bytes(99)), "failed", "PNG picture"),
    "ffconcat": (_write("a.mp4", b"ffconcat version 1.0\nfile x\n"), "failed", "playlist"),
    "hls": (_write("a.mp4", b"#EXTM3U\nhttp://x/\n"), "failed", "playlist"),
    "a head alone": (_write("a.mkv", b"\x1a\x45\xdf\xa3"), "failed", "matroska"),
}


@pytest.mark.parametrize("name", MADE)
def test_a_made_bad_file_has_its_label(name: str, tmp_path: Path) -> None:
    make, state, reason = MADE[name]
    _, times_s, end = decode_one(DecodeRequest(make(tmp_path), SPEC))
    assert (end.state, reason in end.reason) == (state, True), end
    assert bool(len(times_s)) == (state != "failed")


def test_a_folder_a_pipe_and_a_forbidden_file_are_no_videos(tmp_path: Path) -> None:
    folder, pipe = tmp_path / "folder.mp4", tmp_path / "pipe.mp4"
    folder.mkdir()
    os.mkfifo(pipe)
    for path in (folder, pipe):
        assert "not a regular file" in decode_one(DecodeRequest(path, SPEC))[2].reason


def test_sound_that_goes_on_after_the_picture_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        picture = out.add_stream("libx264", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        sound = out.add_stream("aac", rate=8000, layout="mono")
        for at in range(20):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts = at
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        for at in range(40):
            tone = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            tone.sample_rate, tone.pts = 8000, at * 1024
            out.mux(sound.encode(tone))
        out.mux(sound.encode(None))
    end = decode_one(DecodeRequest(path, SPEC))[2]
    assert (end.state, round(end.decoded_s, 2)) == ("done", 2.0)
