"""The explainers of image towers of open_clip: networks of convolutions, and transformers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from data.video.types import Pixels
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.computing.precision import cast
from embeddings.backbone.tower import stages_of
from embeddings.encoder import Vectors
from embeddings.explain.apart import Listener, apart
from embeddings.explain.attention import NotRead, followed, has_places, norm_of, show_attention
from embeddings.explain.explainer import Maps, Method, one_each, shares
from embeddings.explain.stages import chosen, speaking
from embeddings.probe_frame import probe_frame

SAME = 0.98
"""Cosine of a vector of a tower that is apart with that of the tower, in whatever precision."""


class NoGradient(Exception):
    """Of a tower it cannot be told where its score comes from."""


class TowerExplainer:
    """An `Explainer` of a backbone; threads may share it.

    Args:
        backbone: The backbone.

    Raises:
        NoGradient: Its tower has neither stages with places nor attention that can be read.
    """

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        spec = backbone.frame_spec
        self._visual = apart(backbone.model.get_submodule("visual"))
        stages = stages_of(self._visual)
        if not stages:
            raise NoGradient
        weights = show_attention(nn.ModuleList(stages))
        self.method: Method = "attention" if weights else "gradient"
        norm = norm_of(self._visual)
        if weights and norm is None:
            raise NoGradient
        after = [] if norm is None or not weights else [norm]
        self._listener = Listener([*weights, stages[-1], *after] if weights else stages)
        self._try(is_square=spec.width_px == spec.height_px)

    def _try(self, *, is_square: bool) -> None:
        """Explain one frame."""
        with torch.enable_grad(), self._listener.heard() as given:
            features = self._seen(probe_frame(self._backbone.frame_spec), learns=True)
            likeness = float((features.detach().cpu().numpy() * self._backbone.probed).sum())
            has_all = bool(chosen(given)) if self.method == "gradient" else is_square
            if not has_all or likeness < SAME:
                raise NoGradient
            self._told(features[:, 0], given)

    def maps(self, pixels: Pixels, directions: Vectors) -> Maps:
        """See `Explainer`; frame by frame, for what each layer gave is kept for the gradient."""
        wanted = one_each(directions, len(pixels))
        return np.concatenate(
            [self._map(pixels[at : at + 1], wanted[at : at + 1]) for at in range(len(pixels))]
        )

    def _map(self, pixels: Pixels, directions: Vectors) -> Maps:
        with torch.enable_grad(), self._listener.heard() as given:
            features = self._seen(pixels, learns=True)
            score = (features * torch.from_numpy(directions).to(features.device)).sum(dim=1)
            return self._told(score, given)

    def _told(self, score: Tensor, given: Sequence[Tensor]) -> Maps:
        if self.method == "gradient":
            return speaking(score, chosen(given))
        *weights, last, normed = given
        if not has_places(last):
            raise NoGradient
        try:
            return shares(followed(score, weights, last, normed).cpu().numpy())
        except NotRead as error:
            raise NoGradient from error

    def _seen(self, pixels: Pixels, *, learns: bool = False) -> Tensor:
        """(n, dim) unit rows, with gradients."""
        backbone = self._backbone
        x = backbone.normalise(pixels).requires_grad_(learns)
        with cast(backbone.device, backbone.dtype):
            features = self._visual(x)
        if isinstance(features, tuple):
            features = features[0]
        return F.normalize(features.float(), dim=-1)
