"""`reelwise serve`: the web page, the JSON API and the media in one process."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from ui.answer import Answer
from ui.options import DeviceOption, HomeOption, JsonOption


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=1, max=65535)] = 8501,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="A further host name that browsers may use for this server; repeatable.",
        ),
    ] = None,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Serve the web page and the JSON API until Ctrl-C."""
    from ui.server import ServerAddress, serve_library

    address = ServerAddress(host, port, tuple(allow_host or ()))
    # Ctrl-C is how a server is meant to end.
    with suppress(KeyboardInterrupt):
        serve_library(home, address, device=device)
    return Answer({"served": address.url}, "")
