"""The JSON API and the media routes, beside the Streamlit pages in the same process."""

import sys
import traceback
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from data.errors import NoSuchVideo, ReelwiseError
from ui.library.documents import (
    Document,
    as_json,
    recommend_document,
    search_document,
    status_document,
)
from ui.library.library import Library
from ui.server.frames import FrameSource
from ui.server.jobs import Refits
from ui.server.media import ALLOWED_METHODS, Media
from ui.server.pictures import PREVIEWS_AT_ONCE, THUMBNAILS_AT_ONCE, Pictures
from ui.server.turns import in_turn

MAX_RESULTS = 200
MAX_QUERY_CHARS = 2000


class Plain(JSONResponse):
    """A document as the command line prints it."""

    def render(self, content: object) -> bytes:
        """UTF-8 JSON."""
        return as_json(content).encode()


class WrongRequest(ReelwiseError):
    """A parameter of a request is missing or not valid."""


def api_routes(
    library: Library, frames: FrameSource, refits: Refits | None = None
) -> list[BaseRoute]:
    """Every route below /api.

    Streamlit answers any unknown path with its page and 200, so the rest of /api is 404 here.
    """
    api = Api(library, refits)
    media = Media(library)
    pictures = Pictures(library.home.cache, media.path_of, frames)
    return [
        Route("/api/search", answering(api.search)),
        Route("/api/similar", answering(api.similar)),
        Route("/api/recommend", answering(api.recommend)),
        Route("/api/status", answering(api.status)),
        Route("/api/media/{video_id}", media.answer, methods=list(ALLOWED_METHODS)),
        Route(
            "/api/previews/{video_id}",
            in_turn(pictures.preview, PREVIEWS_AT_ONCE),
            methods=list(ALLOWED_METHODS),
        ),
        Route(
            "/api/thumbs/{video_id}",
            in_turn(pictures.thumbnail, THUMBNAILS_AT_ONCE),
            methods=list(ALLOWED_METHODS),
        ),
        Route("/api", unknown),
        Route("/api/{rest:path}", unknown),
    ]


class Api:
    """The JSON routes, with the parameters of the command line."""

    def __init__(self, library: Library, refits: Refits | None = None) -> None:
        self._library = library
        self._refits = refits

    def search(self, request: Request) -> Document:
        """`/api/search?q=TEXT&not=TEXT&k=10&min_relevance=0`."""
        from indexer.search.query import Filters, Query

        text = _text(request, "q")
        query = Query(text=text, without=request.query_params.get("not"))
        filters = Filters(min_relevance=_number(request, "min_relevance", 0.0, 0.0, 1.0))
        result = self._library.find(query, k=_limit(request), filters=filters)
        return search_document(query.as_dict(), result)

    def similar(self, request: Request) -> Document:
        """`/api/similar?video=ID[@START-END]&k=10`; only ids, never paths."""
        video = _text(request, "video")
        if not video.partition("@")[0].isdigit():
            raise WrongRequest(
                f"video must be an id, got {video[:80]!r}", fix="/api/similar?video=1"
            )
        return search_document({"similar": video}, self._library.similar(video, k=_limit(request)))

    def recommend(self, request: Request) -> Document:
        """`/api/recommend?user=NAME&k=10&playing=ID&exclude=ID&explore=0&log=1`; only ids."""
        user, playing = _text(request, "user"), request.query_params.get("playing")
        exclude = request.query_params.getlist("exclude")[:MAX_RESULTS]
        result = self._library.recommend(
            user,
            k=_limit(request),
            exclude=[_video_id(request, "exclude", one) for one in exclude],
            playing=None if playing is None else _video_id(request, "playing", playing),
            explore=_number(request, "explore", 0.0, 0.0, 1.0),
            log=_flag(request, "log"),
        )
        return recommend_document(result, self._library.recommender.model)

    def status(self, request: Request) -> Document:
        """`/api/status?failed=1`."""
        failed = _flag(request, "failed")
        document = status_document(self._library.catalogue, with_failures=failed)
        document["recommender"]["refits"] = self._refits.document() if self._refits else "off"
        return document


def answering(answer: Callable[[Request], Document]) -> Callable[[Request], Response]:
    """A route from a method of `Api`; known errors become 4xx, faults 500 without details."""

    def endpoint(request: Request) -> Response:
        try:
            return Plain(answer(request))
        except ReelwiseError as error:
            body = {"error": error.problem, "fix": error.fix}
            return Plain(body, status_code=_status_code(error))
        except Exception:  # noqa: BLE001 - the edge: a traceback belongs on stderr, not on the wire
            traceback.print_exc(file=sys.stderr)
            return Plain(
                {"error": "unexpected fault", "fix": "see the server's log"}, status_code=500
            )

    return endpoint


def _status_code(error: ReelwiseError) -> int:
    if isinstance(error, WrongRequest):
        return 400
    return 404 if isinstance(error, NoSuchVideo) else 409


def unknown(request: Request) -> Response:
    """404 for every other path."""
    return Plain({"error": "no such route", "fix": "docs/api.md lists them"}, status_code=404)


def _text(request: Request, name: str) -> str:
    value = request.query_params.get(name, "").strip()
    if not value or len(value) > MAX_QUERY_CHARS:
        raise WrongRequest(
            f"{name} must have 1 to {MAX_QUERY_CHARS} characters, got {len(value)}",
            fix=f"{request.url.path}?{name}=...",
        )
    return value


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name, "") in ("1", "true")


def _video_id(request: Request, name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise WrongRequest(
            f"{name} must be an id, got {value[:80]!r}", fix=f"{request.url.path}?{name}=1"
        )
    return int(value)


def _limit(request: Request) -> int:
    return int(_number(request, "k", 10, 1, MAX_RESULTS))


def _number(request: Request, name: str, default: float, low: float, high: float) -> float:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise WrongRequest(
            f"{name} must be from {low:g} to {high:g}, got {text[:40]!r}",
            fix=f"{request.url.path}?{name}={default:g}",
        )
    return value
