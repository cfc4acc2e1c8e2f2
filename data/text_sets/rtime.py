"""RTime: `test.json`, an object of videos with what they show, forwards and backwards.

https://github.com/qyr0403/Reversed-in-Time (Du et al., "Reversed in Time", ACM MM 2024): by id of a
video `reverse` (whether the reversed video is part of the set), `forward_captions` and
`reverse_captions`, of which the first is asked as in published code; rewritten captions are for
training. How reversed videos are called is not published with the set: `ID_rev`, `ID_reverse` or
`ID_reversed` is looked for.
"""

from collections.abc import Sequence
from pathlib import Path

from data.text_sets.gathered import Gathered
from data.text_sets.located import Entry, Source
from data.text_sets.text_set import Caption, ReversedPair, TextSet

KIND = "rtime"
HARD = "hard"


def is_rtime(entries: Sequence[Entry]) -> bool:
    """Whether a JSON file is an object of videos with captions of RTime."""
    first = entries[0].value if entries and entries[0].key else None
    return isinstance(first, dict) and "forward_captions" in first


def read_rtime(path: Path, entries: Sequence[Entry]) -> TextSet:
    """Read three tasks: originals alone, originals among reversed ones, and pairs of both.

    Raises:
        ReelwiseError: An entry lacks a field, or a video stands there twice.
    """
    source, videos = Source(path, "RTime"), Gathered()
    origin, hard, pairs = [], [], []
    for entry in entries:
        source.once(entry.line, "video", entry.key)
        forward = _first(source, entry, "forward_captions")
        place = videos.place(entry.key)
        origin.append(Caption(place, forward))
        hard.append(origin[-1])
        if entry.value.get("reverse") is True:
            backward = _first(source, entry, "reverse_captions")
            names = [f"{entry.key}_{how}" for how in ("rev", "reverse", "reversed")]
            reversed_place = videos.place(*names)
            hard.append(Caption(reversed_place, backward))
            pairs.append(ReversedPair(place, reversed_place, forward, backward))
    retrievals = {"": tuple(origin)} | ({HARD: tuple(hard)} if pairs else {})
    return TextSet(KIND, f"rtime, {path.stem}", videos.videos, retrievals, pairs=tuple(pairs))


def _first(source: Source, entry: Entry, name: str) -> str:
    captions = source.field(entry, name, list)
    if not captions:
        raise source.wrong(entry.line, f"{name!r} is empty")
    return source.text(entry.line, name, captions[0])
