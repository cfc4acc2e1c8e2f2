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

from data.errors import ReelwiseError
from ui.library import Library
from ui.server import served
from ui.server.jobs import Refits

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
"""Given as flags, which win over any config.toml that lies around."""


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
    from streamlit import config
    from streamlit.starlette import App

    from ui.server.frames import FrameSource
    from ui.server.routes import api_routes

    config.get_config_options(force_reparse=True, options_from_flags=STREAMLIT_OPTIONS)
    served.open_for_pages(library)
    script = Path(__file__).parents[1] / "pages" / "start.py"
    middleware: list[Any] = _host_check(address) if address else []
    frames = FrameSource()

    @asynccontextmanager
    async def lifespan(_: App) -> AsyncIterator[None]:
        threading.Thread(target=library.warm_up, name="warm-up", daemon=True).start()
        yield
        frames.close()

    return App(script, lifespan=lifespan, routes=api_routes(library, frames), middleware=middleware)


def _host_check(address: ServerAddress) -> list[Any]:
    """Refuse foreign Host names on a loopback address.

    Without it any web page could point its own name at 127.0.0.1 (DNS rebinding) and read what a
    person watched.
    """
    if address.host not in LOOPBACK_HOSTS:
        return []
    from starlette.middleware import Middleware

    from ui.server.hosts import HostCheck

    return [Middleware(HostCheck, allowed=(*LOOPBACK_HOSTS, *address.allowed_hosts))]


def serve_library(
    home: Path | None,
    address: ServerAddress,
    *,
    device: str = "auto",
    refit_every: float | None = None,
) -> None:
    """Serve one library until Ctrl-C.

    Args:
        home: The library's folder.
        address: Where to listen.
        device: Where the encoder runs.
        refit_every: Least hours between two trainings of the recommender; None trains none.

    Raises:
        ReelwiseError: The port is taken, or the address is not one of this machine.
    """
    listener = _listen(address)
    with Library(home, device=device) as library, ExitStack() as refits:
        app = build_server(library, address)
        if refit_every is not None:
            library.refits = refits.enter_context(Refits(library, refit_every))
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
