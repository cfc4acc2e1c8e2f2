"""Layers in numpy against torch's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from embeddings.plain.layers import Floats, attention, erf, gelu, quick_gelu, sigmoid

X = np.concatenate([np.linspace(-8, 8, 4001), [-200, 200]]).astype(np.float32)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (erf, torch.erf),
        (gelu, F.gelu),
        (sigmoid, torch.sigmoid),
        (quick_gelu, lambda x: x * torch.sigmoid(1.702 * x)),
    ],
)
def test_functions_of_a_number_are_torchs(
    ours: Callable[[Floats], Floats], theirs: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    before = X.copy()
    assert ours(X) == pytest.approx(theirs(torch.from_numpy(X)).numpy(), abs=2e-6, rel=1e-6)
    assert (before == X).all()


@pytest.mark.parametrize("causal", [False, True])
def test_attention_of_many_is_that_of_each(causal: bool) -> None:
    qkv = np.random.default_rng(0).standard_normal((3, 5, 24)).astype(np.float32)
    wanted = [attention(one, 2, causal=causal) for one in qkv]
    assert attention(qkv, 2, causal=causal) == pytest.approx(np.stack(wanted), abs=1e-6)
    q, k, v = (
        torch.from_numpy(part.reshape(3, 5, 2, 4).swapaxes(1, 2))
        for part in np.split(qkv, 3, axis=2)
    )
    theirs = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    assert np.stack(wanted) == pytest.approx(
        theirs.transpose(1, 2).reshape(3, 5, 8).numpy(), abs=1e-6
    )
