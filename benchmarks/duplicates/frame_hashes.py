"""Perceptual hashing of the frames of videos, as `imagehash` does it, to compare with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data.errors import ReelwiseError
from data.video.children.pool import decode_one
from data.video.types import DecodeRequest, FrameSpec

USUAL_BITS, USUAL_SHARE = 10, 0.5
"""Of the 64 bits of a hash so many may differ in the same picture, and so many frames of the
shorter video must have one like them: what is usual with 64 bits."""
BITS = tuple(range(0, 28, 2))
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Both are tried in all combinations; the best counts."""
_ONES = np.array([bin(each).count("1") for each in range(256)], np.uint8)

Hashes = NDArray[np.uint8]
Judged = Sequence[tuple[int, int, bool]]
"""Numbers of two videos, and whether they are duplicates."""


def hashes_of(path: Path) -> Hashes:
    """(n, 8) hashes of the same frames that are embedded, 64 bits each.

    Raises:
        ReelwiseError: The package is not here.
    """
    if find_spec("imagehash") is None:
        raise ReelwiseError("the package imagehash is not here", fix="pip install ImageHash")
    import imagehash

    pixels, _, _ = decode_one(DecodeRequest(path, FrameSpec(160, 120, "squash")))
    rows = [imagehash.phash(Image.fromarray(frame)).hash.ravel() for frame in pixels]
    return np.packbits(np.stack(rows), axis=1)


def by_hashes(videos: Sequence[Path], judged: Judged) -> dict[str, Any]:
    """Precision and recall of pairs at the usual thresholds, and at the best of all."""
    hashes = [hashes_of(path) for path in videos]
    shares = {(one, other): _shares(hashes[one], hashes[other]) for one, other, _ in judged}
    every = {each: _figures(shares, judged, *each) for each in product(BITS, SHARES)}
    (bits, share), best = max(every.items(), key=lambda pair: pair[1]["f1"])
    usual = every[USUAL_BITS, USUAL_SHARE]
    return {
        **{f"usual_{name}": value for name, value in usual.items()},
        **{f"best_{name}": value for name, value in best.items()},
        "best_bits": bits,
        "best_share": share,
        "found": {pair for pair in shares if shares[pair][bits] >= share},
    }


def _shares(one: Hashes, other: Hashes) -> NDArray[np.float64]:
    """(28,) share of the frames of the shorter video with one like it, by bits that may differ."""
    if len(one) > len(other):
        one, other = other, one
    differ = _ONES[one[:, None] ^ other[None]].sum(axis=2)
    nearest = differ.min(axis=1)
    return np.array([np.mean(nearest <= bits) for bits in range(max(BITS) + 1)])


def _figures(
    shares: Mapping[tuple[int, int], NDArray[np.float64]], judged: Judged, bits: int, share: float
) -> dict[str, float]:
    found = [shares[one, other][bits] >= share for one, other, _ in judged]
    return precision_recall(found, [is_pair for _, _, is_pair in judged])


def precision_recall(found: Sequence[bool], true: Sequence[bool]) -> dict[str, float]:
    """Precision, recall and their harmonic mean."""
    both = sum(a and b for a, b in zip(found, true, strict=True))
    precision = both / max(1, sum(found))
    recall = both / max(1, sum(true))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(f1, 4),
    }
