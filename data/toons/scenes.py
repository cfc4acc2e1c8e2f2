"""Scenes of the toon world: one place, one actor or two that act in order, and their captions."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from data.toons.actors import FLAT, MOTIONS, Actor, Slot, place_actor
from data.toons.captions import wording
from data.toons.places import PLACES, draw_place
from data.toons.shapes import ASPECT, COLOURS, KINDS, paint

_HELD_OUT_ONE_IN = 10
_TWO_ACTORS_SHARE = 0.25
_PLACE_SHARE = 0.75  # of training captions, how many name the place
_N_CAPTIONS, _N_CAPTIONS_WITH_PLACE = 8, 6


@dataclass(frozen=True)
class Scene:
    """One shot: a place and the one or two actors in it."""

    actors: tuple[Actor, ...]
    """In the order in which they act."""
    place: str
    """One of `PLACES`."""
    duration_s: float
    """Length of the scene."""
    seed: int
    """Lays out the backdrop and chooses the wordings."""

    @property
    def held_out(self) -> bool:
        """Whether every actor is a combination that is never trained on."""
        return all(is_held_out(*actor.facts, self.place) for actor in self.actors)

    @property
    def facts(self) -> tuple[object, ...]:
        """What the full captions say, comparable between scenes: place, then actors in order."""
        return (self.place, *(actor.facts for actor in self.actors))

    def captions(self) -> tuple[str, ...]:
        """Return eight wordings: six with all facts, the plainest first, and two without place."""
        rng = np.random.default_rng([self.seed, 11])
        captions = {wording(self.actors, self.place): None}
        for n, with_place in ((_N_CAPTIONS_WITH_PLACE, True), (_N_CAPTIONS, False)):
            while len(captions) < n:
                captions[wording(self.actors, self.place, rng, with_place=with_place)] = None
        return tuple(captions)

    def caption(self, rng: np.random.Generator) -> str:
        """Return one wording by chance; a quarter of them leave the place out."""
        with_place = bool(rng.random() < _PLACE_SHARE)
        return wording(self.actors, self.place, rng, with_place=with_place)

    def opposite(self) -> Self | None:
        """Return the twin that differs in time only; None for one actor without a direction.

        With one actor it is the same scene played backwards ("to the left" becomes "to the right");
        with two, each does the same as before but in the other order.
        """
        if len(self.actors) == 1:
            twin = self.actors[0].opposite()
            return None if twin is None else replace(self, actors=(twin,))
        first, then = self.actors
        now_first = replace(then, begin_s=first.begin_s, end_s=first.end_s)
        now_last = replace(first, begin_s=then.begin_s, end_s=then.end_s)
        return replace(self, actors=(now_first, now_last))


def is_held_out(kind: str, colour: str, motion: str, place: str) -> bool:
    """Tell whether this combination is never trained on: one in ten, the same on every machine."""
    digest = hashlib.blake2b(f"{kind}|{colour}|{motion}|{place}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _HELD_OUT_ONE_IN == 0


def random_scene(
    rng: np.random.Generator, *, held_out: bool | None, n_actors: int | None = None
) -> Scene:
    """Return a scene by chance.

    Args:
        rng: Where the chance comes from.
        held_out: True: every actor is a held-out combination; False: none is; None: either.
        n_actors: 1 or 2; None: two in a quarter of the scenes.
    """
    n = n_actors or (2 if rng.random() < _TWO_ACTORS_SHARE else 1)
    if n not in (1, 2):
        raise ValueError(f"n_actors is 1 or 2, not {n}")
    place = str(rng.choice(PLACES))
    casting: list[tuple[str, str, str]] = []
    while len(casting) < n:
        facts = (str(rng.choice(KINDS)), str(rng.choice(list(COLOURS))), str(rng.choice(MOTIONS)))
        clash = any(facts[0] == other[0] or facts[1] == other[1] for other in casting)
        if not clash and held_out in (None, is_held_out(*facts, place)):
            casting.append(facts)
    fifths = rng.integers(15, 26) if n == 1 else rng.integers(22, 31)
    duration_s = int(fifths) / 5  # whole frames at 5, 10, 15, 20, 25 and 30 per second
    slots = _slots(rng, [motion for _, _, motion in casting], duration_s)
    pairs = zip(casting, slots, strict=True)
    actors = tuple(place_actor(rng, *facts, slot) for facts, slot in pairs)
    return Scene(actors, place, duration_s, int(rng.integers(1 << 31)))


def _slots(rng: np.random.Generator, motions: list[str], duration_s: float) -> list[Slot]:
    """Return when each actor acts, and in which part of the frame.

    Two actors share the frame side by side, or one above the other where that gives a way to the
    left or right more room.
    """
    if len(motions) == 1:
        return [Slot(0.0, duration_s)]
    halves = [(0.0, ASPECT / 2, 0.0, 1.0), (ASPECT / 2, ASPECT, 0.0, 1.0)]
    if FLAT.issuperset(motions) and not {"left", "right"}.isdisjoint(motions):
        halves = [(0.0, ASPECT, 0.0, 0.5), (0.0, ASPECT, 0.5, 1.0)]
    first, middle_s = int(rng.integers(2)), duration_s / 2
    return [Slot(0.0, middle_s, *halves[first]), Slot(middle_s, duration_s, *halves[1 - first])]


def draw_scene(
    scene: Scene,
    times_s: Sequence[float] | NDArray[np.float64],
    *,
    width_px: int = 320,
    height_px: int = 180,
) -> NDArray[np.uint8]:
    """Return the frames (n, h, w, 3) uint8 RGB at these times of the scene.

    The world is 16:9; another shape squashes it.
    """
    backdrop = draw_place(scene.place, scene.seed, width_px=width_px, height_px=height_px)
    frames = np.repeat(backdrop[None], len(times_s), 0)
    for frame, time_s in zip(frames, times_s, strict=True):
        for actor in scene.actors:
            affine = actor.affine(float(time_s), width_px, height_px)
            if affine is not None:
                paint(frame, actor.kind, actor.colour, affine)
    return frames
