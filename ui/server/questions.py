"""The route for questions of the command line on the same machine; pages and the API need none."""

import json
import secrets
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data.errors import ReelwiseError
from ui.api.shape.answers import document, known_problem, problem
from ui.library.asking.questions import search_asked, similar_asked
from ui.library.asking.running import ROUTE, SECRET_HEADER
from ui.library.documents import Document, search_document
from ui.library.library import Library

MAX_BYTES = 64 * 1024
"""Longest question."""


def question_route(library: Library, secret: str) -> Route:
    """`POST /api/v1/question` for whoever knows the secret; to others it is not there."""

    async def answer(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not secrets.compare_digest(given.encode(), secret.encode()):
            return problem(404, "no_route", "there is nothing at this address", "see docs/api.md")
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_BYTES:
                return problem(413, "too_long", "the question is too long", "ask it in the command")
        return await run_in_threadpool(_answer, library, body)

    return Route(ROUTE, answer, methods=["POST"])


def _answer(library: Library, body: bytes) -> Response:
    try:
        question: Any = json.loads(body)
        return document(_answered(library, question))
    except ReelwiseError as error:
        return known_problem(409, "cannot_answer", error)
    except (ValueError, TypeError, KeyError):
        # The command answers such a question itself, and says what is wrong with it.
        return problem(400, "wrong_question", "this is no question", "see docs/api.md")


def _answered(library: Library, question: Document) -> Document:
    """The document that the command would print.

    Raises:
        ReelwiseError: The error that it would print.
    """
    if "similar" in question:
        return search_document({}, library.similar(similar_asked(question), k=int(question["k"])))
    query, filters = search_asked(question)
    k, merge = int(question["k"]), bool(question["merge"])
    return search_document({}, library.find(query, k=k, filters=filters, merge=merge))
