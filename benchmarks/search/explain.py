"""Whether maps of what speaks point at what is named, what hiding that does, what they cost.

`toon` is asked for one actor of cartoons with one or two, `starter` for a thing of a photograph
that was put on another photograph. Each method stands beside a place anywhere and the centre:

`..._points` share of frames whose highest point lies on the thing (pointing game);
`..._falls` by how much the score falls where the square, a tenth of the picture, is hidden that the
map names (deletion);
`..._cpu_ms` milliseconds of processor time a frame, with one thread.

`..._area` is the share of the picture that the things cover: what a place anywhere comes to.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.made.scenes import named_actors
from benchmarks.search.judged_maps import fall, points_at
from benchmarks.search.photographs import photographs_on_grounds
from data.video.types import Pixels
from embeddings.backbone.computing.threads import threads
from embeddings.encoder import Encoder, Vectors
from embeddings.explain.explainer import Explainer, Maps, stretched
from embeddings.explain.opening import occlusion_of, open_explainer
from embeddings.explain.places import Box, picture_box
from embeddings.opening.choice import load_encoder

SIZES = {"small": (80, 8), "full": (300, 24)}
"""Frames of cartoons, and of photographs."""
CELLS = 7
"""Cells of a made-up map on either side: odd, so that one is the centre."""
DRAWS = 2
"""Maps of places anywhere that are judged."""


@dataclass(frozen=True)
class Named:
    """Frames with a thing in each."""

    encoder: Encoder
    """What is asked."""
    pixels: Pixels
    """(t, h, w, 3)."""
    directions: Vectors
    """(t, d) the thing of each in words."""
    places: NDArray[np.bool_]
    """(t, h, w) where it is."""


def run(size: str) -> dict[str, Any]:
    """Judge every method on both encoders."""
    n_toons, n_photographs = SIZES[size]
    figures: dict[str, Any] = {}
    with threads(1):
        for name, named in (("toon", _toons(n_toons)), ("starter", _photographs(n_photographs))):
            figures |= {f"{name}_{figure}": value for figure, value in _judged(named)}
    return figures


def _toons(n: int) -> Named:
    encoder = load_encoder("toon", device="cpu")
    pixels, words, places = named_actors(n, encoder.frame_spec, seed=500)
    return Named(encoder, pixels, encoder.encode_texts(words), places)


def _photographs(n: int) -> Named:
    encoder = load_encoder("starter", device="cpu")
    made = photographs_on_grounds(n, seed=9)
    pixels = np.stack([each.frame for each in made])
    places = np.stack([each.place for each in made])
    return Named(encoder, pixels, encoder.encode_texts([each.words for each in made]), places)


def _judged(named: Named) -> Iterator[tuple[str, Any]]:
    yield "frames", len(named.pixels)
    yield "area", round(_area(named), 3)
    own = open_explainer(named.encoder)
    for explainer in (own, occlusion_of(named.encoder)):
        maps, cpu_ms = _timed(explainer, named)
        yield f"{explainer.method}_points", round(points_at(maps, named.places), 3)
        yield f"{explainer.method}_falls", round(_falls(named, maps), 4)
        yield f"{explainer.method}_cpu_ms", round(cpu_ms, 1)
    centre = np.zeros((1, CELLS, CELLS), np.float32)
    centre[0, CELLS // 2, CELLS // 2] = 1
    rng = np.random.default_rng(4)
    anywhere = [rng.random((len(named.pixels), CELLS, CELLS), np.float32) for _ in range(DRAWS)]
    for name, cells in (("centre", [centre]), ("anywhere", anywhere)):
        laid = [_laid(named, each) for each in cells]
        yield f"{name}_points", round(fmean(points_at(each, named.places) for each in laid), 3)
        yield f"{name}_falls", round(fmean(_falls(named, each) for each in laid), 4)


def _timed(explainer: Explainer, named: Named) -> tuple[Maps, float]:
    """The maps of all frames, and milliseconds of processor time of each."""
    explainer.maps(named.pixels[:1], named.directions[:1])
    began_s = time.process_time()
    maps = explainer.maps(named.pixels, named.directions)
    return maps, 1000 * (time.process_time() - began_s) / len(maps)


def _falls(named: Named, maps: Maps) -> float:
    encoder = named.encoder
    return fall(named.pixels, named.directions, maps, encoder.encode_frames, encoder.frame_spec)


def _laid(named: Named, cells: Maps) -> Maps:
    """Maps over frames (t, h, w): cells of each, or of one for all, laid over its picture."""
    out = np.zeros(named.places.shape, np.float32)
    each = np.broadcast_to(cells, (len(out), *cells.shape[1:]))
    for number, (top, left, bottom, right) in enumerate(_boxes(named)):
        laid = stretched(each[number : number + 1], bottom - top, right - left)
        out[number, top:bottom, left:right] = laid[0]
    return out


def _boxes(named: Named) -> list[Box]:
    """Where the pictures lie, without the bars beside them."""
    return [picture_box(frame, named.encoder.frame_spec) for frame in named.pixels]


def _area(named: Named) -> float:
    """Share of the pictures that the things cover."""
    pictures_px = sum((bottom - top) * (right - left) for top, left, bottom, right in _boxes(named))
    return float(named.places.sum() / pictures_px)
