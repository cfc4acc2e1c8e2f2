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
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns

if TYPE_CHECKING:
    from ui.api.served import Role
    from ui.server.access.users import User

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The user, as the history calls the person.")
]
FileOption = Annotated[
    Path | None,
    typer.Option(
        "--users",
        metavar="FILE",
        help="The file of users, see serve --users.  [default: users.json in the home]",
    ),
]
RoleOption = Annotated[
    str,
    typer.Option(
        metavar="owner|viewer",
        help="What the user may do: viewers see the library and their own history; owners do all.",
    ),
]


def add_user(
    name: NameArgument,
    users: FileOption = None,
    role: RoleOption = "viewer",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Add a user, or give one another password or role; the password is asked for.

    Without a terminal the password is the first line of the input.
    """
    from data.history import person
    from ui.server.access.users import User, hashed

    chosen = _role(role)
    typed = person(name)
    user = User(typed, chosen, hashed(_password(typed)))
    file = _file(users, home)
    known = _known(file, needed=False)
    _write(file, known | {typed: user})
    told = f"{typed} may sign in as {chosen}" + (", with a new password" if typed in known else "")
    return Answer({"name": typed, "role": chosen, "new": typed not in known}, told)


def remove_user(
    name: NameArgument,
    users: FileOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Let a user sign in no more; what they watched stays in the history."""
    from data.history import person

    file = _file(users, home)
    known, typed = _known(file), person(name)
    if typed not in known:
        raise ReelwiseError(f"no user is called {typed!r}", fix="reelwise users list")
    _write(file, {one: user for one, user in known.items() if one != typed})
    return Answer({"name": typed}, f"{typed} may sign in no more")


def list_users(
    users: FileOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> Answer:
    """List who may sign in."""
    known = _known(_file(users, home))
    rows = [{"name": user.name, "role": user.role} for user in known.values()]
    return Answer(
        {"users": rows}, "\n".join(columns([[user.name, user.role] for user in known.values()]))
    )


def _file(users: Path | None, home: Path | None) -> Path:
    """The file that is meant: the one of the home where none is named."""
    from data.home import require_library, resolve_home

    if users is not None:
        return users
    chosen = resolve_home(home)
    require_library(chosen)
    return chosen.root / "users.json"


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
