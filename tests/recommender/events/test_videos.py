"""The table of videos is read from a library that may change meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.catalogue import Catalogue
from data.home import Home, resolve_home
from indexer.build.recording.record import writing_session
from indexer.search.view import View, open_view
from recommender.events import videos
from tests.fakes import ColourEncoder
from tests.indexer.made import store


def test_a_video_that_goes_while_the_table_is_read_has_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = resolve_home(tmp_path / "home")
    home.make()
    ids = store(home, {name: ColourEncoder().encode_texts([name]) for name in ("red", "blue")})
    with writing_session(home) as catalogue:
        whole = videos.read_video_table(catalogue)
        gone = catalogue.files.of_video(ids["red"])

    def opened_then_changed(home: Home, catalogue: Catalogue, encoder_id: str) -> View:
        view = open_view(home, catalogue, encoder_id)
        catalogue.files.remove(gone)
        return view

    monkeypatch.setattr(videos, "open_view", opened_then_changed)
    with Catalogue(home) as catalogue:
        left = videos.read_video_table(catalogue)
    assert (list(whole.ids), list(left.ids)) == (sorted(ids.values()), [ids["blue"]])
    row = whole.row_of[ids["blue"]]
    assert left.matrix.tolist() == [whole.matrix[row].tolist()]
    assert (left.title(0), left.path(0)) == (whole.title(row), whole.path(row))
    assert (left.added_at, list(left.durations_s)) == (
        [whole.added_at[row]],
        [whole.durations_s[row]],
    )
