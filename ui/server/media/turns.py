"""Answers that need decoding wait for their turn, and end with the visitor who asked.

They hold none of the threads in which everything else is answered: a page of thumbnails never
delays a search.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from data.errors import ReelwiseError
from data.video.children.excerpting import NotMade
from data.video.children.pool import StillWanted
from ui.api.shape.answers import FileAnswer, known_problem, problem
from ui.server.media.cache import FileCache

Draw = Callable[[Path, StillWanted], bool]
"""Writes a file at the given path; False where there is no frame for it."""


class VisitorLeft(Exception):
    """Nobody waits for this answer any more."""


@dataclass(frozen=True)
class Unmade:
    """A file of the cache that has to be made first."""

    cache: FileCache
    """Where it belongs."""
    name: str
    """Its name there."""
    draw: Draw
    """Makes it."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers of the answer."""

    def ready(self) -> Response | None:
        """The answer where the file is there already."""
        found = self.cache.find(self.name)
        return None if found is None else self.answer(found)

    def answer(self, file: Path) -> Response:
        """The answer with the file, once it is there."""
        return FileAnswer(file, headers=self.headers)

    def make(self, still_wanted: StillWanted) -> Response:
        """The answer, once the file is made.

        Raises:
            VisitorLeft: `still_wanted` said so.
        """
        try:
            made = self.cache.get(self.name, lambda draft: self.draw(draft, still_wanted))
        except NotMade as error:
            return known_problem(422, "cannot_convert", error)
        except ReelwiseError as error:
            return known_problem(503, "busy", error)
        except OSError:
            made = None
        if made is None:
            fix = "try another time of the video"
            return problem(404, "no_frame", "no frame can be decoded there", fix)
        return self.answer(made)


Answer = Callable[[], Response | Unmade]
"""Finds out what is wanted, in a thread."""


class Turns:
    """Makes at most so many files at once; what is in the cache waits for nothing."""

    def __init__(self, places: int) -> None:
        self._limiter = CapacityLimiter(places)

    async def answer(self, request: Request, wanted: Answer) -> Response:
        """The answer to a request, once it is made."""
        result = await to_thread.run_sync(wanted)
        if isinstance(result, Response):
            return result
        ready = await to_thread.run_sync(result.ready)
        return ready or await _while_connected(request, result, self._limiter)


async def _while_connected(request: Request, unmade: Unmade, limiter: CapacityLimiter) -> Response:
    gone = threading.Event()
    response = problem(499, "left", "the visitor left", "ask again")

    def still_wanted() -> None:
        if gone.is_set():
            raise VisitorLeft

    async with anyio.create_task_group() as group:
        group.start_soon(_watch, request, gone, group.cancel_scope)
        try:
            make = partial(unmade.make, still_wanted)
            response = await to_thread.run_sync(make, limiter=limiter)
        except VisitorLeft:
            pass
        group.cancel_scope.cancel()
    return response


async def _watch(request: Request, gone: threading.Event, scope: anyio.CancelScope) -> None:
    """Wait for the end of the connection; what waits for its turn then gives it up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    gone.set()
    scope.cancel()
