"""Subtitle files beside a video: which belong to it, and what they say."""

import re
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import charset_normalizer
import pysubs2

from data.errors import UnreadableVideo
from data.lines.cues import Cue, lines_of
from data.lines.languages import CODE_PAGES, language_code
from data.lines.line import Line

SUFFIXES = frozenset((".srt", ".vtt", ".ass", ".ssa", ".sub", ".smi", ".sami", ".ttml"))
"""Files that are taken for subtitles; in capitals as well."""

LARGEST_BYTES = 16 * 2**20
"""Larger files are no subtitles: those of a long film have 200 kB."""

LONGEST_OPEN_MS = 7000
"""A cue without an end, and with none after it, stands this long at most."""

BITMAP = "a subtitle of pictures, which is not read"
_WESTERN = ("cp1252",)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_NO_CUE = re.compile(r"^(?:NOTE|STYLE|REGION)\b.*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


def subtitle_files(names: Iterable[str]) -> dict[str, list[str]]:
    """The subtitle files of one folder, by the `stem_key` of the video that each belongs to.

    `NAME.srt` and `NAME.en.forced.vtt` belong to `NAME.mp4`, unless a file with a longer name, such
    as `NAME.en.mp4`, fits better.

    Args:
        names: All names in the folder.
    """
    listed = sorted(names)
    subtitles = [name for name in listed if Path(name).suffix.lower() in SUFFIXES]
    others = {stem_key(name) for name in listed if Path(name).suffix.lower() not in SUFFIXES}
    found: dict[str, list[str]] = {}
    for name in subtitles:
        stem = stem_key(name)
        while stem and stem not in others:
            stem = stem.rpartition(".")[0]
        if stem:
            found.setdefault(stem, []).append(name)
    return found


def stem_key(name: str) -> str:
    """A file's name without its suffix, as names are compared."""
    return unicodedata.normalize("NFC", Path(name).stem).casefold()


def language_in_name(sidecar: Path, video: Path) -> str:
    """The language that a subtitle file's name tells, as in `NAME.pt-BR.srt`; or empty."""
    tags = sidecar.stem[len(video.stem) :].split(".")
    return next(filter(None, map(language_code, tags)), "")


def read_sidecar(path: Path, *, language: str = "", fps: float = 0.0) -> list[Line]:
    """The lines of a subtitle file.

    Args:
        path: The file.
        language: Its language where that is known; it also tells the encoding of old files.
        fps: Frames per second of the video, for formats that count frames; 0 where unknown.

    Raises:
        UnreadableVideo: It is damaged, no subtitle, or one of pictures.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise UnreadableVideo(f"cannot be read: {error.strerror}") from error
    if content[:4] == b"\0\0\x01\xba":
        raise UnreadableVideo(BITMAP)
    if len(content) > LARGEST_BYTES:
        raise UnreadableVideo("too large for a subtitle")
    text = decoded(content, language)
    if not text.strip():
        return []
    return list(lines_of(_cues(text, fps), language))


def decoded(content: bytes, language: str = "") -> str:
    """The text of a file in whatever encoding it was written.

    A byte order mark decides, then UTF-8, then the usual encodings of the language, then the
    letters that the bytes would give.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if b"\0" in content[:200]:
        little = content[1:200:2].count(0) >= content[:200:2].count(0)
        return content.decode("utf-16-le" if little else "utf-16-be", errors="replace")
    for encoding in ("utf-8", *(CODE_PAGES.get(language, _WESTERN) if language else ())):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    guess = charset_normalizer.from_bytes(content).best()
    return str(guess) if guess is not None else content.decode("cp1252", errors="replace")


def _cues(text: str, fps: float) -> list[Cue]:
    text = _NO_CUE.sub("\n", text) if text.startswith("WEBVTT") else text
    try:
        events = _parsed(text, fps).events
    except (pysubs2.Pysubs2Error, ValueError, KeyError, IndexError, ArithmeticError) as error:
        raise UnreadableVideo(f"no subtitle that can be read ({type(error).__name__})") from error
    spoken = [event for event in events if not event.is_comment and not event.is_drawing]
    next_ms = [event.start for event in spoken[1:]] + [sys.maxsize]
    return [
        Cue(event.start / 1000, _end_ms(event, after) / 1000, event.text)
        for event, after in zip(spoken, next_ms, strict=True)
    ]


def _parsed(text: str, fps: float) -> pysubs2.SSAFile:
    try:
        return pysubs2.SSAFile.from_string(text)
    except pysubs2.UnknownFPSError:
        if fps <= 0:
            raise
        return pysubs2.SSAFile.from_string(text, fps=fps)


def _end_ms(event: pysubs2.SSAEvent, next_ms: int) -> int:
    """The end of a cue; SAMI gives none, there the next one ends it."""
    if event.end > event.start:
        return int(event.end)
    return int(min(event.start + LONGEST_OPEN_MS, max(next_ms, event.start)))
