"""Stored events: what one row holds spoils no other, and the count of them is one row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.catalogue.values import now_micros, sql, to_micros
from data.history import History, events_since, mark_history, unusable_events
from data.home import Home
from tests.data.made import LIB

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
_MANY = sql(
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :n)"
    ' INSERT INTO events ("user", video_ref, at, kind, fingerprint)'
    " SELECT 'u' || (i % 5), 'kite', i, 'view', hex(randomblob(8)) FROM n"
)
_YEAR_MICROS = 365 * 86_400 * 10**6


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    with Catalogue(home) as opened:
        opened.files.put([FileRecord(LIB / "kite.mp4", 1, 1, 1, "kite")])
        History(opened).add("ann", "kite", at=NOON, watched_s=2.0)
        yield opened


def store(catalogue: Catalogue, **values: Any) -> None:
    """An event as an older version, a wrong clock or a damaged disk left it."""
    row = {"user": "bob", "at": to_micros(NOON), "watched_s": 1.0, "kind": "view"} | values
    with catalogue.writing("test") as connection:
        connection.execute(
            sql(
                'INSERT INTO events ("user", video_ref, video_id, at, watched_s, kind, fingerprint)'
                " VALUES (:user, 'kite', 1, :at, :watched_s, :kind, hex(randomblob(8)))"
            ),
            row,
        )


@pytest.mark.parametrize(
    "values",
    [{"at": "soon"}, {"at": 1.5}, {"kind": "hate"}, {"user": b"\x00\xff"}, {"user": 7.5}],
)
def test_a_row_that_cannot_be_used_is_left_out_and_counted(
    catalogue: Catalogue, values: dict[str, Any]
) -> None:
    mark = mark_history(catalogue)
    store(catalogue, **values)
    kept = History(catalogue).events()
    usable = values.get("user") == 7.5  # the column makes a text of a number
    assert [event.user for event in kept] == (["ann", "7.5"] if usable else ["ann"])
    assert unusable_events(catalogue) == (not usable)
    grown = events_since(catalogue, mark)
    assert grown is not None
    assert len(grown[1]) == usable


@pytest.mark.parametrize(
    "change", ["at = at + 1", "watched_s = 1.0", "video_ref = 'kites'", "\"user\" = 'anna'"]
)
def test_a_row_that_is_not_as_it_was_written_is_left_out_and_counted(
    catalogue: Catalogue, change: str
) -> None:
    before = mark_history(catalogue)
    History(catalogue).add("bob", "kite", at=NOON)
    with catalogue.writing("test") as connection:
        # A damaged disk asks no trigger.
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for name in connection.exec_driver_sql(names).scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(f"UPDATE events SET {change} WHERE id = 1")
    assert [event.user for event in History(catalogue).events()] == ["bob"]
    assert unusable_events(catalogue) == 1
    grown = events_since(catalogue, before)
    assert grown is not None
    assert [event.user for event in grown[1]] == ["bob"]


@pytest.mark.parametrize("years_ahead", [1, 400, 100_000, 10**6 // 4])
def test_a_time_of_the_future_counts_as_now(catalogue: Catalogue, years_ahead: int) -> None:
    store(catalogue, at=now_micros() + years_ahead * _YEAR_MICROS)
    before = now_micros()
    (event,) = History(catalogue).events("bob")
    assert before <= to_micros(event.at) <= now_micros()


@pytest.mark.parametrize("at", [-(2**63), -62_135_596_800_000_000 - 1])
def test_a_time_before_the_calendar_is_one_that_every_zone_can_show(
    catalogue: Catalogue, at: int
) -> None:
    store(catalogue, at=at)
    first = History(catalogue).events()[0]
    assert first.user == "bob"
    assert first.as_row()["at"] == "0001-01-02T00:00:00+00:00"
    assert (first.at - timedelta(hours=14)).year == 1


@pytest.mark.parametrize("watched_s", [float("inf"), float("-inf"), -1.0, "long"])
def test_seconds_that_are_no_length_are_unknown(catalogue: Catalogue, watched_s: object) -> None:
    store(catalogue, watched_s=watched_s)
    assert [event.watched_s for event in History(catalogue).events("bob")] == [None]


def test_the_mark_is_counted_while_events_come_and_go(catalogue: Catalogue) -> None:
    history = History(catalogue)
    history.add("bob", "later", at=NOON)
    history.add("bob", "kite", at=NOON)
    history.add("bob", "kite", at=NOON)
    counted = sql("SELECT count(*), count(video_id), max(id) FROM events")
    for forgotten in ("bob", "ann"):
        with catalogue.reading() as connection:
            mark = mark_history(catalogue)
            n_events, n_resolved, last_id = connection.execute(counted).one()
        assert (mark.n_events, mark.n_resolved) == (n_events, n_resolved)
        assert mark.last_id >= last_id
        history.forget(forgotten)
    assert mark_history(catalogue).n_events == 0
    assert mark_history(catalogue).last_id == mark.last_id


def test_what_came_since_a_mark_is_known_only_where_nothing_else_changed(
    catalogue: Catalogue,
) -> None:
    history = History(catalogue)
    history.add("bob", "kite", at=NOON)
    mark = mark_history(catalogue)
    assert events_since(catalogue, mark) == (mark, [])
    history.add("cleo", "kite", at=NOON)
    grown = events_since(catalogue, mark)
    assert grown is not None
    assert ([event.user for event in grown[1]], grown[0]) == (["cleo"], mark_history(catalogue))
    history.forget("bob")
    history.add("bob", "kite", at=NOON)  # as many as before
    assert events_since(catalogue, grown[0]) is None


def test_neither_the_mark_nor_the_users_nor_the_counts_read_every_event(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [0]

    def step() -> None:
        steps[0] += 1

    @contextmanager
    def counting() -> Iterator[Connection]:
        with Catalogue.reading(catalogue) as connection:
            raw: Any = connection.connection.driver_connection
            raw.set_progress_handler(step, 1)
            try:
                yield connection
            finally:
                raw.set_progress_handler(None, 1)

    def instructions(n_events: int) -> int:
        """What SQLite does for all three with so many events of five people more."""
        with catalogue.writing("test") as connection:
            connection.execute(_MANY, {"n": n_events})
        steps[0] = 0
        with monkeypatch.context() as patch:
            patch.setattr(catalogue, "reading", counting)
            n_now = mark_history(catalogue).n_events
            assert (len(History(catalogue).users()), catalogue.counts()["events"]) == (6, n_now)
        return steps[0]

    few, many = instructions(10), instructions(20_000)
    assert few > 50
    assert many == few
