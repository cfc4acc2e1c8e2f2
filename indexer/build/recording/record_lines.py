"""Store what engines have read: an order of steps that survives a kill between any two of them.

part announced  ->  part on the disk  ->  readings and part row committed  ->  reported
"""

from collections.abc import Sequence
from dataclasses import replace

from data.catalogue import Catalogue, LinePart, ReadingRow, State, new_part_name
from data.durable import crash_point, remove_unfinished
from data.home import Home, holds_lock
from data.lines import Channel, Line, Reading
from indexer.build.recording.parts import PartBuffer, remove_loose
from indexer.store.lines import (
    DamagedLines,
    LineStore,
    VideoLines,
    new_number,
    stray_line_parts,
    with_number,
)

FLUSH_READINGS = 64
"""Readings of one part file at most."""

FLUSH_LINES = 20_000
"""Lines of one part file at most, give or take a video."""


def record_lines(
    catalogue: Catalogue, store: LineStore, readings: Sequence[VideoLines]
) -> LinePart | None:
    """Store what was read in one part; when this returns, it is done, whatever happens next.

    This process must hold the writer lock. A reading replaces that of the same video, channel and
    engine.

    Returns:
        The part; None where nothing has a line.

    Raises:
        ValueError: The lock is not held, or a channel of a video is given twice.
    """
    if not holds_lock(catalogue.home):
        raise ValueError("record_lines needs the writer lock: with writing_session(home)")
    keys = {(each.row.video_id, each.row.channel) for each in readings}
    if len(keys) != len(readings):
        raise ValueError("record_lines takes each channel of a video once per call")
    if not readings:
        return None
    part: LinePart | None = None
    if any(each.lines for each in readings):
        name = new_part_name()
        catalogue.readings.announce(store.engine_id, name)
        crash_point("lines.after_announce")
        part = store.write_part(readings, name=name)
        crash_point("lines.after_part")
    catalogue.readings.commit(store.engine_id, part, [each.row for each in readings])
    crash_point("lines.after_commit")
    return part


class LinesBuffer(PartBuffer):
    """Readings of one engine, good and failed, stored one part at a time."""

    def __init__(self, catalogue: Catalogue, store: LineStore) -> None:
        super().__init__()
        self._catalogue = catalogue
        self._store = store
        self._good: list[VideoLines] = []
        self._failed: list[tuple[int, Channel, str, str]] = []

    def add(self, video_id: int, channel: Channel, reading: Reading, source: str = "") -> None:
        """Keep what was read for the next flush."""
        self.begin()
        lines = tuple(_clean(line) for line in reading.lines)
        row = ReadingRow(
            video_id=video_id,
            channel=channel,
            number=new_number(),
            n_lines=len(lines),
            state=State(reading.state),
            reason=reading.reason,
            source=source,
        )
        self._good.append(VideoLines(row, "", lines))

    def add_failed(self, video_id: int, channel: Channel, reason: str, source: str = "") -> None:
        """Keep a failure for the next flush."""
        self.begin()
        self._failed.append((video_id, channel, reason, source))

    @property
    def is_empty(self) -> bool:
        """Whether nothing that was read waits."""
        return not self._good and not self._failed

    @property
    def is_full(self) -> bool:
        """Whether what was read makes a part."""
        n_lines = sum(len(each.lines) for each in self._good)
        return len(self._good) + len(self._failed) >= FLUSH_READINGS or n_lines >= FLUSH_LINES

    def flush(self) -> int:
        """Make durable what was read, failures last; gives the number of readings and failures."""
        keys = self._catalogue.files.content_keys(each.row.video_id for each in self._good)
        named = [replace(each, content_key=keys[each.row.video_id]) for each in self._good]
        record_lines(self._catalogue, self._store, named)
        self._catalogue.readings.record_failed(self._store.engine_id, self._failed)
        stored = len(self._good) + len(self._failed)
        self._good, self._failed = [], []
        return stored


def _clean(line: Line) -> Line:
    """The line as a file can hold it: text that is no Unicode is replaced."""
    text = line.text.encode(errors="replace").decode()
    return line if text == line.text else replace(line, text=text)


def tidy_lines(home: Home, catalogue: Catalogue) -> int:
    """Remove line parts that no reader can use; the caller holds the writer lock.

    Only files that a writer announced are removed. Gives their number.
    """
    removed = remove_loose(
        catalogue.readings.retire_parts(),
        lambda engine_id, name: LineStore(home, engine_id).path(name),
        catalogue.readings.retired,
        "tidy_lines.after_unlink",
    )
    if home.all_lines.is_dir():
        removed += sum(remove_unfinished(folder) for folder in home.all_lines.iterdir())
    return removed


def forget_lost(catalogue: Catalogue) -> int:
    """Forget readings whose part is missing or cut: they are read again. Gives how many.

    One lost part stops no other, and costs no second run.
    """
    lost: dict[str, set[int]] = {}
    for part in catalogue.readings.parts(live=False):
        path = LineStore(catalogue.home, part.engine_id).path(part.name)
        try:
            is_whole = path.stat().st_size == part.size_bytes
        except OSError:
            is_whole = False
        if not is_whole and part.readings:
            lost.setdefault(part.engine_id, set()).update(row.video_id for row in part.readings)
    return sum(catalogue.readings.forget(engine_id, videos) for engine_id, videos in lost.items())


def take_in_lines(catalogue: Catalogue, store: LineStore) -> int:
    """Record what stray parts hold of videos that lack it; gives the number of readings.

    A part of which nothing is missing any more is removed. The caller holds the writer lock.
    """
    taken = 0
    for name in stray_line_parts(catalogue, store):
        try:
            held = store.read_stray(name)
        except DamagedLines:
            continue  # `verify` tells of it
        known = catalogue.files.known_contents(each.content_key for each in held)
        here = [each for each in held if each.content_key in known]
        new = [
            with_number(replace(each, row=replace(each.row, video_id=known[each.content_key])))
            for each in here
        ]
        channels = {each.row.channel for each in new}
        lacking = {
            (each.video_id, channel)
            for channel in channels
            for each in catalogue.readings.unread(channel, store.engine_id)
        }
        new = [each for each in new if (each.row.video_id, each.row.channel) in lacking]
        record_lines(catalogue, store, new)
        taken += len(new)
        if len(here) == len(held):
            # Announced first: only such files are ever removed.
            catalogue.readings.announce(store.engine_id, name)
            store.path(name).unlink(missing_ok=True)
            catalogue.readings.retired([name])
    return taken
