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
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kill_child import ENCODER, n_clips_of, vectors_of
from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.history.history import History
from data.home import Home
from indexer.store.generations import open_generation
from indexer.store.vectors import VectorStore, read_videos
from indexer.verify import verify_library

KILLS = {"small": 50, "full": 200}
LIVES_PER_HOME = 10
LATEST_KILL_S = 0.4
READY_LIMIT_S = 2.0

_CHILD_PATIENCE_S = 60.0


@dataclass
class Told:
    """What the writers of one home have reported as done."""

    videos: set[str] = field(default_factory=set)
    """Contents reported as embedded and not as being removed since."""
    removed: set[str] = field(default_factory=set)
    """Contents reported as gone and not as embedded since."""
    users: set[str] = field(default_factory=set)
    """People whose event was reported and who were not being forgotten since."""
    forgotten: set[str] = field(default_factory=set)
    """People reported as forgotten."""
    published: int = 0
    """Highest generation reported as published."""

    def hear(self, word: str, value: Any) -> None:
        """Take note of one report."""
        if word == "video":
            self.videos.add(value)
            self.removed.discard(value)
        elif word == "removing":
            self.videos.discard(value)
        elif word == "removed":
            self.removed.add(value)
        elif word == "event":
            self.users.add(value)
        elif word == "forgetting":
            self.users.discard(value)
        elif word == "forgotten":
            self.forgotten.add(value)
        elif word == "published":
            self.published = max(self.published, value)


@dataclass
class Tally:
    """What the audits found."""

    kills: int = 0
    """Writers that died of SIGKILL."""
    reported: int = 0
    """Videos and events reported as done."""
    lost: int = 0
    """Of these, not there afterwards, or with other vectors."""
    doubled: int = 0
    """Clips, videos or events that are there more than once."""
    checksum_errors: int = 0
    """Problems that `verify` finds."""
    unpublished: int = 0
    """Audits that did not find the generation reported as published, or found it damaged."""
    errors: list[str] = field(default_factory=list)
    """Writers that died of something else, and the first words of every finding."""
    slowest_ready_s: float = 0.0
    """Longest restart of a killed home, from fork to ready."""


class Nursery:
    """The warm process that forks writers; see `benchmarks.kill_child`.

    Args:
        module: What to run: `benchmarks.kill_child` or a test's own child with the same protocol.
    """

    def __init__(self, module: str = "benchmarks.kill_child") -> None:
        began_s = time.monotonic()
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).parents[1],
        )
        self._next()
        self.start_s = time.monotonic() - began_s

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait(_CHILD_PATIENCE_S)

    def live(
        self,
        job: Mapping[str, object],
        *,
        kill_after_s: float | None = None,
        after_videos: int = 0,
    ) -> Iterator[tuple[float, str, Any]]:
        """Let one writer live, and give its reports until it is dead.

        Args:
            job: What it shall do.
            kill_after_s: When to kill it, counted from its birth; None leaves it to die by itself.
            after_videos: Count from its report of this many videos instead: progress does not
                depend on how fast the machine is.

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
            if kill_after_s is not None and timer is None and pid and videos >= after_videos:
                timer = threading.Timer(kill_after_s, _kill, [pid])
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


@contextmanager
def nursery(module: str = "benchmarks.kill_child") -> Iterator[Nursery]:
    """Give a `Nursery` and end it."""
    warm = Nursery(module)
    try:
        yield warm
    finally:
        warm.close()


def run(
    size: str = "small", *, kills: int | None = None, seed: int = 0, mutant: str | None = None
) -> dict[str, float]:
    """Kill writers at random instants and audit the home after each.

    Args:
        size: `small` kills 50 times, `full` 200 times.
        kills: Another number.
        seed: Seed of the instants and of the work.
        mutant: A fault to put into the writers, to see that it is found: `report_early`.

    Returns:
        `kills`, `reported`, `lost`, `doubled`, `checksum_errors`, `unpublished`, `errors` and times
        in seconds.
    """
    wanted = kills or KILLS[size]
    rng, tally, began_s = np.random.default_rng(seed), Tally(), time.monotonic()
    with nursery() as warm:
        cold_start_s = warm.start_s
        for first in range(0, wanted, LIVES_PER_HOME):
            with tempfile.TemporaryDirectory(prefix="reelwise-kills-") as folder:
                told = Told()
                for life in range(first, min(first + LIVES_PER_HOME, wanted)):
                    job = {"home": folder, "seed": [seed, life], "mutant": mutant}
                    kill_and_audit(warm, job, rng.uniform(0, LATEST_KILL_S), told, tally)
                tally.reported += len(told.videos) + len(told.users)
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
        "seconds": round(time.monotonic() - began_s, 1),
    }


def kill_and_audit(
    warm: Nursery,
    job: Mapping[str, object],
    kill_after_s: float | None,
    told: Told,
    tally: Tally,
) -> None:
    """Let one writer live and die, then look at what it left."""
    born_s = 0.0
    for at_s, word, value in warm.live(job, kill_after_s=kill_after_s):
        told.hear(word, value)
        if word == "lives":
            born_s = at_s
        elif word == "ready":
            tally.slowest_ready_s = max(tally.slowest_ready_s, at_s - born_s)
        elif word == "error":
            tally.errors.append(str(value))
        elif word == "died":
            tally.kills += value == -signal.SIGKILL
    audit(Home(Path(str(job["home"]))), told, tally)


def audit(home: Home, told: Told, tally: Tally) -> None:
    """Compare a home, as a reader finds it, with what was reported."""
    if not home.catalogue.exists():
        tally.lost += len(told.videos) + len(told.users)
        return
    with Catalogue(home) as catalogue:
        _audit_videos(catalogue, told, tally)
        users = [event.user for event in History(catalogue).events()]
        tally.lost += len(told.users - set(users))
        told.users &= set(users)
        tally.doubled += len(users) - len(set(users))
    tally.lost += sum(_has_bytes(home, user) for user in told.forgotten)
    problems = verify_library(home).problems
    tally.checksum_errors += len(problems)
    tally.errors += [problem.what for problem in problems]
    try:
        generation = open_generation(home)
    except ReelwiseError:
        tally.unpublished += 1
        return
    number = generation.number if generation else 0
    if number < told.published or (generation and generation.warning):
        tally.unpublished += 1


def _audit_videos(catalogue: Catalogue, told: Told, tally: Tally) -> None:
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
    lost, back = told.videos - good, told.removed & set(contents)
    tally.lost += len(lost) + len(back)
    told.videos -= lost  # counted once, not again by every later audit
    told.removed -= back


def seen_twice(items: list[int]) -> set[int]:
    """Give what stands in a list more than once."""
    return {item for item in items if items.count(item) > 1}


def _has_bytes(home: Home, word: str) -> bool:
    files = home.root.glob(f"{home.catalogue.name}*")
    return any(word.encode() in path.read_bytes() for path in files)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1] if len(sys.argv) > 1 else "small")))
