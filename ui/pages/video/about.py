"""What the Video page tells of a video: its file, how it was read, what a person did with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from data.catalogue import Video
from data.history import Event
from data.printable import printable
from ui.library.library import Library
from ui.pages.words.language import Words
from ui.terminal.text import clock

EVENTS_SHOWN = 50
"""Events of a person on one video that its page lists."""


def subtitle(video: Video, size_bytes: int | None, words: Words) -> str:
    """Folder, date, length and size, as the line below the title."""
    parts = [
        printable(video.path.parent.name),
        words.say("player.recorded", day=day(video.recorded_at)),
        clock(video.duration_s),
        f"{video.width_px}×{video.height_px}" if video.width_px else "",  # noqa: RUF001
        "" if size_bytes is None else megabytes(size_bytes, words),
    ]
    return " · ".join(filter(None, parts))


def day(at: datetime) -> str:
    """A date as everybody reads it."""
    return f"{at:%Y-%m-%d}"


def megabytes(size_bytes: int, words: Words) -> str:
    """A size as a person compares it."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= factor:
            return f"{words.shown(round(size_bytes / factor, 1))} {unit}"
    return f"{size_bytes / 1e3:.0f} kB"


def size_of(video: Video) -> int | None:
    """Size of the file; None where it is gone."""
    try:
        return video.path.stat().st_size
    except OSError:
        return None


def details(
    library: Library, video: Video, words: Words, *, shows_path: bool
) -> list[dict[str, str]]:
    """Names and values, for the tab of details."""
    others = [path for path in library.catalogue.files.of_video(video.id) if path != video.path]
    rows = [
        ("path", str(video.path) if shows_path else ""),
        ("copies", "\n".join(map(str, others)) if shows_path else ""),
        ("codec", video.codec),
        ("fps", f"{video.fps:.3g}" if video.fps else ""),
        ("added", day(video.added_at)),
        ("number", str(video.id)),
        ("clips", _cut(library, video, words)),
        ("channels", _channels(library, video, words)),
    ]
    return [
        {"name": words.say(f"details.{name}"), "value": printable_lines_of(value)}
        for name, value in rows
        if value
    ]


def printable_lines_of(value: str) -> str:
    """A value in which nothing hides; line breaks between paths stay."""
    return "\n".join(printable(line) for line in value.split("\n"))


def _cut(library: Library, video: Video, words: Words) -> str:
    encoder = library.catalogue.encoder
    if encoder is None:
        return ""
    table = library.catalogue.clips_of(encoder, [video.id])
    rule = library.catalogue.clip_rule.in_words
    return words.say("details.cut", n=len(table.ids), rule=rule)


def _channels(library: Library, video: Video, words: Words) -> str:
    """What was read of the video beside its picture, and with how many lines."""
    parts = library.catalogue.readings.parts_of(video.id)
    counts = {row.channel: row.n_lines for part in parts for row in part.readings}
    told = [words.say("channel.picture")]
    for channel in library.catalogue.readings.served:
        name = words.say(f"channel.{channel}")
        told.append(words.say("details.lines", n=counts.get(channel, 0), name=name))
    return ", ".join(told)


def what_person_did(library: Library, video: Video, person: str) -> dict[str, Any]:
    """Verdicts, and the last events of a person on this video; empty for nobody."""
    if not person:
        return {"verdict": "", "verdicts": [], "events": []}
    events = library.events.page(person, video=video.id, limit=EVENTS_SHOWN).events
    verdicts = [each for each in events if each.kind in ("like", "dislike")]
    return {
        "verdict": verdicts[0].kind if verdicts else "",
        "verdicts": [{"id": each.id, "kind": each.kind} for each in verdicts],
        "events": [_event(each) for each in events],
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "at": f"{event.at:%Y-%m-%d %H:%M}",
        "watched_s": event.watched_s,
    }
