from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from embeddings.training.attack import Attack, Norm, perturb

FGSM = Attack(eps=0.1)
PGD = Attack(eps=0.1, steps=7, random_start=True)


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _distance(a: Tensor, b: Tensor, norm: Norm) -> float:
    change = (a.double() - b.double()).flatten(1)
    rows = change.abs().amax(1) if norm == "linf" else change.norm(dim=1)
    return rows.max().item()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    eps=st.sampled_from([0.0, 1e-6, 2 / 255, 0.1, 3.0]),
    steps=st.integers(1, 4),
    norm=st.sampled_from(["linf", "l2"]),
    random_start=st.booleans(),
    spread=st.sampled_from([1e-3, 1.0, 200.0]),
)
def test_no_attack_goes_beyond_eps_or_the_range_not_even_by_rounding(
    seed: int, eps: float, steps: int, norm: Norm, random_start: bool, spread: float
) -> None:
    generator = _seeded(seed)
    x = torch.rand(3, 2, 5, generator=generator) * spread
    centre = torch.rand(3, 2, 5, generator=generator) * spread
    attack = Attack(eps, steps, norm=norm, random_start=random_start)
    out = perturb(
        x,
        lambda y: ((y - centre) ** 2).sum(),
        attack,
        low=0.0,
        high=spread,
        generator=generator,
    )
    assert _distance(out, x, norm) <= eps
    assert out.min() >= 0
    assert out.max() <= spread
    assert not out.requires_grad


@pytest.mark.parametrize("attack", [FGSM, PGD])
def test_a_linear_loss_has_the_closed_form(attack: Attack) -> None:
    x, slope = torch.randn(4, 6, generator=_seeded(1)), torch.randn(4, 6, generator=_seeded(2))
    steps: dict[Norm, Tensor] = {
        "linf": slope.sign(),
        "l2": slope / slope.norm(dim=1, keepdim=True),
    }
    for norm, step in steps.items():
        # steps long enough to leave any start behind
        long = replace(attack, norm=norm, step_size=50 * attack.eps, random_start=False)
        out = perturb(x, lambda y: (slope * y).sum(), long, generator=_seeded(3))
        assert torch.allclose(out, x + 0.1 * step, atol=1e-6)
    out = perturb(x, lambda y: (slope * y).sum(), attack, generator=_seeded(3))
    assert torch.allclose(out, x + 0.1 * slope.sign(), atol=1e-6)


def test_on_a_convex_loss_no_random_point_does_better() -> None:
    x, centre = torch.randn(3, 8, generator=_seeded(1)), torch.randn(3, 8, generator=_seeded(2))

    def loss(y: Tensor) -> Tensor:
        return ((y - centre) ** 2).sum()

    for attack in (Attack(0.5), Attack(0.5, steps=10), Attack(0.5, steps=10, norm="l2")):
        reached = loss(perturb(x, loss, attack)).item()
        for seed in range(300):
            way = torch.randn(3, 8, generator=_seeded(seed))
            if attack.norm == "linf":
                point = x + 0.5 * way.sign()
            else:
                point = x + 0.5 * way / way.norm(dim=1, keepdim=True)
            assert loss(point).item() <= reached


def test_fgsm_is_pgd_with_one_step_of_length_eps() -> None:
    x = torch.rand(2, 3, 4, generator=_seeded(1))
    target = torch.rand(2, 3, 4, generator=_seeded(2))

    def loss(y: Tensor) -> Tensor:
        return ((y - target) ** 4).sum()

    once = perturb(x, loss, Attack(0.05), low=0, high=1)
    assert torch.equal(once, perturb(x, loss, Attack(0.05, 1, step_size=0.05), low=0, high=1))
    slope = 4 * (x - target) ** 3
    assert torch.allclose(once, (x + 0.05 * slope.sign()).clamp(0, 1))


def test_more_steps_find_what_one_step_misses() -> None:
    x = torch.full((1, 1), 0.0)

    def loss(y: Tensor) -> Tensor:  # rises to a peak at 0.3 and falls steeply behind it
        return torch.where(y < 0.3, y, 0.9 - 2 * y).sum()

    one = loss(perturb(x, loss, Attack(1.0))).item()
    many = loss(perturb(x, loss, Attack(1.0, steps=40, step_size=0.05))).item()
    assert one < 0
    assert many > 0.2


def test_rows_are_attacked_alone() -> None:
    x = torch.zeros(2, 3)
    weights = torch.tensor([[1.0, 0, 0], [0, 1e-25, 0]])  # a tiny slope counts as much as a large
    out = perturb(x, lambda y: (weights * y).sum(), Attack(0.2, norm="l2"))
    assert torch.allclose(out, torch.tensor([[0.2, 0, 0], [0, 0.2, 0]]))


def test_where_the_loss_is_flat_nothing_moves() -> None:
    x = torch.rand(2, 3, generator=_seeded(0))
    for norm in ("linf", "l2"):
        assert torch.equal(perturb(x, lambda y: (0 * y).sum(), Attack(0.2, norm=norm)), x)


def test_parameters_keep_the_gradients_they_had() -> None:
    model = nn.Linear(3, 1)
    x = torch.rand(4, 3, generator=_seeded(0))
    perturb(x, lambda y: model(y).sum(), PGD, generator=_seeded(1))
    assert all(p.grad is None for p in model.parameters())
    model(x).sum().backward()
    before = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    perturb(x, lambda y: model(y).sum(), PGD, generator=_seeded(1))
    after = [p.grad for p in model.parameters() if p.grad is not None]
    assert len(after) == 2
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_an_attack_works_where_gradients_are_switched_off() -> None:
    for off in (torch.no_grad, torch.inference_mode):
        with off():
            out = perturb(torch.zeros(1, 2), lambda y: y.sum(), FGSM)
        assert torch.allclose(out, torch.full((1, 2), 0.1))


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_same_seed_gives_the_same_attack(norm: Norm) -> None:
    x = torch.rand(3, 4, generator=_seeded(0))
    attack = Attack(0.1, steps=2, step_size=0.01, norm=norm, random_start=True)
    first, again, other = (
        perturb(x, lambda y: (y**2).sum(), attack, generator=_seeded(seed)) for seed in (5, 5, 6)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_input_itself_is_left_as_it_was() -> None:
    x = torch.rand(2, 2, generator=_seeded(0)).requires_grad_()
    before = x.detach().clone()
    perturb(x, lambda y: y.sum(), FGSM)
    assert torch.equal(x.detach(), before)
    assert x.grad is None


@pytest.mark.parametrize(
    "wrong",
    [{"eps": -1.0}, {"eps": float("nan")}, {"steps": 0}, {"step_size": 0.0}, {"norm": "l1"}],
)
def test_a_wrong_attack_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"not"):
        Attack(**{"eps": 0.1, **wrong})  # type: ignore[arg-type]


def test_values_that_cannot_be_attacked_are_refused() -> None:
    with pytest.raises(ValueError, match="floating point"):
        perturb(torch.zeros(1, 2, dtype=torch.uint8), lambda y: y.sum(), FGSM)
    with pytest.raises(ValueError, match="between 0 and 1"):
        perturb(torch.full((1, 2), 2.0), lambda y: y.sum(), FGSM, low=0, high=1)
