"""`/mcp`: the tools for language models, over HTTP in the process of the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.routing import BaseRoute

from ui.api.agents.opening import PATH, open_mcp
from ui.api.served import Served


@dataclass(frozen=True)
class Agents:
    """What a server gives to language models."""

    write: bool = False
    """They may record what people do, for whom their visitor may."""


class AgentRoutes:
    """The routes; they work while `running`.

    Args:
        served: What the tools work with.
        agents: What they may do.

    Raises:
        ReelwiseError: The SDK is not installed.
    """

    def __init__(self, served: Served, agents: Agents) -> None:
        self._server = open_mcp(served, write=agents.write)
        from mcp.server.transport_security import TransportSecuritySettings

        # Names and origins are checked for all routes alike, by `edge.hosts`.
        unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        app = self._server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            transport_security=unchecked,
        )
        self.routes: list[BaseRoute] = list(app.routes)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer inside."""
        async with self._server.session_manager.run():
            yield
