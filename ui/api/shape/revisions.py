"""Answers that a client asked for before: `ETag` and `If-None-Match` (RFC 9110, 8.8.3 and 13.1.2).

The rule: every document has a tag of what it says to this visitor. Only the visitor's own client
may keep it, asks again each time, and is told 304 where it would read the same. The question is
answered first, for whoever asks, so that no tag tells more than the answer would.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

from ui.api.shape.answers import NO_STORE

ASK_AGAIN = {"cache-control": "private, no-cache", "vary": "Authorization, Cookie"}
"""Of documents: for the client of one visitor, who asks each time whether they still hold."""
_KIND = "application/json"
_TAG_BYTES = 16
_TOOK = re.compile(rb'"took_ms": ?[0-9.e+-]+')
"""How long it took, which differs where nothing else does; a quote in a text is escaped."""
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def revised(request: Request, answer: Response) -> Response:
    """The answer with how long it holds; 304 in its place where the client has the same.

    Args:
        request: What was asked.
        answer: A whole document; everything else is given back as it is.
    """
    if answer.headers.get("content-type", "").partition(";")[0] != _KIND:
        return answer
    if answer.status_code != 200 or request.method != "GET":
        answer.headers.update(NO_STORE)
        return answer
    tag = _tag_of(bytes(answer.body))
    answer.headers.update({**ASK_AGAIN, "etag": f"W/{tag}"})
    if _has(request, tag):
        answer.status_code, answer.body = 304, b""
        del answer.headers["content-length"], answer.headers["content-type"]
    return answer


def _tag_of(body: bytes) -> str:
    # Weak: the server may send the same document packed or not, and took_ms is left out.
    digest = blake2b(_TOOK.sub(b"", body), digest_size=_TAG_BYTES).digest()
    return f'"{urlsafe_b64encode(digest).decode().rstrip("=")}"'


def _has(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` has the tag, by weak comparison."""
    told = ",".join(request.headers.getlist("if-none-match"))
    return told.strip() == "*" or tag in _TAG.findall(told)
