"""Classes by their names alone: the mean vector of several sentences about each."""

from collections.abc import Callable, Sequence

import numpy as np

from data.action_sets.class_words import class_words
from data.arrays import Floats
from data.errors import ReelwiseError

TEMPLATES = (
    "{}",
    "a video of {}",
    "a video of a person {}",
    "a video of a person doing {}",
    "a video of a person performing {}",
    "a video of someone during {}",
    "a photo of {}",
    "a photo of a person {}",
    "a photo of a person doing {}",
    "a person is {}",
)
"""Sentences with a place for the class.

An ensemble of prompts as in Radford et al., "Learning Transferable Visual Models From Natural
Language Supervision", 2021, section 3.1.4, shorter than theirs for UCF101 and Kinetics
(https://github.com/openai/CLIP/blob/main/data/prompts.md), so figures differ from published ones.
"""
SCALE = 100.0
"""What cosines are multiplied by before they become probabilities: CLIP's largest scale."""
_TEXTS_AT_ONCE = 256


def class_vectors(
    classes: Sequence[str],
    templates: Sequence[str],
    encode_texts: Callable[[Sequence[str]], Floats],
) -> Floats:
    """(c, d) unit vectors of classes: each the mean of the unit vectors of its sentences.

    Raises:
        ReelwiseError: A template has no place for the class.
    """
    wrong = next((each for each in templates if each.count("{}") != 1), None)
    if wrong is not None:
        raise ReelwiseError(
            f"the template {wrong[:80]!r} has no place for the class, or several",
            fix="write {} once: --template 'a video of a person {}'",
        )
    texts = [each.replace("{}", class_words(label)) for label in classes for each in templates]
    rows = np.concatenate(
        [
            np.asarray(encode_texts(texts[at : at + _TEXTS_AT_ONCE]), np.float32)
            for at in range(0, len(texts), _TEXTS_AT_ONCE)
        ]
    )
    means = rows.reshape(len(classes), len(templates), -1).mean(axis=1)
    norms = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / np.maximum(norms, 1e-12), np.float32)
