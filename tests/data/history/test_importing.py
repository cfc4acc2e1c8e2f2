"""Files of events: each row is added, known already, or refused by the number of its line."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.catalogue.values import now_micros
from data.errors import ReelwiseError
from data.history import EVENT_COLUMNS, History, HowToRead, ImportReport
from data.history import importing as importing_module
from data.history.importing import _fingerprint
from data.history.rows import event_file
from data.history.rows.event_row import EVENT_KINDS, EventKind, EventRow
from data.home import Home, resolve_home

ROOT = Path(__file__).resolve().parents[3]
CASES = Path(os.environ.get("REELWISE_CASES", ROOT / "../shared/cases")) / "history"
AT = "2024-05-01T10:00:00Z"
TEN = datetime(2024, 5, 1, 10, tzinfo=UTC)
UMLAUT = "Mu\u0308ller e\u0301te\u0301.mp4"


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    with Catalogue(home) as opened:
        names = [*(f"v{n}.mp4" for n in range(1, 9)), UMLAUT]
        opened.files.put([FileRecord(Path(f"/films/{name}"), 1, 1, 1, name) for name in names])
        yield opened


@pytest.fixture
def history(catalogue: Catalogue) -> History:
    return History(catalogue)


def case(name: str) -> Path:
    if not CASES.is_dir():
        pytest.skip(f"no folder of cases at {CASES}")
    return CASES / name


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    (folder / "events").write_bytes(text.encode(encoding))
    return folder / "events"


def videos(history: History, user: str | None = None) -> list[int | None]:
    return [event.video_id for event in history.events(user)]


def refused(report: ImportReport) -> list[int]:
    return [line for line, _ in report.bad_rows]


def test_a_lone_quote_spoils_its_line_only(history: History, tmp_path: Path) -> None:
    rows = [f'anna,"v1.mp4,{AT}', f"bob,v2.mp4,{AT}", f"carl,v3.mp4,{AT}"]
    report = history.import_file(write(tmp_path, "\n".join(["user,video,at", *rows])))
    assert (report.rows, report.added, refused(report)) == (3, 2, [2])
    assert history.users() == ["bob", "carl"]


@pytest.mark.parametrize(
    ("rows", "added", "lines"),
    [
        # Two forgotten quotes pair up: whatever lies between them is named, not swallowed.
        ([f'ann,"v1,{AT}', f"bob,v2,{AT}", f'dan,v4",{AT}', f"eve,v5,{AT}"], 1, [2, 3, 4]),
        ([f'ann,"v1,{AT}', f'dan,v4",{AT}'], 0, [2, 3]),
        ([f'ann,"v1,{AT}', "bob,v2", f'dan,v4",{AT}'], 0, [2, 3, 4]),
        # A file name may hold a line break.
        ([f'ann,"a\nb.mp4",{AT}', f"bob,v2,{AT}"], 2, []),
        ([f'ann,"a\r\nb\n\nc.mp4",{AT}', f"bob,v2,{AT}"], 2, []),
        ([f'ann,"v1"x,{AT}', f"bob,v2,{AT}"], 1, [2]),
        ([f'ann,v"1",{AT}'], 1, []),
        (['ann,"' + "x" * 200_000 + f'",{AT}', f"bob,v2,{AT}"], 1, [2]),
        (["ann," + "x" * 1_100_000, f"bob,v2,{AT}"], 1, [2]),
        (["", " , ,", "ann,v1", ",,", "ann", "ann,v1,,,", "ann,v1,,,x"], 1, [6, 8]),
        # Files put into one: the first line of the next is no event.
        (["ann,v1", "user,video,at", "\ufeffUser, VIDEO ,at", "user,v2"], 2, [3, 4]),
    ],
)
def test_rows_in_are_added_or_known_or_refused_by_line(
    history: History, tmp_path: Path, rows: list[str], added: int, lines: list[int]
) -> None:
    report = history.import_file(write(tmp_path, "\n".join(["user,video,at", *rows])))
    assert (report.added, refused(report)) == (added, lines)
    assert report.rows == report.added + report.duplicates + len(report.bad_rows)
    assert len(history.events()) == added


def test_rows_that_are_not_accounted_for_are_a_fault(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing_module._Writer, "__call__", lambda *_: None)
    with pytest.raises(ValueError, match="1 rows were read, 0 are accounted for"):
        history.import_file(write(tmp_path, "user,video\nann,v1\n"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_encodings_are_told_apart(
    history: History, tmp_path: Path, separator: str, encoding: str
) -> None:
    lines = [["user", "video", "at"], ["Zo\u00eb", "v1.mp4", AT], ["ann", "v2.mp4", AT]]
    text = "\r\n".join(separator.join(line) for line in lines)
    report = history.import_file(write(tmp_path, text, encoding))
    assert (report.added, report.unresolved, report.bad_rows) == (2, 0, [])
    assert [(e.user, e.video_id, e.at) for e in history.events()] == [
        ("Zo\u00eb", 1, TEN),
        ("ann", 2, TEN),
    ]


def test_a_line_that_says_the_separator_is_no_row(history: History, tmp_path: Path) -> None:
    text = "sep=;\nuser;video;watched_s\nann;v1.mp4;1,5\n"
    assert history.import_file(write(tmp_path, text)).added == 1
    assert [event.watched_s for event in history.events()] == [1.5]


def test_bytes_of_another_encoding_are_named_and_read_when_it_is_given(
    history: History, tmp_path: Path
) -> None:
    file = write(tmp_path, "user,video\nZo\u00eb,v1.mp4\nann,v2.mp4\n", "latin-1")
    report = history.import_file(file)
    assert (report.added, refused(report)) == (1, [2])
    assert "0xEB" in report.bad_rows[0][1]
    assert history.import_file(file, HowToRead(encoding="windows-1252")).added == 1
    assert history.users() == ["Zo\u00eb", "ann"]
    with pytest.raises(ReelwiseError, match="no text encoding called 'hex'"):
        history.import_file(file, HowToRead(encoding="hex"))


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("name;film;when", ["separated by semicolons", "name, film, when"]),
        ("user\tfilm", ["separated by tabs", "no column video"]),
        ('"user,video', ["cannot be read", "quote"]),
        ("user,user,video", ["2 columns called user"]),
        ("Title,Date", ["does not say who watched"]),
    ],
)
def test_a_header_that_lacks_something_is_refused_with_what_was_found(
    history: History, tmp_path: Path, header: str, words: list[str]
) -> None:
    with pytest.raises(ReelwiseError) as caught:
        history.import_file(write(tmp_path, f"{header}\na,b,c\n"))
    for word in words:
        assert word in caught.value.problem


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (gzip.compress(b"user,video\nann,v1\n", mtime=0), "gzip"),
        (b"PK\x03\x04" + bytes(60), "workbook"),
        (b"SQLite format 3\0" + bytes(60), "SQLite"),
        (b' [{"user": "ann", "video": "v1"}]', "JSON"),
    ],
)
def test_a_file_that_is_no_table_is_called_by_its_kind(
    history: History, tmp_path: Path, content: bytes, kind: str
) -> None:
    (tmp_path / "e.csv").write_bytes(content)
    with pytest.raises(ReelwiseError, match=f"is .*{kind}"):
        history.import_file(tmp_path / "e.csv")


def test_a_time_of_the_future_is_refused_and_a_little_ahead_counts_as_now(
    history: History, tmp_path: Path
) -> None:
    before = now_micros()
    soon = datetime.now(UTC) + timedelta(hours=20)
    late = datetime.now(UTC) + timedelta(days=2)
    text = f"user,video,at\nann,v1,{soon.isoformat()}\nbob,v2,{late.isoformat()}\ncarl,v3,\n"
    file = write(tmp_path, text)
    for added, known in ((2, 0), (0, 2)):
        report = history.import_file(file)
        assert (report.added, report.duplicates, refused(report)) == (added, known, [3])
        assert "in the future" in report.bad_rows[0][1]
    assert history.users() == ["ann", "carl"]
    for event in history.events():
        assert before <= int(event.at.timestamp() * 1e6) + 1 <= now_micros() + 1


def test_an_export_imported_where_it_came_from_adds_nothing(
    history: History, tmp_path: Path
) -> None:
    soon = datetime.now(UTC) + timedelta(hours=20)
    text = f"user,video,at,watched_s\nann,v1,,2\nann,v2,{soon.isoformat()},\nann,v3,{AT},\n"
    history.import_file(write(tmp_path, text))
    history.add("bob", "v4", kind="like")
    table = io.StringIO()
    writer = csv.DictWriter(table, EVENT_COLUMNS)
    writer.writeheader()
    writer.writerows(event.as_row() for event in history.events())
    report = history.import_file(write(tmp_path, table.getvalue()))
    assert (report.rows, report.added, report.duplicates) == (4, 0, 4)
    with Catalogue(resolve_home(tmp_path / "other")) as other:
        assert History(other).import_file(tmp_path / "events").added == 4
        assert History(other).import_file(tmp_path / "events").duplicates == 4


def test_a_dry_run_says_the_same_and_writes_nothing(history: History, tmp_path: Path) -> None:
    history.add("ann", "v1", at=TEN)
    rows = [f"ann,v1,{AT}", "bob,v2,", "bob,v2,", "bob,none,", ",v1,", "eve,v1,2199-01-01"]
    file = write(tmp_path, "\n".join(["user,video,at", *rows]))
    tried = history.import_file(file, dry_run=True)
    assert len(history.events()) == 1
    done = history.import_file(file)
    for report in (tried, done):
        counted = (report.rows, report.added, report.duplicates, report.unresolved)
        assert (*counted, refused(report)) == (6, 2, 2, 1, [6, 7])


def test_more_seconds_than_the_video_is_long_are_counted(history: History, tmp_path: Path) -> None:
    text = "user,video,watched_s,duration_s\nann,v1,4000,5\nann,v2,5,5\nann,v3,4000,\n"
    report = history.import_file(write(tmp_path, text))
    assert (report.added, report.over_length) == (3, 1)


def test_a_file_that_breaks_off_says_how_many_events_it_gave(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing_module, "_ROWS_PER_TRANSACTION", 1)
    monkeypatch.setattr(event_file, "_PARQUET_ROWS", 10)
    columns = {"user": [f"u{n}" for n in range(400)], "video": ["v1"] * 400}
    pq.write_table(pa.table(columns), tmp_path / "e.parquet", row_group_size=10, compression="none")
    whole = (tmp_path / "e.parquet").read_bytes()
    broken = bytearray(whole)
    broken[2_000:2_600] = b"\xff" * 600
    (tmp_path / "e.parquet").write_bytes(broken)
    with pytest.raises(ReelwiseError, match=r"damaged after row \d+.*; \d+ events of the rows"):
        history.import_file(tmp_path / "e.parquet")
    assert history.events()


def test_the_cases_of_others_are_read_right(history: History) -> None:
    quote = history.import_file(case("15_quote.csv"))
    assert (quote.rows, quote.added, refused(quote)) == (3, 2, [2])
    nul = history.import_file(case("19_nul.csv"))
    assert (nul.added, refused(nul)) == (2, [3])
    for name, value in (("03_semicolon.csv", 4.5), ("07_tab.tsv", None), ("06_utf16.csv", None)):
        assert history.import_file(case(name)).rows == 1
        assert value in [event.watched_s for event in history.events("anna")]
    history.import_file(case("17_nfc.csv"))
    assert videos(history, "anna").count(9) == 1
    assert history.import_file(case("18_winpath.csv")).unresolved == 0


def test_the_dates_of_others_are_read_right_or_refused(history: History) -> None:
    report = history.import_file(case("23_sameuser_dates.csv"))
    assert (report.rows, report.added, refused(report)) == (7, 5, [2, 4])
    read = {event.video_ref: event.at for event in history.events()}
    assert read["v2.mp4"] == TEN
    assert read["v4.mp4"] == TEN + timedelta(microseconds=123456)
    assert read["v6.mp4"] == read["v5.mp4"] == TEN - timedelta(hours=10)
    assert read["v7.mp4"] == TEN + timedelta(hours=14)


def test_a_view_of_2099_is_refused(history: History) -> None:
    assert history.import_file(case("30_base.csv")).bad_rows == []
    report = history.import_file(case("31_onefuture.csv"))
    assert (report.added, refused(report)) == (0, [2])


@given(
    texts=st.tuples(st.text(), st.text()),
    at_micros=st.none() | st.integers(-(2**62), 2**62),
    lengths=st.tuples(*[st.none() | st.floats(min_value=0, allow_infinity=False)] * 2),
    kind=st.sampled_from(EVENT_KINDS),
)
def test_fingerprints_are_those_of_the_rows_that_were_stored_before(
    texts: tuple[str, str],
    at_micros: int | None,
    lengths: tuple[float | None, float | None],
    kind: EventKind,
) -> None:
    row = EventRow(*texts, at_micros, *lengths, kind)
    before = hashlib.blake2b(json.dumps(list(row)).encode(), digest_size=16).hexdigest()
    assert _fingerprint(row) == before
