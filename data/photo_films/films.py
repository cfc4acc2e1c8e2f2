"""The films: what each shows, says and has written in it, and what is searched in it."""

from dataclasses import dataclass

from data.photo_films.drawing import Shot, Sign, View
from data.video.narration import Spoken


@dataclass(frozen=True)
class PhotoFilm:
    """One film."""

    name: str
    """File name, which tells nothing of what is in it."""
    shots: tuple[Shot, ...]
    """What it shows."""
    sign: Sign | None = None
    """What is written in it."""
    spoken: Spoken | None = None
    """What is said in it."""
    seen: str = ""
    """A query for its first shot; empty for none."""
    said: str = ""
    """A query for what is said."""
    written: str = ""
    """A query for what is written."""


FILMS = (
    PhotoFilm(
        "film-1.mp4",
        (
            Shot("skimage/chelsea.png", 4, View(1.0, 0.5, 0.0), View(1.5, 0.4, 0.4)),
            Shot("skimage/gravel.png", 2, View(1.5, 0.0), View(1.5, 1.0)),
        ),
        seen="a cat on a blanket",
    ),
    PhotoFilm(
        "film-2.mp4",
        (
            Shot("sklearn/china.jpg", 4, View(1.6, 0.0, 0.6), View(1.2, 1.0, 0.6)),
            Shot("sklearn/flower.jpg", 2, View(1.0), View(1.4)),
        ),
        spoken=Spoken(1.0, "The market opens at seven in the morning."),
        said="the market opens in the morning",
    ),
    PhotoFilm(
        "film-3.mp4",
        (
            Shot("skimage/motorcycle_left.png", 4, View(1.0, 0.0, 0.5), View(1.4, 0.6, 0.5)),
            Shot("skimage/brick.png", 2, View(2.0, 0.0), View(2.0, 1.0)),
        ),
        sign=Sign("PLATFORM 9 CLOSED", 0.4, 4.0),
        written="platform 9 closed",
    ),
    PhotoFilm(
        "film-4.mp4",
        (
            Shot("skimage/rocket.jpg", 3, View(1.0, 0.5, 1.0), View(1.5, 0.5, 0.0)),
            Shot("skimage/moon.png", 3, View(1.3), View(1.0)),
        ),
        spoken=Spoken(1.0, "My grandmother learned to swim when she was sixty."),
    ),
    PhotoFilm(
        "film-5.mp4",
        (
            Shot("skimage/camera.png", 4, View(1.4, 0.2, 0.2), View(1.0, 0.5, 0.2)),
            Shot("skimage/grass.png", 2, View(1.5, 0.0), View(1.5, 1.0)),
        ),
        sign=Sign("RIVER WALK OPEN ALL YEAR", 0.4, 4.0),
    ),
    PhotoFilm(
        "film-6.mp4",
        (
            Shot("skimage/astronaut.png", 3, View(1.0, 0.5, 0.0), View(1.3, 0.4, 0.1)),
            Shot("skimage/hubble_deep_field.jpg", 3, View(2.5, 0.0, 0.5), View(1.5, 1.0, 0.5)),
        ),
    ),
    PhotoFilm(
        "film-7.mp4",
        (
            Shot("skimage/coffee.png", 4, View(1.4, 0.7, 0.7), View(1.0, 0.5, 0.5)),
            Shot("skimage/coins.png", 2, View(1.5, 0.2), View(1.2, 0.8)),
        ),
    ),
)
