"""Moments and videos as the API gives them."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from ui.api.links import VideoLinks, media_url, preview_url, shown_path, thumb_url
from ui.api.served import Visitor
from ui.library.documents import is_gone

if TYPE_CHECKING:
    from indexer.search.result import Hit, SearchResult
    from recommender.answer.items import Item, Recommendations


class Match(BaseModel):
    """What one channel found in a moment."""

    channel: str
    text: str = Field(description="The line; empty for the picture.")
    start_s: float
    end_s: float
    relevance: float
    marks: list[tuple[int, int]] = Field(
        description="Words of the query in the text: first character, and one after the last."
    )
    by_meaning: bool = Field(description="Found by what it says, in whatever words.")


class Step(BaseModel):
    """Where one of several things that were asked in order was found."""

    text: str
    start_s: float
    end_s: float
    relevance: float


class Copy(BaseModel):
    """Another video that shows the same from beginning to end."""

    video_id: int
    path: str | None


class Moment(VideoLinks):
    """A moment that was found."""

    rank: int
    start_s: float = Field(description="First instant, in seconds.")
    end_s: float = Field(description="First instant after it.")
    score: float = Field(description="Higher is better; comparable within one query only.")
    relevance: float = Field(description="How likely it matches, 0 to 1.")
    why: dict[str, float | None] = Field(
        description="`visual`: score of the picture; `text`: relevance of the best line."
    )
    matched: list[Match]
    steps: list[Step] = Field(description="Where each thing was found, where several were asked.")
    copies: list[Copy] = Field(description="Other videos that are copies of this one.")
    preview_url: str = Field(description="The moment as MP4, for files that browsers cannot play.")


class Found(BaseModel):
    """The answer to a search."""

    query: dict[str, Any]
    encoder: str
    generation: int | None
    took_ms: float
    confident: bool = Field(description="False: nothing matches well, these are the nearest.")
    not_understood: list[str]
    warnings: list[str]
    hits: list[Moment]
    next: str | None = Field(description="`cursor` of the next page; null after the last.")


class Because(BaseModel):
    """The watched or playing video that led to a recommendation."""

    video_id: int
    title: str


class Recommended(VideoLinks):
    """A video that is recommended."""

    rank: int
    score: float
    source: str
    reason: str = Field(description="Why, as a sentence in English.")
    because: Because | None
    propensity: float | None = Field(description="Probability of this place; with `explore` only.")


class Page(BaseModel):
    """A page of recommendations."""

    user: str
    model: str
    warning: str | None
    took_ms: float
    not_logged: str | None
    items: list[Recommended]


def found(
    query: dict[str, Any], result: "SearchResult", visitor: Visitor, *, first: int, more: str | None
) -> Found:
    """The answer, with the hits from the one at `first` (0 the best) on."""
    return Found(
        query=query,
        encoder=result.encoder,
        generation=result.generation,
        took_ms=round(result.took_ms, 2),
        confident=result.confident,
        not_understood=list(result.not_understood),
        warnings=list(result.warnings),
        hits=[_moment(hit, visitor) for hit in result.hits[first:]],
        next=more,
    )


def _moment(hit: "Hit", visitor: Visitor) -> Moment:
    start_s, end_s = round(hit.start_s, 3), round(hit.end_s, 3)
    return Moment(
        rank=hit.rank,
        video_id=hit.video_id,
        title=hit.title,
        path=shown_path(hit.path, visitor),
        gone=is_gone(hit.path),
        start_s=start_s,
        end_s=end_s,
        score=hit.score,
        relevance=hit.relevance,
        why=hit.why,
        matched=[_match(each) for each in hit.matched],
        steps=[
            Step(
                text=step.text,
                start_s=round(step.start_s, 3),
                end_s=round(step.end_s, 3),
                relevance=step.relevance,
            )
            for step in hit.steps
        ],
        copies=[
            Copy(video_id=copy.video_id, path=shown_path(copy.path, visitor)) for copy in hit.copies
        ],
        media_url=media_url(hit.video_id),
        # Not the first frame: a cut lies there.
        thumb_url=thumb_url(hit.video_id, (hit.start_s + hit.end_s) / 2),
        preview_url=preview_url(hit.video_id, start_s, end_s),
    )


def _match(match: Any) -> Match:
    return Match(
        channel=str(match.channel),
        text=match.text,
        start_s=round(match.start_s, 3),
        end_s=round(match.end_s, 3),
        relevance=match.relevance,
        marks=list(match.marks),
        by_meaning=match.by_meaning,
    )


def recommended(item: "Item", result: "Recommendations", visitor: Visitor) -> Recommended:
    """One item of a page of recommendations."""
    from ui.library.documents import reason_in_words

    because = item.because
    return Recommended(
        rank=item.rank,
        video_id=item.video_id,
        title=item.title,
        path=shown_path(item.path, visitor),
        gone=is_gone(item.path),
        score=item.score,
        source=item.source,
        reason=reason_in_words(item),
        because=(
            None if because is None else Because(video_id=because.video_id, title=because.title)
        ),
        propensity=item.propensity if result.explore > 0 else None,
        media_url=media_url(item.video_id),
        thumb_url=thumb_url(item.video_id),
    )
