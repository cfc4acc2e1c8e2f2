"""Simulated people: tastes, watch histories, likes and dislikes over a toon library.

Each person belongs to two of a few crowds that share what they like (so that watching together
means something), adds one personal taste, and drifts from the first crowd to the second. What they
choose follows taste, fashion and chance; how long they watch and whether they like it follows
taste.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from data.toons.actors import MOTIONS
from data.toons.places import PLACES
from data.toons.shapes import COLOURS, KINDS
from data.toons.stories import Story

LAST_DAY = datetime(2026, 11, 1, tzinfo=UTC)
"""No event is later than this; fixed, so that a library follows from its seed alone."""

_DAYS = 60
_CROWDS = (
    ("car bus truck train helicopter plane", "red blue", "street desert", "left right zigzag"),
    ("fish whale octopus crab turtle boat", "blue green", "underwater beach", "rise circle"),
    ("rocket ufo star moon robot ghost", "purple black", "space stage", "rise vanish spin"),
    ("cat dog rabbit owl elephant penguin", "brown white", "meadow snow", "bounce right swing"),
    ("bird butterfly ladybird frog snail flower", "yellow pink", "meadow forest", "appear grow"),
    ("cake icecream apple cup mushroom gift", "pink orange", "kitchen stage", "grow shrink bounce"),
    ("castle crown key bell guitar hat clock", "yellow red", "stage forest", "swing shake blink"),
    ("balloon kite ball umbrella heart house", "orange green", "beach meadow", "rise fall left"),
)
_NAMES = (
    "anna ben carla david elif finn greta hugo ines jonas karim lena mateo nora oskar paula "
    "quentin rosa samir tilda umut vera wanda xaver yuki zoe amir bella chen dora emil fatima"
)
_ATTRIBUTES = (*KINDS, *COLOURS, *PLACES, *MOTIONS)
_COLUMN = {name: i for i, name in enumerate(_ATTRIBUTES)}
_LIKE, _DISLIKE, _REVISIT = 0.4, 0.35, 0.08


@dataclass(frozen=True)
class ToonEvent:
    """One row of a watch history."""

    user: str
    """User name."""
    video: str
    """File name of the video."""
    at: datetime
    """When, UTC."""
    watched_s: float | None
    """Seconds watched; None for likes and dislikes."""
    duration_s: float
    """Length of the video."""
    kind: str
    """`view`, `like` or `dislike`."""


class _Shelf:
    """The n videos that everyone can watch."""

    def __init__(self, videos: Sequence[tuple[str, Story]], rng: np.random.Generator) -> None:
        n = len(videos)
        self.names = [name for name, _ in videos]
        self.features = np.stack([_features(story) for _, story in videos])
        """(n, attributes) what each video shows, rows of unit length."""
        self.durations_s = np.array([story.duration_s for _, story in videos])
        self.born_day = np.where(rng.random(n) < 0.2, rng.uniform(0, _DAYS - 5, n), 0.0)
        """(n,) day it came out: before the first day, or later for a fifth of the videos."""
        self.fashion = rng.normal(size=n)
        """(n,) general popularity beyond taste, standard normal."""


def make_people(videos: Sequence[tuple[str, Story]], n_people: int, seed: int) -> list[ToonEvent]:
    """Return the histories of `n_people` over these (file name, story) pairs, in order of time.

    Covers sixty days up to `LAST_DAY`; about twenty-five views each, with some videos seen again.
    """
    if not videos or n_people <= 0:
        return []
    rng = np.random.default_rng([seed, 19])
    shelf = _Shelf(videos, rng)
    events = [event for number in range(n_people) for event in _history(_name(number), shelf, rng)]
    return sorted(events, key=lambda event: (event.at, event.user, event.kind))


def _name(number: int) -> str:
    names = _NAMES.split()
    again = number // len(names)
    return names[number % len(names)] + (str(again + 1) if again else "")


def _features(story: Story) -> NDArray[np.float64]:
    row = np.zeros(len(_ATTRIBUTES))
    for scene in story.scenes:
        for actor in scene.actors:
            row[_COLUMN[actor.kind]] += 3.0  # people choose by what it is about, mostly
            row[_COLUMN[actor.colour]] += 1.0
            row[_COLUMN[actor.motion]] += 1.0
        row[_COLUMN[scene.place]] += 1.0
    return row / np.linalg.norm(row)


def _taste(crowd: tuple[str, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return what someone in a crowd likes: most of what the crowd does, and one thing more."""
    row = rng.normal(0, 0.05, len(_ATTRIBUTES))
    for words, weight in zip(crowd, (1.0, 0.5, 0.5, 0.4), strict=True):
        for word in words.split():
            row[_COLUMN[word]] += weight * rng.uniform(0.5, 1.2)
    row[int(rng.integers(len(KINDS)))] += 1.0
    return row


def _history(user: str, shelf: _Shelf, rng: np.random.Generator) -> list[ToonEvent]:
    early, late = rng.choice(len(_CROWDS), 2, replace=False)
    tastes = (_taste(_CROWDS[int(early)], rng), _taste(_CROWDS[int(late)], rng))
    affinities = [_standard(shelf.features @ taste) for taste in tastes]
    n_views = int(np.clip(rng.lognormal(3.2, 0.4), 8, 80))
    days = np.sort(_sessions(n_views, rng))
    seen: list[int] = []
    events: list[ToonEvent] = []
    free_day = 0.0  # no one watches two videos at once
    for day in np.maximum.accumulate(days):
        day = max(float(day), free_day)
        drift = day / _DAYS
        liking = (1 - drift) * affinities[0] + drift * affinities[1]
        video = _choose(shelf, liking, day, seen, rng)
        events += _watch(user, shelf, video, float(liking[video]), day, rng)
        free_day = day + (shelf.durations_s[video] + 5) / 86400
        seen.append(video)
    return events


def _sessions(n_views: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the days (with fractions, 0 to 60) of views, several to an evening."""
    n_evenings = max(3, n_views // 3)
    evenings = np.sort(rng.choice(_DAYS - 1, min(n_evenings, _DAYS - 1), replace=False))
    hour = rng.uniform(17, 22, len(evenings))
    which = rng.integers(len(evenings), size=n_views)
    minutes = rng.uniform(0, 45, n_views)
    return evenings[which] + hour[which] / 24 + minutes / 1440


def _choose(
    shelf: _Shelf,
    liking: NDArray[np.float64],
    day: float,
    seen: list[int],
    rng: np.random.Generator,
) -> int:
    if seen and rng.random() < _REVISIT:
        again = np.array(seen)[rng.integers(len(seen), size=3)]
        return int(again[np.argmax(liking[again])])
    age = day - shelf.born_day
    fresh = np.where(shelf.born_day > 0, np.exp(-np.maximum(age, 0) / 10), 0.0)
    wish = 2.4 * liking + 0.4 * shelf.fashion + 1.0 * fresh
    wish[age < 0] = -np.inf
    unseen = wish.copy()
    unseen[seen] = -np.inf
    if np.isfinite(unseen).any():
        wish = unseen
    odds = np.exp(wish - wish.max())
    return int(rng.choice(len(odds), p=odds / odds.sum()))


def _watch(
    user: str, shelf: _Shelf, video: int, liking: float, day: float, rng: np.random.Generator
) -> list[ToonEvent]:
    duration_s = float(shelf.durations_s[video])
    share = 1 / (1 + np.exp(-(liking - 1.1 + rng.normal(0, 1.0)) * 1.4))
    watched_s = round(duration_s * (1.0 if share > 0.8 else float(share)), 1)
    at = LAST_DAY - timedelta(days=_DAYS) + timedelta(seconds=round(day * 86400))
    name = shelf.names[video]
    events = [ToonEvent(user, name, at, watched_s, duration_s, "view")]
    after = at + timedelta(seconds=int(np.ceil(watched_s)) + 1)
    if share > 0.8 and rng.random() < _LIKE:
        events.append(ToonEvent(user, name, after, None, duration_s, "like"))
    elif share < 0.25 and rng.random() < _DISLIKE:
        events.append(ToonEvent(user, name, after, None, duration_s, "dislike"))
    return events


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((values - values.mean()) / (values.std() + 1e-9))
