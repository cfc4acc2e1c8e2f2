"""Searching vectors that were stored as if they had been embedded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import ReelwiseError
from data.home import Home
from data.video.write import write_video
from indexer.build.recording.record import writing_session
from indexer.search import query_encoder
from indexer.search.examples.example import Example
from indexer.search.hits import ranking
from indexer.search.query import Filters, Options, Query
from indexer.search.query_vectors import QueryVectors
from indexer.search.relevance.calibrate import Background
from indexer.search.result import Hit
from indexer.search.searcher import Searcher
from indexer.search.spans import Span
from indexer.store.publishing import publish
from indexer.store.segments.building import Building
from tests.fakes import ColourEncoder, RandomEncoder, random_units, unit_rows
from tests.indexer.made import store
from tests.indexer.search.found import colour, names, random_library, stretches

pytestmark = pytest.mark.long(9)

COLOURS = ("red", "green", "blue", "yellow", "purple", "cyan", "white", "black")


def test_a_text_finds_the_clip_that_shows_it_with_its_times(home: Home) -> None:
    store(home, {"a": colour("green", "red", "blue"), "b": colour("white", "black")})
    hits = Searcher(home, ColourEncoder()).search(Query(text="red"), k=1).hits
    assert [(h.rank, h.path.name, h.start_s, h.end_s) for h in hits] == [(1, "a", 4.0, 8.0)]
    assert hits[0].score == pytest.approx(1.0, abs=2e-3)
    assert hits[0].why == {"visual": hits[0].score, "text": None}


def exact_hits(
    searcher: Searcher, query: QueryVectors, monkeypatch: pytest.MonkeyPatch
) -> list[Hit]:
    """The ten best hits where every clip of every cell is scored."""
    with monkeypatch.context() as patched:
        patched.setattr(ranking, "MIN_FETCH", 1_000_000)
        for each in searcher.view.searched:
            thorough = dict(each.segment.index.settings[-1])
            patched.setattr(each.segment.index, "parameters", thorough)
        return searcher.search_vectors(query, Options(10)).hits


def test_the_index_answers_like_brute_force(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    random_library(home, 300, seed=1)
    random_library(home, 20, seed=2, published=False)
    searcher = Searcher(home, RandomEncoder())
    table = searcher.view.clips(searcher.view.every_row)
    vectors = searcher.view.vectors(searcher.view.every_row)
    for i in range(20):
        query = Query(text=f"query {i}")
        vectors_of_query = searcher.embed(query)
        best = np.argsort(-(vectors @ vectors_of_query.vectors[0]))[:10]
        single = searcher.search(query, k=10, merge=False).hits
        assert [hit.clip_ids[0] for hit in single] == table.ids[best].tolist()
        merged = searcher.search_vectors(vectors_of_query, Options(10))
        assert merged.hits == exact_hits(searcher, vectors_of_query, monkeypatch)


def test_an_approximate_index_is_searched_in_the_same_way(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    random_library(home, 300, seed=1, published=False)
    with writing_session(home) as catalogue:
        publish(home, catalogue, "random-1", building=Building("ivf_fp16"))
    searcher = Searcher(home, RandomEncoder())
    monkeypatch.setattr(searcher.view.searched[0].segment.index, "parameters", {"nprobe": 8})
    shares = []
    for i in range(20):
        query = searcher.embed(Query(text=f"query {i}"))
        exact = exact_hits(searcher, query, monkeypatch)
        hits = searcher.search_vectors(query, Options(10)).hits
        shares.append(len({h.clip_ids for h in hits} & {h.clip_ids for h in exact}) / 10)
    assert 0.6 < float(np.mean(shares)) < 1.0, "8 of 32 cells miss some, not most"
    # Excluded clips are never returned, and no clip twice, though some columns of ids are -1.
    others = Filters(exclude_video=1)
    hits = searcher.search(Query(text="x"), k=1000, filters=others, merge=False).hits
    clip_ids = [hit.clip_ids for hit in hits]
    assert len(clip_ids) == len(set(clip_ids)) < searcher.view.n_clips
    assert all(hit.video_id != 1 for hit in hits)


@pytest.mark.parametrize("k", [1, 7, 40, 1000])
def test_k_hits_are_returned_or_all(home: Home, k: int) -> None:
    random_library(home, 60, seed=3)
    searcher = Searcher(home, RandomEncoder())
    n_clips = searcher.view.n_clips
    hits = searcher.search(Query(text="x"), k=k, merge=False).hits
    assert len(hits) == min(k, n_clips)
    assert len({hit.clip_ids for hit in hits}) == len(hits)
    moments = searcher.search(Query(text="x"), k=k).hits
    assert len(moments) >= min(k, 60)
    assert len({hit.video_id for hit in searcher.search(Query(text="x"), k=1000).hits}) == 60


def test_filters_are_applied_before_and_not_after_the_best_are_taken(home: Home) -> None:
    rng = np.random.default_rng(4)
    target = RandomEncoder().encode_texts(["x"])[0]
    near = random_units(rng, 3000, 32) * 0.1 + target
    clips = {f"near/{i}.mp4": near[i : i + 1] for i in range(3000)}
    clips |= {f"far/{i}.mp4": np.repeat(random_units(rng, 1, 32), 3, axis=0) for i in range(12)}
    store(home, {k: v / np.linalg.norm(v, axis=1, keepdims=True) for k, v in clips.items()},
          encoder_id="random-1")  # fmt: skip
    searcher = Searcher(home, RandomEncoder())
    under = Filters(under=Path("/videos/far"))
    hits = searcher.search(Query(text="x"), k=10, filters=under).hits
    assert len(hits) == 10
    assert all(hit.path.parent.name == "far" for hit in hits)
    long = searcher.search(Query(text="x"), k=50, filters=Filters(min_duration_s=12.0)).hits
    assert {hit.path.parent.name for hit in long} == {"far"}
    assert len({hit.video_id for hit in long}) == 12
    short = searcher.search(Query(text="x"), k=50, filters=Filters(max_duration_s=11.0)).hits
    assert {hit.path.parent.name for hit in short} == {"near"}
    one = searcher.search(Query(text="x"), filters=Filters(under=Path("/videos/far/3.mp4"))).hits
    assert {hit.path.name for hit in one} == {"3.mp4"}
    assert not searcher.search(Query(text="x"), filters=Filters(under=Path("/videos/fa"))).hits


def test_a_hit_names_a_copy_that_is_there_where_its_own_file_is_gone(
    home: Home, tmp_path: Path
) -> None:
    first, second, third = (tmp_path / name / f"{name}.mp4" for name in ("old", "new", "far"))
    for path in (second, third):
        path.parent.mkdir()
        path.write_bytes(b"")
    number = store(home, {str(first): colour("red")})[str(first)]
    with writing_session(home) as catalogue:
        (record,) = catalogue.files.known([Path("/")]).values()
        catalogue.files.put([replace(record, path=path) for path in (second, third)])
    searcher = Searcher(home, ColourEncoder())
    hit = searcher.search(Query(text="red")).hits[0]
    assert (hit.video_id, hit.path, hit.title) == (number, second, "new")
    below = Filters(under=third.parent)
    assert searcher.search(Query(text="red"), filters=below).hits[0].path == third
    second.unlink()
    assert searcher.search(Query(text="red")).hits[0].path == third
    third.unlink()
    assert searcher.search(Query(text="red")).hits[0].path == first  # shown as gone


def test_min_relevance_keeps_exactly_the_hits_above_it(home: Home) -> None:
    random_library(home, 400, seed=5)
    searcher = Searcher(home, RandomEncoder())
    everything = searcher.search(Query(text="x"), k=2000, merge=False).hits
    bar = everything[100].relevance
    assert 0 < bar < 1
    kept = searcher.search(
        Query(text="x"), k=2000, merge=False, filters=Filters(min_relevance=bar)
    ).hits
    assert [h.clip_ids for h in kept] == [h.clip_ids for h in everything if h.relevance >= bar]


def test_hits_that_touch_are_one_moment_unless_merging_is_off(home: Home) -> None:
    store(home, {"a": colour("red", "red", "green", "red"), "b": colour("blue")})
    searcher = Searcher(home, ColourEncoder())
    assert stretches(searcher.search(Query(text="red"), k=2)) == [("a", 0, 8), ("a", 12, 16)]
    single = searcher.search(Query(text="red"), k=3, merge=False)
    assert stretches(single) == [("a", 0, 4), ("a", 4, 8), ("a", 12, 16)]


def test_a_match_is_confident_and_mere_neighbours_are_not(home: Home) -> None:
    rng = np.random.default_rng(6)
    encoder = RandomEncoder()
    target = encoder.encode_texts(["there"])
    clips = {f"{i}.mp4": random_units(rng, 4, 32) for i in range(100)}
    store(home, clips | {"there.mp4": target}, encoder_id="random-1")
    searcher = Searcher(home, encoder)
    hit = searcher.search(Query(text="there"), k=1)
    assert hit.confident
    assert names(hit) == ["there.mp4"]
    assert hit.hits[0].relevance > 0.99
    unsure = [searcher.search(Query(text=f"absent {i}"), k=1) for i in range(20)]
    assert sum(result.hits[0].relevance > 0.95 for result in unsure) <= 4


def test_what_is_not_wanted_ranks_lower(home: Home) -> None:
    store(home, {"both": colour("red blue"), "only": colour("red"), "x": colour("green")})
    searcher = Searcher(home, ColourEncoder())
    plain = {h.path.name: h.score for h in searcher.search(Query(text="red")).hits}
    away = {h.path.name: h.score for h in searcher.search(Query(text="red", without="blue")).hits}
    assert away["only"] - away["both"] > plain["only"] - plain["both"]


def test_what_is_not_wanted_makes_nothing_more_relevant(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nearly all clips are alike, the few others stand out for any text."""
    rng = np.random.default_rng(6)
    monkeypatch.setattr(query_encoder, "unrelated_texts", lambda name: random_units(rng, 300, 32))
    alike = random_units(rng, 1, 32)
    clips = {f"{i}.mp4": unit_rows(alike + 0.01 * random_units(rng, 4, 32)) for i in range(30)}
    store(home, clips | {"x.mp4": random_units(rng, 8, 32)}, encoder_id="random-1")
    searcher = Searcher(home, RandomEncoder())
    asked = [searcher.search(Query(f"absent {i}", without="snow"), 1) for i in range(50)]
    assert sum(result.confident for result in asked) <= 10


def test_few_videos_that_pass_a_filter_are_confident_no_more_often(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clips that are alike have one chance to score high by accident, not one each."""
    rng = np.random.default_rng(6)
    monkeypatch.setattr(query_encoder, "unrelated_texts", lambda name: random_units(rng, 300, 32))
    alike = random_units(rng, 1, 32)
    clips = {f"{i}.mp4": unit_rows(alike + 0.01 * random_units(rng, 4, 32)) for i in range(30)}
    one = frozenset({store(home, clips, encoder_id="random-1")["7.mp4"]})
    searcher = Searcher(home, RandomEncoder())
    for filters in (Filters(), Filters(videos=one)):
        asked = [searcher.search(Query(f"absent {i}"), 1, filters=filters) for i in range(50)]
        assert sum(result.confident for result in asked) <= 10


def test_similar_finds_others_and_never_the_video_itself(home: Home) -> None:
    ids = store(
        home,
        {
            "a": colour("red", "green"),
            "like-red": colour("red"),
            "like-green": colour("blue", "green"),
            "none": colour("black"),
        },
    )
    searcher = Searcher(home, ColourEncoder())
    assert "a" not in names(searcher.similar(ids["a"], k=10))
    assert stretches(searcher.similar(ids["a"], Span(0, 4), k=1)) == [("like-red", 0, 4)]
    assert stretches(searcher.similar(ids["a"], Span(4, 8), k=1)) == [("like-green", 4, 8)]
    with pytest.raises(ReelwiseError, match="no frame between 50 s and 60 s"):
        searcher.similar(ids["a"], Span(50, 60))
    with pytest.raises(ReelwiseError, match="not embedded"):
        searcher.similar(999)


def test_video_vectors_weigh_clips_by_length(home: Home) -> None:
    rng = np.random.default_rng(8)
    clips = {f"{i}": random_units(rng, int(rng.integers(1, 6)), 32) for i in range(25)}
    ids = store(home, clips, encoder_id="random-1")
    found_ids, matrix = Searcher(home, RandomEncoder()).view.video_matrix
    assert found_ids.tolist() == sorted(ids.values())
    for name, video_id in ids.items():
        mean = clips[name].mean(axis=0)
        row = matrix[found_ids.tolist().index(video_id)]
        assert row == pytest.approx(mean / np.linalg.norm(mean), abs=2e-3)


def test_a_mixed_query_finds_both(home: Home, tmp_path: Path) -> None:
    from PIL import Image

    store(home, {c: colour(c) for c in COLOURS})
    picture = tmp_path / "green.png"
    Image.new("RGB", (40, 30), (0, 255, 0)).save(picture)
    searcher = Searcher(home, ColourEncoder())
    both = names(searcher.search(Query(text="red", image=picture), k=2))
    assert sorted(both) == ["green", "red"]


def test_only_what_is_shown_is_judged(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    store(home, {c: colour(c) for c in COLOURS})
    searcher = Searcher(home, ColourEncoder())
    judged: list[float] = []
    judge = Background.relevance

    def noted(background: Background, score: float) -> float:
        judged.append(score)
        return judge(background, score)

    monkeypatch.setattr(Background, "relevance", noted)
    assert names(searcher.search(Query(text="red"), k=1)) == ["red"]
    assert len(judged) < len(COLOURS)


def test_an_example_is_read_once_for_all_questions(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    store(home, {c: colour(c) for c in COLOURS})
    picture, clip = tmp_path / "green.png", tmp_path / "green.mp4"
    Image.new("RGB", (40, 30), (0, 255, 0)).save(picture)
    write_video(clip, np.full((20, 32, 32, 3), (0, 255, 0), np.uint8), fps=10)
    searcher = Searcher(home, ColourEncoder())
    asked = (Query(image=picture), Query(text="red", like=clip), Query(like=f"{clip}@0-1"))
    first = [names(searcher.search(query, k=2)) for query in asked]
    assert [found[0] for found in first][::2] == ["green", "green"]

    def again(*_: object) -> Example:
        raise AssertionError("read twice")

    for name in ("load_image", "load_example"):
        monkeypatch.setattr(f"indexer.search.query_encoder.{name}", again)
    assert [names(searcher.search(query, k=2)) for query in asked] == first


def test_a_query_of_several_vectors_scores_by_the_nearest(home: Home) -> None:
    store(home, {"a": colour("red"), "b": colour("blue"), "c": colour("green")})
    searcher = Searcher(home, ColourEncoder())
    result = searcher.search_vectors(QueryVectors(colour("red", "blue")), Options(2))
    assert sorted(names(result)) == ["a", "b"]
    assert all(hit.score == pytest.approx(1, abs=2e-3) for hit in result.hits)


def test_one_long_video_does_not_crowd_out_the_others(home: Home) -> None:
    rng = np.random.default_rng(11)
    encoder = RandomEncoder()
    target = encoder.encode_texts(["x"])[0]
    near = target + 0.05 * random_units(rng, 300, 32)
    clips = {"long": near / np.linalg.norm(near, axis=1, keepdims=True)}
    clips |= {f"{i}": random_units(rng, 1, 32) for i in range(6)}
    store(home, clips, encoder_id="random-1")
    result = Searcher(home, encoder).search(Query(text="x"), k=5)
    assert stretches(result)[0] == ("long", 0.0, 1200.0)
    assert len(result.hits) == 5


def test_a_moment_reaches_over_clips_that_others_outscore(home: Home) -> None:
    encoder = RandomEncoder()
    target = encoder.encode_texts(["x"])[0]
    rng = np.random.default_rng(12)

    def at(cosine: float, n: int = 1) -> NDArray[np.float32]:
        side = random_units(rng, n, 32)
        side -= (side @ target)[:, None] * target
        side /= np.linalg.norm(side, axis=1, keepdims=True)
        return np.asarray(cosine * target + (1 - cosine**2) ** 0.5 * side, dtype=np.float32)

    clips = {"best": np.concatenate([at(0.95), at(0.75), at(0.1)])}
    clips |= {f"good {i}": at(0.85) for i in range(100)}
    clips |= {f"other {i}": at(0.0) for i in range(300)}
    store(home, clips, encoder_id="random-1")
    assert stretches(Searcher(home, encoder).search(Query(text="x"), k=1)) == [("best", 0.0, 8.0)]


def test_filters_hold_for_single_clips_too(home: Home) -> None:
    store(home, {"in/a": colour("red", "blue"), "out/b": colour("red", "green")})
    searcher = Searcher(home, ColourEncoder())
    under = Filters(under=Path("/videos/in"))
    hits = searcher.search(Query(text="red"), k=9, filters=under, merge=False).hits
    assert [hit.path.name for hit in hits] == ["a", "a"]
