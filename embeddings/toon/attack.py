"""Adversarial training of the toon encoder: each step learns from the frames that mislead it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from embeddings.toon.bank import Batch
from embeddings.toon.model import ToonModel
from embeddings.training.attack import Attack, perturb
from embeddings.training.losses import contrastive


def attack_batch(
    model: ToonModel,
    batch: Batch,
    tokenize: Callable[[list[str]], Tensor],
    attack: Attack,
    generator: torch.Generator,
) -> Batch:
    """The batch with the pixels of its toons moved to where clips miss their captions.

    The strong views and the footage stay as they are: their losses then draw attacked and clean
    views of a scene together. The model is attacked as it is used, in evaluation mode.

    Args:
        model: What is attacked; left in the mode it is in.
        batch: A training step's material.
        tokenize: Of the model's texts.
        attack: In grey levels of 255.
        generator: For a random start.

    Returns:
        A new batch; frames are whole grey levels again, so `eps` should be one, too.
    """
    times = torch.from_numpy(batch.times_s)
    codes = torch.tensor([hash(key) for key in batch.meanings])
    same = codes[:, None] == codes[None]
    training = model.training
    model.eval()
    with torch.no_grad():
        texts = model.texts(tokenize(batch.captions))
        scale = model.towers.logit_scale.exp()  # type: ignore[operator]

    def loss(pixels: Tensor) -> Tensor:
        return contrastive(model.clips(model.frames(pixels), times), texts, scale, same=same)

    pixels = torch.from_numpy(batch.toons).float()
    moved = perturb(pixels, loss, attack, low=0, high=255, generator=generator)
    model.train(training)
    return replace(batch, toons=moved.round().to(torch.uint8).numpy())
