"""What a step of training the toon encoder adds up."""

import pytest
import torch

from embeddings.toon.model import WEIGHTS, total_loss


@pytest.mark.parametrize("views", [1.0, 3.0])
def test_a_factor_on_views_leaves_words_and_facts_as_they_are(views: float) -> None:
    parts = {name: torch.tensor(10.0**place) for place, name in enumerate(WEIGHTS)}
    by_view = {"views", "frame_views"}
    wanted = sum(
        WEIGHTS[name] * float(part) * (views if name in by_view else 1.0)
        for name, part in parts.items()
    )
    assert by_view < parts.keys()
    assert float(total_loss(parts, views=views)) == pytest.approx(wanted)
