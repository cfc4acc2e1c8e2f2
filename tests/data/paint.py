"""Clips that prove which frame came back: frame i is painted grey 8 * i, starting over after 32."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av  # noqa: TID251  (tests paint their own clips)
import numpy as np
from numpy.typing import NDArray

STEP = 8
CYCLE = 32
TICKS = 600


def grey(number: int) -> int:
    return STEP * (number % CYCLE)


def numbers(pixels: NDArray[np.uint8]) -> list[int]:
    """Number of the frame, modulo 32, that each picture shows at its centre."""
    h, w = pixels.shape[1:3]
    centre = pixels[:, h // 3 : 2 * h // 3 + 1, w // 3 : 2 * w // 3 + 1]
    return [round(float(each.mean()) / STEP) for each in centre]


def paint(
    path: Path,
    *,
    n: int = 30,
    fps: int = 10,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    times_s: Sequence[float] | None = None,
    **options: Any,
) -> Path:
    """Write frames, with these times; `options` go to the encoder (`g`, `bf`, ...).

    `first` is the number of the first frame, `container` goes to the container's writer.
    """
    times = [i / fps for i in range(n)] if times_s is None else list(times_s)
    with av.open(str(path), "w", options=options.pop("container", {})) as out:
        pix_fmt = {"gif": "rgb8"}.get(codec, "yuv420p")
        first = int(options.pop("first", 0))
        coder = {"crf": "12", **{k: str(v) for k, v in options.items()}}
        if not codec.startswith("lib"):
            coder.pop("crf")
            coder.setdefault("qscale", "2")
        stream = out.add_stream(codec, rate=fps, options=coder)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        if codec.startswith("mpeg"):
            stream.codec_context.flags |= 2  # a fixed quantiser, so that greys stay apart
            stream.codec_context.global_quality = 2 * 118
        if codec.startswith("mpeg") or path.suffix in (".avi", ".h264", ".hevc"):
            stream.codec_context.time_base = Fraction(1, fps)
        else:
            stream.codec_context.time_base = Fraction(1, TICKS)
        for number, time_s in enumerate(times):
            picture = np.full((size[1], size[0], 3), grey(first + number), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            base = stream.codec_context.time_base
            assert base is not None
            frame.pts, frame.time_base = round(time_s / base), base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path
