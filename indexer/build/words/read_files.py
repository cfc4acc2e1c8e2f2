"""The pass over what videos are called and over their subtitles: cheap, so it is always run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.catalogue import Catalogue, Unread
from data.errors import UnreadableVideo
from data.lines import Channel, Reading
from data.lines.names import path_lines, title_lines
from data.lines.reading import VideoWords, WordsReader
from data.lines.sidecars import stem_key, subtitle_files
from indexer.build.files.plan import is_below
from indexer.build.recording.record_lines import LinesBuffer

FILES_ENGINE = "files-1"
"""The engine of subtitles, titles and paths; another number reads all of them again."""

FILE_CHANNELS = (Channel.SUBTITLE, Channel.TITLE, Channel.PATH)


@dataclass
class PassCounts:
    """What one pass has read."""

    channel: str
    """Its channel; `subtitle` stands for titles and paths as well."""
    videos: int = 0
    """Videos read whole or in part."""
    lines: int = 0
    """Lines found in them."""
    partial: int = 0
    """Of these videos, those that could not be read whole."""
    failed: int = 0
    """Videos of which nothing could be read."""
    left_out: int = 0
    """Videos that have subtitles and were therefore not transcribed."""


@dataclass(frozen=True)
class Source:
    """What the lines of one video come from, its content left aside."""

    video: Unread
    """The video, by the file that was known first."""
    sidecars: tuple[Path, ...]
    """Subtitle files beside it, or beside its first copy that has any."""
    read_as: Path
    """The copy beside which they lie; the video's own file where there are none."""
    root: Path | None
    """The indexed folder in which it lies."""
    texts: dict[Channel, str]
    """For each channel what its lines come from, as text to compare."""
    known: dict[Channel, str | None]
    """The same when they were read last; None where they were not."""

    @property
    def changed(self) -> list[Channel]:
        """The channels to read again."""
        return [
            channel for channel in FILE_CHANNELS if self._compared(channel) != self.texts[channel]
        ]

    def _compared(self, channel: Channel) -> str | None:
        known = self.known[channel]
        return _title_source(known)[0] if channel == Channel.TITLE and known else known

    @property
    def told_title(self) -> str | None:
        """The title of the container as it was read last; None where it was not."""
        known = self.known[Channel.TITLE]
        return _title_source(known)[1] if known else None


def changed_sources(
    catalogue: Catalogue, roots: Sequence[Path], *, retry_failed: bool = False
) -> list[Source]:
    """The videos below some folders whose names or subtitle files are not those last read.

    The rule: a subtitle file is part of what a video says, so one that comes, changes or goes is
    noticed by name, size and time stamp as the video itself is. Folders that cannot be listed, as
    on a disk that is away, change nothing. Where none lies beside the video's own file, those
    beside a copy are its subtitles: the film is the same. `retry_failed` adds what failed or was
    read in part.
    """
    all_roots = sorted(catalogue.files.roots(), key=lambda root: -len(root.parts))
    known = {
        channel: dict(_by_id(catalogue.readings.sources(channel, FILES_ENGINE, retry_failed)))
        for channel in FILE_CHANNELS
    }
    folders, copies = _Folders(), catalogue.files.copies()
    found = []
    for video, _ in catalogue.readings.sources(Channel.TITLE, FILES_ENGINE):
        paths = [video.path, *copies.get(video.video_id, ())]
        if not any(is_below(path, roots) for path in paths) or folders.beside(video.path) is None:
            continue
        read_as = next((path for path in paths if folders.beside(path)), video.path)
        beside = folders.beside(read_as) or []
        root = next((each for each in all_roots if is_below(video.path, [each])), None)
        texts = {
            Channel.SUBTITLE: json.dumps([(p.name, size, mtime) for p, size, mtime in beside]),
            Channel.TITLE: video.path.name,
            Channel.PATH: json.dumps([str(root), str(video.path.parent)]),
        }
        before = {channel: known[channel].get(video.video_id) for channel in FILE_CHANNELS}
        source = Source(video, tuple(p for p, _, _ in beside), read_as, root, texts, before)
        if source.changed:
            found.append(source)
    return found


class _Folders:
    """The subtitle files of each folder, listed once."""

    def __init__(self) -> None:
        self._listed: dict[Path, dict[str, list[str]] | None] = {}

    def beside(self, video: Path) -> list[tuple[Path, int, int]] | None:
        """Path, size and time stamp of each subtitle file of a video; None where none can be seen.

        A video that is not there now is None as well.
        """
        folder = video.parent
        if folder not in self._listed:
            try:
                self._listed[folder] = subtitle_files(path.name for path in folder.iterdir())
            except OSError:
                self._listed[folder] = None
        files = self._listed[folder]
        if files is None or not video.exists():
            return None
        found = []
        for name in files.get(stem_key(video.name), ()):
            try:
                stat = (folder / name).stat()
            except OSError:
                continue  # a link to nothing, or it went away just now
            found.append((folder / name, stat.st_size, stat.st_mtime_ns))
        return found


def read_source(
    source: Source, reader: WordsReader, buffer: LinesBuffer, counts: PassCounts
) -> None:
    """Read what changed of one video into a buffer."""
    video, changed = source.video, source.changed
    told = source.told_title
    words: VideoWords | None = None
    if Channel.SUBTITLE in changed or told is None:
        try:
            words = reader.read(source.read_as, source.sidecars, fps=video.fps)
            told = words.title
            counts.partial += not words.is_whole
        except UnreadableVideo as error:
            buffer.add_failed(
                video.video_id, Channel.SUBTITLE, error.reason, source.texts[Channel.SUBTITLE]
            )
            counts.failed += 1
    counts.videos += 1
    for channel, reading, text in _readings(source, words, told or ""):
        buffer.add(video.video_id, channel, reading, text)
        counts.lines += len(reading.lines)


def _readings(
    source: Source, words: VideoWords | None, told: str
) -> Iterator[tuple[Channel, Reading, str]]:
    """What was read of each channel, and what it was read from."""
    video, changed, texts = source.video, source.changed, source.texts
    if words is not None and Channel.SUBTITLE in changed:
        subtitles = Reading(words.lines, "done" if words.is_whole else "partial", words.reason)
        yield Channel.SUBTITLE, subtitles, texts[Channel.SUBTITLE]
    if Channel.TITLE in changed or (words is not None and told != source.told_title):
        titles = title_lines(video.path, told, video.duration_s)
        text = json.dumps([texts[Channel.TITLE], told])
        yield Channel.TITLE, Reading(tuple(titles)), text
    if Channel.PATH in changed:
        paths = path_lines(video.path, source.root, video.duration_s)
        yield Channel.PATH, Reading(tuple(paths)), texts[Channel.PATH]


def _title_source(text: str) -> tuple[str, str]:
    name, told = json.loads(text)
    return str(name), str(told)


def _by_id(
    sources: Iterable[tuple[Unread, str | None]],
) -> Iterator[tuple[int, str | None]]:
    return ((video.video_id, source) for video, source in sources)
