from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.history.events import Event
from data.history.rows.event_row import EVENT_KINDS
from recommender.answer.live import LiveLog
from recommender.answer.recommender import Recommender
from recommender.events.log import EventLog, read_events
from recommender.sources.popularity import CrowdCounts, popularity, recent_popularity
from tests.recommender.people import event, table, themed, verdict

VIDEOS = table(np.eye(8, dtype=np.float32), added_days=[0, -3, 1, -9, 2, 4, -1, 5])
EVENTS = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.integers(1, 8),
        st.floats(0, 900),
        st.one_of(st.none(), st.floats(0, 1.2)),
        st.sampled_from(EVENT_KINDS),
    ),
    max_size=30,
)


def frozen(events: list[Event]) -> EventLog:
    return read_events(events, VIDEOS)


@settings(max_examples=150, deadline=None)
@given(drawn=EVENTS, data=st.data())
def test_a_log_that_grows_says_what_one_made_at_once_says(
    drawn: list[tuple[str, int, float, float | None, str]], data: st.DataObject
) -> None:
    events = [event(u, v, day=d, watched=w, kind=k) for u, v, d, w, k in drawn]  # type: ignore[arg-type]
    at = data.draw(st.integers(0, len(events)), label="known at first")
    step = data.draw(st.integers(1, 5), label="events at a time")
    live = LiveLog(frozen(events[:at]), VIDEOS)
    for start in range(at, len(events), step):
        live.add(events[start : start + step])
    whole = frozen(events)
    assert live.users == whole.users
    assert (len(live), live.n_active) == (len(whole), whole.n_active)
    assert live.latest_s == whole.latest_s
    for name, number in whole.users.items():
        found, expected = live.pairs_of(number), whole.pairs.of(number)
        assert found.weight == pytest.approx(expected.weight), name
        assert found.item.tolist() == expected.item.tolist()
        assert found.disliked.tolist() == expected.disliked.tolist()
        assert found.history(8).item.tolist() == expected.history(8).item.tolist()
    counts = live.counts
    assert counts.liked == pytest.approx(popularity(whole))
    new = CrowdCounts(whole, VIDEOS).newness(slice(None))
    assert counts.newness(slice(None)) == pytest.approx(new)
    told = recent_popularity(whole)
    # A count that is taken back leaves 1e-9 of a like at the latest time, so that what is left of
    # likes of a year before is known to that only.
    if told.max() > 1e-7:
        known_to = 1e-9 / told.max()
        assert counts.trend / counts.trend.max() == pytest.approx(told / told.max(), abs=known_to)
    said = set(whole.item[whole.informative].tolist())
    assert set(np.flatnonzero(~counts.unwatched).tolist()) == said
    assert (live.whole.liked != whole.liked).nnz == 0


def test_years_later_what_is_watched_now_still_counts() -> None:
    live = LiveLog(frozen([event("a", 1)]), VIDEOS)
    live.add([event("b", 2, day=60_000)])
    assert np.isfinite(live.counts.trend).all()
    assert int(np.argmax(live.counts.trend)) == 1


def test_a_refused_event_leaves_no_trace() -> None:
    live = LiveLog(frozen([event("a", 1)]), VIDEOS)
    odd = event("c", 2, kind="skip")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'skip'"):
        live.add([event("b", 1), odd])
    assert live.users == {"a": 0}
    assert len(live) == 1


def test_an_event_costs_what_its_person_did_and_not_what_all_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    events = [event(f"p{i}", int(v)) for i in range(200) for v in rng.integers(1, 61, 8)]
    recommender = Recommender(themed(), events)
    recommender.warm_up()
    monkeypatch.setattr(LiveLog, "whole", property(lambda _: pytest.fail("went over all events")))
    before = [item.video_id for item in recommender.recommend("p7").items]
    recommender.observe([verdict("p7", before[0], "dislike")])
    assert before[0] not in [item.video_id for item in recommender.recommend("p7").items]
    assert not recommender.live.stale
    first = recommender.live
    monkeypatch.undo()
    recommender.observe([event(f"q{i}", 1) for i in range(40)])
    assert recommender.live is not first  # more than 2 % is new: fitted again
    assert not recommender.live.stale
    assert len(recommender.live.log) == 1641
