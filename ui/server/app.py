"""The one ASGI process of reelwise: Streamlit pages, JSON API, and media with byte ranges."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route

from data.errors import ReelwiseError
from data.home import require_library, resolve_home
from ui.api.answers import failed, no_route
from ui.api.application import build_api
from ui.api.links import BASE
from ui.api.served import Served
from ui.library.library import Library
from ui.library.running import announced
from ui.pages import PAGES, cards, served
from ui.server import media_routes, video_routes
from ui.server.edge.address import ServerAddress
from ui.server.edge.connections import (
    bounded_connections,
    limit_log,
    raise_descriptor_limit,
    say_accept_errors_once_a_minute,
)
from ui.server.edge.headers import SafeAnswers, Shell
from ui.server.edge.hosts import OnlyOwnNames
from ui.server.edge.refusals import Refusals
from ui.server.edge.stopping import Stopping
from ui.server.edge.uploads import VisitorLimits
from ui.server.frames import FrameSource
from ui.server.jobs import Refits
from ui.server.questions import question_route
from ui.server.upkeep import Upkeep

if TYPE_CHECKING:
    from streamlit.starlette import App

    from indexer.store.gpu.opening import GpuUse

BACKLOG = 128
"""Connections that wait to be accepted."""
MAX_UPLOAD_MB = 200
"""Largest example clip: Streamlit keeps uploads in memory, so this bounds the server's."""

STREAMLIT_OPTIONS: dict[str, Any] = {
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "server.maxUploadSize": MAX_UPLOAD_MB,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "global.developmentMode": False,
    "theme.baseRadius": "0.6rem",
    "theme.light.primaryColor": "#0f766e",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f1f5f4",
    "theme.light.textColor": "#16211f",
    "theme.dark.primaryColor": "#2dd4bf",
    "theme.dark.backgroundColor": "#0f1514",
    "theme.dark.secondaryBackgroundColor": "#1a2322",
    "theme.dark.textColor": "#e6eeec",
}
"""Given as flags, which win over any config.toml of the user or the working folder."""


def build_server(
    library: Library,
    address: ServerAddress,
    refits: Refits | None = None,
    questions: Sequence[BaseRoute] = (),
) -> App:
    """The ASGI application over one library; any ASGI server can run it."""
    from streamlit import config
    from streamlit.starlette import App

    config.get_config_options(force_reparse=True, options_from_flags=STREAMLIT_OPTIONS)
    served.open_for_pages(library)
    library.examples.tidy()
    script = Path(__file__).parents[1] / "pages" / "start.py"
    frames = FrameSource()

    @asynccontextmanager
    async def lifespan(_: App) -> AsyncIterator[None]:
        say_accept_errors_once_a_minute(asyncio.get_running_loop())
        limit_log("uvicorn", "asyncio", "streamlit")
        threading.Thread(target=library.warm_up, name="warm-up", daemon=True).start()
        yield
        frames.close()

    shell = _shell()
    pages = [Route(f"/{name}", shell.answer) for name in ("", *PAGES)]
    return App(
        script,
        lifespan=lifespan,
        routes=[*questions, *mounted_api(library, frames, refits), *pages],
        middleware=[
            Middleware(SafeAnswers, pages=PAGES, scripts=(*shell.scripts, cards.PLAY_ONE)),
            Middleware(OnlyOwnNames, address=address),
            Middleware(VisitorLimits, most_bytes=MAX_UPLOAD_MB << 20, held_bytes=_held_bytes),
            Middleware(Refusals),
        ],
        exception_handlers={404: failed, 405: failed},
        on_script_error=_show_fault,
    )


def mounted_api(library: Library, frames: FrameSource, refits: Refits | None) -> list[BaseRoute]:
    """The API at its address; the rest below /api is 404, which Streamlit would answer with 200."""
    served = Served(library, training=refits.document if refits else lambda: "off")
    api = build_api(served, [media_routes.router, video_routes.router])
    api.state.files = media_routes.Files(library, frames)
    api.state.player_files = video_routes.PlayerFiles(library, frames)
    return [Mount(BASE, api), Route("/api", no_route), Route("/api/{rest:path}", no_route)]


def _show_fault(error: Exception) -> bool:
    """What a visitor sees of an error that a page did not expect; the log has the details."""
    import streamlit

    if not isinstance(error, ReelwiseError):
        logging.getLogger("uvicorn.error").error("a page failed", exc_info=error)
        problem = "this page met a fault in reelwise"
        error = ReelwiseError(problem, fix="reload it; the server's log has the details")
    streamlit.html(cards.problem(error))
    return True


def _held_bytes() -> int:
    """Bytes of the uploads that Streamlit holds in memory."""
    from streamlit import runtime
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

    kept = runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
    if not isinstance(kept, MemoryUploadedFileManager):
        return 0
    sessions = [*kept.file_storage.values()]
    return sum(len(upload.data) for files in sessions for upload in [*files.values()])


def _shell() -> Shell:
    import streamlit

    return Shell(Path(streamlit.__file__).parent / "static" / "index.html")


def serve_library(
    home: Path | None,
    address: ServerAddress,
    *,
    stopping: Stopping,
    device: str = "auto",
    gpu_use: GpuUse | None = None,
    refit_every_hours: float | None = None,
) -> None:
    """Serve one library until the process is told to stop.

    Args:
        home: The library's folder; None takes the default one.
        address: Where to listen.
        stopping: Ends the process in time.
        device: Where encoder and index run: "auto", "cpu" or "cuda".
        gpu_use: What is wanted of copies of the index on GPUs; None for what suits.
        refit_every_hours: Least hours between two trainings of the recommender; None trains none.

    Raises:
        ReelwiseError: The port is taken, or the address is not one of this machine.
    """
    require_library(resolve_home(home))
    listener = _listen(address)
    with Library(home, device=device) as library, ExitStack() as training:
        library.gpu_use = gpu_use
        refits = None
        if refit_every_hours is not None:
            refits = training.enter_context(Refits(library, refit_every_hours))
        most = raise_descriptor_limit()
        reached = "127.0.0.1" if address.is_everywhere else address.host
        port = listener.getsockname()[1]
        running = training.enter_context(announced(library.home, reached, port))
        questions = [question_route(library, running.secret)]
        training.enter_context(Upkeep(library.catalogue))
        app = build_server(library, address, refits, questions)
        _say_where(library, address)
        _run(app, listener, most, stopping)


def _say_where(library: Library, address: ServerAddress) -> None:
    if not address.is_local:
        sys.stderr.write(
            "reelwise: warning: everyone who reaches this machine sees the library and what each "
            "person watched; there are no accounts\n"
        )
    sys.stderr.write(f"reelwise: {library.home.root} at {address.url} (Ctrl-C stops)\n")
    sys.stderr.flush()


def _run(app: App, listener: socket.socket, most: int, stopping: Stopping) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            stopping.begin()
            # Requests that are cut off now are no faults.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app,
        http=bounded_connections(most),
        log_level="warning",
        backlog=BACKLOG,
        timeout_graceful_shutdown=1,
        ws_max_size=MAX_UPLOAD_MB << 20,
    )
    Server(config).run(sockets=[listener])


def _listen(address: ServerAddress) -> socket.socket:
    """The listening socket, bound before heavy imports: a taken port fails at once."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _cannot_listen(address, error) from error
    return listener


def _cannot_listen(address: ServerAddress, error: OSError) -> ReelwiseError:
    why = (error.strerror or str(error)).lower()
    if error.errno == errno.EADDRINUSE:
        fix = f"reelwise serve --port {address.port % 65535 + 1}"
    elif error.errno in (errno.EACCES, errno.EPERM):
        why, fix = "ports below 1024 need rights", "reelwise serve --port 8501"
    else:
        fix = "use an address of this machine: --host 127.0.0.1, or --host 0.0.0.0 for all of them"
    return ReelwiseError(f"cannot listen on {address.host}:{address.port}: {why}", fix=fix)
