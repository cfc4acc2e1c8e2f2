"""Words among 100,000 and 1,000,000 lines: latency, scripts without spaces, growth, and kills."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.kill_child import ENCODER
from benchmarks.kills import run as run_kills
from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord, ReadingRow
from data.home import Home, resolve_home
from data.lines.line import Channel, Line
from indexer.build.recording.record import record_embedded, writing_session
from indexer.build.recording.record_lines import record_lines
from indexer.search.query import ALL_CHANNELS
from indexer.search.words.rarity import ask
from indexer.search.words.word_index import WordIndex, open_words
from indexer.search.words.words import find_words
from indexer.store.generations import open_generation
from indexer.store.lines import LineStore, VideoLines, new_number
from indexer.store.publishing import publish
from indexer.store.vectors import VectorStore
from tests.fakes import random_units
from tests.indexer.made import embedded

ENGINE = "made-1"
LINES_PER_VIDEO = 200
WORDS_PER_LINE = 9
VOCABULARY = 50_000
QUERIES = 300
AT_ONCE = 100
SIZES = {"small": 100_000, "full": 1_000_000}
KILLS = {"small": 20, "full": 100}
CHINESE, THAI = "女孩跑过街道去学校上课", "วันนี้อากาศดีมากครับ"


def run(size: str = "small") -> dict[str, float]:
    """Measure a library of many lines.

    Returns:
        `p95_ms`, `p50_ms`: a question of one to four words, with marks; `cpu_p95_ms`, `cpu_p50_ms`:
        in processor time, which the load of the machine changes less; `chinese_found`,
        `thai_found`; `build_s`; `one_more_s`: publishing one more video; `bytes_a_line`;
        `open_s`: opening it, checksums included; `kills`, `lost`, `doubled`.
    """
    n_lines = SIZES[size]
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="reelwise-words-") as folder:
        home = resolve_home(Path(folder) / "home")
        _fill(home, rng, n_lines)
        with writing_session(home) as catalogue:
            began_s = time.perf_counter()
            publish(home, catalogue, ENCODER)
            build_s = time.perf_counter() - began_s
            _add_videos(catalogue, rng, 1, first=10_000_000)
            began_s = time.perf_counter()
            publish(home, catalogue, ENCODER)
            one_more_s = time.perf_counter() - began_s
        began_s = time.perf_counter()
        with Catalogue(home) as catalogue:
            generation = open_generation(home)
            assert generation is not None
            words = open_words(catalogue, generation.text)
            open_s = time.perf_counter() - began_s
            text_bytes = sum(
                file.size_bytes
                for name, file in generation.manifest.files.items()
                if name.startswith("text/")
            )
            took_ms, cpu_ms = _latencies(words, rng)
            figures = {
                "lines": words.n_lines,
                "p50_ms": round(float(np.percentile(took_ms, 50)), 2),
                "p95_ms": round(float(np.percentile(took_ms, 95)), 2),
                "cpu_p50_ms": round(float(np.percentile(cpu_ms, 50)), 2),
                "cpu_p95_ms": round(float(np.percentile(cpu_ms, 95)), 2),
                "chinese_found": _is_found(words, "学校"),
                "thai_found": _is_found(words, "อากาศ"),
                "build_s": round(build_s, 1),
                "one_more_s": round(one_more_s, 2),
                "open_s": round(open_s, 2),
                "bytes_a_line": round(text_bytes / words.n_lines, 1),
            }
    killed = run_kills("small", kills=KILLS[size])
    return figures | {name: killed[name] for name in ("kills", "lost", "doubled")}


def _fill(home: Home, rng: np.random.Generator, n_lines: int) -> None:
    with writing_session(home) as catalogue:
        catalogue.set_encoder(ENCODER, "hash")
        catalogue.readings.serve({Channel.SPEECH: ENGINE})
        n_videos = n_lines // LINES_PER_VIDEO
        for first in range(0, n_videos, AT_ONCE):
            _add_videos(catalogue, rng, min(AT_ONCE, n_videos - first), first=first)


def _add_videos(catalogue: Catalogue, rng: np.random.Generator, n: int, *, first: int) -> None:
    home = catalogue.home
    records = [
        FileRecord(Path(f"/made/{first + i}.mp4"), 1, 1, 1, f"made-{first + i}") for i in range(n)
    ]
    ids = [catalogue_id or 0 for catalogue_id in catalogue.files.put(records).values()]
    rows = [embedded(video_id, random_units(rng, 1, 16)) for video_id in ids]
    record_embedded(catalogue, VectorStore(home, ENCODER), rows)
    readings = []
    for video_id in ids:
        lines = tuple(_lines(rng))
        row = ReadingRow(video_id, Channel.SPEECH, new_number(), len(lines))
        readings.append(VideoLines(row, f"made-{video_id}", lines))
    record_lines(catalogue, LineStore(home, ENGINE), readings)


def _lines(rng: np.random.Generator) -> Iterator[Line]:
    """Lines of words as frequent as those of a language (Zipf); one in a thousand has no spaces."""
    ranks = _zipf(rng, LINES_PER_VIDEO * WORDS_PER_LINE).reshape(LINES_PER_VIDEO, -1)
    for place, row in enumerate(ranks.tolist()):
        text = " ".join(map(word, row))
        special = rng.random()
        if special < 0.001:
            text = CHINESE if special < 0.0005 else THAI
        yield Line(Channel.SPEECH, 3.0 * place, 3.0 * place + 2.5, text, "en")


def _zipf(rng: np.random.Generator, n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
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


def _latencies(words: WordIndex, rng: np.random.Generator) -> tuple[list[float], list[float]]:
    """By the clock, and in processor time."""
    took_ms, cpu_ms = [], []
    for number in range(QUERIES):
        ranks = _zipf(rng, 1 + number % 4).tolist()
        text = " ".join(map(word, ranks))
        began_s, cpu_s = time.perf_counter(), time.thread_time()
        find_words(ask(text, words), words, channels=ALL_CHANNELS)
        cpu_ms.append(1000 * (time.thread_time() - cpu_s))
        took_ms.append(1000 * (time.perf_counter() - began_s))
    return took_ms, cpu_ms


def _is_found(words: WordIndex, text: str) -> bool:
    found = find_words(ask(text, words), words, channels=ALL_CHANNELS)
    return bool(found) and all(text in each.line.text for each in found)
