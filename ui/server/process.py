"""The process of `reelwise serve`: it listens, opens the library, and ends in time."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from data.errors import ReelwiseError
from data.home import Home, is_home, require_library, resolve_home
from ui.api.served import Served
from ui.library.asking.running import announced
from ui.library.keeping.places import Places, home_of_user
from ui.library.library import Library
from ui.server.access.doors import Doors
from ui.server.access.provider_login import look_at_provider
from ui.server.agent_routes import AgentRoutes, Agents
from ui.server.app import MAX_UPLOAD_MB, OPEN_DOORS, build_server
from ui.server.edge.address import ServerAddress
from ui.server.edge.connections import bounded_connections, raise_descriptor_limit
from ui.server.edge.stopping import Stopping
from ui.server.job_runner import JobRunner
from ui.server.questions import question_route
from ui.server.refits import Refits
from ui.server.upkeep import Upkeep

if TYPE_CHECKING:
    from indexer.store.gpu.opening import GpuUse

OPENED = (
    "everyone who reaches this machine sees the library and what each person watched, and may "
    "change both: nobody has to sign in"
)
"""What a server opens that asks nobody who they are."""
BACKLOG = 128
"""Connections that wait to be accepted."""


@dataclass(frozen=True)
class Serving:
    """How a library is served."""

    doors: Doors = OPEN_DOORS
    """Who may ask."""
    device: str = "auto"
    """Where encoder and index run: "auto", "cpu" or "cuda"."""
    gpu_use: GpuUse | None = None
    """What is wanted of copies of the index on GPUs; None for what suits."""
    refit_every_hours: float | None = None
    """Least hours between two trainings of the recommender; None trains none."""
    browse: tuple[Path, ...] = ()
    """Folders below which owners may choose one to add; none: the home of the user."""
    is_new: bool = False
    """Make an empty library where there is none."""
    agents: Agents | None = None
    """What language models may do; None gives them no address."""


def serve_library(
    home: Path | None, address: ServerAddress, serving: Serving, *, stopping: Stopping
) -> None:
    """Serve one library until the process is told to stop.

    Args:
        home: The library's folder; None takes the default one.
        address: Where to listen.
        serving: How.
        stopping: Ends the process in time.

    Raises:
        ReelwiseError: The port is taken, or the address is not one of this machine.
    """
    places = _places(serving.browse)
    _require(resolve_home(home), may_make=serving.is_new)
    provider = serving.doors.provider
    if provider is not None and (told := look_at_provider(provider, address)):
        sys.stderr.write(f"reelwise: warning: {told}\n")
    listener = _listen(address)
    with Library(home, device=serving.device) as library, ExitStack() as training:
        library.gpu_use, library.places = serving.gpu_use, places
        refits = None
        if serving.refit_every_hours is not None:
            refits = training.enter_context(Refits(library, serving.refit_every_hours))
        most = raise_descriptor_limit()
        reached = "127.0.0.1" if address.is_everywhere else address.host
        port = listener.getsockname()[1]
        running = training.enter_context(announced(library.home, reached, port))
        questions = [question_route(library, running.secret)]
        training.enter_context(Upkeep(library.catalogue))
        training.enter_context(JobRunner(library))
        agents = None if serving.agents is None else AgentRoutes(Served(library), serving.agents)
        app = build_server(library, address, serving.doors, refits, questions, agents)
        _say_where(library, address, serving.doors)
        _run(app, listener, most, stopping)


def _require(place: Home, *, may_make: bool) -> None:
    """Check that there is a library, or make an empty one where nothing was lost."""
    if may_make and not (place.catalogue.exists() or is_home(place.root)):
        place.make_catalogue()
    require_library(place)


def _places(named: Sequence[Path]) -> Places:
    missing = [each for each in named if not each.is_dir()]
    if missing:
        raise ReelwiseError(f"there is no folder {missing[0]}", fix="name another with --browse")
    return Places(named or home_of_user())


def _say_where(library: Library, address: ServerAddress, doors: Doors) -> None:
    if doors.is_open and not address.is_local:
        sys.stderr.write(f"reelwise: warning: {OPENED}\n")
    sys.stderr.write(f"reelwise: {library.home.root} at {address.url} (Ctrl-C stops)\n")
    sys.stderr.flush()


def _run(app: ASGIApp, listener: socket.socket, most: int, stopping: Stopping) -> None:
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
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
