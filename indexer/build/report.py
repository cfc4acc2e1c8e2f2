"""Counts of an indexing run: for its report, and for the listener that shows its progress."""

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, fields
from pathlib import Path

from data.catalogue import Failure, FileRecord, Pending, State
from data.video.passed_over import PassedOver, Reason
from indexer.build.cutting import Embedded
from indexer.build.files.plan import FileChanges, Plan
from indexer.build.progress import Meter
from indexer.build.recut import Recut
from indexer.build.words.read_files import PassCounts

LISTED = 1000
"""Files passed over for one reason that a report lists by name; all are counted."""


@dataclass(frozen=True)
class FileTrouble:
    """A file of this run that is not, or not wholly, searchable."""

    path: Path
    """The file."""
    state: State
    """`partial` or `failed`."""
    reason: str
    """What a person should read."""


@dataclass
class IndexReport(FileChanges):
    """Counts of one run; files as the scan saw them, videos as they were embedded."""

    indexed: int = 0
    """New or changed files that are wholly searchable now."""
    resumed: int = 0
    """Files that a stopped run had left over and that are wholly searchable now."""
    unreadable: int = 0
    """Files whose bytes could not be read; counted in `failed` too."""
    decoded: int = 0
    """Videos that were opened by a decoder, good or bad."""
    done: int = 0
    """Videos embedded whole."""
    partial: int = 0
    """Files below the given folders that are searchable in part, tried again or not."""
    failed: int = 0
    """Files below the given folders that are not searchable, tried again or not."""
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
    pictures_s: float = 0.0
    """Of this, until the pictures were published and words began to be read."""
    generation: int | None = None
    """Number of the generation that is published now; None before the first."""
    taken_in: int = 0
    """Videos whose stored vectors the catalogue had lost: they were not decoded again."""
    damaged: int = 0
    """Videos whose stored vectors were damaged: those that are here were embedded again."""
    recut: Recut = field(default_factory=Recut)
    """Videos that had clips of another rule than the library's."""
    lost_commits: int = 0
    """Changes that a catalogue lacked, an older copy: videos are found again, events are not."""
    switched: bool = True
    """False while an older encoder still serves because this one has not embedded everything."""
    encoder: str = ""
    """Name of the encoder."""
    encoder_notice: str = ""
    """What to know of it: its temporal head is not used, or cannot be read. Empty for nothing."""
    missing: list[Path] = field(default_factory=list)
    """Given paths that do not exist; what was indexed from them stays."""
    empty: list[Path] = field(default_factory=list)
    """Given folders that hold no video and never did."""
    held_back: dict[Path, int] = field(default_factory=dict)
    """Folders that are suddenly empty, with the number of their files that stay in the library."""
    passed_over: dict[str, int] = field(default_factory=dict)
    """How many files and folders were left out, by reason."""
    passed_over_paths: list[PassedOver] = field(default_factory=list)
    """The first `LISTED` of each reason."""
    words: list[PassCounts] = field(default_factory=list)
    """What each pass over words has read; none where nothing was to be read."""
    predicted: dict[str, int] = field(default_factory=dict)
    """By head, new clips that it has predicted of."""
    heads_notice: str = ""
    """Heads that predict of no clip, and why."""
    words_notice: str = ""
    """What was not read because its model is not here; empty for nothing."""
    duplicates: int = 0
    """New videos that share a stretch with another one."""
    duplicates_notice: str = ""
    """Why new videos were not compared with the others; empty where they were."""
    review_cases: dict[str, int] = field(default_factory=dict)
    """By rule of the policy, new cases that it found in what is new."""
    review_notice: str = ""
    """Rules that could not look at what is new, and why."""
    troubles: list[FileTrouble] = field(default_factory=list)
    """What is not, or not wholly, searchable below the given folders, by path."""


class RunCounts:
    """Counts what a run does, in its report and in its meter."""

    def __init__(self, meter: Meter) -> None:
        self.report = IndexReport()
        self.done: dict[int, int] = {}
        """Videos embedded whole in this run, with their earlier failures."""
        self.stored_any = False
        """Whether any video of this run became searchable."""
        self._meter = meter

    def planned(self, plan: Plan) -> None:
        """Count the changes of files."""
        for count in fields(FileChanges):
            setattr(self.report, count.name, getattr(plan, count.name))
        self.report.unreadable = len(plan.unreadable)
        reasons = Counter(each.reason for each in plan.passed_over)
        self.report.passed_over = {
            reason.value: reasons[reason] for reason in Reason if reasons[reason]
        }
        listed: Counter[Reason] = Counter()
        for left_out in plan.passed_over:
            listed[left_out.reason] += 1
            if listed[left_out.reason] <= LISTED:
                self.report.passed_over_paths.append(left_out)
        for each in plan.unseen:
            self._meter.note(f"{each.path}: passed over: {each.reason.lower()}")
        for path, reason in plan.unreadable:
            self._meter.note(f"{path}: failed: {reason}")

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
            self._meter.note(f"{pending.path}: failed: {video.ending.reason}")
        else:
            now.clips += len(video.vectors.clips)
            now.video_s += video.ending.decoded_s
            self._embedded(pending, video)
        now.files_done += 1
        now.bytes_done += pending.size_bytes
        now.current = pending.path.name
        self._meter.report()

    def _embedded(self, pending: Pending, video: Embedded) -> None:
        report = self.report
        report.clips += len(video.vectors.clips)
        report.frames += len(video.vectors.frames)
        report.video_s += video.ending.decoded_s
        if video.ending.state == "partial":
            self._meter.note(f"{pending.path}: partial: {video.ending.reason}")
        else:
            report.done += 1
            self.done[pending.video_id] = pending.attempts
        self.stored_any = True

    def stopped(self, files_total: int) -> None:
        """Say what Ctrl-C left."""
        done = self._meter.now.files_done
        self._meter.note(
            f"stopped: {done:,} videos of this run are stored, {files_total - done:,} are left; "
            "run the same command again to go on"
        )

    def summed_up(
        self, plan: Plan, files: Mapping[Path, FileRecord], waiting: Set[int], bad: list[Failure]
    ) -> None:
        """Give each file below the given folders its one state.

        Args:
            plan: What the scan found.
            files: The known files below the folders, after the run.
            waiting: Videos that are not tried yet, or left to the next run.
            bad: The files of these that are not, or not wholly, searchable.
        """
        report = self.report
        states = {each.path: each.state for each in bad}
        report.partial = sum(state == State.PARTIAL for state in states.values())
        report.failed = len(states) - report.partial
        report.troubles = [FileTrouble(each.path, State(each.state), each.reason) for each in bad]
        report.indexed = report.resumed = 0
        unchanged = 0
        for path, file in files.items():
            if path in states or file.video_id is None or file.video_id in waiting:
                continue
            if path in plan.fresh or self.done.get(file.video_id, 0) > 0:
                report.indexed += 1
            elif file.video_id in self.done:
                report.resumed += 1
            else:
                unchanged += 1
        report.unchanged = max(unchanged - plan.moved, 0)
