"""Spoken words: found at the second at which they are said, and none where nobody speaks.

Sentences are spoken by espeak-ng at known times over toons and real clips; each is then looked for
among the lines of all videos by its words, weighted by how rare they are. It counts as found where
the best line is of its video and lies where it is said, and its start as right within a second.
Speed is sound per second of processor time, so that the load of the machine does not count.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.noises import noises
from benchmarks.sentences import OTHER, sentences
from benchmarks.videos import real_videos
from data.errors import ReelwiseError
from data.lines import Line
from data.toons.library import write_library
from data.video.narration import (
    PACKAGE,
    RATE_HZ,
    Spoken,
    Voice,
    can_speak,
    mux_sound,
    narrate,
    speak,
)
from embeddings.words.speech import SpeechReader, load_speech
from embeddings.words.speech.invented import plain_text

N_FILMS = {"small": (6, 6), "full": (24, 16)}
"""Toons and real clips that are narrated."""
PER_FILM = 3
FIRST_S = 0.7
BETWEEN_S = 0.9
SPEED_S = {"small": 150.0, "full": 600.0}
"""Length of the recital whose speed is measured."""
NEAR_S = 1.0


@dataclass(frozen=True)
class _Said:
    """A sentence of a film."""

    film: str
    start_s: float
    end_s: float
    text: str


def run(size: str) -> dict[str, Any]:
    """Measure Whisper base, or the best speech model that is here."""
    with tempfile.TemporaryDirectory() as folder, load_speech(threads=1) as reader:
        here = Path(folder)
        figures: dict[str, Any] = {"engine": reader.id}
        if can_speak():
            figures |= _found(reader, here, *N_FILMS[size])
            figures |= _languages(reader, here)
            figures |= _speed(reader, here, SPEED_S[size])
        else:
            sys.stderr.write(f"note: no espeak-ng here, so nothing is spoken: install {PACKAGE}\n")
            figures |= {"spoken": f"not measured: {PACKAGE} is not installed"}
        figures |= _invented(reader, here)
        figures |= _real(reader)
    return figures


def _found(reader: SpeechReader, here: Path, n_toons: int, n_real: int) -> dict[str, Any]:
    toons = sorted(write_library(here / "toons", n_toons, seed=11).folder.glob("*.mp4"))
    real = real_videos((".mp4",))[:n_real]
    said: list[_Said] = []
    lines: dict[str, tuple[Line, ...]] = {}
    texts = iter(sentences(PER_FILM * (len(toons) + len(real))))
    for film in [*toons, *real]:
        narrated = here / f"said-{film.stem}.mkv"
        spoken = _laid([next(texts) for _ in range(PER_FILM)])
        times = narrate(film, narrated, spoken)
        said += [
            _Said(narrated.name, *time_s, each.text)
            for each, time_s in zip(spoken, times, strict=True)
        ]
        lines[narrated.name] = reader.read(narrated, lambda: None).lines
    hits = [_best(each.text, lines) for each in said]
    right = [_is_right(each, hit) for each, hit in zip(said, hits, strict=True)]
    off_s = [
        abs(hit[1].start_s - each.start_s)
        for each, hit, ok in zip(said, hits, right, strict=True)
        if ok and hit is not None
    ]
    return {
        "films": len(lines),
        "queries": len(said),
        "found": float(np.mean(right)),
        "start_within_1s": sum(each <= NEAR_S for each in off_s) / len(said),
        "start_off_median_s": round(float(np.median(off_s)), 3) if off_s else None,
        "words_right": round(_words_right(said, lines), 3),
        "lines_a_sentence": round(sum(map(len, lines.values())) / len(said), 2),
        "missed": [each.text for each, ok in zip(said, right, strict=True) if not ok],
    }


def _laid(texts: Sequence[str], voice: Voice | None = None) -> list[Spoken]:
    """Sentences one after the other, with a pause between."""
    spoken, at_s = [], FIRST_S
    for text in texts:
        spoken.append(Spoken(round(at_s, 3), text))
        at_s += len(speak(text, voice)) / RATE_HZ + BETWEEN_S
    return spoken


def _best(query: str, lines: dict[str, tuple[Line, ...]]) -> tuple[str, Line] | None:
    """The line with the most of a query's words, each weighted by its rarity; None for none."""
    every = [(film, line, set(_words(line.text))) for film, of in lines.items() for line in of]
    counts = Counter(word for _, _, words in every for word in words)
    wanted = set(_words(query))

    def score(words: set[str]) -> float:
        return sum(math.log(1 + len(every) / counts[word]) for word in wanted & words)

    best = max(every, key=lambda row: score(row[2]), default=None)
    return None if best is None or not score(best[2]) else (best[0], best[1])


def _is_right(said: _Said, hit: tuple[str, Line] | None) -> bool:
    if hit is None or hit[0] != said.film:
        return False
    return said.start_s - NEAR_S <= hit[1].start_s < said.end_s


def _words(text: str) -> list[str]:
    return plain_text(text).split()


def _words_right(said: Iterable[_Said], lines: dict[str, tuple[Line, ...]]) -> float:
    """Share of the spoken words that are in the lines of their film."""
    wanted = hit = 0
    for each in said:
        there = Counter(word for line in lines[each.film] for word in _words(line.text))
        words = Counter(_words(each.text))
        wanted += sum(words.values())
        hit += sum(min(count, there[word]) for word, count in words.items())
    return hit / wanted if wanted else 0.0


def _languages(reader: SpeechReader, here: Path) -> dict[str, Any]:
    """Whether the language of a film is found, and the share of its words that are right."""
    film = sorted((here / "toons").glob("*.mp4"))[0]
    figures: dict[str, Any] = {}
    for code, texts in OTHER.items():
        voice = Voice(code)
        narrated = here / f"language-{code}.mkv"
        spoken = _laid(texts, voice)
        times = narrate(film, narrated, spoken, voice)
        lines = reader.read(narrated, lambda: None).lines
        said = [_Said("", *t, each.text) for t, each in zip(times, spoken, strict=True)]
        figures[f"language_{code}"] = sorted({line.language for line in lines})
        figures[f"words_right_{code}"] = round(_words_right(said, {"": lines}), 3)
    return figures


def _speed(reader: SpeechReader, here: Path, length_s: float) -> dict[str, Any]:
    """Seconds of speech per second of processor time, of one thread; decoding is the child's."""
    said: list[np.ndarray[Any, Any]] = []
    pause = np.zeros(round(0.4 * RATE_HZ), np.float32)
    for text in sentences(120):
        if sum(map(len, said)) >= length_s * RATE_HZ:
            break
        said += [speak(text), pause]
    recital = np.tile(np.concatenate(said), 2)[: round(length_s * RATE_HZ)]
    film = sorted((here / "toons").glob("*.mp4"))[0]
    mux_sound(film, here / "recital.mkv", recital, rate_hz=RATE_HZ)
    began_s = time.process_time()
    first = reader.read(here / "recital.mkv", lambda: None)
    took_s = time.process_time() - began_s
    again = reader.read(here / "recital.mkv", lambda: None)
    return {
        "recital_s": length_s,
        "cpu_s": round(took_s, 1),
        "times_real_time_per_core": round(length_s / took_s, 1),
        "recital_twice_the_same": first == again,
    }


def _invented(reader: SpeechReader, here: Path) -> dict[str, Any]:
    """Lines in sounds in which nobody speaks."""
    toon = sorted(write_library(here / "quiet", 1, seed=1).folder.glob("*.mp4"))[0]
    invented = {}
    for name, sound in noises().items():
        mux_sound(toon, here / "quiet.mkv", sound, rate_hz=16_000)
        lines = reader.read(here / "quiet.mkv", lambda: None).lines
        if lines:
            invented[name] = [line.text for line in lines]
    return {"sounds_without_speech": len(noises()), "lines_invented": invented}


def _real(reader: SpeechReader) -> dict[str, Any]:
    """What the real clips say, heard twice."""
    said, same = {}, True
    videos = real_videos()
    for video in videos:
        try:
            first = reader.read(video, lambda: None)
        except ReelwiseError as error:
            said[video.name] = [str(error)]
            continue
        same = same and first == reader.read(video, lambda: None)
        if first.lines:
            said[video.name] = [f"{line.start_s:.1f} s: {line.text}" for line in first.lines]
    return {"real_videos": len(videos), "real_twice_the_same": same, "real_lines": said}
