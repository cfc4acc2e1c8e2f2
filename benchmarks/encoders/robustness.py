"""Recall when pixels are changed against the encoder, before and after training on such changes.

The attacker knows the encoder, every clip and every caption (white box) and moves each value of
each frame by up to 2 of 255 grey levels, so that the clip comes nearer to the best wrong caption
than to its own. `noise` is as far away in every value, but in a random direction; `fgsm` is one
gradient step, `pgd` five. Every clip of the library is attacked, queries are left alone.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from benchmarks.made.scenes import held_out_scenes, ranks, scene_pixels
from data.toons.scenes import Scene
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.folders import TOON_FOLDER
from embeddings.backbone.loading import load_backbone
from embeddings.temporal.clips import load_head
from embeddings.temporal.head import TemporalHead, clip_vectors
from embeddings.toon.start import frame_side
from embeddings.toon.train import fine_tuning, train_toon
from embeddings.training.attack import Attack, perturb

EPS = 2.0
"""Grey levels of 255."""
ATTACKS = {"fgsm": Attack(EPS), "pgd": Attack(EPS, steps=5)}
TRAINED_AGAINST = Attack(2 * EPS, random_start=True)
"""One step from a random start, farther out than the test (Wong et al., arXiv 2001.03994)."""
CLIPS_PER_BATCH = 8


@dataclass(frozen=True)
class Size:
    """How much is measured and trained."""

    scenes: int
    """Held-out scenes, attacked."""
    drawn: int
    """Scenes that the fine-tuning sees."""
    steps: int
    """Its steps."""


SIZES = {"small": Size(60, 500, 20), "full": Size(200, 1500, 40)}


def run(size: str) -> dict[str, Any]:
    """Measure the embedded encoder, then the same after a short adversarial fine-tuning."""
    scale = SIZES[size]
    scenes = held_out_scenes(scale.scenes, seed=1300)
    figures = robustness(load_attacked(TOON_FOLDER), scenes)
    with tempfile.TemporaryDirectory() as folder:
        trained = fine_tune(Path(folder) / "model", scale)
        after = robustness(load_attacked(trained), scenes)
    return {
        "scenes": scale.scenes,
        "eps": f"{EPS:g}/255",
        "pgd_steps": ATTACKS["pgd"].steps,
        "frame_px": frame_side(TOON_FOLDER),
        "training_steps": scale.steps,
        **{f"before_{name}": value for name, value in figures.items()},
        **{f"after_{name}": value for name, value in after.items()},
    }


def fine_tune(out: Path, scale: Size) -> Path:
    """`reelwise train toon --start toon --adversarial ...` from the embedded weights."""
    options = fine_tuning(TOON_FOLDER)
    (stage,) = options.stages
    options = replace(
        options,
        seed=41,
        scenes=scale.drawn,
        stages=(replace(stage, steps=scale.steps),),
        attack=TRAINED_AGAINST,
    )
    threads = torch.get_num_threads()
    try:
        return train_toon(out, options, start=TOON_FOLDER, report=_report)
    finally:
        torch.set_num_threads(threads)


def _report(line: str) -> None:
    sys.stderr.write(line + "\n")


@dataclass(frozen=True)
class Attacked:
    """An encoder of which the attacker has the weights."""

    backbone: Backbone
    """In fp32, so that gradients mean something."""
    head: TemporalHead | None
    """The temporal part, attacked with it."""

    def clips(self, pixels: Tensor, times_s: Sequence[NDArray[np.float64]]) -> Tensor:
        """Clip vectors, differentiable: (frames, h, w, 3) of all clips in turn -> (clips, dim)."""
        lengths = [len(t) for t in times_s]
        tower = self.backbone.model.encode_image
        rows = F.normalize(tower(self.backbone.normalise(pixels)), dim=-1)  # type: ignore[operator]
        frames = pad_sequence([*torch.split(rows, lengths)], batch_first=True)
        times = pad_sequence(
            [torch.from_numpy(t - t[0]).float() for t in times_s], batch_first=True
        )
        mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
        return clip_vectors(frames, times, mask, self.head)


def load_attacked(folder: Path) -> Attacked:
    """The encoder of a model folder in fp32, on the CPU."""
    head = load_head(folder)
    if head is not None:
        head = head.eval().requires_grad_(False)
    return Attacked(load_backbone(str(folder), precision="fp32"), head)


def robustness(attacked: Attacked, scenes: Sequence[Scene]) -> dict[str, float]:
    """Recall at 1 and 5, text to scene and scene to text, for each change of the pixels."""
    texts = attacked.backbone.text_features([scene.captions()[0] for scene in scenes]).numpy()
    found: dict[str, list[NDArray[np.float32]]] = {}
    for first in range(0, len(scenes), CLIPS_PER_BATCH):
        batch = scenes[first : first + CLIPS_PER_BATCH]
        for name, rows in changed_clips(attacked, batch, torch.from_numpy(texts), first).items():
            found.setdefault(name, []).append(rows)
    figures = {}
    for name, parts in found.items():
        rows = np.concatenate(parts)
        for way, place in (
            ("text_to_scene", ranks(texts, rows)),
            ("scene_to_text", ranks(rows, texts)),
        ):
            for k in (1, 5):
                figures[f"{name}_{way}_recall_at_{k}"] = float(np.mean(place <= k))
    return figures


def changed_clips(
    attacked: Attacked, scenes: Sequence[Scene], texts: Tensor, first: int
) -> dict[str, NDArray[np.float32]]:
    """Clip vectors of some scenes, clean and after each change; caption `first` is the first's."""
    drawn = [scene_pixels(scene, attacked.backbone.frame_spec) for scene in scenes]
    pixels = torch.from_numpy(np.concatenate([frames for frames, _ in drawn])).float()
    times_s = [times for _, times in drawn]
    own = torch.arange(first, first + len(scenes))

    def loss(x: Tensor) -> Tensor:
        return wrong_margin(attacked.clips(x, times_s), texts, own).sum()

    way = torch.randn(pixels.shape, generator=torch.Generator().manual_seed(first))
    changed = {
        "clean": pixels,
        "noise": perturb(pixels, lambda x: (x * way).sum(), Attack(EPS), low=0, high=255),
    }
    for name, attack in ATTACKS.items():
        changed[name] = perturb(pixels, loss, attack, low=0, high=255)
    with torch.no_grad():
        return {name: attacked.clips(x, times_s).numpy() for name, x in changed.items()}


def wrong_margin(clips: Tensor, texts: Tensor, own: Tensor) -> Tensor:
    """By how much the best wrong caption is nearer than a clip's own: (b, d), (n, d), (b,) -> (b,).

    The margin loss of Carlini and Wagner (2017); above zero the clip is told wrong.
    """
    scores = clips @ texts.T
    right = scores.gather(1, own[:, None])
    wrong = scores.scatter(1, own[:, None], float("-inf")).amax(1)
    return wrong - right[:, 0]
