"""What people say about a toon scene: many wordings of the same facts, from `words.json`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from data.toons.actors import Actor

T = TypeVar("T")
Verb = Sequence[str]
"""Third person and participle: "drives", "driving"."""

_WORDS: dict[str, Any] = json.loads(
    Path(__file__).with_name("words.json").read_text(encoding="utf-8")
)
KIND_WORDS: Mapping[str, Sequence[str]] = _WORDS["kinds"]
"""Names of a kind, the usual one first; kinds not listed have only their own name."""
COLOUR_WORDS: Mapping[str, Sequence[str]] = _WORDS["colours"]
PLACE_WORDS: Mapping[str, Sequence[str]] = _WORDS["places"]

_ANY_VERBS: Sequence[Verb] = _WORDS["any_verbs"]
_KIND_VERBS: Mapping[str, Verb] = {
    kind: (does, doing) for does, doing, kinds in _WORDS["verbs"] for kind in kinds.split()
}
_WAYS: Mapping[str, Sequence[str]] = _WORDS["ways"]
"""Motions said with a verb of moving and a way."""
_PHRASES: Mapping[str, Sequence[Verb]] = _WORDS["phrases"]
"""Motions with verbs of their own."""
_CAPTIONS: Mapping[str, Sequence[str]] = _WORDS["captions"]

Choose = np.random.Generator | None
"""A generator to choose wordings with; None takes the usual words."""


def wording(
    actors: Sequence[Actor], place: str, rng: Choose = None, *, with_place: bool = True
) -> str:
    """Return one wording for one actor, or two in order; half of the words are the usual ones."""
    name = ("one" if len(actors) == 1 else "two") + ("" if with_place else "_without_place")
    patterns = _CAPTIONS[name]
    pattern = patterns[0 if rng is None else int(rng.integers(len(patterns)))]
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
        does, doing = _pick(phrases, rng)
        return does, doing
    verbs = (_KIND_VERBS[kind], *_ANY_VERBS) if kind in _KIND_VERBS else _ANY_VERBS
    (does, doing), way = _pick(verbs, rng), _pick(ways, rng)
    return f"{does} {way}", f"{doing} {way}"


def place_words(place: str, rng: Choose = None) -> str:
    """Return for example "on the beach"."""
    return _pick(PLACE_WORDS[place], rng)


def _pick(options: Sequence[T], rng: Choose) -> T:
    """Return the first option, or one by chance: the first half of the time."""
    if rng is None or len(options) == 1 or rng.random() < 0.5:
        return options[0]
    return options[int(rng.integers(1, len(options)))]
