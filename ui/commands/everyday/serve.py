"""`reelwise serve`: the web page, the JSON API and the media in one process."""

import os
from pathlib import Path
from typing import Annotated

import typer

from data import printable
from data.numbers import number_of
from ui.terminal.answer import Answer
from ui.terminal.options import DeviceOption, HomeOption, JsonOption

HostOption = Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(metavar="N", min=1, max=65535, help="Port to listen on.")]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Host name that browsers may use for this server, besides localhost; repeatable.",
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|env",
        help="Ask for a token, that of a file or of the variable REELWISE_TOKEN: programs send "
        "it as Authorization: Bearer TOKEN, and may do everything.",
    ),
]
UsersOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Ask who somebody is: a file of users with passwords and roles, which "
        "`reelwise users add` makes.",
    ),
]
OidcOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Let an OpenID provider ask who somebody is: a TOML file with a section [auth], as "
        "Streamlit's secrets.toml has one.",
    ),
]
TrustedHeaderOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Header in which a proxy that has asked already says who it is.",
    ),
]
TrustedProxyOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ADDRESS",
        help="Address or network whose header is believed; repeatable.  [default: this machine]",
    ),
]
PublicOption = Annotated[
    bool,
    typer.Option(
        "--public",
        help="Let everyone in who reaches the server: they see the library and what each "
        "person watched, and may change both.",
    ),
]
CorsOriginOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ORIGIN",
        help="Let pages of another site ask the API, as https://films.example; repeatable.",
    ),
]
BrowseOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FOLDER",
        help="Folder below which owners may choose folders to add on the page; repeatable.  "
        "[default: the home of the user who runs the server]",
    ),
]
NewOption = Annotated[
    bool,
    typer.Option("--new", help="Make an empty library where there is none; the page adds folders."),
]
McpOption = Annotated[
    bool,
    typer.Option("--mcp", help="Serve tools for language models at /mcp; nothing is changed."),
]
McpWriteOption = Annotated[
    bool,
    typer.Option("--mcp-write", help="As --mcp, and they may record what people watch."),
]
RefitEveryOption = Annotated[
    str,
    typer.Option(
        metavar="HOURS|off",
        help="Train the recommender in the background when enough is new: least hours between "
        "two trainings, or off.",
    ),
]
GpuMemoryOption = Annotated[
    float | None,
    typer.Option(
        metavar="GB",
        min=0,
        help="Most memory that copies of the index take of each GPU.  [default: what is free]",
    ),
]
GpuKindOption = Annotated[
    str,
    typer.Option(
        metavar="KIND",
        help="What copies of the index on GPUs hold: exact, ivf_flat, ivf_fp16, ivf_sq8, "
        "ivf_pq, cagra, or auto for what suits the clips and the memory.",
    ),
]


def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8501,
    allow_host: AllowHostOption = None,
    token: TokenOption = None,
    users: UsersOption = None,
    oidc: OidcOption = None,
    trusted_header: TrustedHeaderOption = None,
    trusted_proxy: TrustedProxyOption = None,
    public: PublicOption = False,
    cors_origin: CorsOriginOption = None,
    browse: BrowseOption = None,
    new: NewOption = False,
    mcp: McpOption = False,
    mcp_write: McpWriteOption = False,
    refit_every: RefitEveryOption = "6",
    device: DeviceOption = "auto",
    gpu_memory: GpuMemoryOption = None,
    gpu_kind: GpuKindOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Serve the web page and the JSON API until Ctrl-C."""
    from indexer.store.gpu.opening import GpuUse
    from ui.server.edge.address import ServerAddress, checked_origins
    from ui.server.edge.stopping import Stopping

    hours = _hours(refit_every)
    use = GpuUse(None if gpu_memory is None else int(gpu_memory * 1e9), gpu_kind)
    origins = checked_origins(cors_origin or ())
    address = ServerAddress(host, port, tuple(allow_host or ()), origins)
    served = {"served": address.url}
    # Ctrl-C is how a server is meant to end, also while it starts: the process leaves then, and
    # this never returns.
    stopping = Stopping(printable.as_json(served) + "\n" if as_json else "")
    with stopping.on_signals():
        from data.home import resolve_home
        from ui.server.access.options import AccessOptions

        access = AccessOptions(token, users, trusted_header, trusted_proxy or (), public, oidc)
        environment = os.environ.get("REELWISE_TOKEN")
        place = resolve_home(home)
        doors = access.doors(place, is_local=address.is_local, environment=environment)
        from ui.server.agent_routes import Agents
        from ui.server.process import Serving, serve_library

        agents = Agents(write=mcp_write) if mcp or mcp_write else None
        serving = Serving(doors, device, use, hours, tuple(browse or ()), new, agents)
        serve_library(home, address, serving, stopping=stopping)
    return Answer(served, "")


def _hours(text: str) -> float | None:
    """None for off."""
    if text == "off":
        return None
    hours = number_of(text)
    if hours is None or hours < 0.0:
        raise typer.BadParameter(f"--refit-every {text}: give a number of hours, or off")
    return hours
