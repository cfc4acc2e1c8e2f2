"""What all routes of one server work with, and who asks."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from fastapi import Depends
from starlette.requests import HTTPConnection, Request
from starlette.types import Scope

from data.errors import ReelwiseError
from ui.library.library import Library

Role = Literal["owner", "viewer"]
VISITOR = "reelwise.visitor"
"""Key of the scope under which the edge of the server leaves who asks."""


@dataclass(frozen=True)
class Visitor:
    """Who asks."""

    name: str | None = None
    """The person whose session it is; None where nobody has signed in, or a program asks."""
    role: Role = "owner"
    """An owner may do everything; a viewer changes nothing but their own history."""

    @property
    def is_owner(self) -> bool:
        """Whether they may do everything."""
        return self.role == "owner"


@dataclass(frozen=True)
class Served:
    """What the routes work with."""

    library: Library
    """The one library."""
    training: Callable[[], dict[str, Any] | str] = field(default=lambda: "off")
    """How background training of the recommender is going."""


def without_places(text: str, served: Served) -> str:
    """A text for viewers: where the library lies on the server is left out of it."""
    library = served.library
    known = {library.home.root, *library.catalogue.files.roots()}
    for place in sorted(known, key=lambda each: len(str(each)), reverse=True):
        text = text.replace(str(place), place.name)
    return text


def for_visitor(error: ReelwiseError, served: Served, visitor: Visitor) -> ReelwiseError:
    """The error in words that a viewer may read: without places of the server."""
    if not visitor.is_owner:
        error.problem = without_places(error.problem, served)
        error.fix = without_places(error.fix, served)
    return error


def _served(request: Request) -> Served:
    served = request.app.state.served
    assert isinstance(served, Served)
    return served


def visitor_of(request: Request) -> Visitor:
    """Who asks, as the edge of the server found."""
    visitor = request.scope.get(VISITOR)
    return visitor if isinstance(visitor, Visitor) else Visitor()


def client_of(scope: Scope) -> str:
    """Who asks, for counting: the person who has signed in, else the address.

    Of IPv6 the network counts: a machine has as many addresses there as it likes.
    """
    visitor = scope.get(VISITOR)
    if isinstance(visitor, Visitor) and visitor.name is not None:
        return f"person {visitor.name}"
    client = HTTPConnection(scope).client
    return f"address {_network(client.host if client else '')}"


def _network(host: str) -> str:
    try:
        return str(ipaddress.IPv6Network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        return host


def _asking_client(request: Request) -> str:
    return client_of(request.scope)


ServedHere = Annotated[Served, Depends(_served)]
"""Parameter of a route: what it works with."""
Asking = Annotated[Visitor, Depends(visitor_of)]
"""Parameter of a route: who asks."""
AskingClient = Annotated[str, Depends(_asking_client)]
"""Parameter of a route: the same, for counting."""
