"""The one ASGI process of reelwise: Streamlit pages, JSON API, and media with byte ranges."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import ReelwiseError
from ui import served
from ui.library import Library

if TYPE_CHECKING:
    from streamlit.starlette import App

MAX_UPLOAD_MB = 200
"""Largest example clip: Streamlit keeps uploads in memory, so this bounds the server's."""

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")

STREAMLIT_OPTIONS = {
    "STREAMLIT_SERVER_HEADLESS": "true",
    "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
    "STREAMLIT_SERVER_RUN_ON_SAVE": "false",
    "STREAMLIT_SERVER_MAX_UPLOAD_SIZE": str(MAX_UPLOAD_MB),
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "STREAMLIT_CLIENT_TOOLBAR_MODE": "viewer",
    "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "none",
    "STREAMLIT_CLIENT_SHOW_SIDEBAR_NAVIGATION": "false",
    "STREAMLIT_GLOBAL_DEVELOPMENT_MODE": "false",
    "STREAMLIT_THEME_BASE": "light",
    "STREAMLIT_THEME_PRIMARY_COLOR": "#0f766e",
    "STREAMLIT_THEME_BACKGROUND_COLOR": "#ffffff",
    "STREAMLIT_THEME_SECONDARY_BACKGROUND_COLOR": "#f1f5f4",
    "STREAMLIT_THEME_TEXT_COLOR": "#16211f",
    "STREAMLIT_THEME_BASE_RADIUS": "0.6rem",
}
"""Set through the environment, which wins over any config.toml that lies around."""


@dataclass(frozen=True)
class ServerAddress:
    """Where the server listens and by which names it may be called."""

    host: str = "127.0.0.1"
    """The address to bind."""
    port: int = 8501
    """The port to bind."""
    allowed_hosts: tuple[str, ...] = ()
    """Further host names that a browser may use; only checked on a loopback address."""

    @property
    def url(self) -> str:
        """What to open in a browser."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def build_server(library: Library, address: ServerAddress | None = None) -> App:
    """The ASGI application over one library; any ASGI server can run it."""
    os.environ.update(STREAMLIT_OPTIONS)
    from streamlit.starlette import App

    from ui.routes import api_routes

    served.open_for_pages(library)
    script = Path(__file__).parent / "pages" / "start.py"
    middleware: list[Any] = _host_check(address) if address else []
    return App(script, routes=api_routes(library), middleware=middleware)


def _host_check(address: ServerAddress) -> list[Any]:
    """Refuse foreign Host names on a loopback address.

    Without it any web page could point its own name at 127.0.0.1 (DNS rebinding) and read what a
    person watched.
    """
    if address.host not in LOOPBACK_HOSTS:
        return []
    from starlette.middleware import Middleware

    from ui.host_check import HostCheck

    return [Middleware(HostCheck, allowed=(*LOOPBACK_HOSTS, *address.allowed_hosts))]


def serve_library(home: Path | None, address: ServerAddress, *, device: str = "auto") -> None:
    """Serve one library until Ctrl-C.

    Raises:
        ReelwiseError: The port is taken, or the address is not one of this machine.
    """
    listener = _listen(address)
    with Library(home, device=device) as library:
        app = build_server(library, address)
        import uvicorn

        sys.stderr.write(f"reelwise: {library.home.root} at {address.url} (Ctrl-C stops)\n")
        sys.stderr.flush()
        config = uvicorn.Config(
            app, log_level="warning", timeout_graceful_shutdown=2, ws_max_size=MAX_UPLOAD_MB << 20
        )
        uvicorn.Server(config).run(sockets=[listener])


def _listen(address: ServerAddress) -> socket.socket:
    """The listening socket; bound before anything heavy is loaded, to tell of a taken port."""
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
