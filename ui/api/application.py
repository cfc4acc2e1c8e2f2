"""The API as one application, to be mounted at `links.BASE`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from starlette.requests import Request
from starlette.responses import Response

from ui.api.annotations import files, importing, labels, sets
from ui.api.browsing import conditions, explanation, tags, video, videos
from ui.api.docs_page import docs_page
from ui.api.finding import examples, recommend, search, shelves, suggestions
from ui.api.library import adding, jobs, paths, troubles
from ui.api.metering import Metering
from ui.api.people import events, history, people, searches
from ui.api.reviews import policies, reviews
from ui.api.running import failures, status
from ui.api.served import Served
from ui.api.shape.answers import Plain, failed
from ui.api.shape.refusals import Problem
from ui.api.shape.revisions import revised
from ui.library.asking.running import reelwise_version

TITLE = "reelwise"
API_ROUTERS = (
    search.router,
    examples.router,
    recommend.router,
    shelves.router,
    suggestions.router,
    videos.router,
    video.router,
    explanation.router,
    tags.router,
    conditions.router,
    events.router,
    history.router,
    people.router,
    searches.router,
    status.router,
    failures.router,
    adding.router,
    paths.router,
    troubles.router,
    jobs.router,
    reviews.router,
    policies.router,
    sets.router,
    labels.router,
    files.router,
    importing.router,
)


class ApiApp(FastAPI):
    """FastAPI without its pages, which load scripts from another host."""

    def __init__(self) -> None:
        super().__init__(
            title=TITLE,
            version=reelwise_version(),
            summary="Find moments in a video library, and what to watch next.",
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            redirect_slashes=False,
            default_response_class=Plain,
            responses={"default": {"model": Problem, "description": "Why it was refused."}},
            exception_handlers={404: failed, 405: failed},
        )


def build_api(served: Served | None, routers: Sequence[APIRouter] = ()) -> ApiApp:
    """The API.

    Args:
        served: What its routes work with; None to describe it only.
        routers: Routes of the server's own, below the same address.
    """
    api = ApiApp()
    api.state.served = served
    api.state.metering = Metering()
    for router in (*API_ROUTERS, *routers):
        api.include_router(router)

    @api.get("/openapi.json", include_in_schema=False)
    def openapi(request: Request) -> Response:
        return revised(request, Plain(_described(api, request.scope.get("root_path", ""))))

    @api.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        return HTMLResponse(docs_page(_described(api, request.scope.get("root_path", ""))))

    return api


def _described(api: FastAPI, root: str) -> dict[str, Any]:
    """The document, with the address that the API is mounted at."""
    return {**api.openapi(), "servers": [{"url": root or "/"}]}
