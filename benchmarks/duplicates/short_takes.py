"""Short takes of one place, and changed copies of each: takes of one place are no copies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.duplicates.changed_videos import WHOLE, Made, Stretch
from data.video.decoders.opening import open_video
from data.video.transcode import Change, transcode

TAKE_S = 1.6
"""Length of a take: as short as a sign of sign language."""
APART_S = 1.0
"""Seconds between two takes of one source, at least."""
MOST_TAKES = 4
"""Takes of one source."""
KINDS_EACH = 2
"""Changed copies of one take; another has others."""


def short_takes(originals: Sequence[Path], folder: Path) -> Iterator[Made]:
    """Write takes of some videos, spread over each, and changed copies of each take."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [kind for kind in WHOLE if WHOLE[kind].speed == 1.0]
    number = 0
    for original in originals:
        for start_s in _starts_s(original):
            name = f"{original.stem}-take-{start_s:.1f}"
            shows = (Stretch(original.name, start_s, start_s + TAKE_S),)
            part = Change(start_s, start_s + TAKE_S, crf=20)
            path = folder / f"{name}.mp4"
            transcode(original, path, part)
            yield Made(path, "original", shows)
            for kind in (kinds[(number + at) % len(kinds)] for at in range(KINDS_EACH)):
                copy = folder / f"{name}-{kind}{'.mkv' if kind == 'other_codec' else '.mp4'}"
                transcode(original, copy, replace(WHOLE[kind], start_s=start_s, end_s=part.end_s))
                yield Made(copy, kind, shows)
            number += KINDS_EACH


def _starts_s(path: Path) -> list[float]:
    """Where the takes of one video begin."""
    with open_video(path) as opened:
        length_s = opened.info.duration_s
    n = min(MOST_TAKES, int((length_s + APART_S) // (TAKE_S + APART_S)))
    step_s = (length_s - TAKE_S) / max(1, n - 1)
    return [round(at * step_s, 1) for at in range(n)]
