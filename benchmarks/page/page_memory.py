"""Memory, descriptors and threads of the server while visitors use the page, one after another.

Between two visitors there is rest, so that a server is looked at as it is in use and not as it is
under load. What is asked differs from visit to visit: a cache without a bound would be seen. The
slope is that of a straight line through what was seen after `settled_s`.
"""

from __future__ import annotations

import http.client
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import psutil

from benchmarks.made.made_library import make_library
from benchmarks.page import player_steps as player
from benchmarks.page.chromium import open_chromium
from benchmarks.page.page import Visit
from benchmarks.page.served import Server, serving

REST = 1.0
"""Seconds of rest for each second of use."""
PERSONS = 8
"""Visitors, in turns."""
PLAYED_S = 1.2
"""What each visitor plays of a video, which is then reported."""


@dataclass(frozen=True)
class Plan:
    """How long, and with which library."""

    videos: int
    """Videos of the library."""
    use_s: float
    """Seconds of use."""
    settled_s: float
    """Seconds after which caches are full; the slope is that of the time behind them."""
    look_s: float
    """Seconds between two looks."""


PLANS = {
    "small": Plan(200, use_s=120, settled_s=40, look_s=5),
    "full": Plan(1_000, use_s=3_600, settled_s=600, look_s=60),
}


@dataclass(frozen=True)
class Look:
    """What the server has at one instant."""

    at_s: float
    """Since the use began."""
    visits: int
    """Visits so far."""
    own_mb: float
    """Memory of the server's process (RSS), in MB of 10^6 bytes."""
    with_children_mb: float
    """The same with its children."""
    descriptors: int
    """Open files, sockets and pipes of the server's process."""
    threads: int
    """Its threads."""


def run(size: str) -> dict[str, Any]:
    """MB, descriptors and threads an hour, and each look."""
    plan = PLANS[size]
    with tempfile.TemporaryDirectory() as folder, open_chromium() as browser:
        library = make_library(Path(folder), plan.videos)
        with serving(library.home, "--refit-every", "off") as server:
            user = User(Visit(browser, server, library))
            looks = looks_in_use(user.once, lambda *when: look(server, *when), plan)
            cpu_s = server.cpu_s()
    return {
        **slopes(looks, plan.settled_s),
        "server_cpu_s": round(cpu_s, 1),
        "looks": [list(asdict(each).values()) for each in looks],
    }


def looks_in_use(
    use: Callable[[], None],
    see: Callable[[float, int], Look],
    plan: Plan,
    clock: Callable[[], float] = time.monotonic,
    rest: Callable[[float], None] = time.sleep,
) -> list[Look]:
    """What was seen, from before the first visit to behind the last; each is told on stderr."""
    looks: list[Look] = []
    began_s, visits = clock(), 0
    while True:
        at_s = clock() - began_s
        if at_s >= len(looks) * plan.look_s:
            looks.append(see(at_s, visits))
            print(json.dumps(asdict(looks[-1])), file=sys.stderr, flush=True)
        if at_s >= plan.use_s:
            return looks
        came_s = clock()
        use()
        visits += 1
        rest(REST * (clock() - came_s))


def look(server: Server, at_s: float, visits: int) -> Look:
    """The server now."""
    own = psutil.Process(server.process.pid)
    return Look(
        at_s=round(at_s, 1),
        visits=visits,
        own_mb=round(own.memory_info().rss / 1e6, 1),
        with_children_mb=server.memory_mb(),
        descriptors=own.num_fds(),
        threads=own.num_threads(),
    )


def slopes(looks: Sequence[Look], settled_s: float) -> dict[str, float]:
    """MB, descriptors and threads an hour, after caches are full; and what the last look saw."""
    settled = [each for each in looks if each.at_s >= settled_s]
    hours = [each.at_s / 3600 for each in settled]

    def slope(values: Sequence[float]) -> float:
        return round(float(np.polyfit(hours, values, 1)[0]), 2)

    return {
        "visits": looks[-1].visits,
        "measured_s": round(settled[-1].at_s - settled[0].at_s, 1),
        "mb_an_hour": slope([each.own_mb for each in settled]),
        "descriptors_an_hour": slope([each.descriptors for each in settled]),
        "threads_an_hour": slope([each.threads for each in settled]),
        "first_mb": looks[0].own_mb,
        "settled_mb": settled[0].own_mb,
        "last_mb": looks[-1].own_mb,
    }


@dataclass
class User:
    """Visitors who come one after the other; each asks for something new."""

    visit: Visit
    """The steps of each in the browser."""
    number: int = 0
    """Visits so far."""

    def once(self) -> None:
        """All that one of them does."""
        person = f"visitor-{self.number % PERSONS}"
        text = self.visit.library.queries[self.number % len(self.visit.library.queries)]
        self.visit.once()
        self._ask(person, text)
        self._watch(person, text)
        self.number += 1

    def _watch(self, person: str, text: str) -> None:
        """Play a part of the first video found, and look at what is recommended next."""
        server = self.visit.server
        _, found = server.json(f"/api/v1/search?q={quote(text)}&k=1")
        with self.visit.new_page() as page:
            page.context.add_cookies(
                [{"name": "reelwise_person", "value": person, "url": server.url}]
            )
            player.open_player(page, server.url, int(found["hits"][0]["video_id"]))
            player.press_play(page)
            player.wait_until(page, PLAYED_S)
            for address in ("for-you", "history"):
                page.goto(f"{server.url}/{address}", wait_until="commit")
                page.get_by_role("heading", level=1).wait_for()

    def _ask(self, person: str, text: str) -> None:
        """By the API, with words that nobody used before."""
        server, words = self.visit.server, quote(f"{text} number {self.number}")
        paths = (
            f"search?q={words}&k=20",
            f"suggestions?prefix={words}",
            f"recommend?user={person}",
            f"similar?video={1 + self.number % 100}",
        )
        for path in paths:
            status, _, body = server.ask(f"/api/v1/{path}")
            assert status == http.client.OK, (path, body)
