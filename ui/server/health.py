"""How the server is, for what watches it: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from data.errors import ReelwiseError
from ui.api.metering import CONTENT_TYPE, Metering
from ui.api.served import visitor_of
from ui.api.shape.answers import NO_STORE, document, problem
from ui.library.library import Library


def health_routes(library: Library, metering: Metering) -> list[BaseRoute]:
    """The routes; whoever may ask anything may ask whether the server lives."""

    def healthz(request: Request) -> Response:
        """The process answers."""
        return document({"ok": True})

    def readyz(request: Request) -> Response:
        """The library can be asked."""
        try:
            ready = library.catalogue.encoder is not None
        except (ReelwiseError, OSError):
            ready = False
        if not ready:
            return problem(503, "not_ready", "nothing can be searched yet", "index a folder first")
        return document({"ready": True})

    def metrics(request: Request) -> Response:
        """Figures in the text format of Prometheus."""
        if not visitor_of(request).is_owner:
            return problem(403, "owners_only", "figures are for owners", "send the server's token")
        text = metering.text(library.catalogue.counts())
        return Response(text, headers=NO_STORE, media_type=CONTENT_TYPE)

    routes = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}
    return [Route(path, answer) for path, answer in routes.items()]
