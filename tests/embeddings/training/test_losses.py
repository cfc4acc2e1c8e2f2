import math

import pytest
import torch
from torch.nn import functional as F

from embeddings.training.losses import contrastive, info_nce, siglip


def unit_rows(n: int, seed: int = 0) -> torch.Tensor:
    return F.normalize(torch.randn(n, 16, generator=torch.Generator().manual_seed(seed)), dim=-1)


def test_the_loss_is_the_written_formula() -> None:
    a, b = unit_rows(5), unit_rows(5, seed=1)
    logits = 10.0 * a @ b.T
    rows = -torch.log_softmax(logits, 1).diag().mean()
    columns = -torch.log_softmax(logits, 0).diag().mean()
    assert contrastive(a, b, 10.0).item() == pytest.approx(((rows + columns) / 2).item(), rel=1e-5)


def test_equal_rows_cost_nothing_and_blind_ones_the_logarithm_of_their_number() -> None:
    a = torch.eye(6)
    assert contrastive(a, a, 100.0).item() == pytest.approx(0.0, abs=1e-6)
    one = F.normalize(torch.ones(6, 4), dim=-1)
    assert contrastive(one, one, 50.0).item() == pytest.approx(math.log(6), rel=1e-5)


def test_rows_that_mean_the_same_do_not_repel() -> None:
    a = torch.eye(4)[[0, 0, 1, 2]]
    same = torch.zeros(4, 4, dtype=torch.bool)
    same[:2, :2] = True
    assert contrastive(a, a, 100.0, same=same).item() == pytest.approx(0.0, abs=1e-6)
    assert contrastive(a, a, 100.0).item() > 0.3


def test_a_wrong_caption_that_fits_as_well_costs_something() -> None:
    a = torch.eye(3)
    with_wrong = contrastive(a, a, 100.0, wrong=a[:1])
    assert with_wrong.item() == pytest.approx(math.log(2) / 3 / 2, rel=1e-4)


def test_wrong_rows_are_negatives_of_the_first_side_only() -> None:
    a, b, wrong = unit_rows(5), unit_rows(5, seed=1), unit_rows(2, seed=2)
    logits = torch.cat([10.0 * a @ b.T, 10.0 * a @ wrong.T], dim=1)
    rows = -torch.log_softmax(logits, 1).diag().mean()
    columns = -torch.log_softmax(logits[:, :5], 0).diag().mean()
    found = contrastive(a, b, 10.0, wrong=wrong).item()
    assert found == pytest.approx(((rows + columns) / 2).item(), rel=1e-5)


def test_info_nce_without_further_rows_is_the_contrastive_loss() -> None:
    a, b = unit_rows(5), unit_rows(5, seed=1)
    nothing = torch.zeros(5, 5, dtype=torch.bool)
    assert torch.allclose(info_nce(10 * a @ b.T, nothing, 5), contrastive(a, b, 10.0))
    same = nothing.clone()
    same[0, 1] = same[1, 0] = True
    masked = info_nce(10 * a @ b.T, same, 5)
    assert torch.allclose(masked, contrastive(a, b, 10.0, same=same))


def test_further_rows_and_columns_are_negatives_only() -> None:
    a = torch.eye(4)
    logits = 50 * a @ torch.cat([a[:3], a[:1]]).T  # three pairs, a fourth row, a wrong caption
    same = torch.zeros(4, 4, dtype=torch.bool)
    assert info_nce(logits, same, 3).item() == pytest.approx(math.log(2) / 3 / 2, rel=1e-4)
    same[0, 3] = True  # the wrong caption means the same as the first row's own
    assert info_nce(logits, same, 3).item() == pytest.approx(0.0, abs=1e-6)


def test_siglip_is_the_written_formula() -> None:
    logits = 5 * unit_rows(4) @ unit_rows(3, seed=1).T - 1
    expected = 0.0
    for i in range(4):
        for j in range(3):
            sign = 1 if i == j else -1
            expected += math.log(1 + math.exp(-sign * float(logits[i, j]))) / 3
    same = torch.zeros(4, 3, dtype=torch.bool)
    assert siglip(logits, same, 3).item() == pytest.approx(expected, rel=1e-5)
    same[:] = True  # all mean the same: only the pairs themselves are left
    pairs = sum(math.log(1 + math.exp(-float(logits[i, i]))) for i in range(3)) / 3
    assert siglip(logits, same, 3).item() == pytest.approx(pairs, rel=1e-5)
