"""What iter_frames, probe and grab_frame give, on clips where every pixel proves its frame."""

from __future__ import annotations

import struct
from pathlib import Path

import av  # noqa: TID251  (tests paint their own clips)
import numpy as np
import pytest

import data.video.decoders.opening
from data.video.decoders.decoding import (
    DECODERS,
    grab_frame,
    iter_frames,
    open_decoding,
    probe,
    sniff,
)
from data.video.decoders.opening import open_video
from data.video.decoders.plan import plan_samples
from data.video.types import DecodeRequest, FrameSpec, UnreadableVideo
from tests.data.paint import CYCLE, numbers, paint

SMALL = FrameSpec(16, 16)


def sampled(
    path: Path, *, spec: FrameSpec = SMALL, **wanted: object
) -> tuple[list[int], list[float]]:
    batches = list(iter_frames(path, spec=spec, **wanted))  # type: ignore[arg-type]
    pixels = np.concatenate([batch.pixels for batch in batches])
    return numbers(pixels), np.concatenate([batch.times_s for batch in batches]).tolist()


ENCODINGS = {
    "h264 long group": ("a.mp4", {"g": 250}),
    "h264 short groups": ("a.mp4", {"g": 12}),
    "h264 pyramid": ("a.mp4", {"g": 40, "bf": 7, "x264-params": "b-pyramid=normal:scenecut=0"}),
    "h264 open groups": ("a.mp4", {"g": 15, "x264-params": "open-gop=1:bframes=3:scenecut=0"}),
    "h264 in mkv": ("a.mkv", {"g": 24}),
    "h264 in a transport stream": ("a.ts", {"g": 24}),
    "mpeg4 in avi": ("a.avi", {"codec": "mpeg4", "g": 12, "bf": 2}),
    "h264 in avi": ("a.avi", {"g": 12, "bf": 3}),
    "mpeg2 in a program stream": ("a.mpg", {"codec": "mpeg2video", "g": 12, "bf": 2, "fps": 25}),
    "vp9": ("a.webm", {"codec": "libvpx-vp9", "g": 24, "deadline": "realtime"}),
    "vp8": ("a.webm", {"codec": "libvpx", "g": 24, "deadline": "realtime", "b": "1M"}),
    "hevc": ("a.mp4", {"codec": "libx265", "g": 24, "x265-params": "log-level=none"}),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_each_sample_shows_the_last_frame_that_began_by_then(name: str, tmp_path: Path) -> None:
    file, options = ENCODINGS[name]
    fps = int(options.get("fps", 10))  # type: ignore[call-overload]
    path = paint(tmp_path / file, **{"n": 4 * fps, "fps": fps, **options})  # type: ignore[arg-type]
    found, times_s = sampled(path, fps=3.0)
    assert len(times_s) == 12
    expected = [int(time_s * fps + 1e-6) % CYCLE for time_s in times_s]
    assert found == expected
    assert np.allclose(times_s, np.arange(12) / 3, atol=0.11 / 3)


@pytest.mark.parametrize("decoder", DECODERS)
def test_every_decoder_gives_the_same_frames_and_times(decoder: str, tmp_path: Path) -> None:
    path = paint(tmp_path / "a.mp4", n=48, g=250)
    found, times_s = sampled(path, fps=2.0, decoder=decoder)
    assert found == [(5 * at) % CYCLE for at in range(10)]
    assert times_s == [at / 2 for at in range(10)]


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_part_begins_and_ends_exactly(decoder: str, tmp_path: Path) -> None:
    path = paint(tmp_path / "a.mp4", n=60, g=20)
    found, times_s = sampled(path, fps=4.0, start_s=2.2, end_s=3.2, decoder=decoder)
    assert times_s == pytest.approx([2.2, 2.45, 2.7, 2.95])
    assert found == [22, 24, 27, 29]


def test_only_the_packets_that_samples_need_are_decoded(tmp_path: Path) -> None:
    path = paint(tmp_path / "a.mp4", n=60, g=12, bf=3, **{"x264-params": "scenecut=0"})
    with open_video(path) as video:
        sparse = plan_samples(video.table, start_s=0.0, end_s=6.0, fps=0.5)
        every = plan_samples(video.table, start_s=0.0, end_s=6.0, fps=10.0)
    assert sparse.is_wanted.sum() == 3
    assert every.is_sent.all()
    # of the groups at 0.0, 1.2 and 3.6 s as far as the frames at 0.0, 2.0 and 4.0 s need them
    assert sparse.is_sent.sum() <= 1 + 12 + 8
    assert not sparse.is_sent[48:].any()


def test_all_frames_come_at_the_native_rate(tmp_path: Path) -> None:
    path = paint(tmp_path / "a.mp4", n=32, bf=3)
    assert sampled(path, fps=10.0)[0] == list(range(32))


def test_dense_key_frames_are_the_samples_with_their_own_times(tmp_path: Path) -> None:
    times_s = [at * 0.1001 for at in range(100)]
    path = paint(tmp_path / "a.mp4", times_s=times_s, g=5, **{"x264-params": "scenecut=0"})
    found, got_s = sampled(path, fps=2.0)
    assert found == [(5 * at) % CYCLE for at in range(20)]
    assert got_s == pytest.approx([at * 0.5005 for at in range(20)], abs=0.003)
    with open_decoding(DecodeRequest(path, SMALL)) as decoding:
        list(decoding.samples())
        assert decoding.outcome().state == "done"


def test_variable_frame_rate_follows_presentation_times(tmp_path: Path) -> None:
    path = paint(tmp_path / "a.mp4", times_s=[0.0, 0.1, 0.2, 1.9, 2.0, 2.7, 3.0])
    assert sampled(path, fps=2.0)[0] == [0, 2, 2, 2, 4, 4, 6]


@pytest.mark.parametrize("name", ["a.mkv", "a.ts", "a.mp4"])
def test_a_start_that_is_not_zero_is_zero(name: str, tmp_path: Path) -> None:
    path = paint(tmp_path / name, times_s=[7 + at / 10 for at in range(20)])
    found, times_s = sampled(path, fps=2.0)
    assert (found, times_s) == ([0, 5, 10, 15], [0.0, 0.5, 1.0, 1.5])


def test_a_video_shorter_than_one_step_gives_its_first_frame(tmp_path: Path) -> None:
    assert sampled(paint(tmp_path / "a.mp4", n=1), fps=2.0) == ([0], [0.0])
    assert sampled(paint(tmp_path / "b.mp4", n=2), fps=0.1) == ([0], [0.0])


def test_a_file_too_large_to_keep_its_packets_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data.video.decoders.opening, "KEEP_PACKETS_BYTES", 500)
    for name in ("a.mp4", "a.mkv", "a.ts"):
        path = paint(tmp_path / name, n=60, g=12)
        assert sampled(path, fps=2.0)[0] == [(5 * at) % CYCLE for at in range(12)]
        assert sampled(path, fps=2.0, start_s=4.0, end_s=5.0)[0] == [8, 13]


def test_gif_frames_are_composed_and_keep_their_own_delays(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    from PIL import Image

    pictures = []
    for at in range(4):
        picture = Image.new("P", (32, 32), 0)
        picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
        picture.paste(1 + at % 3, (8 * at, 0, 8 * at + 8, 32))
        pictures.append(picture)
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=[500, 1000, 500, 500], disposal=2
    )
    (batch,) = iter_frames(path, spec=FrameSpec(32, 32), fps=2.0)
    columns = batch.pixels[:, 16, 4::8].astype(int)
    assert batch.times_s.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    lit = [
        tuple(np.flatnonzero((row > 200).any(axis=1) & (row.min(axis=1) < 60))) for row in columns
    ]
    assert lit == [(0,), (1,), (1,), (2,), (3,)]
    assert columns[1][1].argmax() == 1


def _flag(path: Path, size: tuple[int, int], rotate: int | None = None) -> Path:
    """Red in the upper left quarter, green in the upper right, blue below."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    picture[:, :, 2] = 255
    picture[: size[1] // 2] = (255, 0, 0)
    picture[: size[1] // 2, size[0] // 2 :] = (0, 255, 0)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        if rotate is not None:
            stream.set_display_rotation(rotate)
        for _ in range(3):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def _named(pixel: np.ndarray) -> str:
    return "rgb"[int(pixel.argmax())] if pixel.max() > 120 else "-"


@pytest.mark.parametrize(
    ("rotate", "corners"), [(None, "rgbb"), (90, "gbrb"), (180, "bbgr"), (-90, "brbg")]
)
def test_rotation_is_applied(rotate: int | None, corners: str, tmp_path: Path) -> None:
    path = _flag(tmp_path / "a.mp4", (96, 64), rotate)
    (batch,) = iter_frames(path, spec=FrameSpec(40, 40))
    picture = batch.pixels[0]
    seen = "".join(_named(picture[y, x]) for y in (8, 32) for x in (8, 32))
    info = probe(path)
    assert seen == corners
    assert (info.width_px, info.height_px) == ((64, 96) if rotate in (90, -90) else (96, 64))


def test_crop_keeps_the_middle_and_pad_adds_bars(tmp_path: Path) -> None:
    path = _flag(tmp_path / "a.mp4", (128, 64))
    (cropped,) = iter_frames(path, spec=FrameSpec(40, 40, "crop"))
    (padded,) = iter_frames(path, spec=FrameSpec(40, 40, "pad", (255, 255, 255)))
    assert [_named(cropped.pixels[0][10, x]) for x in (2, 17, 23, 38)] == ["r", "r", "g", "g"]
    assert (padded.pixels[0][[0, 9, 30, 39]] == 255).all()
    assert _named(padded.pixels[0][14, 2]) == "r"
    assert _named(padded.pixels[0][26, 2]) == "b"


@pytest.mark.parametrize("size", [(321, 241), (1, 1), (33, 17), (17, 1)])
def test_odd_sizes_are_drawn_whole(size: tuple[int, int], tmp_path: Path) -> None:
    path = paint(tmp_path / "a.mkv", n=12, size=size, codec="ffv1")
    assert sampled(path, spec=FrameSpec(20, 14), fps=10.0)[0] == list(range(12))


def test_probe_says_what_the_file_is(tmp_path: Path) -> None:
    info = probe(paint(tmp_path / "a.mp4", n=30, fps=10))
    assert (info.container, info.codec, info.width_px, info.height_px) == ("mp4", "h264", 64, 48)
    assert (info.fps, info.duration_s, info.n_frames_promised) == (10.0, pytest.approx(3.0), 30)


@pytest.mark.parametrize(("time_s", "number"), [(0.0, 0), (1.25, 12), (2.99, 29), (99.0, 29)])
def test_grab_frame_shows_what_is_on_the_screen(time_s: float, number: int, tmp_path: Path) -> None:
    frame = grab_frame(paint(tmp_path / "a.mp4", n=30), time_s, width_px=32)
    assert frame.shape == (24, 32, 3)
    assert numbers(frame[None]) == [number]


def test_a_range_after_the_end_is_refused(tmp_path: Path) -> None:
    path = paint(tmp_path / "a.mp4", n=30)
    with pytest.raises(UnreadableVideo, match=r"ends at 3 s"):
        sampled(path, start_s=5.0)


def test_a_playlist_named_mp4_cannot_name_another_file(tmp_path: Path) -> None:
    secret = paint(tmp_path / "secret.mp4")
    playlist = tmp_path / "list.mp4"
    for text in (f"ffconcat version 1.0\nfile {secret.name}\n", f"#EXTM3U\n{secret}\n"):
        playlist.write_text(text)
        with pytest.raises(UnreadableVideo, match="playlist"):
            sampled(playlist)


def test_a_playlist_behind_a_good_first_line_is_not_followed(tmp_path: Path) -> None:
    paint(tmp_path / "secret.mp4")
    path = tmp_path / "list.mp4"
    path.write_bytes(
        b"\0\0\0\x10ftypisom\0\0\0\0\n#EXTM3U\nffconcat version 1.0\nfile secret.mp4\n"
    )
    assert sniff(path) == "mp4"
    with pytest.raises(UnreadableVideo, match=r"cut off|damaged"):
        sampled(path)


def test_pixels_over_8k_are_refused_before_decoding(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    header = b"GIF89a" + struct.pack("<HHBBB", 16000, 16000, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, 4, 4, 0) + b"\x02\x02\x44\x01\0"
    path.write_bytes(header + picture + b";")
    with pytest.raises(UnreadableVideo, match="8K"):
        probe(path)
    large = paint(tmp_path / "b.mp4", n=1, size=(8192, 4352), preset="ultrafast")
    with pytest.raises(UnreadableVideo, match="8192x4352"):
        probe(large)


def test_sound_alone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(UnreadableVideo, match="sound but no picture"):
        probe(path)


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    path = paint(tmp_path / "a.mp4", n=2)
    with pytest.raises(ValueError, match="fps=0"):
        sampled(path, fps=0)
    with pytest.raises(ValueError, match="range"):
        sampled(path, start_s=2.0, end_s=1.0)
    with pytest.raises(ValueError, match="known are"):
        sampled(path, decoder="vlc")
