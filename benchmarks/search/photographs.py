"""Things of photographs that packages carry, put on other photographs in known places."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data.photo_films.photographs import photograph
from embeddings.starter.footage import HEIGHT, WIDTH, padded
from embeddings.starter.shape import FRAME_SPEC

Part = tuple[int, int, int, int] | None
"""Top, left, bottom, right of the thing in its photograph, in pixels; None for all of it."""
THINGS: dict[str, tuple[str, Part]] = {
    "a cat": ("skimage/chelsea.png", (10, 90, 300, 230)),
    "a cup of coffee": ("skimage/coffee.png", (60, 140, 330, 320)),
    "an astronaut": ("skimage/astronaut.png", (0, 60, 512, 380)),
    "a motorcycle": ("skimage/motorcycle_left.png", None),
    "a rocket": ("skimage/rocket.jpg", None),
    "a flower": ("sklearn/flower.jpg", None),
}
GROUNDS = (
    "skimage/brick.png",
    "skimage/grass.png",
    "skimage/gravel.png",
    "sklearn/china.jpg",
    "skimage/coins.png",
)
LEAST, MOST = 0.4, 0.6
"""Of the frame's height."""


@dataclass(frozen=True)
class PhotoOnGround:
    """A frame of `starter` with a thing in it."""

    frame: NDArray[np.uint8]
    """(448, 448, 3)."""
    words: str
    """What the thing is."""
    place: NDArray[np.bool_]
    """(448, 448) where it is."""


def photographs_on_grounds(n: int, *, seed: int) -> list[PhotoOnGround]:
    """N of them, each thing in turn."""
    rng = np.random.default_rng(seed)
    return [_made(list(THINGS)[number % len(THINGS)], rng) for number in range(n)]


def _made(words: str, rng: np.random.Generator) -> PhotoOnGround:
    name, part = THINGS[words]
    thing = photograph(name)
    if part is not None:
        thing = thing[part[0] : part[2], part[1] : part[3]]
    ground = photograph(str(rng.choice(GROUNDS)))
    scene = np.asarray(cv2.resize(ground, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    scale = rng.uniform(LEAST, MOST) * HEIGHT / thing.shape[0]
    scale = min(scale, MOST * WIDTH / thing.shape[1])
    high, wide = (round(side * scale) for side in thing.shape[:2])
    small = cv2.resize(thing, (wide, high), interpolation=cv2.INTER_AREA)
    top, left = int(rng.integers(HEIGHT - high + 1)), int(rng.integers(WIDTH - wide + 1))
    scene[top : top + high, left : left + wide] = small
    place = np.zeros((FRAME_SPEC.height_px, FRAME_SPEC.width_px), bool)
    down = (FRAME_SPEC.height_px - HEIGHT) // 2
    place[down + top : down + top + high, left : left + wide] = True
    return PhotoOnGround(padded(scene), words, place)
