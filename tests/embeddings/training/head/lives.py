"""Trainings in processes of their own, forked from one that has loaded torch for all of them."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
import torch._dynamo  # what each optimizer imports: 4 s of processor time
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from data.durable import arm_crash
from embeddings.training.attack import Attack
from embeddings.training.head.fit import Setting, fit_head
from embeddings.training.head.objective import Objective
from embeddings.training.ranks import open_ranks
from tests.embeddings.training.made_clips import OPTIONS, made_data

KILLED = replace(
    OPTIONS,
    steps=30,
    validate_every=7,
    checkpoint_s=0,
    objective=Objective(attack=Attack(0.05, 2, random_start=True)),
)


def killed_and_resumed(folder: Path) -> list[int]:
    """Exit codes of a run that is killed at its 17th checkpoint, and of the same one once more."""
    crashes = ("checkpoint.after_fsync:17", "")
    return [in_child(partial(_life, folder / "run", folder / "out.pt", c)) for c in crashes]


def _life(run: Path, out: Path, crash: str) -> None:
    arm_crash(crash)
    data = made_data(150, seed=1), made_data(60, seed=2)
    fitted = fit_head(*data, KILLED, setting=Setting(folder=run))
    torch.save({"head": fitted.head.state_dict(), "losses": fitted.run.losses}, out)


def in_child(work: Callable[[], None]) -> int:
    """The exit code of a forked process that does this; negative is a signal."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def two_ranks(out: Path) -> None:
    """Two processes of the agent of torchrun, which train together."""
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=2,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        start_method="fork",
        max_restarts=0,
    )
    elastic_launch(config, _rank)(out)


def _rank(out: Path) -> None:
    with open_ranks("cpu") as ranks:
        data = made_data(150, seed=1), made_data(60, seed=2)
        fitted = fit_head(*data, replace(OPTIONS, steps=8), setting=Setting(ranks=ranks))
        if ranks.first:
            torch.save((ranks.world, fitted.run.losses), out)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    codes = killed_and_resumed(place)
    two_ranks(place / "two.pt")
    sys.stdout.write(json.dumps(codes))
