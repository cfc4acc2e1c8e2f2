"""Lines from what a video is called: its file name, its container's title, its folders."""

import re
from pathlib import Path

from data.lines.line import Channel, Line

_SPLIT = re.compile(r"[\W_]+")
_INNER = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_MEANINGLESS = re.compile(r"[0-9a-f]{12,}", re.IGNORECASE)


def title_lines(path: Path, container_title: str, duration_s: float) -> list[Line]:
    """The title of a video from its file name, in words, and the title that its container tells."""
    named = words_of_name(path.stem)
    told = " ".join(container_title.split())
    texts = [named] if named else []
    if told and words_of_name(told).casefold() != named.casefold():
        texts.append(told)
    return [_line(Channel.TITLE, text, duration_s) for text in texts]


def path_lines(path: Path, root: Path | None, duration_s: float) -> list[Line]:
    """The folders from a root to a video, in words; of a video that was named itself, its own."""
    below = root is not None and root in path.parents
    inside = path.parent.relative_to(root) if root and below else Path(path.parent.name)
    names = ([root.name] if root and below else []) + list(inside.parts)
    words = " / ".join(filter(None, map(words_of_name, names)))
    return [_line(Channel.PATH, words, duration_s)] if words else []


def words_of_name(name: str) -> str:
    """A name in words: `IMG_2041-birthdayParty.final` is `IMG 2041 birthday Party final`."""
    readable = name.encode(errors="replace").decode()
    words = (word for word in _SPLIT.split(readable) if word and not _MEANINGLESS.fullmatch(word))
    return " ".join(" ".join(_INNER.split(word)) for word in words)


def _line(channel: Channel, text: str, duration_s: float) -> Line:
    return Line(channel, 0.0, max(duration_s, 0.0), text[:1000].strip())
