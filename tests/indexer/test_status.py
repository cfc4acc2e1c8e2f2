"""The numbers that `reelwise status` shows."""

from __future__ import annotations

from pathlib import Path

from data.home import resolve_home
from indexer.build.pipeline import index_library
from indexer.status import library_status
from tests.fakes import ColourEncoder
from tests.indexer.made import paint


def test_an_empty_home_has_no_encoder_and_no_generation(tmp_path: Path) -> None:
    status = library_status(resolve_home(tmp_path / "home"))
    assert (status["videos"], status["clips"], status["failed"]) == (0, 0, 0)
    assert status["encoder"] is status["generation"] is status["index_kind"] is None


def test_an_indexed_home_tells_what_it_holds(tmp_path: Path) -> None:
    home = resolve_home(tmp_path / "home")
    paint(tmp_path / "v" / "a.mp4", ("red", 3), ("blue", 3))
    paint(tmp_path / "v" / "b.mp4", ("green", 3))
    (tmp_path / "v" / "c.mp4").write_text("no video")
    index_library(home, [tmp_path / "v"], ColourEncoder())
    status = library_status(home)
    assert (status["videos"], status["clips"], status["failed"], status["partial"]) == (2, 3, 1, 0)
    assert (status["encoder"], status["encoder_id"]) == ("colour/1", "colour-1")
    assert (status["generation"], status["index_kind"]) == (1, "flat_fp16")
    assert status["recall_at_10"] == 1.0
    assert status["bytes"] > 10_000
    assert status["roots"] == [str(tmp_path / "v")]
    (home.index / "gen-000001" / "clips.faiss").write_bytes(b"broken")
    assert "rebuild" in str(library_status(home)["warning"])
