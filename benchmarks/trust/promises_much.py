"""Fifty small files that promise much: each must end in seconds with a state and a reason.

GIFs of many frames and pixels, films whose headers promise years or pause for hours, pictures of
16,384 pixels a side. Each is read as `index` reads it, as an example of a visitor, and, where it is
a picture, as a picture.
"""

from __future__ import annotations

import struct
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from data.errors import ReelwiseError
from data.video.children.pool import decode_each
from data.video.types import DecodeRequest, FrameSpec
from data.video.write import write_video
from indexer.search.examples.example import MAX_EXAMPLE_FRAMES
from indexer.search.examples.frames import for_a_visitor, read_frames
from indexer.search.examples.pictures import read_image

SPEC = FrameSpec(224, 224)
SIDES_PX = (100, 1000, 3000, 8000, 16000)
FRAMES = (1, 1000, 20_000, 200_000)
PROMISED = (2**31 - 1, 2**30, 10**8, 10**6, 1)


def run(size: str) -> dict[str, Any]:
    """Seconds and states of all files; `size` changes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        videos = [*_gifs(Path(folder)), *_films(Path(folder))]
        pictures = [*_pictures(Path(folder))]
        indexed = [_indexed(path) for path in videos]
        examples = [_as_example(path) for path in videos]
        seen = [_as_picture(path) for path in pictures]
        left = [child.name() for child in psutil.Process().children(recursive=True)]
        files = [*videos, *pictures]
    every = [*indexed, *examples, *seen]
    return {
        "files": len(files),
        "largest_mb": round(max(size_bytes for *_, size_bytes in every) / 1e6, 1),
        "worst_s": {
            "indexed": max(indexed)[:2],
            "example": max(examples)[:2],
            "picture": max(seen)[:2],
        },
        "states": Counter(state for _, _, state, _ in every),
        "without_a_reason": [name for _, name, state, _ in every if not state],
        "children_left": left,
    }


Outcome = tuple[float, str, str, int]
"""Seconds, name, state, size in bytes."""


def _indexed(path: Path) -> Outcome:
    began_s = time.perf_counter()
    ((_, (_, _, ending)),) = decode_each([DecodeRequest(path, SPEC)])
    told = ending.state if ending.state == "done" or ending.reason else ""
    return time.perf_counter() - began_s, path.name, told, path.stat().st_size


def _as_example(path: Path) -> Outcome:
    began_s = time.perf_counter()
    request = DecodeRequest(path, SPEC)
    pixels, _, ending = read_frames(request, MAX_EXAMPLE_FRAMES, for_a_visitor(lambda: None))
    assert len(pixels) <= MAX_EXAMPLE_FRAMES
    told = ending.state if ending.state == "done" or ending.reason else ""
    return time.perf_counter() - began_s, path.name, told, path.stat().st_size


def _as_picture(path: Path) -> Outcome:
    began_s = time.perf_counter()
    try:
        read_image(path, SPEC)
        state = "done"
    except ReelwiseError:
        state = "refused"
    return time.perf_counter() - began_s, path.name, state, path.stat().st_size


def _gifs(folder: Path) -> Iterator[Path]:
    """Every frame changes one pixel of a large canvas."""
    for side_px in SIDES_PX:
        for n in FRAMES:
            path = folder / f"{side_px}px-{n}.gif"
            head = b"GIF89a" + struct.pack("<HH", side_px, side_px) + b"\x80\0\0\0\0\0\xff\xff\xff"
            place = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\x02\x02\x44\x01\0"
            path.write_bytes(head + (b"\x21\xf9\x04\x04\x01\0\0\0" + place) * n + b";")
            yield path


def _films(folder: Path) -> Iterator[Path]:
    """Films whose tables promise another length, another pause, or more frames than there are."""
    whole = folder / "whole.mp4"
    write_video(whole, (np.full((64, 64, 3), 9 * at % 250, np.uint8) for at in range(40)), fps=10)
    data = whole.read_bytes()
    whole.unlink()
    for box, offset in ((b"mvhd", 20), (b"mdhd", 20), (b"tkhd", 24), (b"stts", 16)):
        for promised in PROMISED:
            at = data.index(box) + offset
            path = folder / f"{box.decode()}-{promised}.mp4"
            path.write_bytes(data[:at] + struct.pack(">I", promised) + data[at + 4 :])
            yield path


def _pictures(folder: Path) -> Iterator[Path]:
    for side_px in (1000, 4000, 7999, 8001, 16384):
        for suffix in ("png", "jpg"):
            path = folder / f"{side_px}px.{suffix}"
            Image.new("L", (side_px, side_px)).save(path)
            yield path
