"""One pass over a library by its one writer: what changed, what is embedded, what is served."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import MAX_ATTEMPTS, FileRecord, Pending, State, VideoFacts
from data.scan import FoundFile, content_key, scan, sidecar
from data.video.children.pool import DecodeJob, DecodePool
from data.video.types import SAMPLE_FPS
from indexer.build.embed import Embedded, EmbeddingStream, cores
from indexer.build.interrupt import Stop
from indexer.build.plan import Plan, Reader, plan_changes
from indexer.build.progress import Meter
from indexer.build.record import EmbeddedVideo, record_embedded
from indexer.build.report import IndexReport, Trouble
from indexer.store.generations import open_generation, publish
from indexer.store.vectors import VectorStore

if TYPE_CHECKING:
    from embeddings.encoder import Encoder

FLUSH_VIDEOS = 32
"""Videos of one part file at most."""

FLUSH_FRAMES = 4_000
"""Frames of one part file at most, give or take a video: 4 MB at 512 dimensions.

A part is read whole to compare an example with the frames of one video in it: 20 ms."""

FLUSH_EVERY_S = 5.0
"""A finished video waits at most this long to become durable (while others go on finishing)."""

PUBLISH_EVERY_S = 300.0
"""A long run publishes what it has at most this often; searches find unpublished clips as well."""


class Run:
    """One pass over the library by the one writer."""

    def __init__(self, catalogue: Catalogue, encoder: Encoder, stop: Stop, meter: Meter) -> None:
        self.report = IndexReport()
        self.files_changed = False
        self._catalogue = catalogue
        self._encoder = encoder
        self._stop = stop
        self._meter = meter
        self._ready: list[Embedded] = []
        self._ready_since_s = 0.0
        self._failed: list[tuple[int, str]] = []
        self._pending: dict[int, Pending] = {}
        self._stats: dict[int, tuple[int, int]] = {}
        self._published_s = time.monotonic()
        self._publishing_took_s = 0.0

    def update_files(self, roots: Sequence[Path], *, retry_failed: bool) -> list[Pending]:
        """Write down which files there are now; say which videos are to be embedded."""
        self._meter.enter("scanning")
        known = self._catalogue.files()
        unseen: list[Path] = []
        plan = plan_changes(
            self._scan(roots, unseen), known, roots, Reader(content_key, sidecar), unseen=unseen
        )
        with self._stop.shielded():
            self._catalogue.add_roots(roots)
            if plan.records:
                self._catalogue.put_files(plan.records)
            if plan.gone:
                self._catalogue.remove_files(plan.gone)
        self.files_changed = bool(plan.records or plan.gone)
        self._count_plan(plan)
        return self._to_embed(retry_failed=retry_failed)

    def _scan(self, roots: Sequence[Path], unseen: list[Path]) -> Iterator[FoundFile]:
        def on_unreadable(path: Path, reason: str) -> None:
            if reason != os.strerror(errno.ENOENT):  # else it vanished while we looked
                unseen.append(path)
                self._meter.note(f"{path}: passed over: {reason.lower()}")

        for count, file in enumerate(scan(roots, on_unreadable=on_unreadable), start=1):
            self._meter.seen(count)
            yield file

    def _count_plan(self, plan: Plan) -> None:
        report = self.report
        report.added, report.edited = plan.added, plan.edited
        report.moved, report.copies, report.touched = plan.moved, plan.copied, plan.touched
        report.unchanged, report.removed = plan.unchanged, plan.removed
        report.unreadable = report.failed = len(plan.unreadable)
        for path, reason in plan.unreadable:
            self._trouble(path, State.FAILED, reason)

    def _to_embed(self, *, retry_failed: bool) -> list[Pending]:
        pending = []
        for each in self._catalogue.not_embedded(self._encoder.id, retry_failed=True):
            if each.attempts >= MAX_ATTEMPTS and not retry_failed:
                continue
            if each.path.exists():
                pending.append(each)
            else:
                self.report.offline += 1
        if retry_failed:
            pending += self._read_in_part()
        return pending

    def _read_in_part(self) -> list[Pending]:
        partial = [
            each.path
            for each in self._catalogue.failures(self._encoder.id)
            if each.state == State.PARTIAL and each.path.exists()
        ]
        records = self._catalogue.files(partial)
        return [
            Pending(record.video_id, path, record.size_bytes, 0)
            for path, record in records.items()
            if record.video_id is not None
        ]

    def everything(self) -> list[Pending]:
        """Every live video whose file is there, embedded or not, once."""
        records: dict[int, FileRecord] = {}
        for path, record in self._catalogue.files().items():
            if record.video_id is not None and path.exists():
                records.setdefault(record.video_id, record)
        return [Pending(v, r.path, r.size_bytes, 0) for v, r in records.items()]

    def embed(self, pending: Sequence[Pending], *, workers: int | None) -> None:
        """Decode, encode and store; what is stored is durable before it is counted."""
        if self._catalogue.encoder is None:
            self._serve_this_encoder()
        self._pending = {each.video_id: each for each in pending}
        self._meter.enter(
            "indexing",
            files_total=len(pending),
            bytes_total=sum(each.size_bytes for each in pending),
        )
        if not pending:
            return
        try:
            with DecodePool(workers or cores()) as pool:
                stream = EmbeddingStream(pool, self._encoder)
                for video in stream.run(self._jobs(pending)):
                    self._take(video)
            self._flush()
        except KeyboardInterrupt:
            self._flush()
            left = len(pending) - self._meter.now.files_done
            self._meter.note(
                f"stopped: {self._meter.now.files_done:,} videos of this run are stored, "
                f"{left:,} are left; run the same command again to go on"
            )
            raise

    def _jobs(self, pending: Iterable[Pending]) -> Iterator[DecodeJob]:
        """The largest files first: a long one at the end would leave every other core idle."""
        for each in sorted(pending, key=lambda p: p.size_bytes, reverse=True):
            stat = _stat(each.path)
            if stat is None:
                self.report.changed_meanwhile += 1
                continue
            self._stats[each.video_id] = stat
            self.report.decoded += 1
            yield DecodeJob(each.video_id, each.path, self._encoder.frame_spec, fps=SAMPLE_FPS)

    def _take(self, video: Embedded) -> None:
        each = self._pending[video.key]
        self.report.decode_cpu_s += video.finished.cpu_s
        self._meter.decoded(len(video.frames))
        if _stat(each.path) != self._stats.pop(video.key):
            self.report.changed_meanwhile += 1
            self._meter.note(f"{each.path}: was written to while it was read; run again to take it")
            return
        if not self._ready and not self._failed:
            self._ready_since_s = time.monotonic()
        if video.state == "failed":
            self._failed.append((video.key, video.reason))
        else:
            self._ready.append(video)
        waited_s = time.monotonic() - self._ready_since_s
        frames = sum(len(one.frames) for one in self._ready)
        if len(self._ready) >= FLUSH_VIDEOS or frames >= FLUSH_FRAMES or waited_s >= FLUSH_EVERY_S:
            self._flush()
            self._publish_now_and_then()

    def _flush(self) -> None:
        """Make durable what is ready, and only then count it as done."""
        with self._stop.shielded():
            if self._ready:
                store = VectorStore(self._catalogue.home, self._encoder.id)
                record_embedded(self._catalogue, store, [_as_stored(one) for one in self._ready])
            if self._failed:
                self._catalogue.record_failed(self._encoder.id, self._failed)
            for video in self._ready:
                self._count_stored(video)
            for video_id, reason in self._failed:
                self._count_failed(self._pending[video_id], reason)
            self._ready, self._failed = [], []

    def _count_stored(self, video: Embedded) -> None:
        each = self._pending[video.key]
        report = self.report
        report.clips += len(video.clips)
        report.frames += len(video.frames)
        report.video_s += video.finished.decoded_s
        if video.state == "partial":
            report.partial += 1
            self._trouble(each.path, State.PARTIAL, video.reason)
        else:
            report.done += 1
        self._meter.stored(len(video.clips))
        self._meter.finished(
            each.path.name,
            size_bytes=each.size_bytes,
            video_s=video.finished.decoded_s,
            failed=False,
        )

    def _count_failed(self, each: Pending, reason: str) -> None:
        last = each.attempts + 1 >= MAX_ATTEMPTS
        self.report.failed += 1
        self.report.quarantined += int(last)
        self._trouble(each.path, State.QUARANTINED if last else State.FAILED, reason)
        self._meter.finished(each.path.name, size_bytes=each.size_bytes, video_s=0.0, failed=True)

    def _trouble(self, path: Path, state: State, reason: str) -> None:
        self.report.troubles.append(Trouble(path, state, reason))
        self._meter.note(f"{path}: {state}: {reason}")

    def _publish_now_and_then(self) -> None:
        waited_s = time.monotonic() - self._published_s
        # Publishing costs more as the library grows; it may take a twentieth of the time at most.
        if waited_s >= max(PUBLISH_EVERY_S, 20 * self._publishing_took_s) and self._serving():
            self._publish()

    def _publish(self) -> None:
        began_s = time.monotonic()
        with self._stop.shielded():
            self._meter.enter("publishing")
            publish(self._catalogue.home, self._catalogue, self._encoder.id)
            self._meter.resume()
        self._published_s = time.monotonic()
        self._publishing_took_s = self._published_s - began_s

    def _serving(self) -> bool:
        return self._catalogue.encoder == self._encoder.id

    def _serve_this_encoder(self) -> None:
        weights = getattr(self._encoder, "weights", None)
        self._catalogue.set_encoder(self._encoder.id, self._encoder.name, weights)

    def finish(self, *, changed: bool) -> None:
        """Publish what was stored; serve a new encoder once it has all that the old one had."""
        self.report.switched = self._serving() or self._complete()
        if self.report.switched:
            if changed or not self._serving() or not self._is_published():
                self._publish()
            if not self._serving():
                self._serve_this_encoder()
        generation = open_generation(self._catalogue.home)
        self.report.generation = generation.number if generation is not None else None
        self._meter.enter("finished")

    def _complete(self) -> bool:
        served = {video.id for video in self._catalogue.videos(self._catalogue.encoder)}
        missing = {
            each.video_id
            for each in self._catalogue.not_embedded(self._encoder.id, retry_failed=True)
            if each.attempts < MAX_ATTEMPTS
        }
        return not served & missing

    def _is_published(self) -> bool:
        generation = open_generation(self._catalogue.home)
        if generation is None or generation.encoder_id != self._encoder.id:
            return False
        live = self._catalogue.clip_table(self._encoder.id).ids
        return np.array_equal(np.sort(generation.index.ids), live)


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _as_stored(video: Embedded) -> EmbeddedVideo:
    info = video.finished.info
    facts = VideoFacts()
    if info is not None:
        facts = VideoFacts(
            duration_s=info.duration_s,
            width_px=info.width_px,
            height_px=info.height_px,
            fps=info.fps,
            codec=info.codec,
            container=info.container,
        )
    return EmbeddedVideo(
        video_id=video.key,
        frame_times_s=video.times_s,
        frames=video.frames,
        spans=[(span.start_s, span.end_s) for span in video.spans],
        clips=video.clips,
        state=State(video.state),
        reason=video.reason or None,
        facts=facts,
    )
