"""What people say about a toon scene: many wordings of the same facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from data.toons.actors import Actor

T = TypeVar("T")

KIND_WORDS: dict[str, tuple[str, ...]] = {
    "car": ("car", "automobile"),
    "bus": ("bus", "coach"),
    "truck": ("truck", "lorry"),
    "train": ("train", "locomotive"),
    "boat": ("boat", "sailing boat", "sailboat"),
    "submarine": ("submarine",),
    "rocket": ("rocket", "space rocket"),
    "plane": ("plane", "aeroplane", "airplane"),
    "helicopter": ("helicopter", "chopper"),
    "ufo": ("ufo", "flying saucer"),
    "balloon": ("balloon",),
    "rabbit": ("rabbit", "bunny"),
    "cat": ("cat", "kitty"),
    "dog": ("dog", "puppy"),
    "ladybird": ("ladybird", "ladybug"),
    "turtle": ("turtle", "tortoise"),
    "flower": ("flower", "blossom"),
    "mushroom": ("mushroom", "toadstool"),
    "moon": ("moon", "crescent moon"),
    "house": ("house", "cottage"),
    "cup": ("cup", "mug"),
    "gift": ("gift", "present"),
    "clock": ("clock", "alarm clock"),
    "ball": ("ball", "beach ball"),
    "icecream": ("ice cream", "ice cream cone"),
    "hat": ("hat", "top hat"),
}
"""Names of a kind, the usual one first; kinds not listed have their own name only."""

COLOUR_WORDS: dict[str, tuple[str, ...]] = {
    "red": ("red", "scarlet"),
    "yellow": ("yellow", "golden"),
    "purple": ("purple", "violet"),
}

PLACE_WORDS: dict[str, tuple[str, ...]] = {
    "beach": ("on the beach", "at the seaside", "on a sandy beach"),
    "street": ("on a city street", "in the city", "in the street"),
    "forest": ("in the forest", "in the woods", "among the trees"),
    "desert": ("in the desert", "among the sand dunes"),
    "snow": ("in the snow", "in a snowy land", "in winter"),
    "space": ("in space", "among the stars", "in outer space"),
    "underwater": ("under water", "under the sea", "deep in the sea"),
    "meadow": ("in a meadow", "on a green meadow", "in the grass"),
    "kitchen": ("in the kitchen", "in a kitchen"),
    "stage": ("on a stage", "in the theatre", "on the theatre stage"),
}

_GOES = (("moves", "moving"), ("goes", "going"), ("travels", "travelling"))
_VERBS: dict[tuple[str, str], str] = {
    ("drives", "driving"): "car bus truck",
    ("rolls", "rolling"): "train ball",
    ("sails", "sailing"): "boat submarine",
    ("flies", "flying"): "rocket plane helicopter ufo kite bird owl butterfly ladybird",
    ("floats", "floating"): "balloon ghost",
    ("swims", "swimming"): "fish whale octopus",
    ("walks", "walking"): "crab turtle cat dog elephant penguin robot",
    ("crawls", "crawling"): "snail",
    ("hops", "hopping"): "rabbit frog",
}
_OWN_VERB = {kind: verb for verb, kinds in _VERBS.items() for kind in kinds.split()}

_WAYS: dict[str, tuple[str, ...]] = {
    "left": ("to the left", "left", "leftwards", "towards the left"),
    "right": ("to the right", "right", "rightwards", "towards the right"),
    "diagonal_up": ("diagonally upwards", "diagonally up", "up at a slant"),
    "diagonal_down": ("diagonally downwards", "diagonally down", "down at a slant"),
    "zigzag": ("in a zigzag", "in zigzags"),
    "circle": ("in a circle", "in circles", "round and round"),
}
"""Motions said with a verb of moving and a way."""

_PHRASES: dict[str, tuple[tuple[str, str], ...]] = {
    "rise": (
        ("rises", "rising"),
        ("goes up", "going up"),
        ("moves upwards", "moving upwards"),
        ("floats up", "floating up"),
    ),
    "fall": (
        ("falls", "falling"),
        ("goes down", "going down"),
        ("moves downwards", "moving downwards"),
        ("drops down", "dropping down"),
    ),
    "grow": (
        ("grows", "growing"),
        ("gets bigger", "getting bigger"),
        ("becomes larger", "becoming larger"),
    ),
    "shrink": (
        ("shrinks", "shrinking"),
        ("gets smaller", "getting smaller"),
        ("becomes smaller", "becoming smaller"),
    ),
    "appear": (
        ("appears", "appearing"),
        ("shows up", "showing up"),
        ("comes into view", "coming into view"),
    ),
    "vanish": (("vanishes", "vanishing"), ("disappears", "disappearing")),
    "spin": (
        ("spins", "spinning"),
        ("rotates", "rotating"),
        ("turns around and around", "turning around and around"),
    ),
    "bounce": (
        ("bounces", "bouncing"),
        ("bounces up and down", "bouncing up and down"),
        ("jumps up and down", "jumping up and down"),
    ),
    "shake": (("shakes", "shaking"), ("trembles", "trembling"), ("shivers", "shivering")),
    "swing": (
        ("swings", "swinging"),
        ("swings back and forth", "swinging back and forth"),
        ("sways from side to side", "swaying from side to side"),
    ),
    "zigzag": (("zigzags", "zigzagging"),),
    "circle": (("circles around", "circling around"),),
    "blink": (
        ("blinks", "blinking"),
        ("blinks on and off", "blinking on and off"),
        ("flashes", "flashing"),
    ),
}
"""Motions said in words of their own: third person and participle."""

_ONE = (
    "{a} {does} {place}",
    "{place}, {a} {does}",
    "{a} {doing} {place}",
    "{a} is {doing} {place}",
    "{place}, {a} is {doing}",
)
_ONE_SHORT = ("{a} {does}", "{a} {doing}", "{a} is {doing}")
_TWO = (
    "{a} {does}, then {b} {then}, {place}",
    "{place}, {a} {does} and then {b} {then}",
    "{place}, first {a} {does} and then {b} {then}",
    "first {a} {does}, then {b} {then}, {place}",
    "{place}, after {a} {does}, {b} {then}",
    "{place}, {b} {then} after {a} {does}",
    "{place}, {a} {does} before {b} {then}",
)
_TWO_SHORT = (
    "{a} {does}, then {b} {then}",
    "first {a} {does} and then {b} {then}",
    "after {a} {does}, {b} {then}",
    "{b} {then} after {a} {does}",
    "{a} {does} before {b} {then}",
)

Choose = np.random.Generator | None
"""A generator to choose wordings with; None takes the usual words."""


def plain_caption(actors: Sequence[Actor], place: str) -> str:
    """Return the usual words for one actor, or two in order, with the place."""
    return _word((_ONE if len(actors) == 1 else _TWO)[0], actors, place, None)


def any_caption(
    actors: Sequence[Actor], place: str, rng: np.random.Generator, *, with_place: bool
) -> str:
    """Return one wording by chance, half of the time in the usual words for each fact."""
    patterns: tuple[str, ...]
    if len(actors) == 1:
        patterns = _ONE if with_place else _ONE_SHORT
    else:
        patterns = _TWO if with_place else _TWO_SHORT
    return _word(patterns[int(rng.integers(len(patterns)))], actors, place, rng)


def noun(kind: str, colour: str, rng: Choose = None) -> str:
    """Return for example "an orange car"."""
    hue = _pick(COLOUR_WORDS.get(colour, (colour,)), rng)
    name = _pick(KIND_WORDS.get(kind, (kind,)), rng)
    return f"{'an' if hue[0] in 'aeio' else 'a'} {hue} {name}"


def motion_words(kind: str, motion: str, rng: Choose = None) -> tuple[str, str]:
    """Return for example ("drives to the left", "driving to the left")."""
    phrases = _PHRASES.get(motion, ())
    ways = _WAYS.get(motion, ())
    if not ways or (phrases and rng is not None and rng.random() < 0.4):
        return _pick(phrases, rng)
    verbs = (_OWN_VERB[kind], *_GOES) if kind in _OWN_VERB else _GOES
    (does, doing), way = _pick(verbs, rng), _pick(ways, rng)
    return f"{does} {way}", f"{doing} {way}"


def place_words(place: str, rng: Choose = None) -> str:
    """Return for example "on the beach"."""
    return _pick(PLACE_WORDS[place], rng)


def _word(pattern: str, actors: Sequence[Actor], place: str, rng: Choose) -> str:
    first, last = actors[0], actors[-1]
    does, doing = motion_words(first.kind, first.motion, rng)
    then, _ = motion_words(last.kind, last.motion, rng)
    return pattern.format(
        a=noun(first.kind, first.colour, rng),
        b=noun(last.kind, last.colour, rng),
        does=does,
        doing=doing,
        then=then,
        place=place_words(place, rng),
    )


def _pick(options: Sequence[T], rng: Choose) -> T:
    """Return the first option, or one by chance: the first half of the time."""
    if rng is None or len(options) == 1 or rng.random() < 0.5:
        return options[0]
    return options[int(rng.integers(1, len(options)))]
