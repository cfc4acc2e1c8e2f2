import csv
import io
import multiprocessing
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.catalogue.catalogue import Catalogue
from data.catalogue.naming.names import VideoNames
from data.catalogue.records import FileRecord
from data.errors import ReelwiseError
from data.history import Event, History, events_since, mark_history
from data.history.events import unusable_events
from data.history.rows.event_row import EVENT_COLUMNS
from data.history.rows.times import BadTimeError, parse_time
from data.home import Home, resolve_home
from tests.data.made import catalogue_bytes

pytestmark = pytest.mark.long(11)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    with Catalogue(home) as opened:
        add_videos(opened, "kite", "boat")
        yield opened


def add_videos(catalogue: Catalogue, *names: str) -> None:
    catalogue.files.put([FileRecord(Path(f"/l/{n}.mp4"), 1, 1, 1, n) for n in names])


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_good_rows_are_added_and_bad_ones_named_by_line(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    file = write(
        tmp_path / "events.csv",
        "user,video,at,watched_s,duration_s,kind",
        "ann,kite.mp4,2026-05-01T12:00:00Z,3.5,8,",
        "ann,boat,1777636800,,,like",
        "bob,/l/kite.mp4,2026-05-01T14:00:00+02:00,,,DISLIKE",
        '"cé, ""x""",id:1,2026-05-01,0,,view',
        "ann,kite,yesterday,,,",
        "ann,kite,17776368,,,",
        ",kite,,,,",
        "ann,,,,,",
        "ann,kite,,-1,,",
        "ann,kite,,inf,,",
        "ann,kite,,,,hate",
        "ann,kite,,,,view,more",
        "",
        "zoe,later.mp4,,,,",
    )
    report = History(catalogue).import_file(file)
    assert (report.added, report.duplicates, report.unresolved) == (5, 0, 1)
    assert [line for line, _ in report.bad_rows] == [6, 7, 8, 9, 10, 11, 12, 13]
    reasons = " | ".join(reason for _, reason in report.bad_rows)
    for word in (
        "yesterday",
        "no date YYYYMMDD",
        "user is empty",
        "video is empty",
        "hate",
        "7 values",
    ):
        assert word in reasons
    events = {event.user: event for event in History(catalogue).events() if event.user != "ann"}
    assert events["bob"].at == NOON
    assert (events["bob"].kind, events["bob"].video_id) == ("dislike", 1)
    assert events['cé, "x"'].at == datetime(2026, 5, 1, tzinfo=UTC)
    ann = [(e.video_id, e.at, e.watched_s, e.kind) for e in History(catalogue).events("ann")]
    assert ann == [(1, NOON, 3.5, "view"), (2, NOON, None, "like")]


def test_importing_twice_changes_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    at = "2024-05-01"
    lines = ["user,video,at", *(f"ann,{row}" for row in ("kite,", "kite,"))]
    lines += [f"ann,{video},{at}" for video in ("kite", "boat", "kite")]
    history, file = History(catalogue), write(tmp_path / "e.csv", *lines)
    first = history.import_file(file)
    events = history.events()
    second = history.import_file(file)
    assert (first.added, first.duplicates) == (3, 2)
    assert (second.added, second.duplicates) == (0, 5)
    assert history.events() == events


def test_parquet_and_csv_give_the_same_events(catalogue: Catalogue, tmp_path: Path) -> None:
    columns = {
        "user": ["ann", "bob", None],
        "video": ["kite", "boat", "kite"],
        "at": pa.array([NOON, NOON, NOON], type=pa.timestamp("ms", tz="UTC")),
        "watched_s": pa.array([1.5, float("nan"), 1.0]),
        "other": [[1], [2], [3]],
    }
    pq.write_table(pa.table(columns), tmp_path / "e.parquet")
    history = History(catalogue)
    report = history.import_file(tmp_path / "e.parquet")
    assert (report.added, report.bad_rows) == (2, [(3, "user is empty")])
    lines = ["user,video,at,watched_s", f"ann,kite,{NOON.isoformat()},1.5", "bob,boat,1777636800,"]
    again = history.import_file(write(tmp_path / "e.csv", *lines))
    assert (again.added, again.duplicates) == (0, 2)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no column user and no column video"),
        (b"person,video\nann,kite\n", "no column user"),
        (b"PAR1 and then nothing", "damaged"),
    ],
)
def test_a_file_of_another_kind_is_refused_whole(
    catalogue: Catalogue, tmp_path: Path, content: bytes, problem: str
) -> None:
    (tmp_path / "e").write_bytes(content)
    with pytest.raises(ReelwiseError, match=problem):
        History(catalogue).import_file(tmp_path / "e")


def test_bytes_that_are_not_text_spoil_their_row_only(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_bytes(b"\xef\xbb\xbfUser, Video\nann,kite\nb\xff\0b,kite\n")
    report = History(catalogue).import_file(tmp_path / "e.csv")
    assert report.added + len(report.bad_rows) == 2
    assert History(catalogue).events("ann")[0].video_id == 1


def test_an_event_finds_its_video_when_that_is_indexed(catalogue: Catalogue) -> None:
    history = History(catalogue)
    assert history.add("ann", "later", at=NOON).video_id is None
    add_videos(catalogue, "later")
    assert history.events("ann")[0].video_id == 3
    # What was stored with its video keeps it, even when a second video of that name appears.
    history.add("bob", "later", at=NOON)
    catalogue.files.put([FileRecord(Path("/m/later.mp4"), 1, 1, 1, "other")])
    assert history.events("bob")[0].video_id == 3


def test_events_since_a_mark_are_those_that_were_added(catalogue: Catalogue) -> None:
    history = History(catalogue)
    history.add("ann", "kite", at=NOON)
    mark = mark_history(catalogue)
    assert events_since(catalogue, mark) == (mark, [])
    added = [history.add("bob", ref, at=NOON - timedelta(days=1)) for ref in ("boat", "later")]
    grown = events_since(catalogue, mark)
    assert grown == (mark_history(catalogue), added)
    assert mark_history(catalogue) != mark
    history.forget("ann")
    assert events_since(catalogue, mark) is None


def test_an_event_that_is_taken_back_is_gone_and_no_other_is(catalogue: Catalogue) -> None:
    history = History(catalogue)
    first = history.add("ann", 1, at=NOON)
    second = history.add("ann", 1, kind="like", at=NOON)
    history.add("bob", 1, at=NOON)
    mark = mark_history(catalogue)
    assert history.remove(first)
    assert not history.remove(first)
    assert history.events("ann") == [second]
    assert len(history.events("bob")) == 1
    assert events_since(catalogue, mark) is None


def test_adding_by_id_keeps_a_name_that_people_can_read(catalogue: Catalogue) -> None:
    event = History(catalogue).add("ann", 2, watched_s=3.0, kind="like", at=NOON)
    assert event == Event("ann", 2, "/l/boat.mp4", NOON, 3.0, None, "like")
    assert History(catalogue).events() == [event]
    with pytest.raises(ReelwiseError, match="no indexed video"):
        History(catalogue).add("ann", 99)


def test_adding_an_ambiguous_name_asks_which(catalogue: Catalogue) -> None:
    catalogue.files.put([FileRecord(Path("/m/kite.mp4"), 1, 1, 1, "other")])
    with pytest.raises(ReelwiseError, match="fits 2"):
        History(catalogue).add("ann", "kite")


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"user": ""}, "needs a name"),
        ({"user": " \u200b\t"}, "needs a name"),
        ({"user": "bo\0b"}, "control character"),
        ({"user": "x" * 1001}, "1,001 characters"),
        ({"video_ref": " "}, "no video is called"),
        ({"video_ref": "a\0b"}, "no video is called"),
        ({"watched_s": -1.0}, "finite number >= 0"),
        ({"watched_s": float("nan")}, "finite number >= 0"),
        ({"watched_s": float("inf")}, "finite number >= 0"),
        ({"at": datetime(2199, 1, 1, tzinfo=UTC)}, "in the future"),
        ({"at": datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=14)))}, "the future"),
    ],
)
def test_adding_what_is_no_event_is_a_known_error(
    catalogue: Catalogue, wrong: dict[str, Any], problem: str
) -> None:
    values: dict[str, Any] = {"user": "ann", "video_ref": "boat"}
    with pytest.raises(ReelwiseError, match=problem):
        History(catalogue).add(**values | wrong)
    with pytest.raises(ValueError, match="kind must be"):
        History(catalogue).add(**values | {"kind": "hate"})
    assert History(catalogue).events() == []


def test_events_until_leaves_out_that_very_instant(catalogue: Catalogue) -> None:
    history = History(catalogue)
    for days in (0, 1, 2):
        history.add("ann", "kite", at=NOON + timedelta(days=days))
    history.add("bob", "kite", at=NOON)
    assert len(history.events("ann", until=NOON + timedelta(days=2))) == 2
    assert len(history.events(until=NOON + timedelta(days=2))) == 3
    assert [e.user for e in history.events("bob")] == ["bob"]
    assert history.users() == ["ann", "bob"]


def test_an_export_can_be_imported_elsewhere_without_loss(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    history = History(catalogue)
    history.add("ann", "kite", watched_s=0.1 + 0.2, at=NOON + timedelta(microseconds=1))
    history.add("bé,\n", "not there", kind="dislike", at=NOON)
    out = io.StringIO()
    writer = csv.DictWriter(out, EVENT_COLUMNS)
    writer.writeheader()
    writer.writerows(event.as_row() for event in history.events())
    (tmp_path / "e.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
    assert history.import_file(tmp_path / "e.csv").duplicates == 2
    with Catalogue(resolve_home(tmp_path / "elsewhere")) as other:
        add_videos(other, "kite", "boat")
        assert History(other).import_file(tmp_path / "e.csv").added == 2
        assert History(other).events() == history.events()


def test_forgetting_leaves_no_byte_of_the_person(catalogue: Catalogue, home: Home) -> None:
    history = History(catalogue)
    for n in range(300):
        history.add("carla-secret" if n % 3 else "someone-else", f"kite{n}", at=NOON)
    assert b"carla-secret" in catalogue_bytes(home)
    assert history.forget("carla-secret").events == 200
    assert b"carla-secret" not in catalogue_bytes(home)
    assert b"someone-else" in catalogue_bytes(home)
    assert history.users() == ["someone-else"]


def test_forgetting_again_finishes_what_a_kill_left(
    catalogue: Catalogue, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(catalogue)
    history.add("carla-secret", "kite", at=NOON)

    def kill(*, patient: bool) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalogue, "scrub", kill)
    with pytest.raises(KeyboardInterrupt):
        history.forget("carla-secret")
    assert b"carla-secret" in catalogue_bytes(home)
    monkeypatch.undo()
    assert history.forget("carla-secret").events == 0
    assert b"carla-secret" not in catalogue_bytes(home)


def test_forgetting_says_so_when_a_reader_holds_old_pages(
    catalogue: Catalogue, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.catalogue.database._PRAGMAS", ("PRAGMA busy_timeout=200",))
    with Catalogue(home) as impatient, catalogue.reading() as reader:
        History(catalogue).add("carla-secret", "kite", at=NOON)
        reader.exec_driver_sql("SELECT * FROM events").all()
        with pytest.raises(ReelwiseError, match="still reads"):
            History(impatient).forget("carla-secret")
    assert History(catalogue).users() == []


def add_many(root: Path, user: str, n: int) -> None:
    with Catalogue(Home(root)) as catalogue:
        history = History(catalogue)
        for i in range(n):
            history.add(user, "kite", at=NOON + timedelta(seconds=i))


def test_many_processes_add_events_at_once_and_none_is_lost(
    catalogue: Catalogue, home: Home
) -> None:
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=add_many, args=(home.root, f"u{n}", 40)) for n in range(3)]
    for child in children:
        child.start()
    add_many(home.root, "me", 40)
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]
    assert len(History(catalogue).events()) == 160


@given(st.datetimes(datetime(1974, 1, 1), datetime(2099, 12, 30)), st.integers(-14 * 60, 14 * 60))
def test_times_mean_the_same_instant_in_any_zone(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    micros = parse_time(moment.isoformat())
    assert micros == parse_time(moment)
    assert micros is not None
    assert abs((parse_time(repr(micros / 1e6)) or 0) - micros) <= 1
    assert parse_time(micros) == parse_time(micros * 1000) == micros
    if naive.year != 1976:  # twelve digits that begin like a year are a date
        assert parse_time(micros // 1000) == micros - micros % 1000


@pytest.mark.parametrize(
    "digits", ["202405011030", "20240501103000", 202405011030, "202405011030.0"]
)
def test_digits_that_begin_like_a_year_are_a_date_never_milliseconds(digits: object) -> None:
    assert parse_time(digits) == parse_time("2024-05-01T10:30:00Z")


@pytest.mark.parametrize("end", ["T24:00:00Z", "T24:00", "T240000+00:00", " 24:00:00.0 UTC"])
def test_24_o_clock_is_the_end_of_the_day(end: str) -> None:
    assert parse_time(f"2024-02-28{end}") == parse_time("2024-02-29T00:00:00Z")


def test_a_time_without_a_zone_is_utc_wherever_the_machine_stands(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        added = History(catalogue).add("anna", "a.mp4", at=datetime(2024, 5, 1, 12))
        assert added.at == datetime(2024, 5, 1, 12, tzinfo=UTC)
        assert parse_time("2024-05-01T12:00") == parse_time("2024-05-01T12:00:00Z")
    finally:
        monkeypatch.undo()
        time.tzset()


WRONG = ["-1", "0", "2024", "99999999", "1e10", "1e20", "2026-13-01", "12:00", "now", "1,5", "inf"]
WRONG += ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00", "0001-01-01", "9999-12-31"]
WRONG += ["202413011030", "202405012430", "20240501103060", "19760230000000"]
WRONG += ["2024-05-01T24:01", "2024-05-01x10:00", "2024-05-01T10:00:00+01:00Z", "05/01/2024 10:00"]


@pytest.mark.parametrize("bad", WRONG)
def test_times_that_are_none_are_refused(bad: str) -> None:
    with pytest.raises(BadTimeError):
        parse_time(bad)


@given(st.lists(st.sampled_from(["a/1.mp4", "b/1.mp4", "b/2.mkv", "1/b.mp4", "2"]), unique=True))
def test_every_name_that_is_found_is_one_that_fits(names: list[str]) -> None:
    files = {n: f"/r/{name}" for n, name in enumerate(names, start=1)}
    known = VideoNames(files.items())
    for ref in ("1", "2", "1.mp4", "a/1.mp4", "b", "id:1", "/r/2", "r/2", "mp4", ""):
        for video_id in known.find(ref):
            path = files[video_id]
            assert (
                path == ref
                or path.endswith("/" + ref)
                or Path(path).stem == ref
                or ref.removeprefix("id:") == str(video_id)
            )
    for n, path in files.items():
        assert known.find(path) == [n]
        assert n in known.find(Path(path).name)
        assert n in known.find(str(n))


def test_whole_seconds_are_stored_and_read_back(catalogue: Catalogue) -> None:
    history = History(catalogue)
    history.add("anna", "a.mp4", watched_s=3)
    history.add("anna", "a.mp4", watched_s=np.float64(4))
    assert [event.watched_s for event in history.events("anna")] == [3.0, 4.0]
    assert unusable_events(catalogue) == 0
