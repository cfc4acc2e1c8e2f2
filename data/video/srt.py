"""SubRip, the plainest format of subtitles."""

from collections.abc import Iterable

Cue = tuple[float, float, str]
"""When a text appears and when it goes, in seconds, and the text."""


def srt(cues: Iterable[Cue]) -> str:
    """The content of a subtitle file."""
    text = ""
    for number, (start_s, end_s, sentence) in enumerate(cues, 1):
        text += f"{number}\n{_time(start_s)} --> {_time(end_s)}\n{sentence}\n\n"
    return text


def _time(time_s: float) -> str:
    minutes, millis = divmod(round(time_s * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{millis // 1000:02d},{millis % 1000:03d}"
