"""What browsers are told of every answer, and which of Streamlit's routes are closed.

The page loads scripts, pictures and data from this server alone, runs no script that is not a file
of Streamlit or one of the known inline ones, and can be framed by nobody.
"""

import base64
import hashlib
import json
import re
from functools import cache
from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.shape.answers import problem
from ui.pages.components.files import KEPT_UNDER, early_links
from ui.pages.words.language import COOKIE, chosen, words_of
from ui.server.edge.address import host_name

CLOSED = ("/_stcore/metrics", "/_stcore/agent")
"""Routes of Streamlit that tell a stranger about visitors, or act for a program."""
HOST_CONFIG = "/_stcore/host-config"
"""What Streamlit's page asks of the site around it; answered here."""
_OTHERS = ("login", "healthz", "readyz", "metrics", "mcp")
_STREAMLIT = ("_stcore", "static", "media", "component", "api", "favicon.png", "index.html")
_WHERE = 'window.__streamlit={BACKEND_BASE_URL:location.origin+"/"};'
_NOTHING = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>reelwise</title>'
    '<meta name="color-scheme" content="light dark">'
    '<meta name="viewport" content="width=device-width"></head>'
    '<body style="font: 18px/1.5 sans-serif; margin: 15vh auto; max-width: 30em; padding: 0 1em">'
    '<h1>There is nothing at this address</h1><p><a href="/">Open reelwise</a></p></body></html>'
)
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_FOR_EVER = "public, max-age=31536000, immutable"
"""Of files whose address changes with their content."""
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class SafeAnswers:
    """ASGI middleware that adds the headers, and answers 404 for closed and unknown pages.

    Args:
        app: The application.
        pages: The pages there are, besides "/": "for-you".
        scripts: Inline scripts that may run: those of Streamlit's page and our own.
    """

    def __init__(self, app: ASGIApp, pages: tuple[str, ...], scripts: tuple[str, ...]) -> None:
        self._app = app
        self._first_parts = {"", *_STREAMLIT, *_OTHERS, *pages}
        self._scripts = " ".join(f"'sha256-{_sha256(each)}'" for each in scripts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                headers.setdefault("content-security-policy", self._policy(host))
                if scope["path"].startswith(KEPT_UNDER) and message["status"] == HTTPStatus.OK:
                    headers["cache-control"] = _FOR_EVER
            await send(message)

        if scope["path"] == HOST_CONFIG and scope["method"] == "GET":
            await _host_config()(scope, receive, send_with_headers)
        elif self._is_there(scope["path"]):
            await self._app(scope, receive, send_with_headers)
        else:
            await _nothing_here(Headers(scope=scope))(scope, receive, send_with_headers)

    def _is_there(self, path: str) -> bool:
        closed = any(path == each or path.startswith(f"{each}/") for each in CLOSED)
        return not closed and path.strip("/").partition("/")[0] in self._first_parts

    def _policy(self, host: str) -> str:
        # Not every browser takes 'self' for the websocket of the same host.
        sockets = f" ws://{host} wss://{host}" if host_name(host) else ""
        return "; ".join(
            (
                "default-src 'self'",
                f"script-src 'self' {self._scripts}",
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data: blob:",
                "media-src 'self' blob:",
                "font-src 'self' data:",
                f"connect-src 'self'{sockets}",
                "worker-src 'self' blob:",
                "frame-src 'none'",
                "object-src 'none'",
                "base-uri 'self'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            )
        )


class Shell:
    """Streamlit's own page, told where its server is: it would guess from each address, by 404s.

    Args:
        page: Its HTML file.
    """

    def __init__(self, page: Path) -> None:
        html = page.read_text(encoding="utf-8")
        self._html = html.replace("<head>", f"<head><script>{_WHERE}</script>", 1)

    @property
    def scripts(self) -> tuple[str, ...]:
        """The scripts that stand in the page itself."""
        return tuple(_INLINE_SCRIPT.findall(self._html))

    async def answer(self, request: Request) -> Response:
        """The page, whatever its address."""
        links = early_links(request.url.path.strip("/"))
        language = chosen(request.cookies.get(COOKIE), request.headers.get("accept-language"))
        html = self._html.replace("</head>", f"{links}{_sentences(language)}</head>", 1)
        return HTMLResponse(html, headers={"cache-control": "no-cache"})


@cache
def _sentences(language: str) -> str:
    """What the server says in the words of a language, once for all components of a page."""
    found = words_of(language).of_server()
    text = json.dumps(found, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="reelwise-server">{text}</script>' if found else ""


def _nothing_here(headers: Headers) -> Response:
    """What a browser shows of an address that leads nowhere; programs get their document."""
    if "text/html" in headers.get("accept", ""):
        return HTMLResponse(_NOTHING, status_code=HTTPStatus.NOT_FOUND)
    return problem(404, "no_route", "there is nothing at this address", "open /")


def _host_config() -> Response:
    """Streamlit's own dialogs about errors are off.

    One over a page whose server is away makes all of that page unusable; the head of our pages says
    that it is away, and they go on when it is back.
    """
    config = {
        "allowedOrigins": [],
        "useExternalAuthToken": False,
        "enableCustomParentMessages": False,
        "enforceDownloadInNewTab": False,
        "metricsUrl": "",
        "blockErrorDialogs": True,
        "resourceCrossOriginMode": None,
    }
    return JSONResponse(config, headers={"cache-control": "no-cache"})


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
