"""What the toon world promises of its words: they say all facts, in the right order."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from data.toons.actors import MOTIONS
from data.toons.captions import COLOUR_WORDS, KIND_WORDS, PLACE_WORDS, motion_words
from data.toons.scenes import random_scene


def _says_kind(caption: str, kind: str) -> bool:
    return any(re.search(rf"\b{name}\b", caption) for name in KIND_WORDS.get(kind, (kind,)))


def _says_colour(caption: str, colour: str) -> bool:
    return any(re.search(rf"\b{c}\b", caption) for c in COLOUR_WORDS.get(colour, (colour,)))


@pytest.mark.parametrize("seed", range(25))
def test_captions_say_all_facts_in_different_words(seed: int) -> None:
    scene = random_scene(np.random.default_rng([seed, 5]), held_out=None)
    captions = scene.captions()
    assert len(set(captions)) == len(captions) == 8
    for caption in captions:
        assert all(_says_kind(caption, a.kind) for a in scene.actors), caption
        assert all(_says_colour(caption, a.colour) for a in scene.actors), caption
        assert not re.search(r"\ba [aeio]|\ban [^aeio]|  |,,|[{}]", caption), caption
    places = PLACE_WORDS[scene.place]
    assert all(any(p in caption for p in places) for caption in captions[:6])
    assert not any(p in caption for p in places for caption in captions[6:])
    assert all(motion_words(a.kind, a.motion)[0] in captions[0] for a in scene.actors)
    assert scene.captions() == captions


@pytest.mark.parametrize("seed", range(25))
def test_captions_of_two_tell_the_right_order(seed: int) -> None:
    scene = random_scene(np.random.default_rng([seed, 6]), held_out=None, n_actors=2)
    rng = np.random.default_rng(seed)
    for caption in [*scene.captions(), *(scene.caption(rng) for _ in range(10))]:
        first, then = (_where_said(caption, actor.kind) for actor in scene.actors)
        told_backwards = re.search(r"\w after an? ", caption) is not None
        assert (first > then) is told_backwards, caption
        assert re.search(r"\b(then|after|before)\b", caption)


def _where_said(caption: str, kind: str) -> int:
    names = "|".join(KIND_WORDS.get(kind, (kind,)))
    found = re.search(rf"\b({names})\b", caption)
    assert found
    return found.start()


def test_training_captions_vary_and_sometimes_leave_the_place_out() -> None:
    scene = random_scene(np.random.default_rng(7), held_out=False, n_actors=1)
    rng = np.random.default_rng(8)
    captions = [scene.caption(rng) for _ in range(300)]
    assert len(set(captions)) > 30
    named = np.mean([any(p in c for p in PLACE_WORDS[scene.place]) for c in captions])
    assert 0.65 < named < 0.85


def test_words_of_different_facts_never_coincide() -> None:
    for table in (KIND_WORDS, COLOUR_WORDS, PLACE_WORDS):
        words = [word for names in table.values() for word in names]
        assert len(words) == len(set(words))
    said = {
        m: {motion_words("gift", m, np.random.default_rng(i))[0] for i in range(60)}
        for m in MOTIONS
    }
    for a, b in itertools.combinations(MOTIONS, 2):
        assert not said[a] & said[b], (a, b)
