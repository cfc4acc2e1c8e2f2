"""What the network's classes look like, in words: the bridge from pictures to sentences.

After ConSE (Norouzi et al., 2013), with two changes. A class is described by what a photograph of
it usually shows (as by Pratt et al., 2023), not by its name alone; and a text is compared with each
class by itself, against everyday captions, so that only the classes that fit it better than most
captions count. See `docs/starter.md` for what each part is worth.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from embeddings.plain.layers import Floats, unit

DATA = Path(__file__).parent / "data"
CLASSES_FILE = DATA / "classes.tsv"
"""Synset, everyday name and usual picture of each ImageNet-1k class, written by hand."""
CAPTIONS_FILE = DATA / "captions.txt"
"""Everyday captions, written by hand: what a text is compared with."""
LABELS_FILE = DATA / "labels.safetensors"
"""Made of both by `embeddings.starter.make`."""
ATTRIBUTES = (
    ("drawing", ("a line drawing", "a sketch being drawn on white paper", "animated line art")),
    ("colourless", ("a black and white film", "a grey infrared camera picture")),
    ("dark", ("a dark background", "at night in the dark")),
)
"""Beside the classes: what `views.attributes_of` measures, in words."""
DRAWING_SHARE = 0.5
"""Of what the network says of any line drawing (hook, stethoscope), taken off its logits."""
ATTRIBUTE_WEIGHT = 0.3
"""Of an attribute beside all classes together."""
LEAST_FIT = 1.0
"""Standard deviations above the captions' mean at which a class starts to count for a text."""


@dataclass(frozen=True)
class Labels:
    """Vectors of the classes and attributes, and how captions fit them."""

    vectors: Floats
    """(1003, 384): means of the sentence vectors of a label's texts, not of unit length."""
    mean: Floats
    """(1003,): of the captions' similarities."""
    spread: Floats
    """(1003,): their standard deviation."""
    captions: Floats
    """(t, 384): sentence vectors of the captions."""
    usual: Floats
    """(1003,): mean weights of the captions."""
    drawing_logits: Floats
    """(1000,): mean logits of random line drawings, less their own mean."""

    def weights(self, sentences: Floats) -> Floats:
        """(n, 384) sentence vectors -> (n, 1003) unit rows: which labels a text is about."""
        fit = (sentences @ self.vectors.T - self.mean) / self.spread
        return unit(np.maximum(fit - LEAST_FIT, 0))

    def of_texts(self, sentences: Floats) -> Floats:
        """(n, 384) -> (n, 1003) unit rows: the same beyond what most captions are about."""
        return unit(self.weights(sentences) - self.usual)

    def of_pictures(self, logits: Floats, attributes: Floats) -> Floats:
        """(n, 1000) logits and (n, 3) attributes -> (n, 1003) unit rows."""
        known = logits - DRAWING_SHARE * attributes[:, :1] * self.drawing_logits
        above = np.maximum(known - known.mean(axis=1, keepdims=True), 0)
        return unit(np.concatenate([unit(above), ATTRIBUTE_WEIGHT * attributes], axis=1))


@cache
def load_labels() -> Labels:
    """The labels of the package."""
    arrays = {name: array.astype(np.float32) for name, array in load_file(LABELS_FILE).items()}
    return Labels(**arrays)


def label_texts() -> list[tuple[str, ...]]:
    """The texts of every label, in order: classes, then attributes."""
    rows = [line.split("\t") for line in CLASSES_FILE.read_text(encoding="utf-8").splitlines()]
    return [(name, picture) for _, name, picture in rows] + [texts for _, texts in ATTRIBUTES]


def caption_texts() -> list[str]:
    """The everyday captions."""
    return CAPTIONS_FILE.read_text(encoding="utf-8").splitlines()
