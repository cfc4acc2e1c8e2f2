"""A week of a household through the API, with the server killed in its midst."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from tests.ui.conftest import Server, serving

PEOPLE = ("anna", "ben", "cleo", "dan")
N_EVENTS = 200
BATCH = 10


def week(videos: list[int]) -> list[dict[str, Any]]:
    """What four people do, in order; each event has a client id of its own."""
    draw = random.Random(7)
    kinds = ["view"] * 6 + ["like", "dislike", "hide"]
    return [
        {
            "user": f"week-{draw.choice(PEOPLE)}",
            "video_id": draw.choice(videos[:-2]),
            "kind": draw.choice(kinds),
            "watched_s": round(draw.uniform(1, 5), 1),
            "at": f"2026-11-{1 + n * 7 // N_EVENTS:02}T{n % 24:02}:{n % 60:02}:00Z",
            "client_id": f"event-{n}",
        }
        for n in range(N_EVENTS)
    ]


def send(server: Server, rows: list[dict[str, Any]]) -> list[str]:
    """What became of each."""
    status, _, body = server.ask("/api/v1/events", method="POST", body=json.dumps(rows).encode())
    assert status == 200, body
    return [each["outcome"] for each in json.loads(body)["results"]]


def history(server: Server, user: str) -> list[dict[str, Any]]:
    """All events of a person, page by page."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = server.json(f"/api/v1/history?user={user}&k=7{cursor}")[1]
        rows += page["items"]
        if page["next"] is None:
            return rows
        cursor = f"&cursor={page['next']}"


def test_a_week_of_four_people_survives_a_kill_and_nothing_is_lost_or_doubled(
    home: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(home, tmp_path / "home")
    with serving(own, "--refit-every", "off") as server:
        found = server.json("/api/v1/videos?k=50")[1]["items"]
        rows = week(sorted(int(each["video_id"]) for each in found))
        half = N_EVENTS // 2
        for at in range(0, half, BATCH):
            assert set(send(server, rows[at : at + BATCH])) == {"added"}
        server.process.kill()
    with serving(own, "--refit-every", "off") as server:
        # A page that got no answer sends again what was answered already.
        assert set(send(server, rows[half - BATCH : half])) == {"known"}
        for at in range(half, N_EVENTS, BATCH):
            assert set(send(server, rows[at : at + BATCH])) == {"added"}
        for name in PEOPLE:
            _nothing_lost(server, f"week-{name}", rows)
            _nothing_repeated(server, f"week-{name}", rows)
        _undone(server, "week-anna", rows)


def _nothing_lost(server: Server, user: str, rows: list[dict[str, Any]]) -> None:
    mine = Counter(row["client_id"] for row in rows if row["user"] == user)
    kept = history(server, user)
    assert Counter(row["client_id"] for row in kept) == mine
    assert {row["user"] for row in kept} == {user}
    assert [row["at"] for row in kept] == sorted((row["at"] for row in kept), reverse=True)


def _nothing_repeated(server: Server, user: str, rows: list[dict[str, Any]]) -> None:
    done = {row["video_id"] for row in rows if row["user"] == user}
    items = server.json(f"/api/v1/recommend?user={user}&k=50")[1]["items"]
    assert items
    assert not done & {int(each["video_id"]) for each in items}


def _undone(server: Server, user: str, rows: list[dict[str, Any]]) -> None:
    """Taking one back leaves the others, brings its video back, and the same id stays removed."""
    (event,) = [row for row in history(server, user) if row["client_id"] == _last_of(user, rows)]
    before = len(history(server, user))
    status, _, _ = server.ask(f"/api/v1/events/{event['id']}?user={user}", method="DELETE")
    assert status == 200
    assert len(history(server, user)) == before - 1
    (again,) = [row for row in rows if row["client_id"] == event["client_id"]]
    assert send(server, [again]) == ["removed"]
    assert len(history(server, user)) == before - 1


def _last_of(user: str, rows: list[dict[str, Any]]) -> str:
    return str([row["client_id"] for row in rows if row["user"] == user][-1])
