"""Frames of captioned stretches: decoded in supervised children, encoded once, cached on the disk.

A cache file is named by the backbone, the content of the video and the times, so that a second run,
with another head or after a kill, decodes nothing. A video that cannot be read fails alone.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.cores import cores
from data.durable import make_dir, write_atomic
from data.video.children.pool import decode_each
from data.video.content import content_key
from data.video.types import SAMPLE_FPS, DecodeRequest, FrameSpec
from embeddings.training.augment import MILD, distort
from embeddings.training.captions import Stretch, Trouble
from embeddings.training.head.batches import MAX_CLIP_FRAMES
from embeddings.training.loop import Report

MAX_PIXEL_FRAMES = 16
"""Frames kept of a stretch, where pixels are kept."""

Encode = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
TimedFrames = tuple[NDArray[Any], NDArray[np.float32]]


@dataclass(frozen=True)
class FeatureSource:
    """How stretches become features, or pixels."""

    spec: FrameSpec
    """How frames are cut and scaled."""
    key: str
    """Name of the cache folder; changes with whatever shapes what is kept."""
    encode: Encode | None
    """Pixels to features; None keeps pixels."""
    views: int = 0
    """Distorted views beside each stretch; of features only."""


@dataclass
class Collected:
    """The stretches that could be read."""

    frames: dict[Stretch, list[TimedFrames]] = field(default_factory=dict)
    """Each stretch undistorted, then its views: frames (t, ...) and times (t,)."""
    troubles: list[Trouble] = field(default_factory=list)
    """Videos that could not be read, or only in part."""
    decoded: int = 0
    """Stretches that were not in the cache."""


def collect(
    stretches: Sequence[Stretch],
    source: FeatureSource,
    cache: Path,
    *,
    workers: int | None = None,
    report: Report = lambda line: None,
) -> Collected:
    """The frames of stretches, from the folder of caches or decoded now; repeated ones once.

    `workers` is the number of decoding processes; None takes one per core.
    """
    out = Collected()
    folder = cache / "training" / source.key
    make_dir(folder, private=True)
    files: dict[Stretch, Path] = {}
    wanted = dict.fromkeys(stretches)
    for stretch in wanted:
        try:
            files[stretch] = folder / _file_name(stretch)
        except OSError as error:
            _note(out, stretch, error.strerror or str(error))
    missing = [s for s, file in files.items() if not _load(s, file, source, out)]
    for stretch, shown in _decode(missing, source, out, workers or cores()):
        _keep(files[stretch], shown)
        out.frames[stretch] = shown
        out.decoded += 1
        if out.decoded % 50 == 0:
            report(f"frames of {out.decoded}/{len(missing)} stretches")
    if wanted:
        n, decoded = len(out.frames), out.decoded
        report(f"frames of {n} of {len(wanted)} stretches, {decoded} decoded now")
    out.frames = {s: out.frames[s] for s in wanted if s in out.frames}
    return out


def _note(out: Collected, stretch: Stretch, reason: str) -> None:
    where = f"{stretch.path} {stretch.start_s:g}-{stretch.end_s:g} s"
    out.troubles.append(Trouble(where, reason))


def _file_name(stretch: Stretch) -> str:
    key = content_key(stretch.path)
    return f"{key[:32]}-{round(stretch.start_s * 1000)}-{round(stretch.end_s * 1000)}.npz"


def _load(stretch: Stretch, file: Path, source: FeatureSource, out: Collected) -> bool:
    """Take a stretch from the cache; False where it is missing, damaged, or has too few views."""
    try:
        with np.load(io.BytesIO(file.read_bytes())) as kept:
            times = kept["times_s"]
            shown = [(kept[f"frames_{i}"], times) for i in range(1 + source.views)]
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return False
    out.frames[stretch] = shown
    return True


def _keep(file: Path, shown: list[TimedFrames]) -> None:
    content = io.BytesIO()
    frames = {f"frames_{i}": rows for i, (rows, _) in enumerate(shown)}
    np.savez(content, times_s=shown[0][1], **frames)  # type: ignore[arg-type]
    write_atomic(file, content.getvalue())


def _decode(
    stretches: Sequence[Stretch], source: FeatureSource, out: Collected, workers: int
) -> Iterator[tuple[Stretch, list[TimedFrames]]]:
    most = MAX_CLIP_FRAMES if source.encode is not None else MAX_PIXEL_FRAMES
    requests = []
    for key, part in enumerate(stretches):
        fps = min(SAMPLE_FPS, most / (part.end_s - part.start_s))
        request = DecodeRequest(part.path, source.spec, fps, part.start_s, part.end_s, key=key)
        requests.append(request)
    for key, (pixels, times_s, ending) in decode_each(requests, workers=workers):
        if ending.state != "done":
            _note(out, stretches[key], f"{ending.state}: {ending.reason}")
        if len(pixels):
            frames = _encode(pixels, times_s.astype(np.float32), stretches[key], source)
            yield stretches[key], frames


def _encode(
    pixels: NDArray[np.uint8], times_s: NDArray[np.float32], stretch: Stretch, source: FeatureSource
) -> list[TimedFrames]:
    if source.encode is None:
        return [(pixels, times_s)]
    digest = hashlib.blake2b(str(stretch).encode(), digest_size=8).digest()
    rng = np.random.default_rng(int.from_bytes(digest, "big"))
    views = [pixels, *(mild_view(pixels, rng) for _ in range(source.views))]
    rows = source.encode(np.concatenate(views)).astype(np.float16)
    return [(part, times_s) for part in np.split(rows, len(views))]


def mild_view(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The clip, (t, h, w, 3), slightly cropped, in other light and colours, never mirrored."""
    height, width = pixels.shape[1:3]
    view = distort(pixels, rng, MILD, size_px=width)
    if height == width:
        return view
    return np.stack([cv2.resize(f, (width, height), interpolation=cv2.INTER_AREA) for f in view])
