from __future__ import annotations

from collections.abc import Iterator

import pytest

from data.catalogue import Catalogue
from data.home import Home
from tests.data.made import embed, file_record
from tests.data.review.made import set_policy


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    """Three videos of four clips of two seconds, one every second, and a policy."""
    with Catalogue(home) as opened:
        opened.files.put([file_record(f"{name}.mp4", name) for name in "abc"])
        opened.set_encoder("e1", "e1")
        embed(opened, "p", 1, 2, 3, n_clips=4)
        set_policy(opened)
        yield opened
