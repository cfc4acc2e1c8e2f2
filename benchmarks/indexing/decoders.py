"""PyAV against decord on the same files: speed, memory, and frames of a damaged file.

Speed is video seconds per CPU second of a decoding child at 2 samples a second and 224x224; `ratio`
is PyAV over decord. `plain_ratio` is PyAV's CPU seconds, which skips packets that no sample needs,
over those of decoding every frame of the same files and drawing the same samples. Memory is the
resident memory of the children at each event of the pool. `late_kill_s` is how long after its limit
a child that hangs is gone, its start included: promised are 2 seconds on an idle machine.
"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.made.videos import real_videos
from benchmarks.timing import median_seconds
from data.video.children.pool import DecodePool, decode_each, decode_one
from data.video.children.supervisor import DecodeLimits
from data.video.decoders.decoding import DECODERS
from data.video.decoders.opening import open_video
from data.video.decoders.paint import Painter
from data.video.types import SAMPLE_FPS, DecodeRequest, Ending, FrameSpec
from data.video.write import write_video

SPEC = FrameSpec(224, 224)
SIZES = {
    "small": ((640, 360, 20.0), (1280, 720, 10.0)),
    "full": ((640, 360, 60.0), (1920, 1080, 40.0)),
}


def run(size: str) -> dict[str, Any]:
    """Measure painted clips, longer ones with `full`, and real clips where there are any."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [_paint(Path(folder), *each) for each in SIZES[size]]
        # decord reads neither GIF nor AV1: both decoders get files that both can read.
        paths += real_videos((".mp4", ".mkv"))
        figures: dict[str, Any] = {"files": len(paths)}
        for decoder in DECODERS:
            figures |= {f"{decoder}_{k}": v for k, v in _measure(decoder, paths).items()}
        figures |= _damage(Path(folder))
        planned, plain = _against_plain(paths)
    figures["ratio"] = figures["pyav_video_s_per_cpu_s"] / figures["decord_video_s_per_cpu_s"]
    figures["plain_ratio"] = planned / plain
    figures["child_start_s"] = _start_s()
    figures["late_kill_s"] = _late_kill_s()
    return figures


def _paint(folder: Path, width: int, height: int, length_s: float) -> Path:
    path = folder / f"{width}x{height}.mp4"
    rng = np.random.default_rng(width)
    blocks = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.int64).astype(np.uint8)
    still = np.repeat(np.repeat(blocks, 8, 0), 8, 1)
    frames = (np.roll(still, 3 * at, axis=1) for at in range(int(25 * length_s)))
    write_video(path, frames, fps=25)
    return path


def _measure(decoder: str, paths: list[Path]) -> dict[str, float]:
    video_s = cpu_s = 0.0
    peak_bytes = done = 0
    with DecodePool(1) as pool:
        for _, result in pool.run(DecodeRequest(path, SPEC, decoder=decoder) for path in paths):
            peak_bytes = max(peak_bytes, _children_bytes())
            if isinstance(result, Ending):
                video_s += result.decoded_s
                cpu_s += result.cpu_s
                done += result.state == "done"
    return {
        "video_s_per_cpu_s": video_s / cpu_s,
        "peak_mb": peak_bytes / 2**20,
        "done": float(done),
    }


def _children_bytes() -> int:
    import psutil

    total = 0
    for child in psutil.Process().children():
        try:
            total += child.memory_info().rss
        except psutil.Error:
            continue
    return total


def _damage(folder: Path) -> dict[str, int]:
    """Number of frames that each decoder gives of a clip with zeros in its middle."""
    path = _paint(folder, 320, 176, 8.0)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 5000] = bytes(5000)
    path.write_bytes(data)
    return {
        f"{decoder}_frames_of_damaged": len(
            decode_one(DecodeRequest(path, SPEC, decoder=decoder))[0]
        )
        for decoder in DECODERS
    }


def _against_plain(paths: list[Path]) -> tuple[float, float]:
    requests = [DecodeRequest(path, SPEC, key=key) for key, path in enumerate(paths)]
    planned = sum(ending.cpu_s for _, (_, _, ending) in decode_each(requests))
    began_s = time.process_time()
    for path in paths:
        _decode_everything(path)
    return planned, time.process_time() - began_s


def _decode_everything(path: Path) -> None:
    painter, out = Painter(SPEC), np.empty((SPEC.height_px, SPEC.width_px, 3), np.uint8)
    with open_video(path) as video:
        context = video.stream.codec_context
        context.thread_count = 1
        due_s = 0.0
        for packet in [*video.table.kept, None]:
            for frame in context.decode(packet):
                if frame.time is not None and frame.time - video.table.zero_s >= due_s:
                    painter.paint(frame, 1.0, out)
                    due_s += 1 / SAMPLE_FPS


def _start_s() -> float:
    """Wall seconds from the start of a child to its first answer; it decodes nothing."""
    refuse = partial(decode_one, DecodeRequest(Path(__file__), SPEC))
    return median_seconds({"start": refuse}, rounds=5)["start"]


def _late_kill_s() -> float:
    """Wall seconds beyond the stall limit until a child that hangs with the GIL held has ended."""
    limits = DecodeLimits(stall_s=4.0)
    hangs = DecodeRequest(Path(__file__), SPEC, decoder="rogue:early-spin")
    began_s = time.monotonic()
    with DecodePool(1, limits, child="tests.data.video.children.rogue_child") as pool:
        list(pool.run([hangs]))
    return time.monotonic() - began_s - limits.stall_s
