"""All routes beside the pages: the API, signing in, and what tells how the server is."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from ui.api.application import build_api
from ui.api.links import BASE
from ui.api.served import Served
from ui.api.shape.answers import no_route
from ui.library.library import Library
from ui.server.access import login
from ui.server.access.doors import Doors
from ui.server.access.provider_login import provider_routes
from ui.server.health import health_routes
from ui.server.media import explained
from ui.server.media.frames import FrameSource
from ui.server.media.routes import example_routes, media_routes, video_routes
from ui.server.refits import Refits

ROUTERS = (
    media_routes.router,
    video_routes.router,
    example_routes.router,
    explained.router,
    login.router,
)
"""Routes of the API that belong to the server, not to the library."""


def own_routes(
    library: Library, frames: FrameSource, doors: Doors, refits: Refits | None
) -> list[BaseRoute]:
    """The API, signing in, and what tells how the server is.

    The rest below /api is 404, which Streamlit would answer with 200.
    """
    served = Served(library, training=refits.document if refits else lambda: "off")
    api = build_api(served, ROUTERS)
    api.state.files = media_routes.Files(library, frames)
    api.state.player_files = video_routes.PlayerFiles(library, frames)
    api.state.example_pictures = example_routes.ExamplePictures(library, frames)
    api.state.overlays = explained.Overlays(library, frames)
    api.state.doors = doors
    return [
        *health_routes(library, api.state.metering),
        *login.login_routes(doors),
        *provider_routes(doors),
        Mount(BASE, api),
        Route("/api", no_route),
        Route("/api/{rest:path}", no_route),
    ]
