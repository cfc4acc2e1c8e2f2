"""Which texts are encoded for a line: the line, and the passage that it stands in.

Neighbours tell what a line is about, and the line which of them is meant: a line's vector is made
of both. docs/log.md has what was tried.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from data.catalogue import LiveReadings
from data.lines import Channel, Line
from embeddings.plain.layers import Floats, unit
from indexer.store.lines import Numbers, ReadLines

MEANT_CHANNELS = frozenset((Channel.SPEECH, Channel.SUBTITLE, Channel.SCREEN, Channel.TITLE))
"""Channels whose lines have a meaning; folders have none."""

PASSAGE_WORDS = 24
"""A passage ends with the line that makes it this long."""

LONGEST_PAUSE_S = 10.0
"""Lines further apart than this are not in one passage."""

PASSAGE_WEIGHT = 0.7
"""Of the passage in a line's vector; the line itself has the rest."""

VECTORS_FORM = f"passages-{PASSAGE_WORDS}-{LONGEST_PAUSE_S:g}-{PASSAGE_WEIGHT:g}"
"""Changes with how lines become vectors: other vectors than these are made anew."""


def passages_of(lines: Sequence[Line]) -> list[str]:
    """For each line of one reading, in order of time, the text of its passage."""
    passages: list[list[Line]] = []
    for line in lines:
        if not passages or not _goes_on(passages[-1], line):
            passages.append([])
        passages[-1].append(line)
    _join_short_end(passages)
    texts = [" ".join(line.text for line in some) for some in passages]
    return [text for text, some in zip(texts, passages, strict=True) for _ in some]


def _goes_on(passage: Sequence[Line], line: Line) -> bool:
    return _words(passage) < PASSAGE_WORDS and _is_near(passage, line)


def _join_short_end(passages: list[list[Line]]) -> None:
    """A last passage of less than half the length belongs to the one before."""
    if len(passages) < 2 or _words(passages[-1]) >= PASSAGE_WORDS / 2:
        return
    if _is_near(passages[-2], passages[-1][0]):
        end = passages.pop()
        passages[-1].extend(end)


def _is_near(passage: Sequence[Line], line: Line) -> bool:
    return line.start_s - max(each.end_s for each in passage) <= LONGEST_PAUSE_S


def _words(passage: Sequence[Line]) -> int:
    return sum(len(line.text.split()) for line in passage)


def joined_vectors(lines: Floats, passages: Floats) -> Floats:
    """(n, d) unit rows of lines and of their passages -> (n, d) unit rows."""
    return unit((1 - PASSAGE_WEIGHT) * lines + PASSAGE_WEIGHT * passages)


def digest_of(text: str) -> int:
    """A number of 64 bits by which the vector of a text is found again."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def digests_of(texts: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """(n,) the numbers of n texts."""
    return np.fromiter(map(digest_of, texts), np.uint64, len(texts))


def form_of(model_id: str, captions: Sequence[str]) -> str:
    """What the vectors of lines are made with; see `MeaningFacts.form`."""
    digest = hashlib.sha256(digests_of(captions).tobytes()).hexdigest()[:16]
    return f"{model_id} {VECTORS_FORM} {digest}"


def meant_readings(readings: LiveReadings) -> Numbers:
    """(r,) numbers of the live readings whose lines have a meaning, ascending."""
    meant = (readings.n_lines > 0) & readings.in_channels(MEANT_CHANNELS)
    return np.unique(readings.numbers[meant])


def texts_of_reading(reading: ReadLines) -> tuple[list[str], list[str]]:
    """The texts that are encoded for the lines of a reading: each line, and each one's passage."""
    return [line.text for line in reading.lines], passages_of(reading.lines)
