"""What a search may find is known by ids; videos are read for its hits alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.catalogue import Catalogue, FileRecord, LiveVideos
from data.home import Home
from indexer.build.recording.record import writing_session
from indexer.search.hits.shown import Shown
from indexer.search.query import Filters, Query
from indexer.search.searcher import Searcher
from tests.fakes import ColourEncoder
from tests.indexer.made import store
from tests.indexer.search.found import colour


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """The ids of the videos that are read from the catalogue, of each time."""
    asked: list[set[int]] = []
    some = LiveVideos.some

    def counted(self: LiveVideos, ids: set[int]) -> object:
        asked.append(set(ids))
        return some(self, ids)

    monkeypatch.setattr(LiveVideos, "some", counted)
    return asked


def test_a_search_reads_the_videos_of_its_hits_alone(home: Home, reads: list[set[int]]) -> None:
    ids = store(home, {f"v{n}": colour("red" if n < 3 else "blue") for n in range(40)})
    searcher = Searcher(home, ColourEncoder())
    reads.clear()
    assert len(searcher.search(Query(text="red"), k=3).hits) == 3
    assert set().union(*reads) == {ids["v0"], ids["v1"], ids["v2"]}


def test_a_video_that_is_gone_meanwhile_gives_its_place_to_the_next(home: Home) -> None:
    store(home, {"a": colour("red"), "b": colour("red"), "c": colour("blue")})
    searcher = Searcher(home, ColourEncoder())
    first = searcher.search(Query(text="red"), k=1).hits[0]
    searcher.close()
    searcher = Searcher(home, ColourEncoder())
    with writing_session(home) as catalogue:
        catalogue.files.remove([first.path])
    (hit,) = searcher.search(Query(text="red"), k=1).hits
    assert (hit.rank, hit.video_id != first.video_id) == (1, True)
    assert len(searcher.search(Query(text="red"), k=9).hits) == 2


def test_filters_mask_clips_by_ids_and_the_excluded_video(home: Home) -> None:
    ids = store(home, {name: colour("red", "blue") for name in "abc"})
    view = Searcher(home, ColourEncoder()).view
    a, b = ids["a"], ids["b"]

    def found(filters: Filters) -> set[int] | None:
        mask = Shown.of(view.videos, filters).rows(view)
        return None if mask is None else set(view.clips(np.flatnonzero(mask)).video_ids.tolist())

    assert found(Filters(min_relevance=0.5)) is None
    assert found(Filters(videos=frozenset({a, b}))) == {a, b}
    assert found(Filters(exclude_video=a)) == set(ids.values()) - {a}
    assert found(Filters(videos=frozenset({a, b}), exclude_video=a)) == {b}
    assert Shown.of(view.videos, Filters(videos=frozenset({a}), exclude_video=a)).none_passes
    assert not Shown.of(view.videos, Filters(exclude_video=a)).none_passes


def test_below_a_folder_a_video_is_called_as_its_copy_there(home: Home) -> None:
    ids = store(home, {"a": colour("red"), "b": colour("red")})
    copies = Path("/copies")
    with writing_session(home) as catalogue:
        key = catalogue.files.content_keys([ids["a"]])[ids["a"]]
        records = [FileRecord(copies / name, 1, 1, 1, key) for name in ("first.mp4", "second.mp4")]
        catalogue.files.put(records)
    with Catalogue(home) as catalogue:
        live = LiveVideos(catalogue, ColourEncoder().id)
        shown = Shown.of(live, Filters(under=copies))
        assert shown.ids is not None
        assert shown.ids.tolist() == [ids["a"]]
        assert [video.path for video in shown.some([ids["a"]]).values()] == [copies / "first.mp4"]
        assert shown.some([ids["a"]])[ids["a"]].title == "first"
        whole = Shown.of(live, Filters()).some(ids.values())
        assert {video.path.stem for video in whole.values()} == {"a", "b"}


def test_what_was_read_is_bounded_and_asked_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = list(store(home, {f"v{n}": colour("red") for n in range(6)}).values())
    monkeypatch.setattr("data.catalogue.live.videos.KEPT_VIDEOS", 3)
    with Catalogue(home) as catalogue:
        live = LiveVideos(catalogue, ColourEncoder().id)
        assert list(live.some(reversed(ids))) == ids[::-1]
        assert list(live.some([*ids, 99, ids[0]])) == ids
        assert (len(live), bool(live), live.get(99), 99 in live) == (6, True, None, False)
        assert np.array_equal(live.ids, sorted(ids))
        with pytest.raises(KeyError):
            live[99]
        kept = live.some(ids[:2])
        catalogue.files.remove([video.path for video in kept.values()])
        assert live.some(ids[:2]) == kept, "of one state of the catalogue"
        assert list(LiveVideos(catalogue, ColourEncoder().id).some(ids)) == ids[2:]


@pytest.mark.parametrize(
    ("name", "is_toon"),
    [("toon-0001.mp4", 1), ("toon-00012.mp4", 1), ("toon-001.mp4", 0), ("toon-0001x.mp4", 0),
     ("TOON-0001.mp4", 0), ("my toon-0001.mp4", 0), ("toon-0001.mp4.mp4", 0)],
)  # fmt: skip
def test_cartoons_are_counted_by_their_names(home: Home, name: str, is_toon: int) -> None:
    ids = store(home, {"a": colour("red")})
    with writing_session(home) as catalogue:
        key = catalogue.files.content_keys(ids.values())[ids["a"]]
        old = catalogue.files.of_video(ids["a"])
        catalogue.files.put([FileRecord(Path("/x") / name, 1, 1, 1, key)])
        catalogue.files.remove(old)
        assert LiveVideos(catalogue, ColourEncoder().id).n_not_toons == 1 - is_toon
