from __future__ import annotations

from collections.abc import Iterator

import pytest

from data.annotations.annotations import Annotations
from data.catalogue import Catalogue
from data.home import Home
from tests.data.made import embed, file_record


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    """Three videos of four clips of two seconds, one every second."""
    with Catalogue(home) as opened:
        opened.files.put([file_record(f"{name}.mp4", name) for name in "abc"])
        opened.set_encoder("e1", "e1")
        embed(opened, "p", 1, 2, 3, n_clips=4)
        yield opened


@pytest.fixture
def animals(catalogue: Catalogue) -> Annotations:
    """A set of one label a stretch, nothing labelled yet."""
    made = Annotations(catalogue)
    made.make("animals", labels=["dog", "cat"])
    return made
