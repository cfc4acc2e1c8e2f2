"""All subtitles of a video: files beside it, and streams inside it. Runs in a child process."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from data.errors import UnreadableVideo
from data.lines.cues import Cue, lines_of
from data.lines.languages import language_code
from data.lines.line import Line
from data.lines.sidecars import language_in_name, read_sidecar
from data.video.decoders.subtitle_streams import SubtitleTrack, container_words
from data.video.types import OnProgress


@dataclass
class Words:
    """What a video says in words, beside it and inside it."""

    lines: list[Line]
    """Subtitle lines, by start."""
    title: str
    """The title tag of its container; or empty."""
    notes: list[str]
    """What was passed over, and why, for a person."""
    is_whole: bool
    """False where something could not be read that another try, or another file, might give."""


def read_words(
    video: Path, sidecars: Iterable[Path], *, fps: float, on_progress: OnProgress
) -> Words:
    """Read the subtitles of a video; what cannot be read costs itself.

    Raises:
        UnreadableVideo: The video's container cannot be opened, and no file beside it was read.
    """
    words = Words([], "", [], is_whole=True)
    for path in sidecars:
        try:
            language = language_in_name(path, video)
            words.lines += read_sidecar(path, language=language, fps=fps)
        except UnreadableVideo as error:
            words.notes.append(f"{path.name}: {error.reason}")
            words.is_whole = False
        on_progress()
    try:
        inside = container_words(video, on_progress)
    except UnreadableVideo:
        if not words.lines:
            raise
        words.is_whole = False
    else:
        words.title = inside.title.strip()
        words.is_whole = words.is_whole and inside.is_whole
        if not inside.is_whole:
            words.notes.append("its subtitle streams break off")
        for track in inside.tracks:
            _take(words, track)
    words.lines = _once(words.lines)
    return words


def _take(words: Words, track: SubtitleTrack) -> None:
    if not track.is_text:
        words.notes.append(f"a subtitle stream of pictures ({track.codec}) is not read")
        return
    cues = [Cue(each.start_s, each.end_s, each.text) for each in track.cues]
    words.lines += lines_of(cues, language_code(track.language))


def _once(lines: Iterable[Line]) -> list[Line]:
    """The lines by start, each text at one time once, though several files have it."""
    seen: dict[tuple[str, int], Line] = {}
    for line in lines:
        seen.setdefault((line.text.casefold(), round(line.start_s)), line)
    return sorted(seen.values(), key=lambda line: (line.start_s, line.end_s))
