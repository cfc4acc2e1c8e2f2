"""The index of meanings of one generation: which lines say something like a query.

It consists of segments (`segment`), which generations share: one new video costs what its own
lines cost. Publishing encodes nothing.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from data.arrays import Mask
from data.catalogue import Catalogue
from embeddings.starter.labels import caption_texts
from indexer.store.lines import Numbers
from indexer.store.manifest import Manifest
from indexer.store.meaning.passages import form_of
from indexer.store.meaning.segment import MeaningSegment, numbers_in

Used = tuple[MeaningSegment, Mask]
"""A segment, and which of its readings (r,) count."""


@dataclass(frozen=True)
class MeaningIndex:
    """An opened index of meanings; it never changes, so threads may share it."""

    model_id: str
    """The sentence encoder of its vectors."""
    segments: tuple[MeaningSegment, ...]
    """Where they lie, without damaged ones."""

    def __len__(self) -> int:
        return sum(len(each) for each in self.segments)

    @cached_property
    def readings(self) -> Numbers:
        """(r,) numbers of the readings in it, ascending."""
        numbers = [np.zeros(0, np.uint64), *(each.columns.numbers for each in self.segments)]
        return np.unique(np.concatenate(numbers))


def used_of(segment: MeaningSegment, live: Numbers) -> Used:
    """A segment, and which of its readings are in `live`, ascending."""
    return segment, np.isin(segment.columns.numbers, live)


def used_meanings(index: MeaningIndex | None, live: Numbers) -> list[Used]:
    """The segments of an index with readings that count, which are those in `live`, ascending."""
    used = [] if index is None else [used_of(each, live) for each in index.segments]
    return [each for each in used if each[1].any()]


def published_meanings(
    catalogue: Catalogue, manifest: Manifest | None, model_id: str | None
) -> Numbers:
    """Readings (r,) whose meanings a generation holds, made by one sentence encoder; ascending."""
    if manifest is None or model_id is None:
        return np.zeros(0, np.uint64)
    form = form_of(model_id, caption_texts())
    return numbers_in(catalogue.home, manifest.meanings, lambda facts: facts.form == form)
