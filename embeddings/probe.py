"""Whether a part of an encoder, computed alone, gives what the whole gives: tried, not assumed.

It imports no torch.
"""

from contextlib import suppress

import numpy as np

from data.video.types import FrameSpec, Pixels
from embeddings.encoder import EncoderFiles, LoadedEncoder, NeedsModel, Vectors

SAME_VECTOR = 1e-4
"""Largest difference of a coordinate between vectors computed alone and by the model."""
PROBE = "two dogs, a red car & 3 people"
FIELDS = 8
"""Coloured fields in a row of the probe's frame."""


def probe_frame(spec: FrameSpec) -> Pixels:
    """(1, height, width, 3) uint8: coloured fields below noise, darker from left to right."""
    rng = np.random.default_rng(0)
    fields = rng.integers(0, 256, (FIELDS, FIELDS, 3))
    down = np.arange(spec.height_px) * FIELDS // spec.height_px
    right = np.arange(spec.width_px) * FIELDS // spec.width_px
    coloured = fields[down[:, None], right]
    mixed = 0.7 * coloured + 0.3 * rng.integers(0, 256, coloured.shape)
    light = np.linspace(1, 0.1, spec.width_px)[None, :, None]
    return (mixed * light).astype(np.uint8)[None]


def text_way(model: LoadedEncoder, files: EncoderFiles) -> str | None:
    """The way of encoding texts alone that gives what the model gives, if any."""
    for way in files.text_ways:
        with suppress(NeedsModel):
            if _same(files.open_texts(way).encode([PROBE]), model.encode_texts([PROBE])):
                return way
    return None


def frame_way(model: LoadedEncoder, files: EncoderFiles) -> tuple[str | None, str]:
    """The same of frames; where there is none, why not."""
    why = "it has no image tower that is computed without it"
    for way in files.frame_ways:
        try:
            rows = files.open_frames(way).encode(probe_frame(model.frame_spec))
        except NeedsModel as error:
            return None, str(error)
        if _same(rows, model.probed):
            return way, ""
        why = "its image tower gives other vectors when it is computed without it"
    return None, why


def _same(rows: Vectors, wanted: Vectors) -> bool:
    return rows.shape == wanted.shape and bool(np.abs(rows - wanted).max() < SAME_VECTOR)
