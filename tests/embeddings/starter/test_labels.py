"""The classes' descriptions, and which of them a text is about."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from embeddings.plain.layers import unit
from embeddings.starter.labels import (
    CLASSES_FILE,
    Labels,
    caption_texts,
    label_texts,
    load_labels,
)
from embeddings.starter.shape import LABELS
from embeddings.words.sentences import Sentences, open_sentences


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    return open_sentences()


@pytest.fixture(scope="module")
def labels() -> Labels:
    return load_labels()


def test_every_class_is_described_in_the_order_of_the_network() -> None:
    spec = find_spec("timm")
    assert spec is not None
    assert spec.origin is not None
    info = Path(spec.origin).parent / "data" / "_info" / "imagenet_synsets.txt"
    rows = [line.split("\t") for line in CLASSES_FILE.read_text(encoding="utf-8").splitlines()]
    assert [row[0] for row in rows] == info.read_text().split()
    assert all(len(row) == 3 and len(row[2].split()) >= 6 for row in rows)
    assert len(label_texts()) == LABELS == len(load_labels().vectors)


def test_captions_are_many_and_all_different() -> None:
    captions = caption_texts()
    assert len(set(captions)) == len(captions) >= 500


def test_stored_vectors_belong_to_the_texts(sentences: Sentences, labels: Labels) -> None:
    for place in (0, 281, 999, 1000, 1002):
        wanted = sentences.encode(label_texts()[place]).mean(axis=0)
        assert np.abs(labels.vectors[place] - wanted).max() < 1e-3


def test_a_caption_is_about_the_classes_that_show_it(sentences: Sentences, labels: Labels) -> None:
    texts = label_texts()
    for asked, word in [
        ("a man in a suit and tie", "suit"),
        ("surfers in the waves", "wave"),
        ("a sketch of something", "drawing"),
    ]:
        weights = labels.of_texts(sentences.encode([asked]))[0]
        best = " ".join(" ".join(texts[place]) for place in np.argsort(-weights)[:5])
        assert word in best


def test_the_average_caption_is_about_nothing(sentences: Sentences, labels: Labels) -> None:
    rows = labels.weights(sentences.encode(caption_texts()[::10]))
    assert np.abs(rows.mean(axis=0) - labels.usual).max() < 0.2
    assert labels.usual.sum() > 1
    mean = labels.of_texts(labels.captions).mean(axis=0)
    assert np.linalg.norm(mean) < 0.3 * np.linalg.norm(labels.usual)


def test_a_drawing_is_seen_beyond_what_all_drawings_look_like(labels: Labels) -> None:
    logits = np.zeros((2, 1000), np.float32)
    logits[:, 340] = 3
    logits += labels.drawing_logits
    attributes = np.asarray([[1, 0, 0], [0, 0, 0]], np.float32)
    drawn, taken_for_a_photograph = labels.of_pictures(logits, attributes)
    assert drawn[340] > taken_for_a_photograph[340]
    assert drawn[1000] > 0 == taken_for_a_photograph[1000]
    assert np.allclose(np.linalg.norm(drawn), 1, atol=1e-5)
    assert np.allclose(unit(drawn), drawn, atol=1e-5)
