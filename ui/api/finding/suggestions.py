"""What somebody may mean who has begun to type: `/suggestions`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ui.api.folders import names_of
from ui.api.served import Asking, ServedHere, Visitor
from ui.api.shape.fields import Count, Words
from ui.api.shape.lists import Items
from ui.api.strict import StrictRoute
from ui.api.whose import whose
from ui.library.asking.suggestions import Suggestion
from ui.library.folder_names import FolderNames

router = APIRouter(route_class=StrictRoute, tags=["finding"])


class Suggested(BaseModel):
    """One thing that may be meant."""

    kind: str = Field(description="`saved`, `search`, `tag`, `folder` or `title`.")
    text: str
    value: str = Field(description="Of a folder what `folder` takes; else the text.")
    address: dict[str, str | list[str]] = Field(description="Of the search that it stands for.")


@router.get("/suggestions", summary="What may be meant by what was typed")
def suggestions(
    prefix: Annotated[Words, Query(description="Two letters or more; fewer suggest nothing.")],
    served: ServedHere,
    visitor: Asking,
    user: Annotated[Words | None, Query(description="Whose searches count.")] = None,
    k: Annotated[Count, Query()] = 8,
) -> Items[Suggested]:
    """Suggest own searches, tags, folders and titles that begin so."""
    person = None if user is None and visitor.name is None else whose(visitor, user)
    names = names_of(served)
    found = served.library.suggest(person, prefix, k)
    return Items(items=[_suggested(each, names, visitor) for each in found])


def _suggested(one: Suggestion, names: FolderNames, visitor: Visitor) -> Suggested:
    address = {
        name: each if isinstance(each, str) else list(each) for name, each in one.parameters.items()
    }
    if one.kind != "folder":
        return Suggested(kind=one.kind, text=one.text, value=one.text, address=address)
    path = Path(str(one.parameters["folder"]))
    named = str(path) if visitor.is_owner else names.name_of(path) or path.name
    return Suggested(kind=one.kind, text=one.text, value=named, address={"folder": named})
