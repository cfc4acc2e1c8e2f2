"""Films of the worlds: a few scenes of held-out combinations each, written as small H.264 files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.cores import cores
from data.toons.actors import MOTIONS, Slot, place_actor
from data.toons.places import PLACES
from data.toons.scenes import Scene, draw_scene, is_held_out
from data.toons.shapes import COLOURS, KINDS
from data.video.write import write_video

FPS = 10
WIDTH_PX, HEIGHT_PX = 192, 108
CRF = 24
CHUNK = 40


@dataclass(frozen=True)
class Film:
    """One video."""

    name: str
    """Its file name."""
    scenes: tuple[Scene, ...]
    """In order, with hard cuts between them."""

    @property
    def spans_s(self) -> list[tuple[float, float]]:
        """Start and end of each scene."""
        ends = np.cumsum([round(each.duration_s * FPS) for each in self.scenes])
        starts = [0, *ends[:-1].tolist()]
        return [(a / FPS, b / FPS) for a, b in zip(starts, ends.tolist(), strict=True)]


def draw_facts(
    rng: np.random.Generator,
    *,
    kind: str | None = None,
    colour: str | None = None,
    motion: str | None = None,
) -> tuple[str, str, str, str]:
    """Kind, colour, motion and place that the encoder was never trained on; given ones stay."""
    while True:
        facts = (
            kind or str(rng.choice(KINDS)),
            colour or str(rng.choice(list(COLOURS))),
            motion or str(rng.choice(MOTIONS)),
        )
        held_out = [place for place in PLACES if is_held_out(*facts, place)]
        if held_out:
            return (*facts, str(rng.choice(held_out)))


def one_actor(
    rng: np.random.Generator, facts: tuple[str, str, str, str], *, duration_s: float | None = None
) -> Scene:
    """A scene in which one object does one thing."""
    length_s = duration_s or int(rng.integers(15, 26)) / 5
    actor = place_actor(rng, *facts[:3], Slot(0.0, length_s))
    return Scene((actor,), facts[3], length_s, int(rng.integers(1 << 31)))


def write_films(folder: Path, films: Sequence[Film]) -> None:
    """Write all files into a new folder."""
    folder.mkdir(parents=True)
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(lambda film: _write(folder, film), films))


def _write(folder: Path, film: Film) -> None:
    write_video(folder / film.name, _frames(film), fps=FPS, crf=CRF)


def _frames(film: Film) -> Iterator[NDArray[np.uint8]]:
    for scene in film.scenes:
        times_s = np.arange(round(scene.duration_s * FPS)) / FPS
        for first in range(0, len(times_s), CHUNK):
            some = times_s[first : first + CHUNK]
            yield from draw_scene(scene, some, width_px=WIDTH_PX, height_px=HEIGHT_PX)
