"""The library for language models: tools of the Model Context Protocol, by the official SDK.

They answer what the API answers, for whoever asks; without `write` none changes anything.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field, ValidationError
from starlette.requests import Request

from data.errors import ReelwiseError
from data.history import EventKind
from ui.api.browsing.video import Question, lines, scores, video
from ui.api.finding.asked import Search
from ui.api.finding.recommend import Wanted, recommend
from ui.api.finding.search import answer, page_of
from ui.api.people.events import Happened, report_rows
from ui.api.served import Served, Visitor, for_visitor, visitor_of
from ui.api.shape.fields import Count, Seconds, VideoId, Words
from ui.api.shape.refusals import in_http_words
from ui.library.asking.running import reelwise_version

INSTRUCTIONS = (
    "Finds moments in a library of videos by what is seen, said and written in them, and tells "
    "what somebody may like to watch. Times are in seconds. When `confident` is false, nothing "
    "matches well. A moment is shown at its thumb_url and media_url, below the server's address."
)
MOST_LINES = 200
Asker = Context[Any, Any]
Like = Annotated[Words, Field(description="A video ID, or a stretch of one: ID@START-END.")]
Where = Annotated[
    list[Words] | None,
    Field(
        description="Conditions that all hold: action=jump, risk>=0.8 (learned labels), "
        "tags=dog (seen), tag=holiday (named by people), duration>=60, width>=1280, date>=2024-05."
    ),
]


def mcp_server(served: Served, *, write: bool = False) -> MCPServer:
    """The tools over one library.

    Args:
        served: What they work with.
        write: Add the tool that records what somebody did.
    """
    with _log_left_alone():
        server = MCPServer("reelwise", instructions=INSTRUCTIONS, version=reelwise_version())
    _add_reading(server, Tools(served))
    if write:
        _add_writing(server, Tools(served))
    return server


@contextmanager
def _log_left_alone() -> Iterator[None]:
    """Keep the process's log as it is: the SDK would have everything written, without bounds."""
    handlers, level = [*logging.root.handlers], logging.root.level
    try:
        yield
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)


class Tools:
    """What the tools do.

    Args:
        served: What they work with.
    """

    def __init__(self, served: Served) -> None:
        self._served = served

    @contextmanager
    def _asked(self, context: Asker) -> Iterator[Visitor]:
        """Give who asks; known errors reach the model, which can ask otherwise."""
        visitor = _visitor(context)
        try:
            yield visitor
        except ReelwiseError as error:
            told = for_visitor(error, self._served, visitor)
            raise ToolError(f"{told.problem}; {in_http_words(told.fix)}") from error
        except ValidationError as error:
            raise ToolError(str(error.errors()[0]["msg"])) from error

    def search(
        self, query: Words, k: Count, folder: Words | None, where: Where, context: Asker
    ) -> dict[str, Any]:
        """Moments by words."""
        with self._asked(context) as visitor:
            folders = [] if folder is None else [folder]
            given = {"q": query, "k": k, "folder": folders, "where": where or []}
            asked = Search.model_validate(given)
            first, wanted = page_of(asked)
            found = answer(self._served, asked, visitor, first=first, wanted=wanted)
            return found.model_dump(mode="json")

    def similar(self, like: Like, k: Count, context: Asker) -> dict[str, Any]:
        """Moments like one."""
        with self._asked(context) as visitor:
            asked = Search.model_validate({"like": like, "k": k})
            found = answer(self._served, asked, visitor, first=0, wanted=k)
            return found.model_dump(mode="json")

    def recommend(
        self, user: Words | None, k: Count, playing: VideoId | None, context: Asker
    ) -> dict[str, Any]:
        """What to watch next."""
        with self._asked(context) as visitor:
            wanted = Wanted.model_validate({"user": user, "k": k, "playing": playing})
            return recommend(wanted, self._served, visitor).model_dump(mode="json")

    def describe(self, video_id: VideoId, question: Words | None, context: Asker) -> dict[str, Any]:
        """What is known of a video, and what is said in it."""
        with self._asked(context) as visitor:
            told = video(video_id, self._served, visitor).model_dump(mode="json")
            spoken = lines(video_id, self._served).model_dump(mode="json")["items"]
            told["lines"], told["more_lines"] = spoken[:MOST_LINES], len(spoken) > MOST_LINES
            if question is not None:
                fits = scores(video_id, Question.model_validate({"q": question}), self._served)
                told["moments"] = fits.model_dump(mode="json")["moments"]
            return told

    def record(self, happened: Happened, context: Asker) -> dict[str, Any]:
        """Record what somebody did."""
        with self._asked(context) as visitor:
            results = report_rows(self._served, visitor, None, happened)
            return results.results[0].model_dump(mode="json")


def _add_reading(server: MCPServer, tools: Tools) -> None:
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    @server.tool(annotations=reads)
    def search(
        context: Asker,
        query: Words,
        k: Count = 10,
        folder: Words | None = None,
        where: Where = None,
    ) -> dict[str, Any]:
        """Find moments by words: what happens, is said or is written in them."""
        return tools.search(query, k, folder, where, context)

    @server.tool(annotations=reads)
    def similar(context: Asker, like: Like, k: Count = 10) -> dict[str, Any]:
        """Find moments of other videos that look like a video or a stretch of it."""
        return tools.similar(like, k, context)

    @server.tool(annotations=reads)
    def recommend(
        context: Asker,
        user: Words | None = None,
        k: Count = 10,
        playing: VideoId | None = None,
    ) -> dict[str, Any]:
        """Recommend videos to a person, near the one that is playing if that is given."""
        return tools.recommend(user, k, playing, context)

    @server.tool(annotations=reads)
    def describe_video(
        context: Asker, video_id: VideoId, question: Words | None = None
    ) -> dict[str, Any]:
        """Tell what is known of a video, what is seen and said in it, and where a question fits."""
        return tools.describe(video_id, question, context)


def _add_writing(server: MCPServer, tools: Tools) -> None:
    writes = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)

    @server.tool(annotations=writes)
    def record_event(
        context: Asker,
        video_id: VideoId,
        kind: EventKind = "view",
        user: Words | None = None,
        watched_s: Seconds | None = None,
    ) -> dict[str, Any]:
        """Record that a person watched, liked, disliked or hid a video."""
        given = {"user": user, "video_id": video_id, "kind": kind, "watched_s": watched_s}
        return tools.record(Happened.model_validate(given), context)


def _visitor(context: Asker) -> Visitor:
    """Who asks: as the gate found over HTTP; by stdio whoever started the command."""
    request = getattr(context.request_context, "request", None)
    return visitor_of(request) if isinstance(request, Request) else Visitor()
