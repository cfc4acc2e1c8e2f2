"""Adversarial examples: FGSM (Goodfellow et al., 2015) and PGD (Madry et al., 2018).

attacked = perturb(pixels, lambda x: -similarity(x).sum(), Attack(eps=2 / 255, steps=5))
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

Norm = Literal["linf", "l2"]
OVERSHOOT = 2.5
"""Sum of the PGD steps over the radius, so that the far side of the ball can be reached from any
start (Madry et al., arXiv 1706.06083, section 5)."""


@dataclass(frozen=True)
class Attack:
    """The size of an attack, and its steps."""

    eps: float
    """Maximum distance from the input, in the unit of the input."""
    steps: int = 1
    """Gradient steps: 1 is FGSM, more is PGD."""
    step_size: float | None = None
    """Length of a step; None is `eps` for one step, `2.5 * eps / steps` for more."""
    norm: Norm = "linf"
    """Distance: the largest change of a value, or the Euclidean length of a row's change."""
    random_start: bool = False
    """Begin at a uniformly random point of the ball instead of at the input."""

    def __post_init__(self) -> None:
        if not self.eps >= 0:
            raise ValueError(f"eps must be 0 or more, not {self.eps}")
        if self.steps < 1:
            raise ValueError(f"steps must be 1 or more, not {self.steps}")
        if self.step_size is not None and not self.step_size > 0:
            raise ValueError(f"step_size must be more than 0, not {self.step_size}")
        if self.norm not in get_args(Norm):
            raise ValueError(f"norm must be one of {get_args(Norm)}, not {self.norm!r}")


def perturb(
    x: Tensor,
    loss: Callable[[Tensor], Tensor],
    attack: Attack,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    generator: torch.Generator | None = None,
) -> Tensor:
    """The input, changed within the attack's radius so that the loss is high.

    Gradients of parameters are left unchanged. A module in training mode still updates its
    running statistics in its forward pass (batch normalisation).

    Args:
        x: (n, ...) floating point; each of the n rows has its own ball.
        loss: From a tensor like `x` to a scalar; a sum over rows attacks each row alone.
        attack: Radius, norm and steps.
        low: Minimum value of `x` and of the result.
        high: Maximum value of both.
        generator: For `random_start`, on the device of `x`.

    Returns:
        Like `x`, detached, at most `eps` from it, also after rounding.

    Raises:
        ValueError: `x` is not floating point, or not between `low` and `high`.
    """
    x = x.detach()
    if not x.is_floating_point():
        raise ValueError(f"x must be floating point, not {x.dtype}")
    if (x < low).any() or (x > high).any():
        raise ValueError(f"x must be between {low} and {high}")
    step_size = attack.step_size
    if step_size is None:
        step_size = attack.eps if attack.steps == 1 else OVERSHOOT * attack.eps / attack.steps
    with torch.inference_mode(False), torch.enable_grad():
        x = x.clone()
        change = torch.zeros_like(x)
        if attack.random_start:
            change = _random_change(x, attack, generator)
        for _ in range(attack.steps):
            moved = (x + change).clamp(low, high).requires_grad_()
            (slope,) = torch.autograd.grad(loss(moved), moved)
            change = moved.detach() - x + step_size * _steepest(slope, attack.norm)
            change = _project(change, attack)
        return _keep_within(x, x + change, attack).clamp(low, high)


def _lengths(x: Tensor) -> Tensor:
    """Euclidean length of each row, in a shape that broadcasts against `x`."""
    return x.flatten(1).norm(dim=1).view(-1, *[1] * (x.ndim - 1)) if x.ndim > 1 else x.abs()


def _steepest(slope: Tensor, norm: Norm) -> Tensor:
    """The step of length one that raises the loss most; zero where the slope is zero."""
    if norm == "linf":
        return slope.sign()
    largest = slope.abs().amax(dim=tuple(range(1, slope.ndim)), keepdim=True)
    slope = slope / torch.where(largest > 0, largest, 1)  # else the length of tiny ones underflows
    lengths = _lengths(slope)
    return slope / torch.where(lengths > 0, lengths, 1)


def _project(change: Tensor, attack: Attack) -> Tensor:
    if attack.norm == "linf":
        return change.clamp(-attack.eps, attack.eps)
    lengths = _lengths(change)
    return torch.where(lengths > attack.eps, change * (attack.eps / lengths), change)


def _random_change(x: Tensor, attack: Attack, generator: torch.Generator | None) -> Tensor:
    """A uniformly random point of each row's ball."""
    if attack.norm == "linf":
        share = torch.rand(x.shape, generator=generator, device=x.device, dtype=x.dtype)
        return (2 * share - 1) * attack.eps
    direction = torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
    shape = (len(x), *[1] * (x.ndim - 1))
    share = torch.rand(shape, generator=generator, device=x.device, dtype=x.dtype)
    radius = attack.eps * share ** (1 / max(1, x[0].numel()))
    return _project(_steepest(direction, "l2") * radius, attack)


def _keep_within(x: Tensor, moved: Tensor, attack: Attack) -> Tensor:
    """Undo what rounding added to the distances, one floating point step at a time."""
    while True:
        distances = (moved.double() - x.double()).abs()
        over = (distances if attack.norm == "linf" else _lengths(distances)) > attack.eps
        if not over.any():
            return moved
        moved = torch.where(over, torch.nextafter(moved, x), moved)
