"""One pass over a library by its one writer: find what changed, embed it, publish it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from data.catalogue import MAX_ATTEMPTS, Catalogue, FileRecord, Pending, State
from data.catalogue.contents import Contents
from data.cores import cores
from data.lines import LineReader
from data.video.children.pool import DecodePool
from data.video.content import content_hash
from data.video.found import FoundFile, RootRules
from data.video.passed_over import PassedOver
from data.video.scan import scan
from data.video.types import DecodeRequest
from indexer.build.cutting import Embedded
from indexer.build.embed import EmbeddingStream
from indexer.build.files.missing import hold_back, suddenly_empty
from indexer.build.files.plan import Plan, Unseen, is_below, plan_changes
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Listener, Meter
from indexer.build.publisher import Publisher
from indexer.build.recording.record import FlushBuffer
from indexer.build.recording.strays import take_in
from indexer.build.recut import recut
from indexer.build.report import RunCounts
from indexer.build.words.encode_lines import LineEncoder
from indexer.build.words.read_lines import LinePasses
from indexer.store.generations import open_generation
from indexer.store.vectors import VectorStore

if TYPE_CHECKING:
    from embeddings.encoder import Encoder
    from indexer.store.rows.row_index import CellTrainer


class Run:
    """One pass over the library; the caller holds the writer lock. `trainer` is on a GPU."""

    def __init__(
        self,
        catalogue: Catalogue,
        encoder: Encoder,
        stop: Interrupt,
        listener: Listener | None,
        trainer: CellTrainer | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._encoder = encoder
        self._stop = stop
        self._meter = Meter(listener)
        self._counts = RunCounts(self._meter)
        self._buffer = FlushBuffer(catalogue, VectorStore(catalogue.home, encoder.id))
        self._publisher = Publisher(catalogue, encoder, stop, self._meter, trainer)
        self._pending: dict[int, Pending] = {}
        self._stats: dict[int, tuple[int, int]] = {}
        self._hashes: dict[int, tuple[tuple[int, int], Future[str]]] = {}
        self._hashing = ThreadPoolExecutor(1)
        self._changed = False
        self._workers: int | None = None
        self._plan = Plan()
        self._roots: Sequence[Path] = ()
        self.report = self._counts.report

    def update_files(self, roots: Sequence[Path], *, retry_failed: bool) -> list[Pending]:
        """Record which files there are now; returns the videos to embed."""
        self._meter.enter("scanning")
        known, rules = self._catalogue.files.known(), self._catalogue.files.root_rules()
        contents = Contents(known.values(), self._catalogue.files.whole_hashes())
        plan = plan_changes(self._scan(roots, rules), known, roots, contents)
        _leave_other_roots(plan, set(rules) - set(roots))
        self._ask(plan, known, roots)
        with self._stop.shielded():
            found = {root: rules.get(root, RootRules()) for root in roots}
            self._catalogue.files.add_roots(found)
            if plan.records:
                self._catalogue.files.put(plan.records)
            if plan.gone:
                self._catalogue.files.remove(plan.gone)
        self._changed = bool(plan.records or plan.gone)
        self._plan, self._roots = plan, roots
        self._read_again(plan)
        self._counts.planned(plan)
        pending, self.report.offline = not_embedded(
            self._catalogue, self._encoder.id, retry_failed=retry_failed
        )
        if self._catalogue.encoder in (None, self._encoder.id):
            # A new encoder embeds the whole library; else only these folders are touched.
            mine = {file.video_id for file in self._catalogue.files.known(roots).values()}
            pending = [each for each in pending if each.video_id in mine]
        return self._without_strays(pending)

    def _without_strays(self, pending: Sequence[Pending]) -> list[Pending]:
        """The videos that have to be decoded: of others a stray part holds the vectors already."""
        catalogue, encoder_id = self._catalogue, self._encoder.id
        untried = {each.video_id for each in catalogue.embeddings.missing(encoder_id)}
        wanted = [each.video_id for each in pending if each.video_id in untried]
        with self._stop.shielded():
            taken = take_in(catalogue, VectorStore(catalogue.home, encoder_id), wanted)
        self.report.taken_in = len(taken)
        self._changed = self._changed or bool(taken)
        return [each for each in pending if each.video_id not in taken]

    def _ask(self, plan: Plan, known: Mapping[Path, FileRecord], roots: Sequence[Path]) -> None:
        """Hold back what is suddenly gone, unless somebody says that it is deleted."""
        held = [
            each
            for each in suddenly_empty(plan, known, roots)
            if not self._meter.may_drop(each.folder, len(each.files))
        ]
        hold_back(plan, held)
        self.report.held_back = {each.folder: len(each.files) for each in held}

    def _read_again(self, plan: Plan) -> None:
        """Embed files with a new time stamp again where the samples do not prove them the same.

        One that was read in part may be whole by now, and one that was never hashed may hold
        anything between its samples.
        """
        if not plan.retouched:
            return
        failed = {each.path for each in self._catalogue.embeddings.failures(self._encoder.id)}
        unproven = {each.path for each in plan.records if each.content_hash is None}
        again = plan.retouched & (failed | unproven)
        files = self._catalogue.files.known(sorted(again)).values()
        videos = {file.video_id for file in files if file.video_id is not None}
        if videos:
            self._catalogue.embeddings.forget(self._encoder.id, videos)

    def _scan(
        self, roots: Sequence[Path], rules: Mapping[Path, RootRules]
    ) -> Iterator[FoundFile | Unseen | PassedOver]:
        unseen: list[Unseen] = []
        passed_over: list[PassedOver] = []
        files = scan(
            roots,
            rules=rules,
            on_unreadable=lambda path, why: unseen.append(Unseen(path, why)),
            on_passed_over=passed_over.append,
        )
        for count, file in enumerate(files, start=1):
            self._meter.now.files_done = count
            self._meter.report()
            yield file
        yield from passed_over
        # A file that vanished during the scan is no folder that cannot be read.
        yield from (each for each in unseen if each.reason != os.strerror(errno.ENOENT))

    def embed(self, pending: Sequence[Pending], *, workers: int | None) -> None:
        """Decode, encode and store; what is stored is durable before it is counted."""
        self._workers = workers
        self._publisher.serve_if_first()
        self._pending = {each.video_id: each for each in pending}
        self._meter.begin_indexing(len(pending), sum(each.size_bytes for each in pending))
        if not pending:
            return
        prepare = getattr(self._encoder, "prepare", None)
        if prepare is not None:
            prepare()
        stream: EmbeddingStream | None = None
        try:
            with DecodePool(workers or cores()) as pool, ThreadPoolExecutor(1) as self._hashing:
                stream = EmbeddingStream(pool, self._encoder, self._catalogue.clip_rule)
                for video in stream.run(self._requests()):
                    self._take(video)
            self._flush()
        except KeyboardInterrupt:
            with self._stop.shielded():
                for video in stream.left() if stream is not None else ():
                    self._keep(video)
                self._flush()
                self._counts.stopped(len(pending))
            raise

    def cut_again(self) -> None:
        """Give videos that have clips of another rule than the library's new ones; see `recut`."""
        report = self.report
        report.recut = recut(
            self._catalogue, self._encoder, self._stop, self._meter, self._publisher.publish_if_due
        )
        self._changed = self._changed or bool(report.recut.videos)

    def _requests(self) -> Iterator[DecodeRequest]:
        """The largest files first: a long one at the end would leave every other core idle."""
        for each in sorted(self._pending.values(), key=lambda p: p.size_bytes, reverse=True):
            stat = _stat(each.path)
            if stat is None:
                self.report.changed_meanwhile += 1
                continue
            self._stats[each.video_id] = stat
            hashing = self._hashing.submit(content_hash, each.path)
            self._hashes[each.video_id] = stat, hashing
            self.report.decoded += 1
            yield DecodeRequest(each.path, self._encoder.frame_spec, key=each.video_id)

    def _take(self, video: Embedded) -> None:
        self._keep(video)
        if self._buffer.is_due:
            self._flush()
            self._publisher.publish_if_due()

    def _keep(self, video: Embedded) -> None:
        """Keep an embedded video for the next flush, unless its file changed meanwhile."""
        pending = self._pending[video.vectors.video_id]
        self._counts.encoded(video)
        if _stat(pending.path) != self._stats.pop(pending.video_id):
            self._counts.changed_meanwhile(pending.path)
            return
        self._buffer.add(video)

    def _flush(self) -> None:
        """Make durable what is ready, and only then count it as done."""
        with self._stop.shielded():
            stored = self._buffer.flush()
            self._record_hashes([each.vectors.video_id for each in stored])
            for video in stored:
                self._counts.stored(self._pending[video.vectors.video_id], video)

    def _record_hashes(self, video_ids: Iterable[int]) -> None:
        """Record the hash of all bytes of videos, by which a later change of a file is seen.

        Never of a file that was written to since it was decoded: its new bytes would pass for those
        that were embedded.
        """
        hashes = {}
        for video_id in video_ids:
            stat, hashing = self._hashes.pop(video_id)
            with suppress(OSError, CancelledError):
                whole = hashing.result()
                if _stat(self._pending[video_id].path) == stat:
                    hashes[video_id] = whole
        self._catalogue.files.set_hashes(hashes)

    def finish(self, *, changed: bool = False) -> None:
        """Publish what was stored; `changed` publishes even where this run changed nothing."""
        changed = changed or self._changed or self._counts.stored_any
        self.report.switched = self._publisher.finish(changed=changed)
        if self._publisher.unreadable:
            self._embed_again()
            self.report.switched = self._publisher.finish(changed=True)
        self.report.lost_commits = self._catalogue.accept_loss()
        generation = open_generation(self._catalogue.home)
        self.report.generation = generation.number if generation is not None else None
        self._sum_up()
        self._meter.enter("finished")

    def read_lines(
        self,
        readers: Sequence[LineReader],
        encoding: LineEncoder | None,
        *,
        retry_failed: bool,
    ) -> None:
        """Read names, subtitles and what each reader reads; what is read is searchable at once.

        After each pass the lines of it are encoded.
        """
        passes = LinePasses(
            self._catalogue, self._stop, self._meter, self._publisher.publish_if_due
        )
        self.report.words = passes.counts
        steps = [partial(passes.read_files, self._roots, retry_failed=retry_failed)]
        steps += [
            partial(passes.read_with, reader, self._roots, retry_failed=retry_failed)
            for reader in readers
        ]
        for step in steps:
            has_read = step()
            has_encoded = encoding is not None and encoding.encode(
                self._stop, self._meter, self._publisher.publish_if_due
            )
            if (has_read or has_encoded) and self.report.switched:
                self._publisher.finish(changed=True)
        generation = open_generation(self._catalogue.home)
        self.report.generation = generation.number if generation is not None else None
        self._meter.enter("finished")

    def _embed_again(self) -> None:
        """Embed the videos whose stored vectors turned out to be damaged, as far as they are here.

        One damaged part stops no other, and costs no second run.
        """
        damaged, self._publisher.unreadable = self._publisher.unreadable, set()
        self._catalogue.embeddings.forget(self._encoder.id, damaged)
        pending, _ = not_embedded(self._catalogue, self._encoder.id, retry_failed=False)
        self.report.damaged = len(damaged)
        self.embed([each for each in pending if each.video_id in damaged], workers=self._workers)

    def _sum_up(self) -> None:
        catalogue, encoder_id = self._catalogue, self._encoder.id
        waiting = {each.video_id for each in catalogue.embeddings.missing(encoder_id)}
        bad = [
            each
            for each in catalogue.embeddings.failures(encoder_id)
            if is_below(each.path, self._roots)
        ]
        files = catalogue.files.known(self._roots)
        self._counts.summed_up(self._plan, files, waiting, bad)


def _leave_other_roots(plan: Plan, others: Set[Path]) -> None:
    """What lies below another root that this scan passed over is left to that root."""
    shut = [each.path for each in plan.passed_over]
    left = [root for root in others if is_below(root, shut)]
    if left:
        plan.removed -= sum(is_below(path, left) for path in plan.gone)
        plan.gone = [path for path in plan.gone if not is_below(path, left)]


def not_embedded(
    catalogue: Catalogue, encoder_id: str, *, retry_failed: bool
) -> tuple[list[Pending], int]:
    """Videos without vectors of an encoder; `retry_failed` adds partial and given-up ones.

    Returns:
        The videos whose file can be reached, and the number of the others.
    """
    wanted = [
        each
        for each in catalogue.embeddings.missing(encoder_id, retry_failed=True)
        if retry_failed or each.attempts < MAX_ATTEMPTS
    ]
    reachable = [each for each in wanted if each.path.exists()]
    offline = len(wanted) - len(reachable)
    return reachable + (_read_in_part(catalogue, encoder_id) if retry_failed else []), offline


def _read_in_part(catalogue: Catalogue, encoder_id: str) -> list[Pending]:
    failures = catalogue.embeddings.failures(encoder_id)
    partial = [each.path for each in failures if each.state == State.PARTIAL]
    return _by_video(catalogue.files.known(partial).values())


def every_video(catalogue: Catalogue) -> list[Pending]:
    """Every video whose file can be reached, embedded or not, once."""
    return _by_video(catalogue.files.known().values())


def _by_video(files: Iterable[FileRecord]) -> list[Pending]:
    firsts: dict[int, Pending] = {}
    for file in files:
        if file.video_id is not None and file.path.exists():
            pending = Pending(file.video_id, file.path, file.size_bytes, attempts=0)
            firsts.setdefault(file.video_id, pending)
    return list(firsts.values())


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
