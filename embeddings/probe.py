"""Whether a part of an encoder, computed alone, gives what the whole gives: tried, not assumed.

It imports no torch.
"""

from contextlib import suppress

import numpy as np

from embeddings.encoder import EncoderFiles, LoadedEncoder, NeedsModel, Vectors
from embeddings.probe_frame import probe_frame

SAME_VECTOR = 1e-4
"""Largest difference of a coordinate between vectors computed alone and by the model."""
PROBE = "two dogs, a red car & 3 people"


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
