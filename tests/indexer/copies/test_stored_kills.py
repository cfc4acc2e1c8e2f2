"""Killed at any instant, the list of duplicates is the old or the new one, never half of one."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest

from benchmarks.trust.kills import Kill, WriterHost
from data.durable import TEMP_PREFIX, remove_unfinished
from data.home import Home
from indexer.copies.stored import check_duplicates, read_duplicates
from indexer.duplicates.stored_looks import looks_file, read_looks
from tests.indexer.copies.kill_duplicates_child import ENCODER, made
from tests.indexer.stored import new_home

POINTS = {
    "looks.after_fsync:2": 0,
    "looks.after_rename:2": 0,
    "duplicates.after_fsync:2": 0,
    "duplicates.after_rename:2": 1,
    "duplicates.after_fsync_dir:2": 1,
}
"""Where the second list of a writer is killed, and whether it is the new one that is found."""
KILLS = 5


def stored(home: Home) -> int:
    """The number of the list that is there, which is whole."""
    path = home.duplicates(ENCODER)
    assert check_duplicates(path) is None
    found = read_duplicates(home, ENCODER)
    assert found is not None
    assert found == made(found.n_videos)
    looks = read_looks(looks_file(home, ENCODER))
    numbers = {int(each) for rows in looks.values() for each in rows.ravel()}
    assert numbers in ({found.n_videos % 100}, {(found.n_videos + 1) % 100})  # looks come first
    return found.n_videos


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path)


def test_a_kill_while_it_is_written_leaves_the_old_list_or_the_new_one(home: Home) -> None:
    rng = np.random.default_rng(0)
    first = 0
    with WriterHost("tests.indexer.copies.kill_duplicates_child") as warm:
        for point, is_new in POINTS.items():
            job = {"home": str(home.root), "first": first, "lists": 2, "crash_at": point}
            heard = [(word, value) for _, word, value in warm.run_writer(job)]
            assert heard[-1] == ("died", -signal.SIGKILL), f"{point} was never passed: {heard}"
            assert stored(home) == first + is_new, point
            first += 2
        for _ in range(KILLS):
            job = {"home": str(home.root), "first": first, "lists": 10_000}
            kill = Kill(float(rng.uniform(0, 0.06)), int(rng.integers(1, 4)))
            heard = [(word, value) for _, word, value in warm.run_writer(job, kill)]
            assert heard[-1] == ("died", -signal.SIGKILL)
            reported = max(value for word, value in heard if word == "stored")
            assert reported <= stored(home) <= reported + 1
            first = stored(home) + 1
    remove_unfinished(home.all_duplicates)
    left = [path.name for path in home.all_duplicates.iterdir()]
    assert not [name for name in left if name.startswith(TEMP_PREFIX)]
    assert stored(home) == first - 1
