"""Opening the tools, where the SDK is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from ui.api.served import Served

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

PATH = "/mcp"


def open_mcp(served: Served, *, write: bool = False) -> MCPServer:
    """The tools over one library, as a server of the protocol.

    Args:
        served: What they work with.
        write: Add the tool that records what somebody did.

    Raises:
        ReelwiseError: The SDK is not installed.
    """
    try:
        from ui.api.agents.tools import mcp_server
    except ImportError as error:
        raise ReelwiseError(
            f"the Model Context Protocol needs a package that is not here: {error.name}",
            fix="pip install 'reelwise[mcp]'",
        ) from error
    return mcp_server(served, write=write)
