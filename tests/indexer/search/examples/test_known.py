"""An example is decoded once for as long as its file is the same, within a bound of memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.errors import ReelwiseError
from indexer.search.examples.example import Example
from indexer.search.examples.known import KnownExamples

ROWS = np.ones((4, 8), np.float32)


class Reads:
    """Counts what is read."""

    def __init__(self, known: KnownExamples, notice: str = "") -> None:
        self.known = known
        self.notice = notice
        self.n = 0

    def of(self, path: Path, *how: object) -> Example:
        return self.known.get(path, how, self._read)

    def _read(self) -> Example:
        self.n += 1
        return Example(ROWS, ROWS, ROWS[0], notice=self.notice)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"one")
    return path


def test_a_file_is_read_once_for_each_part(clip: Path) -> None:
    reads = Reads(KnownExamples())
    assert reads.of(clip, None) is reads.of(clip, None)
    assert reads.n == 1
    reads.of(clip, (0.0, 1.0))
    assert reads.n == 2


def test_a_file_that_has_changed_is_read_again(clip: Path) -> None:
    reads = Reads(KnownExamples())
    reads.of(clip)
    clip.write_bytes(b"another one")
    reads.of(clip)
    assert reads.n == 2


def test_what_was_not_read_to_its_end_is_tried_again(clip: Path) -> None:
    reads = Reads(KnownExamples(), notice="only the part up to 3 s was read")
    reads.of(clip)
    reads.of(clip)
    assert reads.n == 2


def test_what_cannot_be_read_is_not_known(clip: Path) -> None:
    known = KnownExamples()

    def refuse() -> Example:
        raise ReelwiseError("no frame", fix="another")

    with pytest.raises(ReelwiseError):
        known.get(clip, (), refuse)
    clip.unlink()
    with pytest.raises(ReelwiseError):
        known.get(clip, (), refuse)


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_bytes(b"x")
    reads = Reads(KnownExamples(most_bytes=4 * ROWS.nbytes))
    a, b, c = paths
    for path in (a, b, a, c, a):
        reads.of(path)
    assert reads.n == 3
    reads.of(b)
    assert reads.n == 4
