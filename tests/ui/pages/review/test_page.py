"""What the component of the Review page is told, and what the Video page is told of cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.home import resolve_home
from tests.data.review.made import find, set_policy
from tests.indexer.made import store
from ui.library.library import Library
from ui.pages.frame import is_moderated
from ui.pages.review.page import page_data
from ui.pages.video.withheld import not_shown


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = resolve_home(tmp_path / "home")
    home.make()
    store(home, {"a.mp4": np.eye(8, dtype=np.float32)[:2]})
    return home.root


@pytest.mark.parametrize(
    ("given", "view", "case", "no_case"),
    [
        ({}, "queue", None, ""),
        ({"view": "log", "case": "12"}, "log", 12, ""),
        ({"view": "else", "case": "-1"}, "queue", None, "-1"),
        ({"case": "9" * 400}, "queue", None, "9" * 60),
    ],
)
def test_an_address_says_what_is_shown(
    home: Path, given: dict[str, str], view: str, case: int | None, no_case: str
) -> None:
    with Library(home) as library:
        told = page_data(library, given)
    assert (told["view"], told["case"], told["no_case"]) == (view, case, no_case)


def test_the_page_is_offered_once_there_is_a_policy(home: Path) -> None:
    with Library(home) as library:
        assert not is_moderated(library)
        set_policy(library.catalogue)
        assert is_moderated(library)


def test_viewers_are_told_that_something_is_withheld_and_not_why(home: Path) -> None:
    with Library(home) as library:
        set_policy(library.catalogue)
        video = library.catalogue.video("a.mp4")
        assert not_shown(library, video, is_owner=True) == {"withheld": [], "blurred": []}
        find(library.catalogue, "fights", (video.id, 0.0, 4.0, 0.9))
        (told,) = not_shown(library, video, is_owner=True)["withheld"]
        assert (told["rule"], told["case"], told["decided"]) == ("fights", 1, False)
        assert "fights" not in str(not_shown(library, video, is_owner=False))
