"""A group that is to stay is not listed again, until another video joins it."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.home import resolve_home
from tests.indexer.made import store
from ui.library.keeping import decisions
from ui.library.library import Library


@pytest.fixture
def rows() -> NDArray[np.float32]:
    """Twenty clips that are like nothing else."""
    made = np.random.default_rng(3).normal(size=(20, 64)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def test_what_was_decided_counts_for_the_very_videos(
    tmp_path: Path, rows: NDArray[np.float32]
) -> None:
    home = resolve_home(tmp_path / "home")
    home.make()
    others = {
        f"other{n}.mp4": np.roll(rows[:, ::-1] if n % 2 else -rows, n, axis=1) for n in range(6)
    }
    ids = store(home, {"a.mp4": rows, "b.mp4": rows, **others})
    with Library(home.root) as library:
        catalogue = library.catalogue
        assert decisions.undecided_groups(catalogue) is None
        library.compare()
        groups = decisions.undecided_groups(catalogue)
        assert groups is not None
        pair = [each.video.id for group in groups for each in (group.best, *group.others)]
        assert set(pair) == {ids["a.mp4"], ids["b.mp4"]}
        decisions.keep(catalogue, pair)
        assert decisions.undecided_groups(catalogue) == []
        decisions.keep_no_longer(catalogue, pair)
        assert len(decisions.undecided_groups(catalogue) or []) == 1
        decisions.keep(catalogue, pair)
    store(home, {"c.mp4": rows})
    with Library(home.root) as library:
        library.compare()
        again = decisions.undecided_groups(library.catalogue)
        assert again is not None
        assert len([again[0].best, *again[0].others]) == 3
