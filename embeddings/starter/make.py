"""Makes the files of `starter` that are ours: `python -m embeddings.starter.make labels|looks`.

Seeded: the same packages give the same files, up to rounding.
"""

import sys
from collections.abc import Iterator

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file

from embeddings.plain.layers import Floats
from embeddings.starter.footage import Picture, drawings, scenes, seen_again
from embeddings.starter.frames import mean_of_views
from embeddings.starter.labels import LABELS_FILE, Labels, caption_texts, label_texts
from embeddings.starter.looks import LOOKS_FILE
from embeddings.starter.networks.network import Network
from embeddings.starter.shape import CLASSES, FEATURES, LOOKS
from embeddings.starter.views import views_of
from embeddings.words.sentences import open_sentences

SCENES = 500
COPIES = 3
"""Of each scene, the untouched one among them."""
TEMPERATURE = 0.07
STEPS, BATCH, RATE, DECAY = 1500, 256, 2e-3, 1e-2
DRAWINGS = 200
PICTURES_AT_ONCE = 16


def make_labels() -> None:
    """Vectors of the classes' texts, how captions fit them, and what drawings look like."""
    sentences = open_sentences()
    vectors = np.stack([sentences.encode(texts).mean(axis=0) for texts in label_texts()])
    captions = sentences.encode(caption_texts())
    fits = captions @ vectors.T
    nothing = np.zeros(0, np.float32)
    labels = Labels(vectors, fits.mean(axis=0), fits.std(axis=0), captions, nothing, nothing)
    _, logits = _seen(drawings(DRAWINGS, seed=0))
    mean = logits.mean(axis=0)
    save_file(
        {
            "vectors": vectors.astype(np.float16),
            "mean": labels.mean,
            "spread": labels.spread,
            "captions": captions.astype(np.float16),
            "usual": labels.weights(captions).mean(axis=0).astype(np.float32),
            "drawing_logits": (mean - mean.mean()).astype(np.float32),
        },
        LABELS_FILE,
    )


def make_looks() -> None:
    """The projection in which copies of a scene lie close to one another."""
    features = _features_of_copies()
    mean = features.mean(axis=(0, 1))
    projection = _trained(torch.from_numpy(features - mean))
    save_file({"mean": mean.astype(np.float16), "projection": projection}, LOOKS_FILE)


def _features_of_copies() -> Floats:
    """(scenes, copies, 1280) square roots of features."""
    rng = np.random.default_rng(1)
    rows = []
    for scene in scenes(SCENES, seed=2):
        copies = [scene, *(seen_again(scene, rng) for _ in range(COPIES - 1))]
        rows.append(np.sqrt(_seen(copies)[0]))
    return np.stack(rows)


def _trained(features: torch.Tensor) -> NDArray[np.float16]:
    """Two copies of a scene are told apart from those of other scenes (InfoNCE, van den Oord 2018).

    It starts from the directions in which scenes differ more than their copies do (Fisher, 1936).
    """
    generator = torch.Generator().manual_seed(3)
    start = torch.from_numpy(_discriminant(features.numpy()))
    projection = torch.nn.Parameter(start)
    optimiser = torch.optim.AdamW([projection], lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    scenes_, copies = features.shape[:2]
    for _ in range(STEPS):
        batch = torch.randperm(scenes_, generator=generator)[:BATCH]
        two = torch.rand(len(batch), copies, generator=generator).argsort(dim=1)[:, :2]
        rows = features[batch[:, None], two] @ projection
        one, other = torch.nn.functional.normalize(rows, dim=2).unbind(dim=1)
        scores = one @ other.T / TEMPERATURE
        right = torch.arange(len(batch))
        loss = (
            torch.nn.functional.cross_entropy(scores, right)
            + torch.nn.functional.cross_entropy(scores.T, right)
        ) / 2
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
    return projection.detach().numpy().astype(np.float16)


def _discriminant(features: Floats) -> Floats:
    """(1280, 125): whitened by the copies' scatter, then the scenes' main directions."""
    centres = features.mean(axis=1)
    within = (features - centres[:, None]).reshape(-1, FEATURES)
    scatter = within.T @ within / len(within)
    scatter += np.eye(FEATURES, dtype=np.float32) * np.trace(scatter) / FEATURES
    values, vectors = np.linalg.eigh(scatter)
    white = vectors / np.sqrt(values)
    between = centres @ white
    _, _, directions = np.linalg.svd(between - between.mean(axis=0), full_matrices=False)
    projection = white @ directions[:LOOKS].T
    return np.asarray(projection / np.linalg.norm(projection, axis=0), np.float32)


_network: list[Network] = []


def _seen(frames: Iterator[Picture] | list[Picture]) -> tuple[Floats, Floats]:
    """Features (n, 1280) and logits (n, 1000) of frames, means over their views."""
    if not _network:
        _network.append(Network())
    pictures = np.concatenate([views_of(frame).pictures for frame in frames])
    parts = [
        _network[0](part) for part in torch.split(torch.from_numpy(pictures), PICTURES_AT_ONCE)
    ]
    return (
        mean_of_views(np.concatenate([part.features.numpy() for part in parts]), FEATURES),
        mean_of_views(np.concatenate([part.logits.numpy() for part in parts]), CLASSES),
    )


if __name__ == "__main__":
    cv2.setNumThreads(1)
    {"labels": make_labels, "looks": make_looks}[sys.argv[1]]()
