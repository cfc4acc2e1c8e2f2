"""Stores one list of duplicates after another, and is killed by `test_stored_kills`."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.trust.kill_child import Report, serve
from data.durable import arm_crash
from data.home import resolve_home
from indexer.copies.stored import Duplicates, Pair, Stretch, write_duplicates
from indexer.duplicates.looks import Stored
from indexer.duplicates.stored_looks import looks_file, write_looks

ENCODER = "made-1"
PAIRS = 120


def made(number: int) -> Duplicates:
    """The list of this number: every pair says which it is."""
    stretch = (Stretch(float(number), number + 9.0, 0.0, 9.0, 0.5),)
    pairs = tuple(Pair(i, i + 1, float(number), stretch, True, True) for i in range(1, PAIRS))
    contents = {i: f"content-{number}-{i}" for i in range(1, PAIRS + 1)}
    background = {"common": [0.0], "alike": 0.3, "alike_joined": 0.3}
    return Duplicates(ENCODER, number, frozenset(contents), background, contents, pairs)


def made_looks(number: int) -> dict[int, Stored]:
    """The looks of this number."""
    return {i: np.full((3, 55), number % 100, np.int8) for i in range(1, PAIRS + 1)}


def run_storing(job: dict[str, Any], say: Report) -> None:
    home = resolve_home(Path(job["home"]))
    arm_crash(job.get("crash_at"))
    for number in range(job["first"], job["first"] + job["lists"]):
        write_looks(looks_file(home, ENCODER), made_looks(number))
        write_duplicates(home, made(number))
        say("stored", number)
        say("video", number)  # what `WriterHost` counts before it kills


if __name__ == "__main__":
    serve(run_storing)
