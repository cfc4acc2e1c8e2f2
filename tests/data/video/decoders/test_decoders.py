"""What every decoder gives, on painted clips where every pixel proves its frame."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import av  # noqa: TID251  (tests paint their own clips)
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import data.video.decoders.decoding
import data.video.decoders.demuxing.packets
from data.errors import UnreadableVideo
from data.video.children.pool import decode_one
from data.video.containers import sniff
from data.video.decoders.decoding import DECODERS, open_decoding
from data.video.decoders.demuxing.plan import plan_samples
from data.video.decoders.opening import open_video
from data.video.types import HELD_S, DecodeRequest, Ending, FrameSpec, Pixels, VideoInfo
from tests.data.paint import CYCLE, numbers, paint

SMALL = FrameSpec(16, 16)

ENCODINGS: dict[str, tuple[str, dict[str, Any]]] = {
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

ALL_KEYS_PLANNED: dict[str, Any] = {"x264-params": "scenecut=0"}
"""No key frames but those of the group length."""

ONLY_PYAV = {
    "h264 open groups",
    "h264 in a transport stream",
    "mpeg4 in avi",
    "h264 in avi",
    "mpeg2 in a program stream",
}
"""Encodings of which decord gives other frames, or none."""


def decode(request: DecodeRequest) -> tuple[Pixels, NDArray[np.float64], Ending, VideoInfo]:
    """Decode in this process."""
    spec = request.spec
    pixels, times_s = list[Pixels](), list[float]()
    with open_decoding(request) as decoding:
        for sample in decoding.samples():
            pixels.append(np.empty((spec.height_px, spec.width_px, 3), np.uint8))
            sample.draw(pixels[-1])
            times_s.append(sample.time_s)
        return np.stack(pixels), np.array(times_s), decoding.ending(), decoding.info


def sampled(path: Path, *, spec: FrameSpec = SMALL, **wanted: Any) -> tuple[list[int], list[float]]:
    """Numbers and times of the sampled frames."""
    pixels, times_s, _, _ = decode(DecodeRequest(path, spec, **wanted))
    return numbers(pixels), times_s.tolist()


def draw_flag(path: Path, size: tuple[int, int], rotate: int | None = None) -> Path:
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


def draw_gif(path: Path) -> Path:
    """A bar that moves by a quarter each frame; the second frame is shown twice as long."""
    pictures = []
    for at in range(4):
        picture = Image.new("P", (32, 32), 0)
        picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
        picture.paste(1 + at % 3, (8 * at, 0, 8 * at + 8, 32))
        pictures.append(picture)
    delays_ms = [500, 1000, 500, 500]
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=delays_ms, disposal=2
    )
    return path


def colour(pixel: NDArray[np.uint8]) -> str:
    return "rgb"[int(pixel.argmax())] if pixel.max() > 120 else "-"


class DecoderContract:
    """What each decoder must do; the tests of each inherit it."""

    decoder = ""

    def sampled(self, path: Path, **wanted: Any) -> tuple[list[int], list[float]]:
        return sampled(path, decoder=self.decoder, **wanted)

    def assert_samples_are_exact(self, name: str, folder: Path) -> None:
        file, options = ENCODINGS[name]
        fps = int(options.get("fps", 10))
        path = paint(folder / file, **{"n": 4 * fps, "fps": fps, **options})
        found, times_s = self.sampled(path, fps=3.0)
        assert len(times_s) == 12
        assert found == [int(time_s * fps + 1e-6) % CYCLE for time_s in times_s]
        assert np.allclose(times_s, np.arange(12) / 3, atol=0.11 / 3)

    @pytest.mark.parametrize("name", sorted(set(ENCODINGS) - ONLY_PYAV))
    def test_each_sample_shows_the_last_frame_that_began_by_then(
        self, name: str, tmp_path: Path
    ) -> None:
        self.assert_samples_are_exact(name, tmp_path)

    def test_frames_and_times_are_exact(self, tmp_path: Path) -> None:
        path = paint(tmp_path / "a.mp4", n=48, g=250)
        found, times_s = self.sampled(path, fps=2.0)
        assert found == [(5 * at) % CYCLE for at in range(10)]
        assert times_s == [at / 2 for at in range(10)]

    def test_a_part_begins_and_ends_exactly(self, tmp_path: Path) -> None:
        path = paint(tmp_path / "a.mp4", n=60, g=20)
        found, times_s = self.sampled(path, fps=4.0, start_s=2.2, end_s=3.2)
        assert times_s == pytest.approx([2.2, 2.45, 2.7, 2.95])
        assert found == [22, 24, 27, 29]

    def test_all_frames_come_at_the_native_rate(self, tmp_path: Path) -> None:
        path = paint(tmp_path / "a.mp4", n=32, bf=3)
        assert self.sampled(path, fps=10.0)[0] == list(range(32))

    def test_variable_frame_rate_follows_presentation_times(self, tmp_path: Path) -> None:
        path = paint(tmp_path / "a.mp4", times_s=[0.0, 0.1, 0.2, 1.9, 2.0, 2.7, 3.0])
        assert self.sampled(path, fps=2.0)[0] == [0, 2, 2, 2, 4, 4, 6]

    @pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
    def test_a_start_that_is_not_zero_is_zero(self, name: str, tmp_path: Path) -> None:
        path = paint(tmp_path / name, times_s=[7 + at / 10 for at in range(20)])
        assert self.sampled(path, fps=2.0) == ([0, 5, 10, 15], [0.0, 0.5, 1.0, 1.5])

    def test_a_picture_that_stands_for_hours_costs_seconds(self, tmp_path: Path) -> None:
        pause_s = 20 * 3600.0
        times_s = [0.0, 0.5, 1.0, pause_s, pause_s + 0.5]
        path = paint(tmp_path / "a.mp4", times_s=times_s, bf=0)
        found, times_s = self.sampled(path, fps=2.0)
        assert found[:3] == [0, 1, 2]
        assert set(found[2:]) == {2, 3, 4}
        assert times_s[found.index(3)] == pause_s
        assert len(found) < 2 * 2 * HELD_S
        assert self.sampled(path, fps=2.0, start_s=3600.0, end_s=3601.0) == ([2, 2], [3600, 3600.5])
        few = self.sampled(path, fps=2.0, most_frames=40)[0]
        assert set(few) == {0, 1, 2, 3, 4}

    def test_a_video_shorter_than_one_step_gives_its_first_frame(self, tmp_path: Path) -> None:
        assert self.sampled(paint(tmp_path / "a.mp4", n=1), fps=2.0) == ([0], [0.0])
        assert self.sampled(paint(tmp_path / "b.mp4", n=2), fps=0.1) == ([0], [0.0])

    @pytest.mark.parametrize("size", [(321, 241), (1, 1), (33, 17), (17, 1)])
    def test_odd_sizes_are_drawn_whole(self, size: tuple[int, int], tmp_path: Path) -> None:
        path = paint(tmp_path / "a.mkv", n=12, size=size, codec="ffv1")
        assert self.sampled(path, spec=FrameSpec(20, 14), fps=10.0)[0] == list(range(12))

    @pytest.mark.parametrize(
        ("rotate", "corners"), [(None, "rgbb"), (90, "gbrb"), (180, "bbgr"), (-90, "brbg")]
    )
    def test_rotation_is_applied(self, rotate: int | None, corners: str, tmp_path: Path) -> None:
        path = draw_flag(tmp_path / "a.mp4", (96, 64), rotate)
        pixels, _, _, _ = decode(DecodeRequest(path, FrameSpec(40, 40), decoder=self.decoder))
        assert "".join(colour(pixels[0][y, x]) for y in (8, 32) for x in (8, 32)) == corners

    def test_crop_keeps_the_middle_and_pad_adds_bars(self, tmp_path: Path) -> None:
        path = draw_flag(tmp_path / "a.mp4", (128, 64))
        crop, pad = (
            decode(DecodeRequest(path, spec, decoder=self.decoder))[0][0]
            for spec in (FrameSpec(40, 40, "crop"), FrameSpec(40, 40, "pad", (255, 255, 255)))
        )
        assert [colour(crop[10, x]) for x in (2, 17, 23, 38)] == ["r", "r", "g", "g"]
        assert (pad[[0, 9, 30, 39]] == 255).all()
        assert colour(pad[14, 2]) == "r"
        assert colour(pad[26, 2]) == "b"

    def test_the_ending_says_what_the_file_is(self, tmp_path: Path) -> None:
        path = paint(tmp_path / "a.mp4", n=60)
        request = DecodeRequest(path, SMALL, decoder=self.decoder)
        pixels, times_s, ending = decode_one(request)
        assert numbers(pixels) == [(5 * at) % CYCLE for at in range(12)]
        assert times_s.tolist() == [at / 2 for at in range(12)]
        assert (ending.state, ending.reason) == ("done", "")
        assert ending.decoder == (DECODERS[0] if self.decoder == "auto" else self.decoder)
        assert ending.decoded_s == pytest.approx(6.0)
        assert ending.info == VideoInfo("h264", 64, 48, 10.0, 6.0)

    def test_a_damaged_file_is_not_done(self, tmp_path: Path) -> None:
        path = paint(tmp_path / "a.mkv", n=80, g=10)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
        _, times_s, ending = decode_one(DecodeRequest(path, SMALL, decoder=self.decoder))
        assert (ending.state, len(times_s) < 16) == ("partial", True)
        assert ending.reason.startswith(("cut off: ", "damaged: "))

    def test_a_range_after_the_end_is_refused(self, tmp_path: Path) -> None:
        path = paint(tmp_path / "a.mp4", n=30)
        with pytest.raises(UnreadableVideo, match=r"ends at 3 s"):
            self.sampled(path, start_s=5.0)

    def test_a_playlist_named_mp4_cannot_name_another_file(self, tmp_path: Path) -> None:
        secret = paint(tmp_path / "secret.mp4")
        playlist = tmp_path / "list.mp4"
        for text in (f"ffconcat version 1.0\nfile {secret.name}\n", f"#EXTM3U\n{secret}\n"):
            playlist.write_text(text)
            with pytest.raises(UnreadableVideo, match="playlist"):
                self.sampled(playlist)

    def test_a_playlist_behind_a_good_first_line_is_not_followed(self, tmp_path: Path) -> None:
        paint(tmp_path / "secret.mp4")
        path = tmp_path / "list.mp4"
        path.write_bytes(
            b"\0\0\0\x10ftypisom\0\0\0\0\n#EXTM3U\nffconcat version 1.0\nfile secret.mp4\n"
        )
        assert sniff(path) == "mp4"
        with pytest.raises(UnreadableVideo, match=r"cut off|damaged"):
            self.sampled(path)

    def test_pixels_over_8k_are_refused_before_decoding(self, tmp_path: Path) -> None:
        path = tmp_path / "a.gif"
        header = b"GIF89a" + struct.pack("<HHBBB", 16000, 16000, 0x80, 0, 0)
        picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, 4, 4, 0) + b"\x02\x02\x44\x01\0"
        path.write_bytes(header + b"\0\0\0\xff\xff\xff" + picture + b";")
        with pytest.raises(UnreadableVideo, match="8K"):
            self.sampled(path)

    def test_sound_alone_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mp4"
        with av.open(str(path), "w") as out:
            stream = out.add_stream("aac", rate=8000)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate = 8000
            out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        with pytest.raises(UnreadableVideo, match="sound but no picture"):
            self.sampled(path)


class TestPyav(DecoderContract):
    decoder = "pyav"

    @pytest.mark.parametrize("name", sorted(ONLY_PYAV))
    def test_it_is_exact_where_decord_is_not(self, name: str, tmp_path: Path) -> None:
        self.assert_samples_are_exact(name, tmp_path)

    def test_a_transport_stream_that_does_not_start_at_zero(self, tmp_path: Path) -> None:
        path = paint(tmp_path / "a.ts", times_s=[7 + at / 10 for at in range(20)])
        assert self.sampled(path, fps=2.0) == ([0, 5, 10, 15], [0.0, 0.5, 1.0, 1.5])

    @pytest.mark.parametrize(("rotate", "size"), [(90, (64, 96)), (180, (96, 64)), (-90, (64, 96))])
    def test_sizes_are_those_after_rotation(
        self, rotate: int, size: tuple[int, int], tmp_path: Path
    ) -> None:
        path = draw_flag(tmp_path / "a.mp4", (96, 64), rotate)
        info = decode_one(DecodeRequest(path, SMALL))[2].info
        assert info is not None
        assert (info.width_px, info.height_px) == size

    def test_only_the_packets_that_samples_need_are_decoded(self, tmp_path: Path) -> None:
        path = paint(tmp_path / "a.mp4", n=60, g=12, bf=3, **ALL_KEYS_PLANNED)
        with open_video(path) as video:
            sparse = plan_samples(video.table, start_s=0.0, end_s=6.0, fps=0.5)
            every = plan_samples(video.table, start_s=0.0, end_s=6.0, fps=10.0)
        assert sparse.is_wanted.sum() == 3
        assert every.is_sent.all()
        # of the groups at 0.0, 1.2 and 3.6 s as far as the frames at 0.0, 2.0 and 4.0 s need them
        assert sparse.is_sent.sum() <= 1 + 12 + 8
        assert not sparse.is_sent[48:].any()

    def test_dense_key_frames_are_the_samples_with_their_own_times(self, tmp_path: Path) -> None:
        times_s = [at * 0.1001 for at in range(100)]
        path = paint(tmp_path / "a.mp4", times_s=times_s, g=5, **ALL_KEYS_PLANNED)
        pixels, got_s, ending, _ = decode(DecodeRequest(path, SMALL))
        assert numbers(pixels) == [(5 * at) % CYCLE for at in range(20)]
        assert got_s == pytest.approx([at * 0.5005 for at in range(20)], abs=0.003)
        assert ending.state == "done"

    def test_a_file_too_large_to_keep_its_packets_is_read_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(data.video.decoders.demuxing.packets, "KEEP_PACKETS_BYTES", 500)
        for name in ("a.mp4", "a.mkv", "a.ts"):
            path = paint(tmp_path / name, n=60, g=12)
            assert self.sampled(path, fps=2.0)[0] == [(5 * at) % CYCLE for at in range(12)]
            assert self.sampled(path, fps=2.0, start_s=4.0, end_s=5.0)[0] == [8, 13]

    def test_pixels_over_8k_in_h264_are_refused(self, tmp_path: Path) -> None:
        large = paint(tmp_path / "b.mp4", n=1, size=(8192, 4352), preset="ultrafast")
        with pytest.raises(UnreadableVideo, match="8192x4352"):
            self.sampled(large)

    def test_gif_frames_are_composed_and_keep_their_own_delays(self, tmp_path: Path) -> None:
        path = draw_gif(tmp_path / "a.gif")
        pixels, times_s, _, _ = decode(DecodeRequest(path, FrameSpec(32, 32), fps=2.0))
        columns = pixels[:, 16, 4::8].astype(int)
        assert times_s.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
        lit = [
            np.flatnonzero((row > 200).any(axis=1) & (row.min(axis=1) < 60)).tolist()
            for row in columns
        ]
        assert lit == [[0], [1], [1], [2], [3]]
        assert columns[1][1].argmax() == 1


class TestDecord(DecoderContract):
    decoder = "decord"


class TestAuto(DecoderContract):
    decoder = "auto"

    def test_a_file_that_one_decoder_cannot_read_falls_to_the_next(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gif = paint(tmp_path / "a.gif", n=20, codec="gif")
        alone = decode_one(DecodeRequest(gif, SMALL, decoder="decord"))[2]
        assert (alone.state, alone.decoder) == ("failed", "decord")
        monkeypatch.setattr(data.video.decoders.decoding, "DECODERS", ("decord", "pyav"))
        pixels, _, ending, _ = decode(DecodeRequest(gif, SMALL))
        assert (len(pixels), ending.decoder, ending.state) == (4, "pyav", "done")


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    path = paint(tmp_path / "a.mp4", n=2)
    with pytest.raises(ValueError, match="fps=0"):
        sampled(path, fps=0)
    with pytest.raises(ValueError, match="range"):
        sampled(path, start_s=2.0, end_s=1.0)
    with pytest.raises(ValueError, match="known are"):
        sampled(path, decoder="vlc")
