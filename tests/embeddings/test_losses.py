import math

import pytest
import torch
from torch.nn import functional as F

from embeddings.losses import contrastive


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
