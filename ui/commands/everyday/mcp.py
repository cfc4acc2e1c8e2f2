"""`reelwise mcp`: tools for language models, by stdin and stdout."""

from typing import Annotated

import typer

from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import DeviceOption, HomeOption, JsonOption


def mcp(
    mcp_write: Annotated[
        bool,
        typer.Option("--mcp-write", help="Let them record what people watch; else they only read."),
    ] = False,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Give a language model the library: search, similar, recommend, describe_video.

    A program that speaks the Model Context Protocol starts this command, and ends it.
    """
    from ui.api.agents.opening import open_mcp
    from ui.api.served import Served

    with Library(home, device=device) as library:
        _ = library.catalogue
        open_mcp(Served(library), write=mcp_write).run("stdio")
    return Answer({}, "")
