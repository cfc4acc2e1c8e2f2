import numpy as np
import pytest

from data.toons.scenes import random_scene
from embeddings.toon.batches import reverse_scene
from embeddings.training.reverse_captions import backward_caption, swapped_caption


@pytest.mark.parametrize(
    ("text", "backward"),
    [
        ("a red car drives to the left", "a red car drives to the right"),
        ("The Balloon Rises.", "The Balloon Falls."),
        ("A BALL ROLLS UP", "A BALL ROLLS DOWN"),
        ("a cat, growing", "a cat, shrinking"),
        ("a woman left the house", "a woman entered the house"),
        ("someone opens a window", "someone closes a window"),
        ("a dog on the left looks up", "a dog on the left looks down"),
        ("a plane takes off", "a plane lands"),
        ("he takes off his hat", "he puts on his hat"),
        ("a car drives left, then a ball rises", "a ball falls, then a car drives right"),
        ("A dog barks, then a cat spins.", "A cat spins, then a dog barks."),
        ("in a kitchen, first a cup spins and then a hat falls", None),
        ("a girl sings before a boy leaves", "a girl sings after a boy enters"),
        ("a man bows and then eats", "a man bows, but first eats"),
        ("they walk into the room", "they walk out of the room"),
    ],
)
def test_a_caption_is_turned_round_in_time(text: str, backward: str | None) -> None:
    if backward is None:
        backward = "in a kitchen, first a hat rises and then a cup spins"
    assert backward_caption(text) == backward


@pytest.mark.parametrize(
    "text",
    [
        "a red car",
        "a ball bounces up and down",
        "a light blinks on and off",
        "a man on the left waves his right hand",
        "leftovers, an upstart and a downpour",
        "a man in a red tie near the lift",
        "a swing goes from side to side",
        "",
    ],
)
def test_captions_that_say_nothing_of_time_have_no_backward_caption(text: str) -> None:
    assert backward_caption(text) is None
    assert swapped_caption(text) is None


def test_parts_in_the_other_order_are_wrong_both_ways() -> None:
    text = "a car drives left, then a ball rises, on the beach"
    assert swapped_caption(text) == "a ball rises, then a car drives left, on the beach"
    assert (
        swapped_caption("a dog barks, then a cat spins") is None
    )  # that is what it shows reversed


def test_turning_a_toon_caption_twice_gives_it_back_in_meaning() -> None:
    """Exact truth is in the scenes: whether time can be told, the rules say of every caption."""
    rng = np.random.default_rng(8)
    for _ in range(100):
        scene = random_scene(rng, held_out=None)
        twin = reverse_scene(scene)
        told = twin is not None and twin.facts != scene.facts
        for caption in scene.captions():
            turned = backward_caption(caption)
            assert (turned is not None) == told, caption
            if turned is not None:
                assert backward_caption(turned) is not None


def test_the_usual_words_of_a_toon_become_those_of_its_backward_scene() -> None:
    rng = np.random.default_rng(9)
    right = asked = 0
    for _ in range(300):
        scene = random_scene(rng, held_out=None)
        twin = reverse_scene(scene)
        if twin is None or twin.facts == scene.facts:
            continue
        asked += 1
        turned = backward_caption(scene.captions()[0]) or ""
        right += turned.replace("disappears", "vanishes") == twin.captions()[0]
    assert asked > 100
    assert right == asked
