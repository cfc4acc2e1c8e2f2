"""Pieces of sound as messages between a child and its parent: 16 bits a sample, as Base64."""

import base64
from typing import Any

import numpy as np

from data.video.sound.types import RATE_HZ, SoundPiece

FULL = 32767.0
MOST_SAMPLES = 20 * RATE_HZ
"""Samples of one message at most: it has to stay below the limit of the wire."""


def piece_fields(piece: SoundPiece) -> list[list[Any]]:
    """A piece as JSON, in parts that are short enough for a message each."""
    codes = np.round(piece.samples * FULL).astype("<i2")
    return [
        [
            piece.start_s + first / RATE_HZ,
            base64.b64encode(codes[first : first + MOST_SAMPLES].tobytes()).decode("ascii"),
        ]
        for first in range(0, len(codes), MOST_SAMPLES)
    ]


def read_piece(fields: Any) -> SoundPiece:
    """The inverse of `piece_fields`, of one message.

    Raises:
        ValueError: It is none.
        TypeError: It is none.
    """
    start_s, text = fields
    codes = np.frombuffer(base64.b64decode(text, validate=True), "<i2")
    if not 0 <= float(start_s) < float("inf") or not 0 < len(codes) <= MOST_SAMPLES:
        raise ValueError(f"{len(codes)} samples at {start_s} s")
    return SoundPiece(float(start_s), codes.astype(np.float32) / np.float32(FULL))
