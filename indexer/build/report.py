"""Counts of an indexing run: for its report, and for the listener that shows its progress."""

from dataclasses import dataclass, field, fields
from pathlib import Path

from data.catalogue import MAX_ATTEMPTS, Pending, State
from indexer.build.embed import Embedded
from indexer.build.plan import FileChanges, Plan
from indexer.build.progress import Meter


@dataclass(frozen=True)
class FileTrouble:
    """A file of this run that is not, or not wholly, searchable."""

    path: Path
    """The file."""
    state: State
    """`partial`, `failed` or `quarantined`."""
    reason: str
    """What a person should read."""


@dataclass
class IndexReport(FileChanges):
    """Counts of one run; files as the scan saw them, videos as they were embedded."""

    unreadable: int = 0
    """Files whose bytes could not be read; counted in `failed` too."""
    decoded: int = 0
    """Videos that were opened by a decoder, good or bad."""
    done: int = 0
    """Videos embedded whole."""
    partial: int = 0
    """Videos embedded in part."""
    failed: int = 0
    """Videos and files of this run without a result."""
    quarantined: int = 0
    """Of `failed`, those that will only be tried again on request."""
    offline: int = 0
    """Videos to embed whose file is missing now, perhaps on a disk that is not connected."""
    changed_meanwhile: int = 0
    """Files that were written to while they were read; the next run takes them."""
    clips: int = 0
    """Clips stored."""
    frames: int = 0
    """Frames encoded."""
    video_s: float = 0.0
    """Seconds of video decoded."""
    decode_cpu_s: float = 0.0
    """CPU seconds of the decoding processes."""
    wall_s: float = 0.0
    """Duration of the run."""
    generation: int | None = None
    """Number of the generation that is published now; None before the first."""
    switched: bool = True
    """False while an older encoder still serves because this one has not embedded everything."""
    encoder: str = ""
    """Name of the encoder."""
    encoder_notice: str = ""
    """What to know of it: its temporal head is not used, or cannot be read. Empty for nothing."""
    troubles: list[FileTrouble] = field(default_factory=list)
    """What is not, or not wholly, searchable, in the order it came up."""


class RunCounts:
    """Counts what a run does, in its report and in its meter."""

    def __init__(self, meter: Meter) -> None:
        self.report = IndexReport()
        self._meter = meter

    def planned(self, plan: Plan) -> None:
        """Count the changes of files."""
        for count in fields(FileChanges):
            setattr(self.report, count.name, getattr(plan, count.name))
        self.report.unreadable = self.report.failed = len(plan.unreadable)
        for each in plan.unseen:
            self._meter.note(f"{each.path}: passed over: {each.reason.lower()}")
        for path, reason in plan.unreadable:
            self._trouble(path, State.FAILED, reason)

    def encoded(self, video: Embedded) -> None:
        """Count a video that was decoded and encoded, not yet stored."""
        self.report.decode_cpu_s += video.ending.cpu_s
        self._meter.now.frames += len(video.vectors.frames)
        self._meter.report()

    def changed_meanwhile(self, path: Path) -> None:
        """Count a video whose file changed while it was read."""
        self.report.changed_meanwhile += 1
        self._meter.note(f"{path}: was written to while it was read; run again to take it")

    def stored(self, pending: Pending, video: Embedded) -> None:
        """Count a video that is durable: done, partial or failed."""
        now = self._meter.now
        if video.ending.state == "failed":
            now.failed += 1
            self._failed(pending, video.ending.reason)
        else:
            now.clips += len(video.vectors.clips)
            now.video_s += video.ending.decoded_s
            self._embedded(pending, video)
        now.files_done += 1
        now.bytes_done += pending.size_bytes
        now.current = pending.path.name
        self._meter.report()

    def _failed(self, pending: Pending, reason: str) -> None:
        is_last = pending.attempts + 1 >= MAX_ATTEMPTS
        self.report.failed += 1
        self.report.quarantined += int(is_last)
        self._trouble(pending.path, State.QUARANTINED if is_last else State.FAILED, reason)

    def _embedded(self, pending: Pending, video: Embedded) -> None:
        report = self.report
        report.clips += len(video.vectors.clips)
        report.frames += len(video.vectors.frames)
        report.video_s += video.ending.decoded_s
        if video.ending.state == "partial":
            report.partial += 1
            self._trouble(pending.path, State.PARTIAL, video.ending.reason)
        else:
            report.done += 1

    def stopped(self, files_total: int) -> None:
        """Say what Ctrl-C left."""
        done = self._meter.now.files_done
        self._meter.note(
            f"stopped: {done:,} videos of this run are stored, {files_total - done:,} are left; "
            "run the same command again to go on"
        )

    def _trouble(self, path: Path, state: State, reason: str) -> None:
        self.report.troubles.append(FileTrouble(path, state, reason))
        self._meter.note(f"{path}: {state}: {reason}")
