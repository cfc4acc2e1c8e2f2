"""The page in a headless Chromium against the real server, and fifty visitors at once.

Each round is a new visitor with an empty cache, who does every step once. Times are those of the
clock up to what can be seen: with a busy machine they are upper bounds, so the load is named. The
server's processor time says what a step costs on any machine.
"""

from __future__ import annotations

import http.client
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from benchmarks.made.made_library import MadeLibrary, make_library
from benchmarks.page import page_steps as steps
from benchmarks.page.chromium import open_chromium
from benchmarks.page.served import PATIENCE_S, Server, serving
from benchmarks.page.visitors import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

N_VISITORS = 50
STAYS_MS = 1_000  # on the page of a video


@dataclass(frozen=True)
class Plan:
    """What is measured with one library."""

    videos: int
    """Videos of the library."""
    rounds: int
    """Visitors, one after the other, whose steps are timed."""


PLANS = {
    "small": [Plan(200, rounds=3)],
    "full": [Plan(1_000, rounds=15), Plan(100_000, rounds=15)],
}


def run(size: str) -> dict[str, Any]:
    """Milliseconds and CPU seconds of each step, and of fifty visitors at once."""
    figures: dict[str, Any] = {"load_before": round(os.getloadavg()[0], 2)}
    with open_chromium() as browser:
        for plan in PLANS[size]:
            figures[f"{plan.videos} videos"] = measured(browser, plan)
    return figures


def measured(browser: Browser, plan: Plan) -> dict[str, Any]:
    """The same of one library, which is made for it."""
    with tempfile.TemporaryDirectory() as folder:
        library = make_library(Path(folder), plan.videos)
        with serving(library.home, "--refit-every", "off") as server:
            return figures_of(Visit(browser, server, library), plan)


def figures_of(visit: Visit, plan: Plan) -> dict[str, Any]:
    """The same of a library that is served."""
    for _ in range(plan.rounds):
        visit.once()
    return {
        **{name: took.figures() for name, took in visit.took.items()},
        "first_paint_ms": round(median(visit.painted_ms), 1),
        f"{N_VISITORS} visitors": at_once(visit.server, visit.library, N_VISITORS),
        "load": round(os.getloadavg()[0], 2),
    }


@dataclass
class Took:
    """What one step took, each time."""

    seconds: list[float] = field(default_factory=list)
    """By the clock."""
    cpu_s: list[float] = field(default_factory=list)
    """Of the server and its children."""

    def figures(self) -> dict[str, float]:
        """Median and longest time, and mean processor seconds of the server."""
        return {
            "ms": round(1000 * median(self.seconds), 1),
            "worst_ms": round(1000 * max(self.seconds), 1),
            "server_cpu_s": round(float(np.mean(self.cpu_s)), 3),
        }


class Visit:
    """Visitors who come one after the other and do the same with other words."""

    def __init__(self, browser: Browser, server: Server, library: MadeLibrary) -> None:
        self.took: dict[str, Took] = {}
        self.painted_ms: list[float] = []
        self.server = server
        self.library = library
        self._browser = browser
        self._queries = cycle(library.queries)

    def once(self) -> None:
        """Every step, once."""
        with self.new_page() as page:
            self._timed("first_picture", lambda: steps.open_start(page, self.server.url))
            self.painted_ms.append(steps.first_paint_ms(page))
            self._timed("reload", lambda: steps.reload(page))
            text = next(self._queries)
            self._timed("search_to_picture", lambda: steps.search(page, text))
            self._timed("hover_to_preview", lambda: steps.hover(page))
            self._timed("card_to_video", lambda: steps.open_first_card(page))
            self._timed("library", lambda: steps.open_library(page, self.server.url))
            self._timed("jump", lambda: steps.jump(page, 0.8))
            self._timed_back("back_at_once", page, 0.5)
            self._timed_back("back_to_place", page, 0.3, stays_ms=STAYS_MS)
            name = f"Visitor {len(self.painted_ms)}"
            self._timed("for_you", lambda: steps.begin_to_watch(page, self.server.url, name))
            self._timed("like", lambda: steps.like(page))
            self._timed("undo", lambda: steps.undo(page))

    def _timed_back(self, name: str, page: Page, share: float, stays_ms: int = 0) -> None:
        title = steps.leave_library(page, share)
        page.wait_for_timeout(stays_ms)
        self._timed(name, lambda: steps.go_back_to(page, title))

    def _timed(self, name: str, step: Callable[[], None]) -> None:
        before_s, began_s = self.server.cpu_s(), time.perf_counter()
        step()
        took = self.took.setdefault(name, Took())
        took.seconds.append(time.perf_counter() - began_s)
        took.cpu_s.append(self.server.cpu_s() - before_s)

    @contextmanager
    def new_page(self) -> Iterator[Page]:
        """A page of a visitor of its own."""
        context = self._browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        try:
            page = context.new_page()
            page.set_default_timeout(1000 * PATIENCE_S)
            yield page
        finally:
            context.close()


def at_once(server: Server, library: MadeLibrary, n_visitors: int) -> dict[str, Any]:
    """Visitors who all open the page, search on it, and ask the API, at the same time."""
    texts = [library.queries[n % len(library.queries)] for n in range(n_visitors)]
    took: dict[str, list[float]] = {"open": [], "search": [], "api": []}
    errors: list[Exception] = []
    together = threading.Barrier(n_visitors)

    def come(text: str) -> None:
        together.wait()
        try:
            for name, began_s, ended_s in _steps_of_one(server, text):
                took[name].append(ended_s - began_s)
        except Exception as error:  # noqa: BLE001 - each is counted
            errors.append(error)

    before_s = server.cpu_s()
    threads = [threading.Thread(target=come, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "errors": len(errors),
        "first_error": repr(errors[0]) if errors else None,
        **{f"{name}_{key}": value for name, each in took.items() for key, value in _ms(each)},
        "server_cpu_s_each": round((server.cpu_s() - before_s) / n_visitors, 3),
        "memory_mb": server.memory_mb(),
    }


def _steps_of_one(server: Server, text: str) -> Iterator[tuple[str, float, float]]:
    """(step, when it began, when it had ended) of one of many, without a browser."""
    began_s = time.perf_counter()
    with Visitor(server.port).opened() as visitor:
        yield "open", began_s, time.perf_counter()
        began_s = time.perf_counter()
        visitor.load(f"q={quote(text)}")
        yield "search", began_s, time.perf_counter()
        began_s = time.perf_counter()
        status, _, _ = server.ask(f"/api/v1/search?q={quote(text)}")
        if status != http.client.OK:
            raise ValueError(f"a search was answered with {status}")
        yield "api", began_s, time.perf_counter()


def _ms(seconds: list[float]) -> list[tuple[str, float | None]]:
    """Median and 95th percentile in milliseconds; None where nothing was answered."""
    if not seconds:
        return [("ms", None), ("p95_ms", None)]
    middle, late = np.percentile(seconds, [50, 95])
    return [("ms", round(1000 * float(middle), 1)), ("p95_ms", round(1000 * float(late), 1))]
