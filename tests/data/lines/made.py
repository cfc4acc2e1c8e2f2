"""Videos with subtitle streams, made in the test."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SECONDS = 6

Said = Sequence[tuple[float, float, str]]
"""start_s, end_s and text of each cue."""


def film(
    path: Path, said: Said = (), *, codec: str = "", language: str = "eng", **tags: str
) -> Path:
    """A film of six seconds with `tags`; with a subtitle stream where a codec is named."""
    with av.open(str(path), "w") as container:
        container.metadata.update(tags)
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        packets = []
        for i in range(10 * SECONDS):
            pixels = np.full((48, 64, 3), 4 * i, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 10)
            packets += video.encode(frame)
        packets += video.encode()
        if codec:
            stream = container.add_mux_stream(codec)
            stream.time_base = Fraction(1, 1000)
            stream.metadata["language"] = language
            for start_s, end_s, text in said:
                content = text.encode()
                if codec == "mov_text":
                    content = len(content).to_bytes(2, "big") + content
                packet = av.Packet(content)
                packet.stream, packet.time_base = stream, Fraction(1, 1000)
                packet.pts = packet.dts = round(1000 * start_s)
                packet.duration = round(1000 * (end_s - start_s))
                packets.append(packet)
        for packet in packets:
            container.mux(packet)
    return path


def srt(path: Path, said: Said, encoding: str = "utf-8") -> Path:
    """A subtitle file."""
    rows = []
    for number, (start_s, end_s, text) in enumerate(said, start=1):
        rows.append(f"{number}\n{_clock(start_s)} --> {_clock(end_s)}\n{text}\n")
    path.write_bytes("\n".join(rows).encode(encoding))
    return path


def _clock(time_s: float) -> str:
    ms = round(1000 * time_s)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"
