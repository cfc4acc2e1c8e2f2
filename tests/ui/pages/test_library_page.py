"""The Library page says how clips are cut, and which videos still have others."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from data.catalogue.catalogue import Catalogue
from data.home import resolve_home
from data.video.clips.rule import ClipRule
from tests.indexer.made import store
from ui.library.library import Library
from ui.pages import served


def page() -> None:
    """What the script of the site does for this page."""
    from ui.pages.library_page import show_library

    show_library()


def test_how_clips_are_cut_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = resolve_home(tmp_path / "home")
    home.make()
    store(home, {"a.mp4": np.eye(8, dtype=np.float32)[:2]})
    with Library(home.root) as library:
        monkeypatch.setattr(served, "library", lambda: library)
        app = AppTest.from_function(page).run()
        assert app.caption[0].value == "Clips are cut by shot, at most 10 s, overlapping by 50%."
        assert "reelwise rebuild" not in " ".join(str(e.proto.body) for e in app.get("html"))
        with Catalogue(home) as catalogue:
            catalogue.set_clip_rule(ClipRule("windows", 20, 0))
        app = AppTest.from_function(page).run()
    assert app.caption[0].value == "Clips are cut by time, at most 20 s, without overlap."
    told = " ".join(str(each.proto.body) for each in app.get("html"))
    assert "1 video has other clips than the library makes now: reelwise rebuild" in told
