"""Words among 100,000 and 1,000,000 lines: latency, scripts without spaces, growth, and kills."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.scale.many_lines import add_videos, fill_with_lines, word, zipf
from benchmarks.trust.kill_child import ENCODER
from benchmarks.trust.kills import run as run_kills
from data.catalogue.catalogue import Catalogue
from data.home import resolve_home
from indexer.build.recording.record import writing_session
from indexer.search.query import ALL_CHANNELS
from indexer.search.words.rarity import ask
from indexer.search.words.word_index import WordIndex, open_words
from indexer.search.words.words import find_words
from indexer.store.generations import open_generation
from indexer.store.publishing import publish

QUERIES = 300
SIZES = {"small": 100_000, "full": 1_000_000}
KILLS = {"small": 20, "full": 100}


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
        fill_with_lines(home, rng, n_lines)
        with writing_session(home) as catalogue:
            began_s = time.perf_counter()
            publish(home, catalogue, ENCODER)
            build_s = time.perf_counter() - began_s
            add_videos(catalogue, rng, range(10_000_000, 10_000_001))
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


def _latencies(words: WordIndex, rng: np.random.Generator) -> tuple[list[float], list[float]]:
    """By the clock, and in processor time."""
    took_ms, cpu_ms = [], []
    for number in range(QUERIES):
        ranks = zipf(rng, 1 + number % 4).tolist()
        text = " ".join(map(word, ranks))
        began_s, cpu_s = time.perf_counter(), time.thread_time()
        find_words(ask(text, words), words, channels=ALL_CHANNELS)
        cpu_ms.append(1000 * (time.thread_time() - cpu_s))
        took_ms.append(1000 * (time.perf_counter() - began_s))
    return took_ms, cpu_ms


def _is_found(words: WordIndex, text: str) -> bool:
    found = find_words(ask(text, words), words, channels=ALL_CHANNELS)
    return bool(found) and all(text in each.line.text for each in found)
