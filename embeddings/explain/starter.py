"""The explainer of `starter`: its network sees two squares of a frame, and its vector has parts."""

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from data.video.types import Pixels
from embeddings.encoder import Vectors
from embeddings.explain.apart import Listener, apart
from embeddings.explain.explainer import Maps, Method, one_each, shares
from embeddings.explain.stages import chosen, speaking
from embeddings.plain.layers import Floats
from embeddings.starter.labels import ATTRIBUTE_WEIGHT, DRAWING_SHARE, load_labels
from embeddings.starter.looks import load_looks
from embeddings.starter.networks.network import Network
from embeddings.starter.shape import FRAME_SPEC, LOOKS_SHARE
from embeddings.starter.views import Square, squares_of, views_of

CELLS = 56
"""Of a map, on either side."""
LEAST_FEATURE = 1e-6
"""Below it a feature has no gradient: that of its square root would be without bound."""


class StarterExplainer:
    """An `Explainer` of `starter`; threads may share it.

    Args:
        network: Its network.
        device: Where that is.
    """

    method: Method = "gradient"

    def __init__(self, network: Network, device: torch.device) -> None:
        self._net = apart(network)
        self._device = device
        self._listener = Listener([*self._net.blocks.children()])
        self._labels, self._looks = load_labels(), load_looks()

    def maps(self, pixels: Pixels, directions: Vectors) -> Maps:
        """See `Explainer`."""
        wanted = one_each(directions, len(pixels))
        frames = [self._map(frame, towards) for frame, towards in zip(pixels, wanted, strict=True)]
        return np.stack(frames) if frames else np.zeros((0, CELLS, CELLS), np.float32)

    def _map(self, frame: Pixels, direction: Vectors) -> Floats:
        with torch.enable_grad(), self._listener.heard() as given:
            vector = self.vector(frame)
            score = vector @ torch.from_numpy(direction).to(self._device)
            of_squares = speaking(score, chosen(given))
        placed = np.zeros((CELLS, CELLS), np.float32)
        for cells, square in zip(of_squares, squares_of(frame), strict=True):
            placed += _in_frame(cells, square)
        return np.asarray(shares(placed[None])[0], np.float32)

    def vector(self, frame: Pixels) -> Tensor:
        """(1128,) the vector of a frame as `StarterFrames` gives it, with its gradient."""
        views = views_of(frame)
        given = torch.from_numpy(views.pictures).to(self._device).requires_grad_(True)
        features, logits = self._net.look(given)
        attributes = self._tensor(views.attributes)
        parts = (
            self._of_labels(logits.mean(dim=0), attributes) * (1 - LOOKS_SHARE) ** 0.5,
            self._of_looks(features.mean(dim=0)) * LOOKS_SHARE**0.5,
        )
        return torch.cat(parts)

    def _of_labels(self, logits: Tensor, attributes: Tensor) -> Tensor:
        """As `Labels.of_pictures`."""
        drawing = DRAWING_SHARE * attributes[0] * self._tensor(self._labels.drawing_logits)
        known = logits - drawing
        above = F.normalize(F.relu(known - known.mean()), dim=0)
        return F.normalize(torch.cat([above, ATTRIBUTE_WEIGHT * attributes]), dim=0)

    def _of_looks(self, features: Tensor) -> Tensor:
        """As `Looks.of_features`."""
        roots = features.clamp_min(LEAST_FEATURE).sqrt() - self._tensor(self._looks.mean)
        return F.normalize(roots @ self._tensor(self._looks.projection), dim=0)

    def _tensor(self, array: Floats) -> Tensor:
        return torch.from_numpy(array).to(self._device)


def _in_frame(cells: Floats, square: Square) -> Floats:
    """Cells of a square that the network saw, on the grid of the frame."""
    top, left, side_px = square
    scale = CELLS / FRAME_SPEC.width_px
    per_cell = side_px * scale / cells.shape[0]
    # Middles of pixels are at half numbers, as `INTER_LINEAR` has it.
    move = np.array(
        [
            [per_cell, 0, left * scale + per_cell / 2 - 0.5],
            [0, per_cell, top * scale + per_cell / 2 - 0.5],
        ]
    )
    placed = cv2.warpAffine(cells, move, (CELLS, CELLS), flags=cv2.INTER_LINEAR)
    # The same sum on more cells.
    return np.asarray(placed / max(per_cell**2, 1e-9), np.float32)
