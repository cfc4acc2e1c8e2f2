from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.history.history import History
from data.history.rows.event_row import EVENT_COLUMNS
from data.home import resolve_home
from recommender.evaluation.files import read_event_files


def write(folder: Path, text: str, name: str = "events.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_bare_pairs_are_views_that_count_in_full(tmp_path: Path) -> None:
    (events,), videos = read_event_files([write(tmp_path, "user,video\n7,x\n8,y\n7,y\n")])
    assert not videos.has_vectors
    assert events.weight.tolist() == [1.0, 1.0, 1.0]
    assert [list(events.users)[i] for i in events.user] == ["7", "8", "7"]
    assert [videos.titles[i] for i in events.item] == ["x", "y", "y"]
    assert not events.timed
    assert events.liked.sum() == 3.0


def test_kinds_seconds_and_times_are_read_as_the_history_reads_them(tmp_path: Path) -> None:
    text = (
        "Kind,user,video,at,watched_s,duration_s\n"
        "like,a,v1,2026-06-01T00:00:00Z,,\n"
        "dislike,a,v2,1780272000,,\n"
        ",a,v3,2026-06-01 02:00:00+02:00,45,100\n"
        "VIEW,a,v4,1780272000.5,1,100\n"
    )
    (events,), _ = read_event_files([write(tmp_path, text)])
    assert events.weight.tolist() == pytest.approx([1.0, 0.0, 0.5, 0.0])
    assert events.verdict.tolist() == [1, -1, 0, 0]
    assert events.at_s.tolist() == [1780272000.0] * 3 + [1780272000.5]
    assert events.timed


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "user": [3, 4],
            "video": ["a", "b"],
            "at": pd.to_datetime(["2026-06-01", "2026-06-02"], utc=True),
            "kind": ["like", None],
        }
    )
    table.to_parquet(tmp_path / "e.parquet")
    (events,), _ = read_event_files([tmp_path / "e.parquet"])
    assert events.at_s.tolist() == [1780272000.0, 1780358400.0]
    assert events.verdict.tolist() == [1, 0]
    assert list(events.users) == ["3", "4"]


def test_files_share_their_numbers_and_vectors_bring_candidates(tmp_path: Path) -> None:
    first = write(tmp_path, "user,video\na,1\nb,2\n", "first.csv")
    second = write(tmp_path, "user,video\nc,1\na,3\n", "second.csv")
    ids, rows = np.array(["3", "9"]), np.array([[1.0, 2.0], [3.0, 4.0]])
    np.savez(tmp_path / "items.npz", ids=ids, vectors=rows)
    (one, two), videos = read_event_files([first, second], tmp_path / "items.npz")
    assert sorted(videos.titles) == ["1", "2", "3", "9"]
    assert one.n_items == two.n_items == 4
    assert one.item[0] == two.item[0]
    known = {videos.titles[int(i)]: videos.matrix[i].tolist() for i in np.flatnonzero(videos.known)}
    assert known == {"3": [1.0, 2.0], "9": [3.0, 4.0]}
    assert not videos.centred[~videos.known].any()
    table = pd.DataFrame({"video": ids, "vector": list(rows)})
    table.to_parquet(tmp_path / "items.parquet")
    _, again = read_event_files([first, second], tmp_path / "items.parquet")
    assert again.matrix.tolist() == videos.matrix.tolist()


def test_the_order_of_items_does_not_tell_how_popular_they_are(tmp_path: Path) -> None:
    rows = "".join(f"{user},{video:04d}\n" for video in range(400) for user in range(400 - video))
    (events,), _ = read_event_files([write(tmp_path, "user,video\n" + rows)])
    fame = np.asarray(events.liked.sum(axis=0)).ravel()
    assert abs(np.corrcoef(fame, np.arange(len(fame)))[0, 1]) < 0.15


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("person,video\na,1\n", r"no column user \(its columns: person, video\)"),
        ("user,video\na,1\n,2\n", "1 rows are not events, first in line 3: user is empty"),
        ("user,video,at\na,1,soon\n", "ISO 8601 or Unix seconds, .* got 'soon'"),
        ("user,video,at\na,1,-5\n", "between 1973 and 2100"),
        ("user,video,kind\na,1,love\n", "kind must be view, like, dislike or hide, got"),
        ("user,video,watched_s\na,1,-3\n", "watched_s must be a finite number >= 0"),
        ("user,video\na,1,2\n", "3 values under 2 columns"),
        ("", "no column user and no column video"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ReelwiseError, match=problem):
        read_event_files([write(tmp_path, text)])


WORDS = ("ann", "", " ", "é", "like", "VIEW", "nan", "NaT")
NUMBERS = ("1", "-1", "1e9", "1e12", "inf")
TIMES = ("1960-05-01", "0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-10:00")
ODD = st.sampled_from([*WORDS, *NUMBERS, *TIMES])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(ODD, min_size=1, max_size=7), max_size=4))
def test_a_file_that_evaluates_is_imported_whole_and_the_reverse(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([["User ", "VIDEO", *EVENT_COLUMNS[2:]], *rows])
        with Catalogue(resolve_home(Path(folder) / "home")) as catalogue:
            report = History(catalogue).import_file(file)
            events = History(catalogue).events()
        try:
            (read,), _ = read_event_files([file])
        except ReelwiseError:
            assert report.bad_rows
        else:
            # Only the order of times counts there, so any number is one.
            for _, reason in report.bad_rows:
                assert "Unix seconds (or milliseconds)" in reason
            assert len(read) == report.rows
            assert {event.user for event in events} <= set(read.users)


def test_a_parquet_file_without_events_names_its_columns(tmp_path: Path) -> None:
    pd.DataFrame({"userId": ["a"], "movieId": [1]}).to_parquet(tmp_path / "e.parquet")
    with pytest.raises(ReelwiseError, match=r"no column user .*columns: userid, movieid"):
        read_event_files([tmp_path / "e.parquet"])


def test_the_case_of_parquet_columns_does_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "e.parquet"
    pd.DataFrame({"USER": ["a"], " Video": ["x"], "at": ["1960-05-01"]}).to_parquet(file)
    (read,), _ = read_event_files([file])
    with Catalogue(resolve_home(tmp_path / "home")) as catalogue:
        assert History(catalogue).import_file(file).added == 1
        (event,) = History(catalogue).events()
    assert read.at_s.tolist() == [event.at.timestamp()] == [-305164800.0]


def test_a_missing_file_and_broken_vectors_are_known_errors(tmp_path: Path) -> None:
    with pytest.raises(ReelwiseError, match="cannot be read: No such file"):
        read_event_files([tmp_path / "none.csv"])
    events = write(tmp_path, "user,video\na,1\n")
    np.savez(tmp_path / "items.npz", ids=np.array(["1", "1"]), vectors=np.ones((2, 3)))
    with pytest.raises(ReelwiseError, match="names an item twice"):
        read_event_files([events], tmp_path / "items.npz")
    np.savez(tmp_path / "items.npz", ids=np.array(["1"]), vectors=np.ones((2, 3)))
    with pytest.raises(ReelwiseError, match=r"vectors must be \(1, d\)"):
        read_event_files([events], tmp_path / "items.npz")
