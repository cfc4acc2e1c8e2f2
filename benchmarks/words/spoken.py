"""Spoken words: found at the second at which they are said, and none where nobody speaks.

Sentences are spoken by espeak-ng at known times over toons and real clips, which are indexed with
their words and asked as a user asks, see `benchmarks.words.narrated`. Speed is sound per second of
processor time, of this process and of the child that decodes, so that the load of the machine
counts as little as it can.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.made.videos import real_videos
from benchmarks.words.narrated import ask_for_words
from benchmarks.words.noises import noises
from benchmarks.words.sentences import sentences
from data.errors import ReelwiseError
from data.toons.library import write_library
from data.video.narration import PACKAGE, RATE_HZ, can_speak, mux_sound, speak
from embeddings.words.speech import SpeechReader, load_speech

N_FILMS = {"small": (6, 6), "full": (24, 16)}
"""Toons and real clips that are narrated in English."""
SPEED_S = {"small": 150.0, "full": 600.0}
"""Length of the recital whose speed is measured."""
TIMES = 3
"""It is read this often; each run is told."""


def run(size: str) -> dict[str, Any]:
    """Measure Whisper base, or the best speech model that is here."""
    with tempfile.TemporaryDirectory() as folder, load_speech(threads=1) as reader:
        here = Path(folder)
        figures: dict[str, Any] = {"engine": reader.id}
        if can_speak():
            figures |= ask_for_words(reader, here, *N_FILMS[size])
            figures |= _speed(reader, here, SPEED_S[size])
        else:
            sys.stderr.write(f"note: no espeak-ng here, so nothing is spoken: install {PACKAGE}\n")
            figures |= {"spoken": f"not measured: {PACKAGE} is not installed"}
        figures |= _invented(reader, here)
        figures |= _real(reader)
    return figures


def _speed(reader: SpeechReader, here: Path, length_s: float) -> dict[str, Any]:
    """Seconds of speech per second of processor time, of one thread; the model is loaded before."""
    said: list[np.ndarray[Any, Any]] = []
    pause = np.zeros(round(0.4 * RATE_HZ), np.float32)
    for text in sentences(120):
        if sum(map(len, said)) >= length_s * RATE_HZ:
            break
        said += [speak(text), pause]
    recital = np.tile(np.concatenate(said), 2)[: round(length_s * RATE_HZ)]
    toon = write_library(here / "recited", 1, seed=1).folder
    mux_sound(next(toon.glob("*.mp4")), here / "recital.mkv", recital, rate_hz=RATE_HZ)
    read, took_s = [], []
    for _ in range(TIMES):
        began_s = _cpu_s()
        read.append(reader.read(here / "recital.mkv", lambda: None))
        took_s.append(_cpu_s() - began_s)
    return {
        "recital_s": length_s,
        "cpu_s": [round(each, 2) for each in took_s],
        "times_real_time_per_core": round(length_s / float(np.median(took_s)), 1),
        "recital_each_time_the_same": all(each == read[0] for each in read),
    }


def _cpu_s() -> float:
    """Processor time, user and system, of this process and the child that decodes for it."""
    here = psutil.Process()
    used = [each.cpu_times() for each in (here, *here.children(recursive=True))]
    return sum(each.user + each.system for each in used)


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
