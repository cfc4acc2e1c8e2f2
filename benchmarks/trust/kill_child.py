"""The process that `benchmarks.trust.kills` kills: a writer that reports at once what it has done.

It starts once, imports everything, then forks a writer for each line of JSON that it reads, so that
a writer starts in milliseconds. It imports no torch.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord, Video
from data.durable import arm_crash
from data.history.history import History
from data.home import resolve_home
from data.lines.line import Channel, Line, Reading
from data.video.types import Ending, VideoInfo
from indexer.build.cutting import Embedded
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Meter
from indexer.build.recording.record import record_embedded, writing_session
from indexer.build.recording.record_lines import LinesBuffer
from indexer.build.words.encode_lines import LineEncoder
from indexer.store.generations import open_generation
from indexer.store.lines import LineStore
from indexer.store.publishing import publish
from indexer.store.vectors import VectorStore, VideoVectors

ENCODER = "hash-16"
ENGINE = "says-1"
DIM = 16
FOLDER = Path("/library")

Report = Callable[..., None]


def vectors_of(content: str, n: int) -> npt.NDArray[np.float32]:
    """(n, 16) unit rows that depend on the content alone, so that any can be checked."""
    seed = int.from_bytes(hashlib.sha256(content.encode()).digest()[:8], "big")
    rows = np.random.default_rng(seed).standard_normal((n, DIM), dtype=np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def n_clips_of(content: str) -> int:
    """Number of clips of a content, 1 to 4."""
    return 1 + hashlib.sha256(content.encode()).digest()[8] % 4


def embedded(video_id: int, content: str) -> Embedded:
    """The result of an encoder for some content."""
    n = n_clips_of(content)
    times_s = np.arange(n, dtype=np.float64)
    spans_s = np.stack([times_s, times_s + 2], axis=1)
    rows = vectors_of(content, 2 * n).astype(np.float16)
    ids = np.zeros(n, np.int64)
    vectors = VideoVectors(video_id, times_s, rows[n:], ids, spans_s, rows[:n])
    return Embedded(vectors, Ending("done", info=VideoInfo("none", 8, 8, 1.0, n + 1.0)))


def lines_of(content: str) -> tuple[Line, ...]:
    """What is said in some content: one line for each clip."""
    return tuple(
        Line(Channel.SPEECH, float(n), n + 1.0, f"{content} says {n}", "en", 0.5)
        for n in range(n_clips_of(content))
    )


class HashSentences:
    """A sentence encoder whose vectors depend on the text alone, so that any can be checked."""

    id = "hash-sentences"
    dim = DIM

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """As `SentenceEncoder`."""
        return np.concatenate([_vector_of(text) for text in texts])

    def knows(self, word: str) -> bool:
        """Every one."""
        return True


@cache
def _vector_of(text: str) -> npt.NDArray[np.float32]:
    return vectors_of(text, 1)


@dataclass
class Writer:
    """Random work until the process is killed."""

    catalogue: Catalogue
    rng: np.random.Generator
    say: Report
    mutant: str | None = None

    def __post_init__(self) -> None:
        self.history = History(self.catalogue)
        self.store = VectorStore(self.catalogue.home, ENCODER)
        self.words = LinesBuffer(self.catalogue, LineStore(self.catalogue.home, ENGINE))

    def embed_new(self) -> None:
        """Add one to six new videos and embed them in one flush."""
        contents = [f"{self.rng.integers(1 << 60):015x}" for _ in range(self.rng.integers(1, 7))]
        records = [FileRecord(FOLDER / f"{c}.mp4", 1, 1, 1, c) for c in contents]
        ids = self.catalogue.files.put(records)
        self._embed({ids[r.path] or 0: r.path.stem for r in records})

    def embed_again(self) -> None:
        """Embed up to three known videos a second time."""
        known = self.catalogue.videos(ENCODER)
        picked = self.rng.permutation(len(known))[:3]
        self._embed({known[i].id: known[i].content_key for i in picked})

    def read_words(self) -> None:
        """Read the lines of up to four known videos, some of them a second time."""
        known = self.catalogue.videos(ENCODER)
        picked = [known[i] for i in self.rng.permutation(len(known))[:4]]
        for video in picked:
            reading = Reading(lines_of(video.content_key))
            self.words.add(video.id, Channel.SPEECH, reading)
        if self.mutant == "report_early":
            self._say_words(picked)
        self.words.flush()
        self._say_words(picked)

    def _say_words(self, videos: list[Video]) -> None:
        for video in videos:
            self.say("words", video.content_key)

    def encode_lines(self) -> None:
        """Encode the lines that were read and are not encoded yet."""
        read = {row.video_id for part in self.catalogue.readings.parts() for row in part.readings}
        known = self.catalogue.videos(ENCODER)
        contents = [video.content_key for video in known if video.id in read]
        if self.mutant == "report_early":
            self._say_meant(contents)
        encoder = LineEncoder(self.catalogue, HashSentences())
        encoder.encode(Interrupt(), Meter(None), lambda: None)
        self._say_meant(contents)

    def _say_meant(self, contents: list[str]) -> None:
        for content in contents:
            self.say("meant", content)

    def add_copy(self) -> None:
        """Add one more file of a known video."""
        known = self.catalogue.videos(ENCODER)
        if known:
            content = known[self.rng.integers(len(known))].content_key
            path = FOLDER / "copies" / f"{content}-{self.rng.integers(1 << 30)}.mp4"
            self.catalogue.files.put([FileRecord(path, 1, 1, 1, content)])

    def remove(self) -> None:
        """Remove all files of one video."""
        known = self.catalogue.videos(ENCODER)
        if known:
            content = known[self.rng.integers(len(known))].content_key
            self.say("removing", content)
            files = self.catalogue.files.known().values()
            self.catalogue.files.remove([f.path for f in files if f.content_key == content])
            self.say("removed", content)

    def publish(self) -> None:
        """Build and publish a generation."""
        generation = publish(self.catalogue.home, self.catalogue, ENCODER)
        self.say("published", generation.number)

    def watch(self) -> None:
        """Add an event of a new user."""
        user = f"person-{self.rng.integers(1 << 60):015x}"
        self.history.add(user, "some video", watched_s=1.0, at=datetime(2026, 1, 1, tzinfo=UTC))
        self.say("event", user)

    def forget(self) -> None:
        """Forget one user."""
        users = self.history.users()
        if users:
            user = users[self.rng.integers(len(users))]
            self.say("forgetting", user)
            self.history.forget(user)
            self.say("forgotten", user)

    def work(self) -> None:
        """Work without end."""
        steps = [self.embed_new, self.embed_again, self.add_copy, self.remove, self.publish]
        steps += [self.watch, self.forget, self.read_words, self.encode_lines]
        shares = [0.33, 0.07, 0.05, 0.06, 0.2, 0.1, 0.03, 0.1, 0.06]
        while True:
            steps[self.rng.choice(len(steps), p=shares)]()

    def once(self) -> None:
        """Do each step a fixed number of times, to pass every crash point."""
        for step in (self.embed_new, self.embed_again, self.embed_new, self.remove):
            step()
            self.publish()
        self.read_words()
        self.encode_lines()
        self.publish()
        self.read_words()
        self.add_copy()
        self.watch()
        self.watch()
        self.forget()

    def _embed(self, contents: dict[int, str]) -> None:
        if self.mutant == "report_early":
            self._say_embedded(contents)
        rows = [embedded(video_id, content) for video_id, content in contents.items()]
        record_embedded(self.catalogue, self.store, rows)
        self._say_embedded(contents)

    def _say_embedded(self, contents: dict[int, str]) -> None:
        for content in contents.values():
            self.say("video", content)


def run_writer(job: dict[str, Any], say: Report) -> None:
    """Run one writer: `job` has `home`, `seed` and optionally `crash_at`, `walk`, `mutant`."""
    home = resolve_home(Path(job["home"]))
    say("lives")
    with writing_session(home) as catalogue:
        if not catalogue.readings.served:
            catalogue.readings.serve({Channel.SPEECH: ENGINE})
        generation = open_generation(home)
        say("ready", generation.number if generation else 0)
        rng = np.random.default_rng(job["seed"])
        writer = Writer(catalogue, rng, say, job.get("mutant"))
        arm_crash(job.get("crash_at"))
        if job.get("walk"):
            writer.once()
        else:
            writer.work()


def warm_up() -> None:
    """Do everything once, so that what libraries load on first use is loaded before the fork."""
    with tempfile.TemporaryDirectory() as folder:
        job = {"home": folder, "seed": 0, "walk": True}
        run_writer(job, lambda *_words: None)


def serve(run: Callable[[dict[str, Any], Report], None] = run_writer) -> None:
    """Fork a writer for each job on standard input; report when it has died, with its exit code."""

    def say(*words: object) -> None:
        # One write below PIPE_BUF is whole or absent; nothing is buffered that a kill could lose.
        os.write(1, (json.dumps([time.monotonic(), *words]) + "\n").encode())

    warm_up()
    say("serving")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                run(json.loads(line), say)
                say("finished")
            except BaseException as error:  # noqa: BLE001 - the parent reports any
                say("error", repr(error)[:500])
                os._exit(1)
            os._exit(0)
        say("pid", pid)
        _, status = os.waitpid(pid, 0)
        say("died", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    serve()
