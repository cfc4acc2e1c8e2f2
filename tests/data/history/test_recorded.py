from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.catalogue.soundness.checks import row_problems
from data.catalogue.values import now_micros
from data.errors import ReelwiseError
from data.history import Event, History, HowToRead, RecordedEvents, events_since, mark_history
from data.history import stored as in_table
from data.history.recorded import Origin
from data.home import Home
from data.people import People
from tests.data.made import catalogue_bytes, die_at

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    with Catalogue(home) as opened:
        names = ("kite", "boat", "train")
        opened.files.put([FileRecord(Path(f"/l/{n}.mp4"), 1, 1, 1, n) for n in names])
        yield opened


@pytest.fixture
def events(catalogue: Catalogue) -> RecordedEvents:
    return RecordedEvents(catalogue, History(catalogue))


def played(
    events: RecordedEvents, number: int, seconds: float, *, mount: str = "m1", user: str = "anna"
) -> str:
    """What becomes of one report of a player."""
    origin = Origin("page", mount, number)
    return events.add(user, "kite", watched_s=seconds, origin=origin).outcome


def kept(events: RecordedEvents, user: str = "anna") -> list[tuple[str, float | None]]:
    return [(event.kind, event.watched_s) for event in events.page(user).events]


def test_reports_of_one_mount_are_one_view_that_grows(events: RecordedEvents) -> None:
    outcomes = [played(events, *report) for report in [(1, 10.0), (2, 20.0), (4, 42.5), (3, 30.0)]]
    assert outcomes == ["added", "grown", "grown", "known"]
    assert kept(events) == [("view", 42.5)]
    assert played(events, 4, 42.5) == "known"
    assert (played(events, 2, 99.0), kept(events)) == ("known", [("view", 42.5)])
    # Seconds that were played stay played, whatever a later report says.
    assert (played(events, 5, 1.0), kept(events)) == ("known", [("view", 42.5)])
    assert (played(events, 1, 3.0, mount="m2"), len(kept(events))) == ("added", 2)


def test_the_same_client_id_twice_is_one_event(events: RecordedEvents) -> None:
    like = Origin("page", "c1")
    first = events.add("anna", "kite", kind="like", origin=like)
    again = events.add("anna", "kite", kind="like", origin=like)
    assert (first.outcome, again.outcome) == ("added", "known")
    assert first.event is not None
    assert again.event == first.event
    assert kept(events) == [("like", None)]


@pytest.mark.parametrize(("user", "video"), [("ben", "kite"), ("anna", "boat")])
def test_a_client_id_names_one_event_of_one_person(
    events: RecordedEvents, user: str, video: str
) -> None:
    events.add("anna", "kite", origin=Origin("page", "c1", 1))
    with pytest.raises(ReelwiseError, match="that of another event"):
        events.add(user, video, watched_s=9.0, origin=Origin("page", "c1", 2))
    assert (kept(events), kept(events, "ben")) == ([("view", None)], [])


@pytest.mark.parametrize("client_id", ["", "x" * 101, "a\0b", "a\nb"])
def test_a_client_id_that_is_none_is_refused(events: RecordedEvents, client_id: str) -> None:
    with pytest.raises(ReelwiseError, match="a client id has 1 to 100"):
        events.add("anna", "kite", origin=Origin("api", client_id))


def test_a_late_report_brings_back_nothing_that_was_removed(events: RecordedEvents) -> None:
    assert played(events, 1, 10.0) == "added"
    (event,) = events.page("anna").events
    assert events.remove("anna", event.id) == event
    assert (played(events, 2, 20.0), kept(events)) == ("removed", [])
    events.restore([event])
    events.restore([event])
    assert [one.id for one in events.page("anna").events] == [event.id]
    assert (played(events, 3, 30.0), kept(events)) == ("grown", [("view", 30.0)])


def test_what_was_taken_back_comes_back_within_a_day_also_to_another_process(
    events: RecordedEvents, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(events, 1, 10.0)
    (event,) = events.page("anna").events
    events.remove("anna", event.id)
    with Catalogue(home) as later:
        again = RecordedEvents(later, History(later))
        with pytest.raises(ReelwiseError, match="was taken back lately"):
            again.bring_back("ben", event.id)
        assert again.bring_back("anna", event.id) == event
        assert again.bring_back("anna", event.id) == event
        assert (played(again, 2, 30.0), kept(again)) == ("grown", [("view", 30.0)])
        again.remove("anna", event.id)
        day = 86_400 * 1_000_000
        tomorrow = now_micros() + day + 1
        monkeypatch.setattr(in_table, "now_micros", lambda: tomorrow)
        with pytest.raises(ReelwiseError, match="was taken back lately"):
            again.bring_back("anna", event.id)


def test_what_was_taken_back_goes_with_its_person(
    events: RecordedEvents, catalogue: Catalogue, home: Home
) -> None:
    events.add("anna-who-was-here", "kite")
    (event,) = events.page("anna-who-was-here").events
    events.remove("anna-who-was-here", event.id)
    other = events.add("ben-who-left", "kite").event
    assert other is not None
    events.remove("ben-who-left", other.id)
    people = People(catalogue)
    people.add("ben-who-left")
    people.rename("ben-who-left", "benjamin")
    assert events.bring_back("benjamin", other.id).user == "benjamin"
    assert b"anna-who-was-here" in catalogue_bytes(home)
    History(catalogue).forget("anna-who-was-here")
    assert b"anna-who-was-here" not in catalogue_bytes(home)
    with pytest.raises(ReelwiseError, match="was taken back lately"):
        events.bring_back("anna-who-was-here", event.id)


def test_no_late_report_brings_back_who_was_forgotten(
    events: RecordedEvents, catalogue: Catalogue
) -> None:
    played(events, 1, 10.0)
    History(catalogue).forget("anna")
    assert (played(events, 2, 20.0), History(catalogue).users()) == ("removed", [])


def test_pages_are_newest_first_and_meet_without_gap_or_repeat(events: RecordedEvents) -> None:
    for n in range(7):
        # Two of each second, so that the number of an event decides.
        events.add("anna", "kite", watched_s=float(n), at=NOON + timedelta(seconds=n // 2))
    events.add("ben", "kite", at=NOON)
    seen, before = list[float | None](), None
    while True:
        page = events.page("anna", before=before, limit=3)
        seen += [event.watched_s for event in page.events]
        before = page.next
        if before is None:
            break
        events.add("anna", "boat", at=NOON + timedelta(days=1))  # what is new moves no page
    assert seen == [6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0]


def test_pages_are_of_a_kind_or_of_a_video(events: RecordedEvents) -> None:
    events.add("anna", "kite", kind="like")
    events.add("anna", "boat", kind="hide")
    events.add("anna", "boat", watched_s=3.0)
    assert [event.video_ref for event in events.page("anna", kinds=["like"]).events] == ["kite"]
    kinds = {event.kind for event in events.page("anna", video=2).events}
    assert kinds == {"hide", "view"}
    assert events.page("nobody").events == []


@pytest.mark.parametrize("before", ["x", "1", "1-2-3", "1--2", "9" * 30 + "-1"])
def test_a_cursor_that_was_never_given_out_is_refused(events: RecordedEvents, before: str) -> None:
    with pytest.raises(ReelwiseError, match="end of no page"):
        events.page("anna", before=before)


def test_what_was_done_with_videos_is_added_up(events: RecordedEvents) -> None:
    for kind, seconds in (("view", 3.0), ("view", 8.0), ("like", None), ("dislike", None)):
        events.add("anna", "kite", kind=kind, watched_s=seconds)  # type: ignore[arg-type]
    events.add("anna", "boat", kind="hide")
    events.add("ben", "train", kind="like")
    states = events.states("anna", [1, 2, 3])
    assert states.keys() == {1, 2}
    assert (states[1].verdict, states[1].views, states[1].watched_s) == ("dislike", 2, 8.0)
    assert (states[2].hidden, states[2].verdict) == (True, None)
    assert (sorted(events.hidden("anna")), sorted(events.hidden("ben"))) == ([2], [])


def test_a_like_is_taken_back_and_put_back(events: RecordedEvents) -> None:
    events.add("anna", "kite", watched_s=3.0)
    events.add("anna", "kite", kind="like")
    events.add("anna", "boat", kind="like")
    gone = events.clear("anna", 1, ["like", "dislike"])
    assert [event.kind for event in gone] == ["like"]
    assert sorted(kept(events)) == [("like", None), ("view", 3.0)]
    events.restore(gone)
    assert len(kept(events)) == 3


def test_an_event_is_corrected(events: RecordedEvents, catalogue: Catalogue) -> None:
    event = stored(events, "anna")
    assert events.change("anna", event.id, kind="dislike").kind == "dislike"
    assert events.change("anna", event.id, watched_s=7).watched_s == 7.0
    assert kept(events) == [("dislike", 7.0)]
    assert row_problems(catalogue) == []
    with pytest.raises(ReelwiseError, match="finite number"):
        events.change("anna", event.id, watched_s=-1.0)


def stored(events: RecordedEvents, user: str) -> Event:
    event = events.add(user, "kite").event
    assert event is not None
    return event


def test_nobody_touches_an_event_of_another(events: RecordedEvents) -> None:
    number = stored(events, "anna").id
    for act in (events.get, events.remove, events.change):
        with pytest.raises(ReelwiseError, match="'ben' has no event"):
            act("ben", number)
    assert events.get("anna", number).id == number


def test_whoever_follows_the_history_reads_again_what_was_changed_or_removed(
    events: RecordedEvents, catalogue: Catalogue
) -> None:
    played(events, 1, 10.0)
    (event,) = events.page("anna").events
    marks = [mark_history(catalogue)]
    for step in (
        lambda: played(events, 2, 20.0),
        lambda: events.change("anna", event.id, kind="like"),
        lambda: events.remove("anna", event.id),
        lambda: events.restore([event]),
    ):
        step()
        assert events_since(catalogue, marks[-1]) is None
        marks.append(mark_history(catalogue))
        assert events_since(catalogue, marks[-1]) == (marks[-1], [])


def test_an_export_from_before_a_view_grew_adds_nothing(
    events: RecordedEvents, catalogue: Catalogue, tmp_path: Path
) -> None:
    origin = Origin("page", "m1", 1)
    event = events.add("anna", "kite", watched_s=10.0, at=NOON, origin=origin).event
    assert event is not None
    row = event.as_row()
    played(events, 2, 20.0)
    file = tmp_path / "events.csv"
    shown = [f"{row[name] or ''}" for name in row]
    file.write_text(f"{','.join(row)}\n{','.join(shown)}\n", encoding="utf-8")
    report = History(catalogue).import_file(file, HowToRead())
    assert (report.added, report.duplicates) == (0, 1)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_report_counts_where_it_was_said_to_count(home: Home, moment: str) -> None:
    with Catalogue(home) as catalogue:
        catalogue.files.put([FileRecord(Path("/l/kite.mp4"), 1, 1, 1, "kite")])

    die_at(
        home,
        f"events.add.{moment}_commit",
        "from data.history import History, RecordedEvents\n"
        "from tests.data.history.test_recorded import played\n"
        "played(RecordedEvents(catalogue, History(catalogue)), 1, 10.0)",
    )
    with Catalogue(home) as catalogue:
        events = RecordedEvents(catalogue, History(catalogue))
        assert len(kept(events)) == (moment == "after")
        assert played(events, 1, 10.0) == ("known" if moment == "after" else "added")
        assert kept(events) == [("view", 10.0)]


def test_what_a_page_of_cards_asks_reads_no_other_events(
    events: RecordedEvents, catalogue: Catalogue
) -> None:
    asked, used = list[str](), list[str]()
    with catalogue.reading() as connection:
        raw: Any = connection.connection.driver_connection
        raw.set_trace_callback(asked.append)
    events.states("anna", [1, 2])
    events.hidden("anna")
    events.page("anna")
    events.page("anna", video=1)
    raw.set_trace_callback(None)
    with catalogue.reading() as connection:
        for query in [one for one in asked if " FROM events " in one]:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
            used += [str(row[3]) for row in plan if "events" in str(row[3])]
    assert [one.split()[4] for one in used] == [
        "events_by_video",
        "events_hidden",
        "events_by_user",
        "events_by_video",
    ]
