"""From a query to its vectors: one per clip of an example, one for a mix of several parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data.arrays import Floats
from embeddings.plain.layers import unit
from indexer.search.examples.example import Example

if TYPE_CHECKING:
    from embeddings.encoder import Encoder
    from indexer.search.relevance.unrelated import Unrelated

UNWANTED_WEIGHT = -0.5
"""Weight of words for what is not wanted; every other part of a query has 1."""

MAX_EXAMPLE_CLIPS = 16
"""Most clips of an example that become vectors; longer examples are thinned evenly."""

# Texts about nothing in particular: their mean is the centre of all texts.
_GENERIC_TEXTS = (
    "a video",
    "a photo",
    "a scene",
    "a picture of something",
    "something happens",
    "an object moves",
    "a person does something",
    "an animal",
    "people outdoors",
    "a room indoors",
    "a close-up of a thing",
    "a drawing",
    "a vehicle on a road",
    "the sky",
    "a landscape",
    "text on a screen",
)


@dataclass(frozen=True)
class QueryVectors:
    """A query as vectors."""

    vectors: Floats
    """(q, d): a clip scores as high as the nearest of them."""
    example: Example | None = None
    """Set where frames are to be compared too."""
    notice: str = ""
    """What to say with the answer."""
    unrelated: Unrelated | None = None
    """Texts that tell what scores by accident; None where the scores of the clips tell it."""


def vectors_of_example(example: Example) -> QueryVectors:
    """Look for an example as a whole and for each of its clips."""
    step = -(-len(example.clips) // MAX_EXAMPLE_CLIPS)
    rows = np.concatenate([example.whole[None], example.clips[:: max(step, 1)]])
    return QueryVectors(np.unique(rows, axis=0), example, example.notice)


@dataclass(frozen=True)
class QueryPart:
    """One part of a query of several kinds."""

    weight: float
    """How much it counts; negative for what is not wanted."""
    vector: Floats
    """(d,) its vector; (n, d) for n queries that differ in this part."""
    mean: Callable[[], Floats]
    """Gives the (d,) mean of all vectors of its kind; asked only where kinds are mixed."""


def mix(parts: list[QueryPart]) -> Floats:
    """One query vector from parts of different kinds.

    Texts and pictures lie in two narrow cones far apart (Liang et al., "Mind the Gap", NeurIPS
    2022): a plain sum would follow whichever cone the library's clips lie in. Each part is taken
    relative to the mean of its kind.

    Returns:
        (d,) unit vector, or (n, d) where the first part has n; a single wanted part is returned
        without its mean subtracted.
    """
    if len(parts) == 1:
        return unit(parts[0].vector)
    total = np.zeros_like(parts[0].vector)
    for part in parts:
        total += part.weight * unit(part.vector - part.mean())
    return unit(total)


_text_means: dict[str, Floats] = {}


def text_mean(encoder: Encoder) -> Floats:
    """(d,) mean of this encoder's texts, whatever they say; computed once."""
    if encoder.id not in _text_means:
        rows = encoder.encode_texts(_GENERIC_TEXTS)
        _text_means[encoder.id] = np.asarray(rows.mean(axis=0), dtype=np.float32)
    return _text_means[encoder.id]
