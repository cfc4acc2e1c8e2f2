"""The one ASGI process of reelwise: Streamlit pages, JSON API, and media with byte ranges."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from data.errors import ReelwiseError
from data.home import require_library, resolve_home
from ui.library.library import Library
from ui.pages import served
from ui.server.frames import FrameSource
from ui.server.jobs import Refits
from ui.server.routes import api_routes

if TYPE_CHECKING:
    from streamlit.starlette import App

MAX_UPLOAD_MB = 200
"""Largest example clip: Streamlit keeps uploads in memory, so this bounds the server's."""

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")

STREAMLIT_OPTIONS: dict[str, Any] = {
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "server.maxUploadSize": MAX_UPLOAD_MB,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "global.developmentMode": False,
    "theme.base": "light",
    "theme.primaryColor": "#0f766e",
    "theme.backgroundColor": "#ffffff",
    "theme.secondaryBackgroundColor": "#f1f5f4",
    "theme.textColor": "#16211f",
    "theme.baseRadius": "0.6rem",
}
"""Given as flags, which win over any config.toml of the user or the working folder."""


@dataclass(frozen=True)
class ServerAddress:
    """Where the server listens and by which names it may be called."""

    host: str = "127.0.0.1"
    """The address to bind."""
    port: int = 8501
    """The port to bind."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names that a browser may use, besides the loopback ones.

    They are checked on a loopback address, and elsewhere where names are given.
    """

    @property
    def url(self) -> str:
        """What to open in a browser."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def build_server(library: Library, address: ServerAddress, refits: Refits | None = None) -> App:
    """The ASGI application over one library; any ASGI server can run it."""
    from streamlit import config
    from streamlit.starlette import App

    config.get_config_options(force_reparse=True, options_from_flags=STREAMLIT_OPTIONS)
    served.open_for_pages(library)
    script = Path(__file__).parents[1] / "pages" / "start.py"
    frames = FrameSource()

    @asynccontextmanager
    async def lifespan(_: App) -> AsyncIterator[None]:
        threading.Thread(target=library.warm_up, name="warm-up", daemon=True).start()
        yield
        frames.close()

    return App(
        script,
        lifespan=lifespan,
        routes=api_routes(library, frames, refits),
        middleware=host_check(address),
    )


def host_check(address: ServerAddress) -> list[Middleware]:
    """Refuse unknown Host names on a loopback address, and elsewhere where names are given.

    Without it any web page could point its own name at 127.0.0.1 (DNS rebinding) and read what a
    user watched.
    """
    if address.host not in LOOPBACK_HOSTS and not address.allowed_hosts:
        return []
    return [Middleware(HostCheck, allowed=(*LOOPBACK_HOSTS, *address.allowed_hosts))]


class HostCheck:
    """ASGI middleware that answers 400 to a Host header with an unknown name.

    Starlette's TrustedHostMiddleware does not say how to allow the name, and answers a websocket
    with an HTTP response.
    """

    def __init__(self, app: ASGIApp, allowed: tuple[str, ...]) -> None:
        self._app = app
        self._allowed = {name.lower() for name in allowed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request with an allowed name."""
        if scope["type"] not in ("http", "websocket") or self._is_allowed(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            problem = "this reelwise server does not answer to that host name; start it with"
            response = PlainTextResponse(f"{problem} --allow-host NAME", status_code=400)
            await response(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        return host_name(Headers(scope=scope).get("host", "")) in self._allowed


def host_name(header: str) -> str:
    """The name in a Host header, without its port: "[::1]:8501" is "::1"."""
    header = header.strip().lower()
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def serve_library(
    home: Path | None,
    address: ServerAddress,
    *,
    device: str = "auto",
    refit_every_hours: float | None = None,
) -> None:
    """Serve one library until Ctrl-C.

    Args:
        home: The library's folder; None takes the default one.
        address: Where to listen.
        device: Where the encoder runs: "auto", "cpu" or "cuda".
        refit_every_hours: Least hours between two trainings of the recommender; None trains none.

    Raises:
        ReelwiseError: The port is taken, or the address is not one of this machine.
    """
    require_library(resolve_home(home))
    listener = _listen(address)
    with Library(home, device=device) as library, ExitStack() as training:
        refits = None
        if refit_every_hours is not None:
            refits = training.enter_context(Refits(library, refit_every_hours))
        app = build_server(library, address, refits)
        import uvicorn

        sys.stderr.write(f"reelwise: {library.home.root} at {address.url} (Ctrl-C stops)\n")
        sys.stderr.flush()
        config = uvicorn.Config(
            app, log_level="warning", timeout_graceful_shutdown=2, ws_max_size=MAX_UPLOAD_MB << 20
        )
        uvicorn.Server(config).run(sockets=[listener])


def _listen(address: ServerAddress) -> socket.socket:
    """The listening socket, bound before heavy imports: a taken port fails at once."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ReelwiseError(
            f"cannot listen on {address.host}:{address.port}: {(error.strerror or '').lower()}",
            fix=f"reelwise serve --port {address.port % 65535 + 1}",
        ) from error
    return listener
