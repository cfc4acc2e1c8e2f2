"""One video: what it is, what is in it, and how well a question fits each second of it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from data.lines import Channel
from ui.api.browsing.cards import Card, card_fields
from ui.api.finding.asked import Search
from ui.api.finding.likes import as_long_as_wanted, likes
from ui.api.folders import names_of
from ui.api.links import BASE, shown_path
from ui.api.served import Asking, Served, ServedHere
from ui.api.shape.fields import Seconds, VideoId, Words
from ui.api.shape.lists import Items
from ui.api.shape.refusals import wrong
from ui.api.strict import StrictRoute
from ui.library.asking.examples import READING
from ui.library.labelling.tagging import keyword_document

router = APIRouter(route_class=StrictRoute, tags=["browsing"])


class ChannelState(BaseModel):
    """How far one channel of a video was read."""

    channel: str
    state: str = Field(description="`done`, `partial`, or `none` where it was not read yet.")
    lines: int


class VideoFile(BaseModel):
    """A place where the video lies."""

    name: str
    folder: str | None
    path: str | None = Field(description="Null for viewers.")
    gone: bool


class KeyWord(BaseModel):
    """A word for a video, with the moment or the line that shows it."""

    text: str
    channel: str = Field(description="`tag` where it was seen; else where it is said or written.")
    score: float = Field(description="Probability of a tag; weight of a word, 1 for the first.")
    start_s: float
    end_s: float
    line: str | None = Field(description="The line; null for a tag.")
    times: int = Field(description="How often it is said and written.")


class OneVideo(Card):
    """A video with everything that is known of it."""

    fps: float
    codec: str
    strip_url: str = Field(description="24 frames side by side, JPEG.")
    files: list[VideoFile]
    tags: list[str]
    keywords: list[KeyWord] = Field(
        description="What was seen, then words that are said and written, the strongest first."
    )
    channels: list[ChannelState]
    cuts_s: list[float] = Field(description="Where one shot ends and the next begins.")


class TextLine(BaseModel):
    """Something said or written, with its time."""

    channel: str
    start_s: float
    end_s: float
    text: str
    language: str


class Stretch(BaseModel):
    """A moment of the video."""

    start_s: float
    end_s: float
    relevance: float


class Scores(BaseModel):
    """How well a question fits each second of a video."""

    step_s: float = Field(description="Seconds that one height stands for.")
    heights: list[float] = Field(
        description="From the beginning on: 0 is usual in the library, 1 the best there is."
    )
    moments: list[Stretch] = Field(description="The best first.")


class Question(BaseModel):
    """What is asked of a video."""

    model_config = ConfigDict(extra="forbid")

    q: Words | None = None
    like: Words | None = Field(None, description="As of `/search`.")
    in_: Words | None = Field(None, alias="in", description="Channels: `speech,screen`.")


@router.get("/videos/{video_id}", summary="One video")
def video(video_id: VideoId, served: ServedHere, visitor: Asking) -> OneVideo:
    """What is known of a video: its files, tags, channels and shots."""
    library, names = served.library, names_of(served)
    catalogue = library.catalogue
    known = catalogue.video(video_id)
    files = [
        VideoFile(
            name=path.name,
            folder=names.name_of(path.parent),
            path=shown_path(path, visitor),
            gone=not path.exists(),
        )
        for path in catalogue.files.of_video(video_id)
    ]
    return OneVideo(
        **card_fields(known, names, visitor, library.reviews.withholding.now()),
        fps=known.fps,
        codec=known.codec,
        strip_url=f"{BASE}/strips/{video_id}",
        files=files,
        tags=catalogue.tags.of([video_id]).get(video_id, []),
        keywords=[KeyWord(**keyword_document(each)) for each in library.keywords(video_id)],
        channels=_channels(served, video_id),
        cuts_s=_cuts_s(served, video_id),
    )


def _channels(served: Served, video_id: int) -> list[ChannelState]:
    """Each channel that is read in this library, and how far it is in the video."""
    readings = served.library.catalogue.readings
    lines: dict[Channel, int] = {}
    states: dict[Channel, str] = {}
    for part in readings.parts_of(video_id):
        for row in part.readings:
            lines[row.channel] = lines.get(row.channel, 0) + row.n_lines
            states[row.channel] = str(row.state)
    return [
        ChannelState(
            channel=str(channel), state=states.get(channel, "none"), lines=lines.get(channel, 0)
        )
        for channel in sorted(readings.served)
    ]


def _cuts_s(served: Served, video_id: int) -> list[float]:
    stored = served.library.searcher.stored(video_id)
    return [] if stored is None else [round(float(each), 3) for each in stored.cuts_s]


@router.get("/videos/{video_id}/lines", summary="What is said and written in a video")
def lines(
    video_id: VideoId,
    served: ServedHere,
    channel: Annotated[
        list[Literal["speech", "screen", "subtitle", "title", "path"]],
        Query(description="Only these; repeatable."),
    ] = [],  # noqa: B006
    start: Annotated[Seconds, Query(description="Not before.")] = 0.0,
) -> Items[TextLine]:
    """List the lines of a video in order of time."""
    from indexer.store.lines import lines_of_video

    served.library.catalogue.video(video_id)
    found = lines_of_video(served.library.catalogue, video_id)
    not_shown = served.library.reviews.withholding.now()
    return Items(
        items=[
            TextLine(
                channel=str(line.channel),
                start_s=round(line.start_s, 3),
                end_s=round(line.end_s, 3),
                text=line.text,
                language=line.language,
            )
            for line in found
            if line.end_s >= start
            and (not channel or str(line.channel) in channel)
            and not_shown.why(video_id, line.start_s, line.end_s) is None
        ]
    )


@router.get("/videos/{video_id}/scores", summary="How well a question fits each second")
def scores(video_id: VideoId, asked: Annotated[Question, Query()], served: ServedHere) -> Scores:
    """The height of each second and the moments of one video, for words or an example."""
    from indexer.search.examples.frames import for_a_visitor

    if asked.q is None and asked.like is None:
        raise wrong("there is no question", fix="q=a dog, or like=1@3-8")
    library = served.library
    library.catalogue.video(video_id)
    parameters = {"q": asked.q, "in": asked.in_}
    search = Search.model_validate({name: each for name, each in parameters.items() if each})
    like = None if asked.like is None else likes(library, asked.like)
    if like is None:
        inside = library.searcher.inside(video_id, search.query())
    else:
        query = search.query(like=like.clip, image=like.picture)
        with READING:
            inside = library.searcher.inside(
                video_id, query, reading=for_a_visitor(as_long_as_wanted)
            )
    return Scores(
        step_s=inside.step_s,
        heights=[round(float(each), 4) for each in inside.heights],
        moments=[
            Stretch(
                start_s=round(hit.start_s, 3), end_s=round(hit.end_s, 3), relevance=hit.relevance
            )
            for hit in inside.hits
        ],
    )
