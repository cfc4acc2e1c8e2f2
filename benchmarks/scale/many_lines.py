"""Libraries in which much is said, made as `reelwise index` makes them, without a video.

Lines are words as frequent as those of a language; their sentence vectors are drawn by a fast
encoder that knows every text by its hash. `BENCHMARK_HOMES` as in `many_clips`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.trust.kill_child import ENCODER
from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord, ReadingRow
from data.home import Home, resolve_home
from data.lines.line import Channel, Line
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Meter
from indexer.build.recording.record import record_embedded, writing_session
from indexer.build.recording.record_lines import record_lines
from indexer.build.words.encode_lines import LineEncoder
from indexer.store.lines import LineStore, VideoLines, new_number
from indexer.store.meaning.passages import digest_of
from indexer.store.publishing import publish
from indexer.store.vectors import VectorStore
from tests.fakes import random_units
from tests.indexer.made import embedded

ENGINE = "made-1"
LINES_PER_VIDEO = 200
WORDS_PER_LINE = 9
VOCABULARY = 50_000
AT_ONCE = 100
CHINESE, THAI = "女孩跑过街道去学校上课", "วันนี้อากาศดีมากครับ"


class DrawnSentences:
    """Vectors of 384 numbers, as MiniLM's, drawn with the text as the seed."""

    id = "drawn-sentences-1"
    dim = 384
    texts = 0
    """Texts that were encoded."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 384) unit rows."""
        self.texts += len(texts)
        seeds = (np.random.SFC64(digest_of(text)) for text in texts)
        rows = [np.random.Generator(each).standard_normal(self.dim, np.float32) for each in seeds]
        drawn = np.stack(rows)
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)

    def knows(self, word: str) -> bool:
        """Every one."""
        return True


@contextmanager
def home_of_lines(n_lines: int) -> Iterator[Home]:
    """A published home of videos with 200 lines each, all of them encoded."""
    kept = os.environ.get("BENCHMARK_HOMES")
    with tempfile.TemporaryDirectory() as temporary:
        home = resolve_home(Path(kept or temporary) / f"{n_lines}-lines")
        if not home.current.exists():
            fill_with_lines(home, np.random.default_rng(0), n_lines)
            with writing_session(home) as catalogue:
                encode_lines(catalogue)
                publish(home, catalogue, ENCODER)
        yield home


def fill_with_lines(home: Home, rng: np.random.Generator, n_lines: int) -> None:
    """Record videos with so many lines together; nothing is encoded or published."""
    with writing_session(home) as catalogue:
        catalogue.set_encoder(ENCODER, "hash")
        catalogue.readings.serve({Channel.SPEECH: ENGINE})
        n_videos = n_lines // LINES_PER_VIDEO
        for first in range(0, n_videos, AT_ONCE):
            add_videos(catalogue, rng, range(first, min(first + AT_ONCE, n_videos)))


def encode_lines(catalogue: Catalogue) -> None:
    """Give every line its vector that has none."""
    LineEncoder(catalogue, DrawnSentences()).encode(Interrupt(), Meter(None), lambda: None)


def add_videos(catalogue: Catalogue, rng: np.random.Generator, numbers: range) -> list[int]:
    """Record videos with a clip and 200 lines each; gives their ids."""
    files = [FileRecord(Path(f"/made/{n}.mp4"), 1, 1, 1, f"made-{n}") for n in numbers]
    ids = [id_ or 0 for id_ in catalogue.files.put(files).values()]
    rows = [embedded(video_id, random_units(rng, 1, 16)) for video_id in ids]
    record_embedded(catalogue, VectorStore(catalogue.home, ENCODER), rows)
    readings = []
    for video_id in ids:
        lines = tuple(_lines(rng))
        row = ReadingRow(video_id, Channel.SPEECH, new_number(), len(lines))
        readings.append(VideoLines(row, f"made-{video_id}", lines))
    record_lines(catalogue, LineStore(catalogue.home, ENGINE), readings)
    return ids


def _lines(rng: np.random.Generator) -> Iterator[Line]:
    """Lines of words as frequent as those of a language (Zipf); one in a thousand has no spaces."""
    ranks = zipf(rng, LINES_PER_VIDEO * WORDS_PER_LINE).reshape(LINES_PER_VIDEO, -1)
    for place, row in enumerate(ranks.tolist()):
        text = " ".join(map(word, row))
        special = rng.random()
        if special < 0.001:
            text = CHINESE if special < 0.0005 else THAI
        yield Line(Channel.SPEECH, 3.0 * place, 3.0 * place + 2.5, text, "en")


def zipf(rng: np.random.Generator, n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Draw n words by their ranks, as frequent as those of a language (Zipf)."""
    share = 1.0 / np.arange(1, VOCABULARY + 1)
    return rng.choice(VOCABULARY, size=n, p=share / share.sum()).astype(np.int64)


def word(rank: int) -> str:
    """A made word: syllables that spell its rank."""
    consonants, vowels, out = "bdfgklmnprstvz", "aeiou", ""
    rank += 70
    while rank:
        rank, digit = divmod(rank, 70)
        out += consonants[digit // 5] + vowels[digit % 5]
    return out
