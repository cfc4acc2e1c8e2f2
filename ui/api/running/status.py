"""The state of the library: `/status`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ui.api.served import Asking, ServedHere
from ui.api.shape.fields import Flag
from ui.api.strict import StrictRoute
from ui.library.documents import gpu_document, status_document

router = APIRouter(route_class=StrictRoute, tags=["running"])
OF_THE_SERVER = ("home", "roots", "failures", "encoder_notice", "warning")
"""Fields with paths of the server, which viewers do not get."""


@router.get("/status", summary="What the library holds, and what is wrong with it")
def status(
    served: ServedHere,
    visitor: Asking,
    failed: Annotated[Flag, Query(description="Add the files that failed.")] = False,
) -> dict[str, Any]:
    """As `reelwise status --json`; `recommender.refits` tells of training in the background."""
    document = status_document(served.library.catalogue, with_failures=failed)
    document["gpu"] = gpu_document(served.library.copies)
    document["recommender"]["refits"] = served.training()
    if visitor.is_owner:
        return document
    return {name: value for name, value in document.items() if name not in OF_THE_SERVER}
