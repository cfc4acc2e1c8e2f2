"""What failed, what is there twice, and how the library is: for its owners."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from data.printable import printable
from ui.api.browsing.cards import Card, card
from ui.api.folders import names_of
from ui.api.library.jobs import JobShown, shown
from ui.api.served import Asking, ServedHere
from ui.api.shape.fields import Count, VideoId, Whole
from ui.api.shape.said import SaidOf, said_parts
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners
from ui.library.documents import is_gone
from ui.library.keeping import decisions
from ui.library.keeping.health import health_document
from ui.library.keeping.problems import Problem, counts, problems
from ui.library.keeping.reasons import said_of

router = APIRouter(
    route_class=StrictRoute,
    tags=["library"],
    prefix="/library",
    dependencies=[OnlyOwners],
)


class ProblemRow(BaseModel):
    """A file with a problem."""

    name: str
    path: str
    kind: str = Field(description="Why, in short.")
    reason: str = Field(description="Why, in full.")
    said: SaidOf | None = Field(description="The same in parts; null for other reasons.")
    partial: bool = Field(description="It can be found, in part.")
    attempts: int
    here: bool = Field(description="The file is there.")
    video: int | None = Field(description="Its number, where it is a video.")


class Problems(BaseModel):
    """Files with a problem."""

    total: int
    kinds: dict[str, int] = Field(description="How many there are of each kind, the most first.")
    problems: list[ProblemRow]


class Again(BaseModel):
    """Files that are to be read again; nothing takes all that have a problem."""

    model_config = ConfigDict(extra="forbid")

    paths: Annotated[list[str], Field(max_length=1000)] = []
    videos: Annotated[list[VideoId], Field(max_length=1000)] = []


class CopyRow(BaseModel):
    """One video of a group."""

    card: Card
    relation: str = Field(description="best; or what it is to the best: copy, part, overlap.")
    size_bytes: int
    width_px: int
    height_px: int
    codec: str
    bits_per_s: int
    places: list[str] = Field(description="All files with these bytes.")


class CopyGroup(BaseModel):
    """Videos that share a stretch, the best first."""

    why: str = Field(description="Why the first one is the best; empty for no reason.")
    freed_bytes: int
    videos: list[CopyRow]


class Duplicates(BaseModel):
    """What is stored of videos that share a stretch."""

    compared: bool = Field(description="False: nothing has been compared yet.")
    total: int = Field(description="Groups.")
    freed_bytes: int
    groups: list[CopyGroup]


class Kept(BaseModel):
    """Videos that are all to stay."""

    model_config = ConfigDict(extra="forbid")

    videos: list[VideoId] = Field(min_length=1, max_length=200)


@router.get("/problems", summary="Files that failed, or were read only in part")
def list_problems(
    served: ServedHere,
    kind: Annotated[str, Query(max_length=40, description="Only of this kind.")] = "",
    offset: Annotated[Whole, Query(ge=0, le=10**9)] = 0,
    k: Annotated[Count, Query(description="At most this many.")] = 100,
) -> Problems:
    """By path; with the number of each kind of reason."""
    found = problems(served.library.catalogue)
    wanted = [each for each in found if not kind or each.kind == kind]
    rows = wanted[offset : offset + k]
    known = served.library.catalogue.files.known([each.path for each in rows]) if rows else {}
    videos = {path: file.video_id for path, file in known.items()}
    return Problems(
        total=len(wanted),
        kinds=counts(found),
        problems=[_row(each, videos.get(each.path)) for each in rows],
    )


@router.post("/problems/retry", summary="Try files that failed once more")
def retry(served: ServedHere, visitor: Asking, again: Again) -> JobShown:
    """A job that reads them again, however often that failed; a file that waits is not doubled.

    Where every file waits already, the answer is the job that has them.
    """
    paths = [Path(each) for each in again.paths]
    problems = served.library.problems
    return shown(problems.retry(paths, again.videos, asked_by=visitor.name or ""))


def _row(problem: Problem, video_id: int | None) -> ProblemRow:
    return ProblemRow(
        name=printable(problem.path.name),
        path=str(problem.path),
        kind=problem.kind,
        reason=printable(problem.reason),
        said=said_parts(said_of(problem.reason)),
        partial=problem.is_partial,
        attempts=problem.attempts,
        here=not is_gone(problem.path),
        video=video_id,
    )


@router.get("/duplicates", summary="Videos that share a stretch")
def duplicates(
    served: ServedHere,
    visitor: Asking,
    offset: Annotated[Whole, Query(ge=0, le=10**9)] = 0,
    k: Annotated[Count, Query(description="At most this many groups.")] = 50,
) -> Duplicates:
    """As `reelwise duplicates` stored them, without the groups that are to stay as they are."""
    groups = decisions.undecided_groups(served.library.catalogue)
    if groups is None:
        return Duplicates(compared=False, total=0, freed_bytes=0, groups=[])
    names = names_of(served)
    not_shown = served.library.reviews.withholding.now()
    shown = [
        CopyGroup(
            why=group.why,
            freed_bytes=group.freed_bytes,
            videos=[
                CopyRow(
                    card=card(each.video, names, visitor, not_shown),
                    relation=str(each.relation),
                    size_bytes=each.size_bytes,
                    width_px=each.video.width_px,
                    height_px=each.video.height_px,
                    codec=each.video.codec,
                    bits_per_s=round(each.bits_per_s),
                    places=[printable(str(path)) for path in each.files],
                )
                for each in (group.best, *group.others)
            ],
        )
        for group in groups[offset : offset + k]
    ]
    freed = sum(group.freed_bytes for group in groups)
    return Duplicates(compared=True, total=len(groups), freed_bytes=freed, groups=shown)


@router.post("/duplicates/keep", summary="Let videos that share a stretch stay as they are")
def keep(served: ServedHere, kept: Kept) -> Kept:
    """Their group is not listed again while it has no other video."""
    decisions.keep(served.library.catalogue, kept.videos)
    return kept


@router.delete("/duplicates/keep", summary="List such videos again")
def keep_no_longer(served: ServedHere, videos: Annotated[list[VideoId], Query()]) -> Kept:
    """Take back what `POST` said."""
    decisions.keep_no_longer(served.library.catalogue, videos)
    return Kept(videos=videos)


@router.get("/health", summary="How the library is")
def health(served: ServedHere) -> dict[str, Any]:
    """Counts, size, channels in per cent, model, recommender, index; what is wrong, and its job."""
    found = health_document(served.library)
    return {**asdict(found), "advised": [asdict(each) for each in found.advised]}
