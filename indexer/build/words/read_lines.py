"""The passes behind the visual one: subtitles and titles, then speech, then text in the picture.

Each is resumable per video and stores what it has read every few seconds. What one video breaks
costs that video.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from data.catalogue import Catalogue, Unread
from data.errors import ReelwiseError, UnreadableVideo
from data.lines import Channel, LineReader, Reading
from data.lines.reading import WordsReader
from data.video.children.process import NoDecoder
from indexer.build.files.plan import is_below
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Meter, Phase
from indexer.build.recording.record_lines import LinesBuffer, forget_lost, take_in_lines
from indexer.build.words.read_files import (
    FILE_CHANNELS,
    FILES_ENGINE,
    PassCounts,
    Source,
    changed_sources,
    read_source,
)
from indexer.store.lines import LineStore

Item = TypeVar("Item")

SUBTITLED = "subtitles"
"""Source of a speech reading that was left out because the video has subtitles."""

PHASES: dict[Channel, Phase] = {
    Channel.SPEECH: "listening",
    Channel.SCREEN: "reading the picture",
}


class LinePasses:
    """Reads lines of the videos below some folders; the caller holds the writer lock.

    Args:
        catalogue: The library.
        stop: Keeps Ctrl-C from cutting through a commit.
        meter: Shows progress.
        on_stored: Called after each flush; may publish.
    """

    def __init__(
        self, catalogue: Catalogue, stop: Interrupt, meter: Meter, on_stored: Callable[[], None]
    ) -> None:
        self._catalogue = catalogue
        self._stop = stop
        self._meter = meter
        self._on_stored = on_stored
        self.counts: list[PassCounts] = []
        """Of the passes so far."""

    def read_files(self, roots: Sequence[Path], *, retry_failed: bool = False) -> bool:
        """Read names and subtitles that are new or changed; gives whether anything was."""
        with self._stop.shielded():
            forget_lost(self._catalogue)
        self._take_in(FILES_ENGINE)
        self._serve_if_first(FILES_ENGINE, FILE_CHANNELS)
        sources = changed_sources(self._catalogue, roots, retry_failed=retry_failed)
        if not sources:
            return False
        counts = self._begin(Channel.SUBTITLE, "reading subtitles", [s.video for s in sources])
        buffer = LinesBuffer(self._catalogue, LineStore(self._catalogue.home, FILES_ENGINE))
        with WordsReader() as reader:

            def read(source: Source) -> None:
                read_source(source, reader, buffer, counts)

            self._read_all([(source.video, source) for source in sources], read, buffer)
        return True

    def read_with(
        self, reader: LineReader, roots: Sequence[Path], *, retry_failed: bool = False
    ) -> bool:
        """Read a channel of the videos that lack it; gives whether anything was stored.

        Below `roots` only, unless another engine is served: then of the whole library, and this one
        is served once it has read all.
        """
        self._take_in(reader.id)
        served = self._serve_if_first(reader.id, [reader.channel])
        everywhere = served[reader.channel] != reader.id
        wanted, left_out = self._wanted(reader, retry_failed)
        mine = [each for each in wanted if everywhere or is_below(each.path, roots)]
        here = [each for each in mine if each.path.exists()]
        buffer = LinesBuffer(self._catalogue, LineStore(self._catalogue.home, reader.id))
        if here or left_out:
            counts = self._begin(
                reader.channel, PHASES.get(reader.channel, "reading subtitles"), here
            )
            counts.left_out = len(left_out)
            for video in left_out:
                buffer.add(video.video_id, reader.channel, _HAS_SUBTITLES, SUBTITLED)
            with self._stop.shielded():
                buffer.flush()

            def read(video: Unread) -> None:
                _read_one(video, reader, buffer, counts, self._meter)

            self._read_all([(video, video) for video in here], read, buffer)
        if everywhere and not self._wanted(reader, False)[0]:
            self._catalogue.readings.serve({reader.channel: reader.id})
            return True
        return bool(here or left_out)

    def _wanted(self, reader: LineReader, retry_failed: bool) -> tuple[list[Unread], list[Unread]]:
        """The videos to read, and those to leave out from now on because they have subtitles."""
        readings = self._catalogue.readings
        unread = readings.unread(reader.channel, reader.id, retry_failed=retry_failed)
        if reader.channel != Channel.SPEECH:
            return unread, []
        subtitled = readings.with_lines(Channel.SUBTITLE)
        # Their subtitles went away: what was left out has to be heard after all.
        bared = [
            video
            for video, source in readings.sources(reader.channel, reader.id)
            if source == SUBTITLED and video.video_id not in subtitled
        ]
        wanted = [each for each in unread if each.video_id not in subtitled]
        return wanted + bared, [each for each in unread if each.video_id in subtitled]

    def _read_all(
        self,
        items: Sequence[tuple[Unread, Item]],
        read: Callable[[Item], None],
        buffer: LinesBuffer,
    ) -> None:
        now = self._meter.now
        try:
            for video, item in items:
                read(item)
                now.files_done += 1
                now.bytes_done += video.size_bytes
                now.current = video.path.name
                self._meter.report()
                if buffer.is_due:
                    with self._stop.shielded():
                        buffer.flush()
                    self._on_stored()
        finally:  # Ctrl-C: what was read is kept
            with self._stop.shielded():
                buffer.flush()

    def _begin(self, channel: Channel, phase: Phase, videos: Sequence[Unread]) -> PassCounts:
        size_bytes = sum(each.size_bytes for each in videos)
        self._meter.begin_pass(phase, len(videos), size_bytes)
        self.counts.append(PassCounts(str(channel)))
        return self.counts[-1]

    def _take_in(self, engine_id: str) -> None:
        with self._stop.shielded():
            take_in_lines(self._catalogue, LineStore(self._catalogue.home, engine_id))

    def _serve_if_first(self, engine_id: str, channels: Sequence[Channel]) -> dict[Channel, str]:
        """Serve an engine where its channel has none; gives the engines that are served."""
        served = self._catalogue.readings.served
        first = {channel: engine_id for channel in channels if channel not in served}
        # Names and subtitles are read again at once: their engine has no rival to wait for.
        if engine_id == FILES_ENGINE:
            first = {channel: engine_id for channel in channels if served.get(channel) != engine_id}
        if first:
            self._catalogue.readings.serve(first)
        return {**served, **first}


_HAS_SUBTITLES = Reading((), reason="has subtitles, which are searched instead")


def _read_one(
    video: Unread, reader: LineReader, buffer: LinesBuffer, counts: PassCounts, meter: Meter
) -> None:
    """Read one video into the buffer; whatever goes wrong in it costs it alone."""
    try:
        before = _stamp(video.path)
        reading = reader.read(video.path, meter.report)
        if _stamp(video.path) != before:
            meter.note(f"{video.path}: was written to while it was read; run again to take it")
            return
    except NoDecoder:
        raise
    except UnreadableVideo as error:
        _failed(video, reader, error.reason, buffer, counts, meter)
    except ReelwiseError:
        raise
    except (OSError, ValueError, RuntimeError, ArithmeticError, LookupError, MemoryError) as error:
        reason = f"{type(error).__name__}: {error}"[:300]
        _failed(video, reader, reason, buffer, counts, meter)
    else:
        buffer.add(video.video_id, reader.channel, reading)
        counts.videos += 1
        counts.lines += len(reading.lines)
        counts.partial += reading.state == "partial"


def _failed(
    video: Unread,
    reader: LineReader,
    reason: str,
    buffer: LinesBuffer,
    counts: PassCounts,
    meter: Meter,
) -> None:
    buffer.add_failed(video.video_id, reader.channel, reason)
    counts.failed += 1
    meter.note(f"{video.path}: {reader.channel}: failed: {reason}")


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
