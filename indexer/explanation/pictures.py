"""Which part of the picture spoke, for some frames of an explained stretch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.errors import ReelwiseError
from data.video.children.pool import DecodePool
from data.video.types import SAMPLE_FPS, DecodeRequest, FrameBatch, FrameSpec, Pixels
from embeddings.explain.explainer import Explainer, Maps, Method, shares
from embeddings.explain.occlusion import Occlusion
from embeddings.explain.places import over_picture
from indexer.explanation.explain import Explained, Explanation
from indexer.search.examples.frames import AS_INDEXED, Reading

MOST_PICTURES = 24
"""Frames that are looked into at most."""
HEIGHT_PX = 180
"""Of a picture that is shown."""
WIDEST, NARROWEST = 4.0, 0.25
"""Shapes of pictures that are shown as they are."""


@dataclass(frozen=True)
class LookedInto:
    """Frames, and what of each spoke."""

    places: tuple[int, ...]
    """k numbers of frames of the explanation, in order of time."""
    pictures: Pixels | None
    """(k, h, w, 3) what is shown, in the shape of the video; None where it was not asked for."""
    maps: Maps
    """(k, rows, columns) over the picture; a map adds up to 1, or is 0 where nothing speaks."""
    method: Method
    """How the maps were found."""


def some_places(explanation: Explanation, n: int) -> tuple[int, ...]:
    """Numbers of at most n frames: evenly spread over the stretch, the best among them."""
    scores = explanation.scores
    n = min(n, len(scores), MOST_PICTURES)
    if n < 1:
        return ()
    even = np.linspace(0, len(scores) - 1, n).round().astype(int)
    best = int(scores.argmax())
    even[np.abs(even - best).argmin()] = best
    return tuple(sorted(set(even.tolist())))


def nearest_place(explanation: Explanation, time_s: float) -> int:
    """Number of the frame that is shown at a time, or next to it."""
    return int(np.abs(explanation.times_s - time_s).argmin())


@dataclass(frozen=True)
class Looking:
    """What finds the part of a picture."""

    explainer: Explainer
    """Of the encoder."""
    occlusion: Occlusion
    """The same without gradients, for scores that go in steps."""
    spec: FrameSpec
    """Frames of the encoder."""


def look_into(
    explained: Explained,
    looking: Looking,
    places: Sequence[int],
    reading: Reading = AS_INDEXED,
    *,
    pictures: bool = True,
) -> LookedInto:
    """Decode some frames and find which part of each spoke.

    Args:
        explained: The stretch.
        looking: What finds it.
        places: Numbers of frames of the explanation.
        reading: How long may be decoded, and for whom.
        pictures: Also give what is shown; it is decoded by itself.

    Raises:
        ReelwiseError: The file is gone, or the frames cannot be decoded.
    """
    explanation = explained.explanation
    shape = _shown(explanation)
    times_s = [float(explanation.times_s[place]) for place in places]
    path = explanation.video.path
    seen = _frames(path, looking.spec, times_s, reading)
    shown = _frames(path, shape, times_s, reading) if pictures else None
    first = explained.stretch.inside.start
    own = [first + place for place in places]
    directions = explained.judge.directions(own)
    if directions is None:
        instead = explained.judge.instead
        maps = looking.occlusion.maps_of(seen, lambda at, rows: instead(own[at], rows))
        method = looking.occlusion.method
    else:
        maps, method = looking.explainer.maps(seen, directions), looking.explainer.method
    over = over_picture(maps, looking.spec, shape.width_px / shape.height_px)
    return LookedInto(tuple(places), shown, shares(over), method)


def _shown(explanation: Explanation) -> FrameSpec:
    video = explanation.video
    aspect = video.width_px / video.height_px if video.width_px and video.height_px else 16 / 9
    return FrameSpec(round(HEIGHT_PX * min(max(aspect, NARROWEST), WIDEST)), HEIGHT_PX)


def _frames(path: Path, spec: FrameSpec, times_s: Sequence[float], reading: Reading) -> Pixels:
    """(k, h, w, 3) the frames shown at some times."""
    requests = [
        DecodeRequest(path, spec, start_s=at_s, end_s=at_s + 1 / SAMPLE_FPS, key=key, most_frames=1)
        for key, at_s in enumerate(times_s)
    ]
    found: dict[int, Pixels] = {}
    reasons = []
    with DecodePool(1, reading.limits) as pool:
        for key, result in pool.run(requests, still_wanted=reading.still_wanted):
            if isinstance(result, FrameBatch):
                found.setdefault(key, result.pixels[0])
            elif result.state == "failed":
                reasons.append(result.reason)
    if len(found) < len(times_s):
        missing = next(at for key, at in enumerate(times_s) if key not in found)
        raise ReelwiseError(
            f"{path.name} gives no frame at {missing:.1f} s: {(reasons or ['there is none'])[0]}",
            fix="look at another stretch, or see reelwise status --failed",
        )
    return np.stack([found[key] for key in range(len(times_s))])
