"""The processes of one training run: a single one, or those that torchrun started.

Every process computes the vectors of its share of a batch and gets those of the others; each
computes the whole loss, and gradients add up to those of one process with the whole batch.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn

from embeddings.backbone.computing.device import choose_device

PATIENCE = timedelta(hours=12)
"""Time that the other processes wait while the first one decodes."""


@dataclass(frozen=True)
class Ranks:
    """Number and device of this process."""

    device: torch.device
    """Device of its tensors."""
    rank: int = 0
    """Its number; process 0 reads, writes and reports."""
    world: int = 1
    """Number of processes."""

    @property
    def first(self) -> bool:
        """Whether this process reads, writes and reports."""
        return self.rank == 0

    def gather(self, rows: Tensor) -> Tensor:
        """(b, ...) of this process -> (world * b, ...) of all; gradients reach this one's."""
        if self.world == 1:
            return rows
        parts = [torch.empty_like(rows) for _ in range(self.world)]
        distributed.all_gather(parts, rows.detach().contiguous())
        parts[self.rank] = rows
        return torch.cat(parts)

    def add_gradients(
        self, through: Sequence[nn.Parameter], direct: Sequence[nn.Parameter]
    ) -> None:
        """Make every process's gradients those of the whole batch.

        Args:
            through: Weights of the vectors: each process has the gradients of its rows.
            direct: Weights of the loss alone: each process has the whole gradient.
        """
        if self.world == 1:
            return
        for weight in direct:
            if weight.grad is not None:
                weight.grad /= self.world
        grads = [p.grad for p in (*through, *direct) if p.grad is not None]
        flat = torch.cat([g.flatten() for g in grads])
        distributed.all_reduce(flat)
        sizes = [grad.numel() for grad in grads]
        for grad, part in zip(grads, torch.split(flat, sizes), strict=True):
            grad.copy_(part.view_as(grad))

    def agree(self, value: float) -> float:
        """The first process's value, in every process."""
        if self.world == 1:
            return value
        box = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.broadcast(box, 0)
        return float(box.item())

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.world > 1:
            distributed.barrier()


@contextmanager
def open_ranks(device: str = "auto") -> Iterator[Ranks]:
    """Join the processes that torchrun started; a single process without torchrun.

    Args:
        device: `auto`, `cpu` or `cuda`; with CUDA each local process takes a GPU of its own.

    Raises:
        ReelwiseError: `device` is `cuda` and there is none.
    """
    chosen = choose_device(device)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Ranks(chosen)
        return
    if chosen.type == "cuda":
        chosen = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(chosen)
    backend = "nccl" if chosen.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=PATIENCE)
    try:
        yield Ranks(chosen, distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()
