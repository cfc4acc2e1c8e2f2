"""Stories of the toon world: titled sequences of scenes with hard cuts at exact times."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.toons.captions import noun, place_words, wording
from data.toons.scenes import Scene, draw_scene, random_scene
from data.toons.shapes import ANIMALS, VEHICLES

FPS = 15
"""Frames per second of a story; scenes last whole fifths of a second, so every cut is exact."""

_SCENES_SHARE = (0.2, 0.35, 0.3, 0.15)  # of stories with one, two, three and four scenes
_SUBTITLES_SHARE = 1 / 3
_CHUNK = 32  # frames drawn at once: 5.5 MB at 320x180

Facts = tuple[str, str, str, str]


@dataclass(frozen=True)
class Story:
    """One video's worth of scenes."""

    title: str
    """What a person might call it."""
    scenes: tuple[Scene, ...]
    """One to four, in order."""
    subtitled: bool
    """Whether what happens is also spoken (written to a subtitle file)."""
    seed: int
    """What it was made from."""

    @property
    def starts_s(self) -> tuple[float, ...]:
        """When each scene starts; the first at 0."""
        return self._borders_s()[:-1]

    @property
    def ends_s(self) -> tuple[float, ...]:
        """When each scene ends: where the next one starts."""
        return self._borders_s()[1:]

    @property
    def duration_s(self) -> float:
        """Length of the whole story."""
        return self._borders_s()[-1]

    def queries(self) -> tuple[str, ...]:
        """Return for each scene one sentence with all its facts, as people might search for it."""
        rng = np.random.default_rng([self.seed, 13])
        return tuple(wording(s.actors, s.place, rng) for s in self.scenes)

    def _borders_s(self) -> tuple[float, ...]:
        fifths = np.cumsum([0, *(round(scene.duration_s * 5) for scene in self.scenes)])
        return tuple(int(n) / 5 for n in fifths)


def actor_facts(scene: Scene) -> list[Facts]:
    """Return kind, colour, motion and place of each actor."""
    return [(*actor.facts, scene.place) for actor in scene.actors]


def make_story(
    seed: int, *, held_out: bool | None = None, taken: set[Facts] | None = None
) -> Story:
    """Return the story of a seed: scenes in different places with different kinds of actors.

    Args:
        seed: Everything follows from it (and from `taken`).
        held_out: As in `random_scene`, for every scene.
        taken: Combinations that are used up already; those of this story are added.
    """
    rng = np.random.default_rng([seed, 17])
    n_scenes = 1 + int(rng.choice(4, p=_SCENES_SHARE))
    used: set[Facts] = taken if taken is not None else set()
    scenes: list[Scene] = []
    while len(scenes) < n_scenes:
        scene = random_scene(rng, held_out=held_out)
        if _is_new(scene, scenes) and used.isdisjoint(actor_facts(scene)):
            used.update(actor_facts(scene))
            scenes.append(_looking_ahead(scene))
    subtitled = bool(rng.random() < _SUBTITLES_SHARE)
    return Story(_title(scenes, rng), tuple(scenes), subtitled, seed)


def _is_new(scene: Scene, before: list[Scene]) -> bool:
    kinds = {actor.kind for other in before for actor in other.actors}
    return kinds.isdisjoint(a.kind for a in scene.actors) and all(
        scene.place != other.place for other in before
    )


def _looking_ahead(scene: Scene) -> Scene:
    """Turn vehicles and animals to where they go, for the eye; in training they face anywhere."""
    ways = {"left": -1, "right": 1}
    actors = (
        replace(a, faces=ways.get(a.motion, a.faces)) if a.kind in VEHICLES | ANIMALS else a
        for a in scene.actors
    )
    return replace(scene, actors=tuple(actors))


def _title(scenes: list[Scene], rng: np.random.Generator) -> str:
    stars = [noun(a.kind, a.colour).split(" ", 1)[1] for scene in scenes for a in scene.actors]
    where = place_words(scenes[0].place)
    patterns = ["The {a} {where}", "Adventures of the {a}", "One day {where}"]
    if len(stars) > 1:
        patterns += ["The {a} and the {b}", "The {a} meets the {b}"]
    pattern = patterns[int(rng.integers(len(patterns)))]
    return pattern.format(a=stars[0], b=stars[-1], where=where)


def draw_story(
    story: Story, *, width_px: int = 320, height_px: int = 180
) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames (h, w, 3) uint8 RGB of a story, `FPS` of them per second."""
    for scene in story.scenes:
        times_s = np.arange(round(scene.duration_s * FPS)) / FPS
        for first in range(0, len(times_s), _CHUNK):
            some = times_s[first : first + _CHUNK]
            yield from draw_scene(scene, some, width_px=width_px, height_px=height_px)
