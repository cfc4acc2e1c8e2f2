"""Streamlit's own scripts and styles, which it sends as they are (three megabytes): compressed."""

import gzip
import mimetypes
from functools import cache
from pathlib import Path

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",  # their names change with their content
    "content-encoding": "gzip",
    "vary": "Accept-Encoding",
}


class CompressedScripts:
    """ASGI middleware that answers for these files, to browsers that take them compressed.

    Args:
        app: Answers for everything else.
        static: The folder of what browsers call /static.
    """

    def __init__(self, app: ASGIApp, static: Path) -> None:
        self._app = app
        found = [each for folder in ("js", "css") for each in (static / folder).iterdir()]
        self._files = {f"/static/{each.parent.name}/{each.name}": each for each in found}
        self._compressed = cache(_compressed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        file = self._files.get(scope["path"]) if scope["type"] == "http" else None
        if file is None or scope["method"] != "GET" or not _takes_gzip(scope):
            await self._app(scope, receive, send)
            return
        content = await to_thread.run_sync(self._compressed, file)
        media_type = mimetypes.guess_type(file.name)[0]
        await Response(content, headers=_HEADERS, media_type=media_type)(scope, receive, send)


def _takes_gzip(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "gzip" in headers.get("accept-encoding", "") and "range" not in headers


def _compressed(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), compresslevel=6, mtime=0)
