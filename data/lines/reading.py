"""Reading the subtitles of videos in a supervised child: a bad file costs itself."""

import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from data.errors import UnreadableVideo
from data.lines.line import Channel, Line
from data.video.children.supervisor import DecodeLimits, Supervisor

CHILD = "data.lines.child"
LIMITS = DecodeLimits(wall_s=60.0, wall_per_mb_s=0.2, memory_bytes=2 * 2**30)
"""A film is read through for its subtitle streams, not decoded: 5 MB a second at least."""
MOST_LINES = 200_000
"""More lines than this of one video are no subtitles."""


@dataclass(frozen=True)
class VideoWords:
    """The subtitles of one video, and its container's title."""

    lines: tuple[Line, ...]
    """By start."""
    title: str
    """The title tag of the container; or empty."""
    is_whole: bool
    """False where something could not be read."""
    reason: str
    """What was not read, and why; or empty."""


class WordsReader:
    """Reads one video at a time; use as a context manager."""

    def __init__(self, limits: DecodeLimits = LIMITS, child: str = CHILD) -> None:
        self._supervisor = Supervisor(limits, child)
        self._cancelled = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._supervisor.close()

    def read(self, video: Path, sidecars: Sequence[Path], *, fps: float = 0.0) -> VideoWords:
        """The subtitles beside a video and inside it.

        Args:
            video: The video.
            sidecars: Subtitle files that belong to it.
            fps: Its frames per second, for subtitles that count frames; 0 where unknown.

        Raises:
            UnreadableVideo: Neither the video nor a file beside it can be read.
            NoDecoder: No child can be started on this machine now.
        """
        request: dict[str, object] = {
            "path": str(video.absolute()),
            "sidecars": [str(path.absolute()) for path in sidecars],
            "fps": fps,
        }
        try:
            lines, ending = self._ask(video, request)
        except (ValueError, TypeError) as error:  # no child of ours says such a thing
            raise UnreadableVideo("the reader broke off") from error
        reason = str(ending.get("reason", ""))
        if ending.get("state") not in ("done", "partial"):
            raise UnreadableVideo(reason or "the reader broke off")
        whole = ending["state"] == "done"
        return VideoWords(tuple(lines), str(ending.get("title", "")), whole, reason)

    def _ask(self, video: Path, request: dict[str, object]) -> tuple[list[Line], dict[str, Any]]:
        lines: list[Line] = []
        ending: dict[str, Any] = {}
        with closing(self._supervisor.ask(video, request, self._cancelled)) as messages:
            for message in messages:
                if "lines" in message and len(lines) < MOST_LINES:
                    lines += [_line(fields) for fields in message["lines"]]
                ending = message.get("ending", ending)
        return lines, ending


def _line(fields: Sequence[Any]) -> Line:
    start_s, end_s, text, language = fields
    return Line(Channel.SUBTITLE, float(start_s), float(end_s), str(text), str(language))
