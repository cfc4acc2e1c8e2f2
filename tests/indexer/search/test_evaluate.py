"""Search quality on a query file: numbers that can be checked by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from data.errors import ReelwiseError
from data.home import Home, resolve_home
from embeddings.plain.layers import unit
from indexer.accident import best_by_accident
from indexer.build.pipeline import index_library
from indexer.search.evaluate import MAX_MOMENTS, evaluate_search, read_queries
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from tests.fakes import ColourEncoder
from tests.indexer.made import paint, store


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = resolve_home(tmp_path / "home")
    home.make()
    return home


def write(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def library(home: Home) -> Searcher:
    encoder = ColourEncoder()
    store(
        home,
        {
            "rg.mp4": encoder.encode_texts(["red", "green"]),
            "b.mp4": encoder.encode_texts(["blue"]),
            "w.mp4": encoder.encode_texts(["white"]),
        },
    )
    return Searcher(home, encoder)


def test_metrics_are_those_counted_by_hand(home: Home, tmp_path: Path) -> None:
    queries = write(
        tmp_path / "q.csv",
        "query,video,start_s,end_s",
        "red,rg.mp4,0,4",  # right, IoU 1
        "green,rg.mp4,4,12",  # right, IoU 4 / 8
        "blue,w.mp4,0,4",  # wrong: b.mp4 comes first, w.mp4 later
        "white,w.mp4,,",  # right, no times
        "white,gone.mp4,0,4",  # no such video
    )
    metrics = evaluate_search(library(home), queries)
    assert (metrics["protocol"], metrics["n"], metrics["n_timed"], metrics["unresolved"]) == (
        "text-to-moment",
        5,
        4,
        1,
    )
    assert metrics["recall_at_1"] == pytest.approx(3 / 5)
    assert metrics["recall_at_5"] == pytest.approx(4 / 5)
    assert metrics["miou"] == pytest.approx((1 + 0.5 + 0 + 0) / 4)
    assert metrics["moment_recall_at_1"] == pytest.approx(2 / 4)
    late = 1 / (_number(metrics["mrr"]) * 5 - 3)
    assert late in (pytest.approx(2), pytest.approx(3))
    assert metrics["median_rank"] == 1
    for name in ("recall_at_1", "recall_at_5", "recall_at_10", "mrr", "miou"):
        assert metrics[f"brute_force_{name}"] == pytest.approx(metrics[name])
    assert _number(metrics["seconds"]) > 0


def _number(value: object) -> float:
    assert isinstance(value, float)
    return value


def test_any_member_of_a_group_is_right(home: Home, tmp_path: Path) -> None:
    alone = write(tmp_path / "a.csv", "query,video,group", "blue,w.mp4,", "blue,b.mp4,")
    grouped = write(tmp_path / "g.csv", "query,video,group", "blue,w.mp4,x", "blue,b.mp4,x")
    searcher = library(home)
    assert evaluate_search(searcher, alone)["recall_at_1"] == 0.5
    assert evaluate_search(searcher, grouped)["recall_at_1"] == 1.0


def test_a_query_without_its_video_counts_as_last(home: Home, tmp_path: Path) -> None:
    queries = write(tmp_path / "q.csv", "query,video", "red,nowhere.mp4")
    metrics = evaluate_search(library(home), queries)
    assert (metrics["recall_at_10"], metrics["mrr"], metrics["median_rank"]) == (
        0,
        0,
        MAX_MOMENTS + 1,
    )


def test_examples_may_be_a_stretch_of_a_file(home: Home, tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    paint(videos / "rb.mp4", ("red", 4), ("blue", 4))
    paint(videos / "gw.mp4", ("green", 4), ("white", 4))
    paint(tmp_path / "examples" / "mix.mp4", ("black", 3), ("white", 3), size_px=32)
    index_library(home, [videos], ColourEncoder())
    queries = tmp_path / "examples" / "q.csv"
    with queries.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["like", "video", "start_s", "end_s"])
        rows.writerow([str(videos / "rb.mp4"), "rb.mp4", 0, 8])
        rows.writerow(["rb.mp4@4.5-7.5", "rb", 4, 8])
        rows.writerow(["mix.mp4@3.5-5.5", str(videos / "gw.mp4"), 4, 8])
        rows.writerow(["missing.mp4", "gw.mp4", 4, 8])
    metrics = evaluate_search(Searcher(home, ColourEncoder()), queries, videos=videos)
    assert (metrics["protocol"], metrics["unresolved"]) == ("example-to-moment", 1)
    assert metrics["recall_at_1"] == pytest.approx(3 / 4)
    assert metrics["moment_recall_at_1"] == pytest.approx(3 / 4)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["text,video", "a,b"], "has no column query or like; its columns are text, video"),
        (["query,video"], "holds no query"),
        (["query,video", "red,"], "line 2: needs query or like"),
        (["query,like,video", "red,a.mp4,b.mp4"], "line 2"),
        (
            ["query,video,start_s,end_s", "red,a,1,2", "red,a,5,3"],
            "line 3: the interval is 5.0 to 3.0",
        ),
        (["query,video,start_s,end_s", "red,a,one,3"], "line 2: start_s and end_s must be seconds"),
    ],
)
def test_an_invalid_query_file_is_refused_with_its_line(
    tmp_path: Path, lines: list[str], problem: str
) -> None:
    path = write(tmp_path / "q.csv", *lines)
    with pytest.raises(ReelwiseError, match=problem):
        read_queries(path)


def test_quotes_commas_and_byte_order_marks_are_read(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text('query,video,start_s,end_s\n"a red car, then a ""kite""",a.mp4,1.5,3\n',
                    encoding="utf-8-sig")  # fmt: skip
    row = read_queries(path)[0]
    assert (row.query, row.video, row.span) == ('a red car, then a "kite"', "a.mp4", (1.5, 3.0))


def test_words_are_judged_by_unrelated_texts_where_an_encoder_knows_some(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = unit(np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32))
    plain = library(home).search(Query(text="blue")).hits[0]
    monkeypatch.setattr("indexer.search.query_encoder.unrelated_texts", lambda name: texts)
    searcher = Searcher(home, ColourEncoder())
    learnt = best_by_accident(texts, searcher.view.sample, searcher.view.n_clips)
    assert learnt is not None
    hit = searcher.search(Query(text="blue")).hits[0]
    assert (hit.video_id, hit.score) == (plain.video_id, plain.score)
    assert hit.relevance == pytest.approx(learnt.relevance(hit.score, searcher.view.n_clips))
    assert hit.relevance != pytest.approx(plain.relevance)
