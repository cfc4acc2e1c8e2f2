"""Older catalogues, indexes and parts brought back: never another video's vector, always told."""

from __future__ import annotations

import shutil
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from data.home import Home
from indexer.build.pipeline import rebuild
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from indexer.verify import verify_library
from tests.fakes import ColourEncoder
from tests.indexer.made import store

pytestmark = pytest.mark.long(20)

COLOURS = ("red", "green", "blue", "white", "yellow", "purple")


def put(home: Home, *colours: str, published: bool = True) -> None:
    encoder = ColourEncoder()
    store(home, {each: encoder.encode_texts([each]) for each in colours}, published=published)


def answers(home: Home) -> tuple[dict[str, str], tuple[str, ...]]:
    """For each colour that can be found the video found first; and the warnings."""
    with closing(Searcher(home, ColourEncoder())) as searcher:
        view = searcher.view
        known = {view.videos[video_id].title for video_id in view.video_ids.tolist()}
        results = {each: searcher.search(Query(text=each), k=1) for each in sorted(known)}
        warnings = searcher.view.warnings
    return {each: result.hits[0].title for each, result in results.items()}, warnings


def bring_back(home: Home, older: Path, names: tuple[str, ...]) -> None:
    """Put older copies in place of what is there, as a person with a backup does."""
    for name in names:
        now = home.root / name
        if now.is_dir():
            shutil.rmtree(now)
            shutil.copytree(older / name, now)
        else:
            shutil.copy(older / name, now)


WHAT = [
    tuple(
        name
        for name, chosen in zip(("catalogue.db", "index", "vectors"), each, strict=True)
        if chosen
    )
    for each in product((False, True), repeat=3)
    if any(each)
]


@pytest.mark.parametrize("mark", ["with its mark", "without"])
@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize("names", WHAT, ids="+".join)
def test_no_answer_has_the_vector_of_another_video(
    tmp_path: Path, names: tuple[str, ...], published: bool, mark: str
) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    put(home, "red")
    shutil.copytree(home.root, tmp_path / "older")
    put(home, "green", "blue", published=published)
    bring_back(home, tmp_path / "older", names)
    if mark == "without":
        home.catalogue_mark.unlink()
    put(home, "white", "yellow", published=False)
    found, warnings = answers(home)
    assert found == {each: each for each in found}
    assert {"red", "white", "yellow"} <= set(found)
    told = " ".join(warnings)
    if "catalogue.db" in names and mark == "with its mark":
        assert "lacks the library's last" in told
    if set(names) >= {"vectors"} and "catalogue.db" not in names:
        assert ("green" in found) == ("index" not in names and published)
        assert ("missing or damaged" in told) == ("green" not in found)
    verify_library(home, repair=True)
    put(home, "purple")
    found, warnings = answers(home)
    assert found == {each: each for each in found}
    # What the older catalogue never knew stays on the disk until it is taken in.
    left = "catalogue.db" in names and "vectors" not in names
    assert ["not in the catalogue" in each for each in warnings] == [True] * left
    rebuild(home)
    assert answers(home)[0] == found
