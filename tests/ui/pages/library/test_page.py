"""What the component of the Library page is told: owners of their problems, viewers of none."""

from pathlib import Path

import numpy as np

from data.catalogue import FileRecord
from data.home import resolve_home
from tests.indexer.made import store
from ui.library.library import Library
from ui.pages.library.address import Asked
from ui.pages.library.page import page_data
from ui.pages.words.language import words_of


def test_owners_are_told_of_problems_and_viewers_are_not(tmp_path: Path) -> None:
    home = resolve_home(tmp_path / "home")
    home.make()
    store(home, {"a.mp4": np.eye(8, dtype=np.float32)[:1]})
    bad = FileRecord(Path("/videos/bad.mp4"), 3, 1, 9, None, reason="cut off: its end")
    with Library(home.root) as library:
        library.catalogue.files.put([bad])
        told = page_data(library, Asked(), words_of("en"), is_owner=True)
        assert (told["owner"], told["problems"], told["empty"]) == (True, 1, False)
        assert told["jobs"] is False
        library.jobs.add("verify", {})
        assert page_data(library, Asked(), words_of("en"), is_owner=True)["jobs"] is True
        viewer = page_data(library, Asked(), words_of("en"), is_owner=False)
        assert (viewer["owner"], viewer["problems"], viewer["empty"]) == (False, 0, False)
        assert viewer["jobs"] is False
        assert "/videos" not in str(viewer)


def test_a_library_without_videos_or_folders_is_empty(tmp_path: Path) -> None:
    with Library(tmp_path / "home") as library:
        library.make()
        asked = Asked(left_out=(("year", "abc"),))
        told = page_data(library, asked, words_of("en"), is_owner=True)
    assert told["empty"] is True
    assert told["left_out"] == ["year=abc means nothing here; left out."]
