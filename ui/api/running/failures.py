"""Files that could not be read: `/failures`."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ui.api.served import ServedHere
from ui.api.shape.lists import Items
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners

router = APIRouter(route_class=StrictRoute, tags=["running"])


class FailedFile(BaseModel):
    """A file that could not be read, or only in part."""

    path: str
    state: str = Field(description="`failed`, or `partial`: searchable, but not to its end.")
    reason: str
    attempts: int = Field(description="After three it is tried again only on request.")


@router.get("/failures", summary="Files that could not be read", dependencies=[OnlyOwners])
def failures(served: ServedHere) -> Items[FailedFile]:
    """List what could not be read, or only in part, by path."""
    catalogue = served.library.catalogue
    found = [*catalogue.embeddings.failures(catalogue.encoder), *catalogue.readings.failures()]
    files = [
        FailedFile(
            path=str(each.path),
            state=str(each.state),
            reason=each.reason or "",
            attempts=each.attempts,
        )
        for each in found
    ]
    return Items(items=files)
