"""Why a video, or a stretch of it, was found, or said to be something: which seconds spoke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from data.labels.vocabulary import TAGS
from ui.api.finding.asked import Search, taken_together
from ui.api.finding.likes import as_long_as_wanted, likes
from ui.api.links import BASE
from ui.api.served import Asking, ServedHere, Visitor
from ui.api.shape.fields import Seconds, VideoId, Words
from ui.api.shape.refusals import Refused, not_there, wrong
from ui.api.strict import StrictRoute
from ui.library.asking.examples import READING
from ui.library.library import Library

if TYPE_CHECKING:
    from data.review.withheld import NotShown
    from indexer.explanation.asked import Asked
    from indexer.explanation.explain import Explained

router = APIRouter(route_class=StrictRoute, tags=["browsing"])


class FrameScore(BaseModel):
    """How much one frame speaks."""

    time_s: float
    score: float


class BestSeconds(BaseModel):
    """Seconds that stand out."""

    start_s: float
    end_s: float
    peak_s: float = Field(description="The frame with the highest score.")
    score: float


class ClipScore(BaseModel):
    """How a clip came to its score."""

    start_s: float
    end_s: float
    score: float = Field(description="As search ranks it, or as the head says.")
    of_frames: float = Field(description="What the mean of its frames would score.")
    of_order: float = Field(description="What the temporal head adds for the frames in order.")


class Explanation(BaseModel):
    """Which seconds spoke."""

    start_s: float
    end_s: float
    unit: str = Field(description="What a score is: `cosine`, `probability`, `number`, `share`.")
    label: str = Field(description="Of a head or a tag; else empty.")
    frames: list[FrameScore]
    best: list[BestSeconds] = Field(description="The highest first.")
    clips: list[ClipScore]
    overlay_url: str = Field(
        description="With `t` and the parameters of this request: what of a frame spoke, PNG."
    )
    warnings: list[str]


class WhyAsked(BaseModel):
    """What is to be explained: words or an example, a head, or a tag."""

    model_config = ConfigDict(extra="forbid")

    q: Words | None = Field(None, description="Words that it was found with.")
    like: Words | None = Field(None, description="An example, as of `/search`.")
    head: Words | None = Field(None, description="A head.")
    label: Words | None = Field(None, description="One of its labels; what it says where missing.")
    tag: Words | None = Field(None, description="A tag that is given by itself.")
    start: Seconds | None = Field(None, description="Seconds; the beginning where missing.")
    end: Seconds | None = Field(None, description="Seconds; the end where missing.")

    def asked(self, library: Library, video_id: int) -> Asked:
        """The question.

        Raises:
            Refused: It is none, or there is no such example.
            ReelwiseError: There is no such video, or the stretch is none of it.
        """
        from indexer.explanation.asked import Asked, HeadAsked
        from indexer.search.spans import Span

        video = library.catalogue.video(video_id)
        start_s, end_s = self.start or 0.0, self.end if self.end is not None else video.duration_s
        is_part = self.start is not None or self.end is not None
        if is_part and not start_s < end_s:
            raise wrong(f"the stretch ends at {end_s:g} s, before it begins", fix="start=4&end=9")
        span = Span(start_s, end_s) if is_part else None
        named = [each for each in (self.q or self.like, self.head, self.tag) if each]
        if len(named) != 1 or (self.label and not self.head):
            raise wrong(
                "one thing can be explained: words or an example, a head, or a tag",
                fix="q=a dog, like=1@3-8, head=action&label=jump or tag=beach",
            )
        with taken_together():
            if self.head or self.tag:
                of_head = (self.head, self.label) if self.head else (TAGS, self.tag)
                return Asked(video, HeadAsked(*of_head), span)
            like = None if self.like is None else likes(library, self.like)
            search = Search.model_validate({"q": self.q} if self.q else {})
            if like is None:
                return Asked(video, search.query(), span)
            return Asked(video, search.query(like=like.clip, image=like.picture), span)

    def explained(self, library: Library, video_id: int) -> Explained:
        """The explanation; an example is read for half a minute at most.

        Raises:
            Refused: As `asked`.
            ReelwiseError: As `Explanations.why`.
        """
        from indexer.search.examples.frames import for_a_visitor

        asked = self.asked(library, video_id)
        if self.like is None:
            return library.explanations.why(asked)
        with READING:
            return library.explanations.why(asked, for_a_visitor(as_long_as_wanted))


class ExplanationWanted(WhyAsked):
    """The parameters of an explanation that is shown."""

    show: Literal["0", "1"] = Field("0", description="1: also what is withheld; owners.")


@router.get("/videos/{video_id}/explanation", summary="Why it is found: which seconds spoke")
def explanation(
    video_id: VideoId,
    asked: Annotated[ExplanationWanted, Query()],
    served: ServedHere,
    visitor: Asking,
) -> Explanation:
    """The score of each frame of a video, or of a stretch, for a query, a head or a tag.

    Stored vectors are compared, nothing is decoded. What is withheld is left out, but for owners
    who ask for it.
    """
    from ui.library.labelling.explaining import seconds_document

    explained = asked.explained(served.library, video_id)
    told = explained.explanation
    not_shown = _not_shown(served.library, video_id, visitor, shows=asked.show == "1")
    document = {
        name: [each for each in rows if _is_shown(each, video_id, not_shown)]
        for name, rows in seconds_document(explained).items()
    }
    if not document["frames"]:
        fix = "ask for another stretch: start=4&end=9"
        fix += "; show=1 gives it" if visitor.is_owner else ""
        raise not_there("this part of the video is withheld", code="withheld", fix=fix)
    return Explanation(
        start_s=round(told.start_s, 3),
        end_s=round(told.end_s, 3),
        unit=told.unit,
        label=told.label,
        overlay_url=f"{BASE}/explanations/{video_id}",
        warnings=list(told.warnings),
        **document,
    )


def _not_shown(library: Library, video_id: int, visitor: Visitor, *, shows: bool) -> NotShown:
    """What is left out: nothing for an owner who asks for it.

    Raises:
        Refused: A viewer asks for what is withheld.
    """
    from data.review.withheld import NOTHING

    not_shown = library.reviews.withholding.now()
    if not shows or video_id not in not_shown.stretches:
        return not_shown
    if not visitor.is_owner:
        problem = "only an owner sees what is withheld"
        raise Refused(403, "owners_only", problem, fix="ask an owner")
    return NOTHING


def _is_shown(row: dict[str, float], video_id: int, not_shown: NotShown) -> bool:
    start_s = row.get("time_s", row.get("start_s", 0.0))
    return not_shown.why(video_id, start_s, row.get("end_s", start_s)) is None
