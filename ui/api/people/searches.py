"""What people searched and what they saved: `/recent-searches`, `/saved-searches`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from data.errors import ReelwiseError
from data.people import RecentSearch, SavedSearch
from ui.api.people.events import Whose
from ui.api.served import Asking, ServedHere, Visitor
from ui.api.shape.fields import Count, Typed, VideoId, Words
from ui.api.shape.lists import Items
from ui.api.shape.refusals import not_there
from ui.api.strict import StrictRoute
from ui.api.whose import whose

router = APIRouter(route_class=StrictRoute, tags=["people"])
Asked = dict[Typed, Typed | list[Typed]]
"""The parameters of a search."""


class Recent(BaseModel):
    """Something that was searched."""

    id: int
    address: Asked
    at: datetime


class Saved(Recent):
    """A search that was saved."""

    name: str


class Noted(BaseModel):
    """A search to remember."""

    model_config = ConfigDict(extra="forbid")

    user: Words | None = Field(
        None, description="Whose; without it those of who has signed in, and saved ones of nobody."
    )
    address: Asked = Field(
        description='Parameters of the page or of `/search`: {"q": "a dog"}.', max_length=40
    )


class ToSave(Noted):
    """A search to keep under a name."""

    name: Words


@router.get("/recent-searches", summary="What was searched lately")
def recent(
    served: ServedHere, visitor: Asking, user: Whose = None, k: Annotated[Count, Query()] = 20
) -> Items[Recent]:
    """List the last searches of a person, the latest first; of nobody none are kept."""
    of = _of(visitor, user)
    found = [] if of is None else served.library.searches.recent(of, k)
    return Items(items=[_recent(each) for each in found])


@router.post("/recent-searches", summary="Remember a search", status_code=204)
def note(given: Noted, served: ServedHere, visitor: Asking) -> None:
    """Remember what a person searched; the same again moves to the front."""
    served.library.searches.note(whose(visitor, given.user), given.address)


@router.delete("/recent-searches", summary="Forget searches")
def forget(
    served: ServedHere,
    visitor: Asking,
    user: Whose = None,
    id: Annotated[VideoId | None, Query(description="Only this one.")] = None,
) -> dict[str, int]:
    """Forget one of the last searches, or all of them."""
    return {"forgotten": served.library.searches.forget_recent(whose(visitor, user), id)}


@router.get("/saved-searches", summary="Saved searches")
def saved(served: ServedHere, visitor: Asking, user: Whose = None) -> Items[Saved]:
    """List the searches that a person saved, by name."""
    found = served.library.searches.saved(_of(visitor, user))
    return Items(items=[_saved(each) for each in found])


@router.post("/saved-searches", summary="Save a search")
def save(given: ToSave, served: ServedHere, visitor: Asking) -> Saved:
    """Keep a search under a name; one that is called so already becomes this one."""
    owner = _of(visitor, given.user)
    return _saved(served.library.searches.save(owner, given.name, given.address))


@router.delete("/saved-searches/{search_id}", summary="Remove a saved search", status_code=204)
def remove(search_id: VideoId, served: ServedHere, visitor: Asking, user: Whose = None) -> None:
    """Remove a search that was saved."""
    owner = _of(visitor, user)
    try:
        served.library.searches.remove_saved(owner, search_id)
    except ReelwiseError as error:
        fix = "GET /api/v1/saved-searches lists them"
        raise not_there(error.problem, code="unknown_search", fix=fix) from error


def _of(visitor: Visitor, user: str | None) -> str | None:
    """Whose searches: nobody's where no person is meant."""
    return None if user is None and visitor.name is None else whose(visitor, user)


def _recent(search: RecentSearch) -> Recent:
    return Recent(id=search.id, address=_plain(search), at=search.at)


def _saved(search: SavedSearch) -> Saved:
    return Saved(id=search.id, address=_plain(search), at=search.at, name=search.name)


def _plain(search: RecentSearch) -> Asked:
    return {
        name: value if isinstance(value, str) else list(value)
        for name, value in search.parameters.items()
    }
