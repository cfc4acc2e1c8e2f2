"""A week of a household through the page's player and the API, the server killed in its midst.

Four viewers watch on the page, in Chromium, and report what they watch, like, turn down and hide by
the API, all at once. The server is killed while they do. What the players could not report waits
on their devices; each goes on with the batch that got no answer, and sends some once more that were
answered. Then all that is kept is read and compared with what was answered, and with what the
browser itself says was played.
"""

from __future__ import annotations

import http.client
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.made.made_library import make_library
from benchmarks.page.chromium import open_chromium
from benchmarks.page.household_plays import Play, Viewing, pause, plays_of
from benchmarks.page.served import Server, serving
from ui.server.access.users import User, hashed, write_users

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PEOPLE = ("week-anna", "week-ben", "week-cleo", "week-dan")
"""Nobody else in the library is called so."""
PASSWORD = "a password of a household"
BATCH = 10
RESENT = 5
"""Answered batches that each person sends once more after the kill."""
VIDEOS, FILES = 300, 40
"""Videos of the library, and those with files, which are played."""
EVENTS = {"small": 2_000, "full": 20_000}
PLAYS = {"small": 100, "full": 156}
"""Those events that come from the player."""
NEAR_S = 0.3
"""What is stored may be as far from what was played."""
OTHERS = ("history", "history/export", "recommend", "shelves")
"""What is asked about others."""
SEEN_ON_PURPOSE = ("begun", "again")
"""Shelves of what was watched."""

Row = dict[str, Any]


def run(size: str) -> dict[str, Any]:
    """Events answered, played, lost, doubled, seen by others, and videos recommended again."""
    with tempfile.TemporaryDirectory() as folder, open_chromium() as browser:
        library = make_library(Path(folder), VIDEOS, FILES)
        return measured(library.home, EVENTS[size], browser, PLAYS[size])


def measured(home: Path, n_events: int, browser: Browser, n_plays: int) -> dict[str, Any]:
    """The same in a home, which is changed.

    Args:
        home: It.
        n_events: Events in all.
        browser: Chromium.
        n_plays: How many of them come from the player; half of them before the kill.
    """
    users = home / "household.json"
    known = {name: User(name, "viewer", hashed(PASSWORD)) for name in PEOPLE}
    write_users(users, known)
    options = ("--refit-every", "off", "--users", str(users))
    with serving(home, *options) as server:
        people = [Person(name) for name in PEOPLE]
        plays = _planned(server, people, n_events, n_plays)
        sessions = {person.name: person.headers["Cookie"] for person in people}
        viewing = Viewing(browser, server.url, sessions)
        half = n_plays // 2
        evening = min(half, len(people))
        viewing.watch(plays[: half - evening])
        pages = viewing.begin(plays[half - evening : half])
        before = _send_until_killed(server, people, (n_events - n_plays) // 2)
        viewing.leave(pages, ways=(pause,))
    with serving(home, *options, port=server.port) as server:
        for person in people:
            person.next_row = max(0, person.next_row - RESENT * BATCH)
        with ThreadPoolExecutor(len(people)) as pool:
            sending = pool.map(lambda person: person.send_all(server), people)
            viewing.watch(plays[half:])
            list(sending)
        found = _compared(server, people, viewing)
    viewing.end()
    return {"events": n_events, "answered_before_the_kill": before, **found}


def _planned(server: Server, people: list[Person], n_events: int, n_plays: int) -> list[Play]:
    """Sign in, and plan what they report and what they play; two videos are left for later."""
    for person in people:
        person.sign_in(server)
    listed = people[0].videos(server)
    rows = week([int(each["video_id"]) for each in listed], n_events - n_plays)
    for person in people:
        person.rows = [row for row in rows if row["user"] == person.name]
    files = [int(each["video_id"]) for each in listed[:-2] if not each["gone"]]
    return plays_of(PEOPLE, files, n_plays)


def week(videos: list[int], n_events: int) -> list[Row]:
    """What four people do, in order; each event has a client id of its own."""
    draw = random.Random(7)
    kinds = ["view"] * 6 + ["like", "dislike", "hide"]
    return [
        {
            "user": draw.choice(PEOPLE),
            "video_id": draw.choice(videos[:-2]),
            "kind": draw.choice(kinds),
            "watched_s": round(draw.uniform(1, 5), 1),
            "at": f"2026-11-{1 + n * 7 // n_events:02}T{n % 24:02}:{n % 60:02}:00Z",
            "client_id": f"event-{n}",
        }
        for n in range(n_events)
    ]


@dataclass
class Person:
    """One who has signed in, what they do, and what they were answered."""

    name: str
    """Their name."""
    rows: list[Row] = field(default_factory=list)
    """All their events, in order."""
    next_row: int = 0
    """Row that is sent next."""
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    """What was answered, by client id."""
    headers: dict[str, str] = field(default_factory=dict)
    """Their session."""

    def sign_in(self, server: Server) -> None:
        """Begin a session, which outlives the server."""
        given = json.dumps({"name": self.name, "password": PASSWORD}).encode()
        status, headers, body = server.ask(
            "/api/v1/session",
            method="POST",
            headers={"Origin": server.url, "Content-Type": "application/json"},
            body=given,
        )
        assert status == http.client.OK, body
        self.headers = {"Cookie": headers["set-cookie"].partition(";")[0]}

    def send_all(self, server: Server) -> None:
        """Send what is left, a batch at a time.

        Raises:
            OSError, http.client.HTTPException: The server is gone; the batch was not answered.
        """
        while self.next_row < len(self.rows):
            batch = self.rows[self.next_row : self.next_row + BATCH]
            for row, outcome in zip(batch, send(server, batch, self.headers), strict=True):
                self.outcomes.setdefault(row["client_id"], Counter())[outcome] += 1
            self.next_row += len(batch)

    def read(self, server: Server, path: str) -> tuple[int, Any]:
        """(status, document) of a request of theirs."""
        status, _, body = server.ask(f"/api/v1/{path}", headers=self.headers)
        return status, json.loads(body)

    def read_all(self, server: Server, path: str) -> list[Row]:
        """All items of a list, page by page."""
        rows: list[Row] = []
        cursor = ""
        while True:
            status, page = self.read(server, f"{path}{cursor}")
            assert status == http.client.OK, page
            rows += page["items"]
            if page["next"] is None:
                return rows
            cursor = f"&cursor={page['next']}"

    def videos(self, server: Server) -> list[Row]:
        """All videos, by their ids."""
        found = self.read_all(server, "videos?k=50")
        return sorted(found, key=lambda each: int(each["video_id"]))


def send(server: Server, rows: list[Row], headers: Mapping[str, str] | None = None) -> list[str]:
    """Report events; what became of each."""
    body = json.dumps(rows).encode()
    own_page = {"Origin": server.url, **(headers or {})}
    status, _, answer = server.ask("/api/v1/events", method="POST", headers=own_page, body=body)
    assert status == http.client.OK, answer
    return [each["outcome"] for each in json.loads(answer)["results"]]


def _send_until_killed(server: Server, people: list[Person], least: int) -> int:
    """Kill the server when this many were answered; gives how many were."""
    with ThreadPoolExecutor(len(people)) as pool:
        sending = [pool.submit(_send_or_stop, person, server) for person in people]
        while sum(person.next_row for person in people) < least:
            if all(each.done() for each in sending):
                break
            time.sleep(0.005)
        server.process.kill()
    for each in sending:
        each.result()
    server.process.wait()
    return sum(person.next_row for person in people)


def _send_or_stop(person: Person, server: Server) -> None:
    with suppress(OSError, http.client.HTTPException):
        person.send_all(server)


def _compared(server: Server, people: list[Person], viewing: Viewing) -> dict[str, float]:
    """What is kept, beside what was answered and what was played."""
    played = viewing.played_s()
    for name, video_id in played:
        row = {"user": name, "video_id": video_id, "kind": "view"}
        next(person for person in people if person.name == name).rows.append(row)
    total: Counter[str] = Counter(seen_by_others=viewing.shown_of_others())
    stored: list[Row] = []
    for person in people:
        kept = person.read_all(server, f"history?user={person.name}&k=50")
        stored += [row for row in kept if row["source"] == "page"]
        total.update(kept_of(person.outcomes, [row["client_id"] for row in kept]))
        total["seen_by_others"] += sum(row["user"] != person.name for row in kept)
        total.update(_about_others(server, person, people))
        total.update(_offered(server, person))
    return {**total, **plays_kept(played, stored)}


def plays_kept(played: Mapping[tuple[str, int], float], stored: Iterable[Row]) -> dict[str, float]:
    """Plays that are lost, that count twice, and whose seconds are others than those that ran.

    Args:
        played: Seconds that ran, by person and video.
        stored: Events of the player.
    """
    kept: dict[tuple[str, int], list[float]] = {}
    for row in stored:
        kept.setdefault((row["user"], row["video_id"]), []).append(row["watched_s"])
    off_s = [abs(sum(kept[each]) - ran_s) for each, ran_s in played.items() if each in kept]
    return {
        "played": len(played),
        "played_s": round(sum(played.values()), 1),
        "plays_lost": len(set(played) - set(kept)),
        "plays_doubled": sum(len(each) - 1 for each in kept.values()),
        "plays_invented": len(set(kept) - set(played)),
        "plays_off": sum(each > NEAR_S for each in off_s),
        "worst_off_s": round(max(off_s, default=0.0), 3),
    }


def kept_of(outcomes: Mapping[str, Counter[str]], kept: Iterable[str]) -> dict[str, int]:
    """Events that were answered, that are lost though they were, and that count twice.

    Args:
        outcomes: What was answered, by client id.
        kept: Client id of each event that is kept.
    """
    answered = {one for one, told in outcomes.items() if told["added"] + told["known"]}
    found = Counter(kept)
    return {
        "answered": len(answered),
        "sent_again": sum(told["known"] for told in outcomes.values()),
        "lost": len(answered - set(found)),
        "doubled": sum(found.values())
        - len(found)
        + sum(max(told["added"] - 1, 0) for told in outcomes.values()),
    }


def _about_others(server: Server, person: Person, people: list[Person]) -> dict[str, int]:
    """What a viewer is answered who asks about each of the others."""
    asked = [
        f"/api/v1/{what}?user={other.name}"
        for other in people
        if other is not person
        for what in OTHERS
    ]
    answered = [server.ask(path, headers=person.headers)[0] for path in asked]
    return {
        "asked_about_others": len(asked),
        "seen_by_others": sum(status != http.client.FORBIDDEN for status in answered),
    }


def _offered(server: Server, person: Person) -> dict[str, int]:
    """What is recommended and shelved, and how much of it was watched, judged or hidden."""
    items = person.read(server, f"recommend?user={person.name}&k=50")[1]["items"]
    shelves = person.read(server, f"shelves?user={person.name}")[1]["shelves"]
    own = {row["video_id"] for row in person.rows}
    causes = [each["because"] for each in (*items, *shelves) if each["because"] is not None]
    return {
        "recommended": len(items),
        "shelved": sum(len(shelf["items"]) for shelf in shelves),
        "repeated": repeated(person.rows, items, shelves),
        "seen_by_others": sum(int(cause["video_id"]) not in own for cause in causes),
    }


def repeated(rows: list[Row], items: list[Row], shelves: list[Row]) -> int:
    """Videos that are offered although the person has done with them.

    Only the shelves that say so may hold what was watched, and none what was hidden.
    """
    done = {row["video_id"] for row in rows}
    hidden = {row["video_id"] for row in rows if row["kind"] == "hide"}
    wrong = sum(int(each["video_id"]) in done for each in items)
    for shelf in shelves:
        left_out = hidden if shelf["kind"] in SEEN_ON_PURPOSE else done
        wrong += sum(int(each["video_id"]) in left_out for each in shelf["items"])
    return wrong
