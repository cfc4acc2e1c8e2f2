"""The JSON API, beside the Streamlit pages in the same process.

GET changes nothing: what writes is POST, which pages of other sites cannot send.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from data.errors import NoSuchVideo, ReelwiseError
from ui.library.documents import (
    Document,
    gpu_document,
    recommend_document,
    search_document,
    status_document,
)
from ui.library.library import Library
from ui.server.edge.answers import document, known_problem, problem
from ui.server.jobs import Refits
from ui.server.parameters import Parameters, WrongRequest

if TYPE_CHECKING:
    from indexer.search.query import Filters

LOG = "uvicorn.error"
"""Faults go to the server's log, which is bounded in lines a minute."""


def api_routes(library: Library, refits: Refits | None = None) -> list[BaseRoute]:
    """The routes below /api that give documents; they come after all others below /api.

    Streamlit answers any unknown path with its page and 200, so the rest of /api is 404 here.
    """
    api = Api(library, refits)
    return [
        Route("/api/search", answering(api.search)),
        Route("/api/similar", answering(api.similar)),
        Route("/api/recommend", answering(api.recommend), methods=["GET", "HEAD", "POST"]),
        Route("/api/status", answering(api.status)),
        Route("/api", unknown),
        Route("/api/{rest:path}", unknown),
    ]


FILTERS = (
    "min_relevance",
    "min_duration",
    "max_duration",
    "under",
    "after",
    "before",
    "codec",
    "min_resolution",
    "tag",
    "all_copies",
)
"""What every moment must fulfil."""


@contextmanager
def _wrong_together() -> Iterator[None]:
    """Turn what parameters mean together, and cannot mean, into a wrong request."""
    try:
        yield
    except WrongRequest:
        raise
    except ReelwiseError as error:
        raise WrongRequest(error.problem, fix=error.fix) from error


def _filters(given: Parameters) -> Filters:
    from indexer.search.query import Filters, codec_called

    under, codec = given.optional_text("under"), given.optional_text("codec")
    return Filters(
        under=None if under is None else Path(under).absolute(),
        min_duration_s=given.seconds("min_duration"),
        max_duration_s=given.seconds("max_duration"),
        after=given.date("after"),
        before=given.date("before"),
        codec=None if codec is None else codec_called(codec),
        min_resolution_px=int(given.number("min_resolution", 0, 0, 1e6)) or None,
        tags=given.texts("tag"),
        min_relevance=given.number("min_relevance", 0.0, 0.0, 1.0),
        all_copies=given.flag("all_copies"),
    )


class Api:
    """The JSON routes, with the parameters of the command line."""

    def __init__(self, library: Library, refits: Refits | None = None) -> None:
        self._library = library
        self._refits = refits

    def search(self, request: Request) -> Document:
        """`/api/search?q=TEXT` and the filters of the command."""
        from indexer.search.query import Query, channels_named

        given = Parameters(
            request, "q", "not", "k", "in", "then", "within", *FILTERS, repeatable=("then", "tag")
        )
        with _wrong_together():
            query = Query(
                text=given.text("q"),
                without=given.optional_text("not"),
                channels=channels_named(given.optional_text("in")),
                then=given.texts("then"),
                within_s=given.seconds("within"),
            )
            filters = _filters(given)
        result = self._library.find(query, k=given.limit(), filters=filters)
        return search_document(query.as_dict(), result)

    def similar(self, request: Request) -> Document:
        """`/api/similar?video=ID[@START-END]&k=10`; only ids, never paths."""
        from indexer.search.spans import parse_span

        given = Parameters(request, "video", "k")
        video = given.text("video")
        number, at, part = video.partition("@")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise WrongRequest(
                f"video must be an id, got {video[:80]!r}", fix="/api/similar?video=1"
            )
        try:
            # A number has no suffix: what follows the @ is only ever a part of the video.
            _, span = parse_span(f"{number}.mp4@{part}") if at else (number, None)
        except ReelwiseError as error:
            raise WrongRequest(error.problem, fix="/api/similar?video=1@3-8.5") from error
        whole = number if span is None else f"{number}@{span.start_s!r}-{span.end_s!r}"
        result = self._library.similar(whole, k=given.limit())
        return search_document({"similar": video}, result)

    def recommend(self, request: Request) -> Document:
        """`/api/recommend?user=NAME`; POST may explore and log, which GET may not."""
        given = Parameters(
            request, "user", "k", "playing", "exclude", "explore", "log", repeatable="exclude"
        )
        explore, log = given.number("explore", 0.0, 0.0, 1.0), given.flag("log")
        if (explore or log) and request.method != "POST":
            raise WrongRequest(
                "a GET changes nothing: explore and log write what was shown",
                fix="send it as POST",
                code="needs_post",
            )
        result = self._library.recommend(
            given.text("user"),
            k=given.limit(),
            exclude=given.video_ids("exclude"),
            playing=given.video_id("playing"),
            explore=explore,
            log=log,
        )
        return recommend_document(result, self._library.recommender.model)

    def status(self, request: Request) -> Document:
        """`/api/status?failed=1`."""
        failed = Parameters(request, "failed").flag("failed")
        document = status_document(self._library.catalogue, with_failures=failed)
        document["gpu"] = gpu_document(self._library.copies)
        document["recommender"]["refits"] = self._refits.document() if self._refits else "off"
        return document


def answering(answer: Callable[[Request], Document]) -> Callable[[Request], Response]:
    """A route from a method of `Api`; known errors become 4xx, faults 500 without details."""

    def endpoint(request: Request) -> Response:
        try:
            return document(answer(request))
        except WrongRequest as error:
            return known_problem(400, error.code, error)
        except NoSuchVideo as error:
            return known_problem(404, "unknown_video", error)
        except ReelwiseError as error:
            return known_problem(409, "cannot_answer", error)
        except Exception:
            # The edge: a traceback belongs into the log, not on the wire.
            logging.getLogger(LOG).exception("a request failed: %s", request.url.path)
            return problem(500, "fault", "unexpected fault", "see the server's log")

    return endpoint


def unknown(request: Request) -> Response:
    """404 for every other path."""
    return problem(404, "no_route", "no such route", "docs/api.md lists them")
