"""Whose history a request may read or write.

The rule: a viewer reads and writes their own and nobody else's; who may write for others names the
person, and a page writes for the person who was chosen on its device and for no other.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends
from starlette.requests import Request

from data.errors import ReelwiseError
from data.history import person
from ui.api.served import Asking, Visitor
from ui.api.shape.refusals import Refused, wrong

PERSON_COOKIE = "reelwise_person"
"""The person chosen on a device, in percent encoding; see `ui.pages.watcher`."""
GUEST = "-"


def whose(visitor: Visitor, user: str | None) -> str:
    """The person that is meant, as the history spells the name.

    Args:
        visitor: Who asks.
        user: Whom the request names; None for oneself.

    Raises:
        Refused: Nobody is meant, or somebody else who is none of the visitor's business.
    """
    if user is None:
        if visitor.name is None:
            raise wrong("user is missing", fix="say whose: user=NAME")
        return visitor.name
    try:
        name = person(user)
    except ReelwiseError as error:
        raise wrong(f"user: {error.problem}", fix=error.fix) from error
    if not visitor.is_owner and name != visitor.name:
        raise Refused(
            403, "not_yours", "that is somebody else's", fix="leave user out, for your own"
        )
    return name


def named(visitor: Visitor, by: str | None) -> str:
    """Who decides or labels: whoever has signed in, and nobody else in that name.

    Raises:
        Refused: Somebody else is named, or nobody.
    """
    if visitor.name is None:
        if by is None:
            raise wrong("by is missing", fix="say who it is: by=NAME")
        return by
    if by is not None and by != visitor.name:
        raise Refused(403, "not_yours", f"you are {visitor.name}", fix="leave by out")
    return visitor.name


def writer(visitor: Visitor, user: str | None, chosen: str | None) -> str:
    """`whose`, for what is written by a page on which a person was chosen.

    Args:
        visitor: Who asks.
        user: Whom the request names.
        chosen: The cookie of the device; None for programs.

    Raises:
        Refused: As `whose`; or the device is somebody else's by now.
    """
    name = whose(visitor, user)
    # A viewer is one person, on whichever device.
    if visitor.is_owner and chosen is not None and unquote(chosen) != name:
        told = "a guest" if unquote(chosen) == GUEST else "somebody else"
        raise Refused(
            409, "other_person", f"{told} is watching on this device now", fix="reload the page"
        )
    return name


def chosen_person(request: Request) -> str | None:
    """The person chosen on the device that asks; None where none was."""
    return request.cookies.get(PERSON_COOKIE)


ChosenHere = Annotated[str | None, Depends(chosen_person)]
"""Parameter of a route: the person chosen on the device."""


def only_owners(visitor: Asking) -> None:
    """Refuse viewers.

    Raises:
        Refused: The visitor is one.
    """
    if not visitor.is_owner:
        raise Refused(
            403, "owners_only", "only an owner of this library may do that", fix="ask an owner"
        )


OnlyOwners = Depends(only_owners)
"""Dependency of routes for owners."""
