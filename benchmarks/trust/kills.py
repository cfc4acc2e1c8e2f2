"""Kill a writer at random instants, again and again, and count what was lost (promise R1)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np

from benchmarks.trust.kill_child import ENCODER, ENGINE, lines_of, n_clips_of, vectors_of
from benchmarks.trust.kill_meanings import lines_in, n_wrong_vectors, texts_not_stored
from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.history.history import History
from data.home import Home
from indexer.search.query import ALL_CHANNELS
from indexer.search.words.rarity import ask
from indexer.search.words.word_index import open_words
from indexer.search.words.words import find_words
from indexer.store.generations import open_generation
from indexer.store.lines import LineStore
from indexer.store.stored_videos import read_videos
from indexer.store.vectors import VectorStore
from indexer.verify import verify_library

KILLS = {"small": 50, "full": 200}
LIVES_PER_HOME = 10
LATEST_VIDEO = 4
"""A kill comes up to `LATEST_KILL_S` after a writer's report of at most this many videos, so that
a slow machine leaves it no less to lose."""
LATEST_KILL_S = 0.2

_CHILD_PATIENCE_S = 60.0

T = TypeVar("T")


@dataclass
class Reported:
    """What the writers of one home have reported as done."""

    videos: set[str] = field(default_factory=set)
    """Contents reported as embedded, and not as being removed since."""
    removed: set[str] = field(default_factory=set)
    """Contents reported as removed, and not as embedded since."""
    words: set[str] = field(default_factory=set)
    """Contents of which the lines were reported as read, and not as being removed since."""
    meant: set[str] = field(default_factory=set)
    """Contents of which the lines were reported as encoded, and not as being removed since."""
    users: set[str] = field(default_factory=set)
    """Users with a reported event who were not being forgotten since."""
    forgotten: set[str] = field(default_factory=set)
    """Users reported as forgotten."""
    published: int = 0
    """Highest generation reported as published."""

    def add(self, word: str, value: Any) -> None:
        """Add one report."""
        begun = {
            "video": self.videos,
            "words": self.words,
            "meant": self.meant,
            "event": self.users,
        }
        ended = {"removed": self.removed, "forgotten": self.forgotten}
        if word in begun:
            begun[word].add(value)
        elif word in ended:
            ended[word].add(value)
        elif word == "removing":
            self.videos.discard(value)
            self.words.discard(value)
            self.meant.discard(value)
        elif word == "forgetting":
            self.users.discard(value)
        elif word == "published":
            self.published = max(self.published, value)
        if word == "video":
            self.removed.discard(value)


@dataclass
class Tally:
    """Counts over all audits."""

    kills: int = 0
    """Writers that died of SIGKILL."""
    reported: int = 0
    """Videos and events reported as done."""
    lost: int = 0
    """Of these, missing afterwards, or with other vectors."""
    doubled: int = 0
    """Clips, videos or events stored more than once."""
    checksum_errors: int = 0
    """Problems that `verify_library` reports."""
    unpublished: int = 0
    """Audits in which the generation reported as published was missing or damaged."""
    errors: list[str] = field(default_factory=list)
    """Writers that died of something else, and every problem in words."""
    slowest_ready_s: float = 0.0
    """Longest restart in a home whose writer was killed, from fork to ready."""


@dataclass(frozen=True)
class Kill:
    """The instant of a kill."""

    delay_s: float
    """Seconds after the writer has reported `after_videos`."""
    after_videos: int
    """Number of videos; 0 counts from its start."""


class WriterHost:
    """The warm process that forks writers, see `benchmarks.trust.kill_child`; a context manager.

    Args:
        module: What to run: `benchmarks.trust.kill_child`, or another one with the same protocol.
    """

    def __init__(self, module: str = "benchmarks.trust.kill_child") -> None:
        began_s = time.monotonic()
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).parents[2],
        )
        self._next()
        self.start_s = time.monotonic() - began_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait(_CHILD_PATIENCE_S)

    def run_writer(
        self,
        job: Mapping[str, object],
        kill: Kill | None = None,
    ) -> Iterator[tuple[float, str, Any]]:
        """Run one writer, and give its reports until it is dead.

        Args:
            job: What it does, see `benchmarks.trust.kill_child.run_writer`.
            kill: When to kill it; None lets it end by itself.

        Yields:
            (monotonic seconds, word, value); the last word is `died` with the exit code.
        """
        assert self._process.stdin
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        timer: threading.Timer | None = None
        word, pid, videos = "", 0, 0
        while word != "died":
            at_s, word, value = self._next()
            pid = value if word == "pid" else pid
            videos += word == "video"
            if kill and timer is None and pid and videos >= kill.after_videos:
                timer = threading.Timer(kill.delay_s, _kill, [pid])
                timer.start()
            yield at_s, word, value
        if timer:
            timer.cancel()

    def _next(self) -> tuple[float, str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that forks writers died")
        at_s, word, *rest = json.loads(line)
        return at_s, word, rest[0] if rest else None


def run(
    size: str = "small", *, kills: int | None = None, seed: int = 0, mutant: str | None = None
) -> dict[str, float]:
    """Kill writers at random instants and audit the home after each.

    Args:
        size: `small` kills 50 times, `full` 200 times.
        kills: Another number.
        seed: Seed of the instants and of the work.
        mutant: A fault to put into the writers, to prove that it is seen: `report_early`.

    Returns:
        `kills`, `reported`, `lost`, `doubled`, `checksum_errors`, `unpublished`, `errors` and
        seconds of restarts.
    """
    wanted = kills or KILLS[size]
    rng, tally = np.random.default_rng(seed), Tally()
    with WriterHost() as host:
        cold_start_s = host.start_s
        for first in range(0, wanted, LIVES_PER_HOME):
            with tempfile.TemporaryDirectory(prefix="reelwise-kills-") as folder:
                reported = Reported()
                for life in range(first, min(first + LIVES_PER_HOME, wanted)):
                    job = {"home": folder, "seed": [seed, life], "mutant": mutant}
                    kill = Kill(rng.uniform(0, LATEST_KILL_S), int(rng.integers(LATEST_VIDEO + 1)))
                    kill_and_audit(host, job, kill, reported, tally)
                for some in (reported.videos, reported.users, reported.words, reported.meant):
                    tally.reported += len(some)
    return {
        "kills": tally.kills,
        "reported": tally.reported,
        "lost": tally.lost,
        "doubled": tally.doubled,
        "checksum_errors": tally.checksum_errors,
        "unpublished": tally.unpublished,
        "errors": len(tally.errors),
        "slowest_ready_s": round(tally.slowest_ready_s, 3),
        "cold_ready_s": round(cold_start_s + tally.slowest_ready_s, 3),
    }


def kill_and_audit(
    host: WriterHost,
    job: Mapping[str, object],
    kill: Kill | None,
    reported: Reported,
    tally: Tally,
) -> None:
    """Run one writer until it dies, then audit its home."""
    born_s = 0.0
    for at_s, word, value in host.run_writer(job, kill):
        reported.add(word, value)
        if word == "lives":
            born_s = at_s
        elif word == "ready":
            tally.slowest_ready_s = max(tally.slowest_ready_s, at_s - born_s)
        elif word == "error":
            tally.errors.append(str(value))
        elif word == "died":
            tally.kills += value == -signal.SIGKILL
    audit(Home(Path(str(job["home"]))), reported, tally)


def audit(home: Home, reported: Reported, tally: Tally) -> None:
    """Compare a home, as a reader finds it, with what was reported."""
    if not home.catalogue.exists():
        tally.lost += len(reported.videos) + len(reported.users)
        return
    with Catalogue(home) as catalogue:
        _audit_videos(catalogue, reported, tally)
        _audit_words(catalogue, reported, tally)
        _audit_meanings(catalogue, reported, tally)
        users = [event.user for event in History(catalogue).events()]
        tally.lost += len(reported.users - set(users))
        reported.users &= set(users)
        tally.doubled += len(users) - len(set(users))
    tally.lost += sum(_has_bytes(home, user) for user in reported.forgotten)
    problems = verify_library(home).problems
    tally.checksum_errors += len(problems)
    tally.errors += [problem.what for problem in problems]
    try:
        generation = open_generation(home)
    except ReelwiseError:
        tally.unpublished += 1
        return
    number = generation.number if generation else 0
    if number < reported.published or (generation and generation.warning):
        tally.unpublished += 1


def _audit_videos(catalogue: Catalogue, reported: Reported, tally: Tally) -> None:
    videos = {video.id: video for video in catalogue.videos(ENCODER)}
    contents = [video.content_key for video in videos.values()]
    tally.doubled += len(contents) - len(set(contents))
    store = VectorStore(catalogue.home, ENCODER)
    good: set[str] = set()
    seen: set[int] = set()
    for row in read_videos(catalogue, store, list(videos)):
        content = videos[row.video_id].content_key
        n = n_clips_of(content)
        tally.doubled += (row.video_id in seen) + len(seen_twice(row.clip_ids.tolist()))
        seen.add(row.video_id)
        expected = vectors_of(content, 2 * n)
        stored = np.concatenate([row.clips, row.frames]).astype(np.float32)
        if stored.shape == expected.shape and np.allclose(stored, expected, atol=1e-3):
            good.add(content)
    lost, back = reported.videos - good, reported.removed & set(contents)
    tally.lost += len(lost) + len(back)
    reported.videos -= lost  # counted once, not again by every later audit
    reported.removed -= back


def _audit_words(catalogue: Catalogue, reported: Reported, tally: Tally) -> None:
    contents = {video.id: video.content_key for video in catalogue.videos(ENCODER)}
    store = LineStore(catalogue.home, ENGINE)
    read: list[str] = []
    for part in catalogue.readings.parts():
        held = store.read_part(part.name, part.sha256)
        for row in part.readings:
            content = contents[row.video_id]
            if held.get(row.number) == lines_of(content):
                read.append(content)
    tally.doubled += len(seen_twice(read))
    lost = reported.words - set(read)
    tally.lost += len(lost)
    reported.words -= lost
    _audit_found(catalogue, reported, tally)


def _audit_found(catalogue: Catalogue, reported: Reported, tally: Tally) -> None:
    """Ask the index of words, and what was read since, for every line."""
    try:
        generation = open_generation(catalogue.home)
    except ReelwiseError:
        return  # counted as unpublished
    words = open_words(catalogue, generation.text if generation else None)
    for content in reported.words:
        found = find_words(ask(f'"{content} says"', words), words, channels=ALL_CHANNELS)
        lines = [each.line for each in found]
        tally.lost += len(
            set(lines_of(content)) - {replace(line, confidence=0.5) for line in lines}
        )
        tally.doubled += len(lines) - len(set(lines))


def _audit_meanings(catalogue: Catalogue, reported: Reported, tally: Tally) -> None:
    lost = texts_not_stored(catalogue.home, reported.meant)
    tally.lost += len(lost)
    reported.meant -= lost
    try:
        generation = open_generation(catalogue.home)
    except ReelwiseError:
        return  # counted as unpublished
    if generation is not None and generation.meaning is not None:
        tally.doubled += len(seen_twice(lines_in(generation.meaning)))
        tally.lost += n_wrong_vectors(generation.meaning)


def seen_twice(items: list[T]) -> set[T]:
    """The items that are more than once in a list."""
    return {item for item in items if items.count(item) > 1}


def _has_bytes(home: Home, word: str) -> bool:
    files = home.root.glob(f"{home.catalogue.name}*")
    return any(word.encode() in path.read_bytes() for path in files)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
