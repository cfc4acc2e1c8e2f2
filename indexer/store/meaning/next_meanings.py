"""Which segments what lines mean consists of next: those taken over, a new one, and merged ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from data.catalogue import Catalogue, LiveReadings
from embeddings.plain.layers import Floats
from indexer.store.lines import Numbers, ReadLines, iter_lines
from indexer.store.meaning.building import build_meaning
from indexer.store.meaning.columns import MeantLines, chosen_lines, meant_lines
from indexer.store.meaning.meaning_index import Used, used_of
from indexer.store.meaning.passages import (
    digests_of,
    form_of,
    joined_vectors,
    meant_readings,
    texts_of_reading,
)
from indexer.store.meaning.segment import MeaningSegment
from indexer.store.meaning.sentence_store import SentenceStore, TextVectors
from indexer.store.segments.merging import to_merge

_MADE_AT_ONCE = 65_536
"""Lines whose vectors are put together at once."""


@dataclass(frozen=True)
class Merging:
    """Which segments become one: by the rule of those of clips."""

    at_most: int | None
    """Most lines of the new one; None for any number."""


class NextMeanings:
    """Makes the segments of the next generation.

    A reading of which a vector is missing is left out as a whole, and comes in with the first
    publication after its texts were encoded: publishing encodes nothing.

    Args:
        catalogue: The library.
        model_id: The sentence encoder that is served.
        captions: Texts that have nothing to do with most libraries.
    """

    def __init__(self, catalogue: Catalogue, model_id: str, captions: Sequence[str]) -> None:
        self._catalogue = catalogue
        self._model_id = model_id
        self._caption_texts = captions
        self._form = form_of(model_id, captions)

    @cached_property
    def _stored(self) -> TextVectors:
        return SentenceStore(self._catalogue.home, self._model_id).read()

    @cached_property
    def _captions(self) -> Floats | None:
        """(t, d) vectors of the captions; None where not all of them are stored."""
        digests = digests_of(self._caption_texts)
        return self._stored.of(digests) if self._stored.has(digests).all() else None

    def made(
        self, readings: LiveReadings, base: Sequence[MeaningSegment], merging: Merging | None
    ) -> list[Used]:
        """Those of the generation before that still count, and what is new.

        Args:
            readings: What is live.
            base: Segments of the generation before, those that are whole.
            merging: Which of them become one; None for all.
        """
        live = meant_readings(readings)
        taken = [
            used_of(each, live) for each in base if each.facts and each.facts.form == self._form
        ]
        taken = [each for each in taken if each[1].any()]
        held = [np.zeros(0, np.uint64), *(segment.columns.numbers[mask] for segment, mask in taken)]
        new = np.setdiff1d(live, np.concatenate(held))
        taken += self._built(self._new_lines(readings, new)) if len(new) else []
        if merging is None:
            is_one = len(taken) == 1 and taken[0][1].all()
            return taken if is_one else self._merged(taken, range(len(taken)))
        return self._merged(taken, meanings_to_merge(taken, at_most=merging.at_most))

    def _new_lines(self, readings: LiveReadings, wanted: Numbers) -> Iterator[MeantLines]:
        """The lines of those readings of which all vectors are stored."""
        parts = self._catalogue.readings.live_parts(readings.names_of(wanted))
        found: list[tuple[ReadLines, Floats]] = []
        waiting = 0
        for reading in iter_lines(self._catalogue.home, parts, wanted, []):
            vectors = _vectors(reading, self._stored)
            if vectors is not None:
                found.append((reading, vectors))
                waiting += len(vectors)
            if waiting >= _MADE_AT_ONCE:
                yield _joined(found)
                found, waiting = [], 0
        if found:
            yield _joined(found)

    def _merged(self, used: list[Used], chosen: Sequence[int]) -> list[Used]:
        if not chosen or self._captions is None:
            return used
        made = self._built(
            block
            for segment, mask in (used[each] for each in sorted(chosen))
            for block in chosen_lines(segment.lines, mask)
        )
        return [*(each for place, each in enumerate(used) if place not in chosen), *made]

    def _built(self, blocks: Iterator[MeantLines]) -> list[Used]:
        if self._captions is None:
            return []
        made = build_meaning(self._catalogue.home, self._form, self._captions, blocks)
        return [] if made is None else [(made, np.ones(len(made.columns.numbers), np.bool_))]


def meanings_to_merge(used: Sequence[Used], *, at_most: int | None) -> list[int]:
    """Which segments become one: by the rule of clips, or what has lost its best readings."""
    counts = [segment.columns.n_lines(mask) for segment, mask in used]
    due = to_merge([len(segment) for segment, _ in used], counts, at_most=at_most)
    spent = [n for n, (segment, mask) in enumerate(used) if not segment.best.among(mask)[1]]
    return sorted({*due, *spent})


def _vectors(reading: ReadLines, stored: TextVectors) -> Floats | None:
    """(n, d) the vectors of a reading's lines; None where one is missing, or there is no line."""
    digests = [digests_of(each) for each in texts_of_reading(reading)]
    if not reading.lines or not all(stored.has(each).all() for each in digests):
        return None
    return joined_vectors(*map(stored.of, digests))


def _joined(found: Sequence[tuple[ReadLines, Floats]]) -> MeantLines:
    vectors = np.concatenate([vectors for _, vectors in found]).astype(np.float16)
    return meant_lines([reading for reading, _ in found], vectors)
