"""`reelwise users`: who may sign in to a server, and as what."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import ReelwiseError
from ui.terminal.answer import Answer
from ui.terminal.options import JsonOption
from ui.terminal.text import columns

if TYPE_CHECKING:
    from ui.api.served import Role
    from ui.server.access.users import User

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The user, as the history calls the person.")
]
FileOption = Annotated[
    Path, typer.Option("--users", metavar="FILE", help="The file of users, see serve --users.")
]
RoleOption = Annotated[
    str,
    typer.Option(
        metavar="owner|viewer",
        help="What the user may do: viewers see the library and their own history; owners do all.",
    ),
]


def add_user(
    name: NameArgument, users: FileOption, role: RoleOption = "viewer", as_json: JsonOption = False
) -> Answer:
    """Add a user, or give one another password or role; the password is asked for.

    Without a terminal the password is the first line of the input.
    """
    from data.history import person
    from ui.server.access.users import User, hashed

    chosen = _role(role)
    typed = person(name)
    user = User(typed, chosen, hashed(_password(typed)))
    known = _known(users, needed=False)
    _write(users, known | {typed: user})
    told = f"{typed} may sign in as {chosen}" + (", with a new password" if typed in known else "")
    return Answer({"name": typed, "role": chosen, "new": typed not in known}, told)


def remove_user(name: NameArgument, users: FileOption, as_json: JsonOption = False) -> Answer:
    """Let a user sign in no more; what they watched stays in the history."""
    from data.history import person

    known, typed = _known(users), person(name)
    if typed not in known:
        raise ReelwiseError(f"no user is called {typed!r}", fix="reelwise users list --users FILE")
    _write(users, {one: user for one, user in known.items() if one != typed})
    return Answer({"name": typed}, f"{typed} may sign in no more")


def list_users(users: FileOption, as_json: JsonOption = False) -> Answer:
    """List who may sign in."""
    known = _known(users)
    rows = [{"name": user.name, "role": user.role} for user in known.values()]
    return Answer(
        {"users": rows}, "\n".join(columns([[user.name, user.role] for user in known.values()]))
    )


def _known(path: Path, *, needed: bool = True) -> dict[str, User]:
    from ui.server.access.users import read_users

    return read_users(path) if needed or path.exists() else {}


def _write(path: Path, users: dict[str, User]) -> None:
    from ui.server.access.users import write_users

    write_users(path, users)


def _role(text: str) -> Role:
    for role in ("owner", "viewer"):
        if text == role:
            return role
    raise typer.BadParameter(f"--role {text}: give owner or viewer")


def _password(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    ask: Callable[[str], str] = getpass.getpass
    first = ask(f"Password of {name}: ")
    if ask("Once more: ") != first:
        raise ReelwiseError("the two passwords differ", fix="type the same one twice")
    return first
