"""The one ASGI process of reelwise: Streamlit pages, JSON API, and media with byte ranges."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route

from data.errors import ReelwiseError
from ui.api.shape.answers import failed
from ui.library.library import Library
from ui.pages import PAGES, plain, served
from ui.server.access.doors import Doors
from ui.server.access.gate import Gate
from ui.server.edge.address import ServerAddress
from ui.server.edge.connections import (
    limit_log,
    say_accept_errors_once_a_minute,
)
from ui.server.edge.headers import SafeAnswers, Shell
from ui.server.edge.hosts import OnlyOwnNames
from ui.server.edge.rates import Rates
from ui.server.edge.refusals import Refusals
from ui.server.edge.scripts import CompressedScripts
from ui.server.edge.uploads import VisitorLimits, is_upload
from ui.server.media.early_pictures import EarlyPictures
from ui.server.media.frames import FrameSource
from ui.server.media.routes.media_routes import Files
from ui.server.own_routes import own_routes
from ui.server.refits import Refits

if TYPE_CHECKING:
    from streamlit.starlette import App

    from ui.server.agent_routes import AgentRoutes


OPEN_DOORS = Doors()
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
    "runner.postScriptGC": False,  # it goes through all that is in memory: `Upkeep` does it
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
    doors: Doors = OPEN_DOORS,
    refits: Refits | None = None,
    questions: Sequence[BaseRoute] = (),
    agents: AgentRoutes | None = None,
) -> App:
    """The ASGI application over one library; any ASGI server can run it."""
    from streamlit import config
    from streamlit.starlette import App

    from ui.pages.components.mount import register_components

    config.get_config_options(force_reparse=True, options_from_flags=STREAMLIT_OPTIONS)
    served.open_for_pages(library, _who_may_open(address, doors))
    library.examples.tidy()
    script = Path(__file__).parents[1] / "pages" / "start.py"
    frames = FrameSource()

    @asynccontextmanager
    async def lifespan(_: App) -> AsyncIterator[None]:
        say_accept_errors_once_a_minute(asyncio.get_running_loop())
        limit_log("uvicorn", "asyncio", "streamlit", "mcp")
        register_components()  # a page's head names their files before its script has run
        threading.Thread(target=library.warm_up, name="warm-up", daemon=True).start()
        async with AsyncExitStack() as running:
            running.enter_context(EarlyPictures(library, Files(library, frames).pictures))
            if agents is not None:
                await running.enter_async_context(agents.running())
            yield
        frames.close()

    shell = Shell(_streamlit_files() / "index.html")
    pages = [Route(f"/{name}", shell.answer) for name in ("", *PAGES)]
    return App(
        script,
        lifespan=lifespan,
        routes=[
            *questions,
            *own_routes(library, frames, doors, refits),
            *([] if agents is None else agents.routes),
            *pages,
        ],
        middleware=guards(address, doors, shell.scripts),
        exception_handlers={404: failed, 405: failed},
        on_script_error=_show_fault,
    )


def _who_may_open(address: ServerAddress, doors: Doors) -> served.Access:
    """What the pages say of it; a proxy may let in others, who have to sign in there."""
    if not doors.is_open:
        return "locked"
    return "own" if address.is_local else "network"


def guards(address: ServerAddress, doors: Doors, scripts: tuple[str, ...]) -> list[Middleware]:
    """What every request passes before a route, in this order.

    Args:
        address: By which names, and from which pages, the server may be asked.
        doors: The ways in.
        scripts: Inline scripts that a page may run.
    """
    return [
        Middleware(SafeAnswers, pages=PAGES, scripts=scripts),
        Middleware(OnlyOwnNames, address=address),
        *_for_other_sites(address),
        Middleware(Gate, doors=doors),
        Middleware(Rates, is_upload=is_upload),
        Middleware(VisitorLimits, most_bytes=MAX_UPLOAD_MB << 20, held_bytes=_held_bytes),
        Middleware(Refusals),
        Middleware(CompressedScripts, static=_streamlit_files() / "static"),
    ]


def _for_other_sites(address: ServerAddress) -> list[Middleware]:
    """What tells browsers that pages of other sites may ask; these send a token, no cookies."""
    if not address.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=address.cors_origins,
            allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
            allow_headers=["authorization", "content-type", "if-none-match"],
            expose_headers=["etag"],
            max_age=600,
        )
    ]


def _show_fault(error: Exception) -> bool:
    """What a visitor sees of an error that a page did not expect; the log has the details."""
    import streamlit

    if not isinstance(error, ReelwiseError):
        logging.getLogger("uvicorn.error").error("a page failed", exc_info=error)
        problem = "this page met a fault in reelwise"
        error = ReelwiseError(problem, fix="reload it; the server's log has the details")
    streamlit.html(plain.problem(error))
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


def _streamlit_files() -> Path:
    import streamlit

    return Path(streamlit.__file__).parent / "static"
