"""The parameters of a search, and the query and filters that they mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from data.errors import ReelwiseError
from ui.api.shape.fields import Count, Flag, Instant, Seconds, Share, Whole, Words
from ui.api.shape.refusals import Refused, in_http_words, wrong

if TYPE_CHECKING:
    from indexer.search.query import Filters, Query


class VideosWanted(BaseModel):
    """What a video has to be."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    under: Words | None = Field(None, description="A folder or file, as a path on the server.")
    folder: list[Words] = Field(
        [], description="In one of these, as `/folders` names them; repeatable."
    )
    min_duration: Seconds | None = None
    max_duration: Seconds | None = None
    after: Instant | None = Field(None, description="Recorded at this date or later.")
    before: Instant | None = Field(None, description="Recorded before this date.")
    codec: Words | None = None
    min_resolution: Whole | None = Field(
        None, ge=0, le=1_000_000, description="Least pixels of the shorter side."
    )
    tag: list[Words] = Field([], description="Each of these tags; repeatable.")
    where: list[Words] = Field(
        [], description="Conditions such as `action=jump`, `risk>=0.8`, `width>=1280`; repeatable."
    )

    def filters(self, *, min_relevance: float = 0.0, all_copies: bool = False) -> Filters:
        """The filters of a search.

        Raises:
            Refused: They contradict each other.
        """
        from indexer.search.query import Filters, codec_called

        with taken_together():
            return Filters(
                under=None if self.under is None else Path(self.under).absolute(),
                min_duration_s=self.min_duration,
                max_duration_s=self.max_duration,
                after=self.after,
                before=self.before,
                codec=None if self.codec is None else codec_called(self.codec),
                min_resolution_px=self.min_resolution or None,
                tags=tuple(self.tag),
                where=tuple(self.where),
                min_relevance=min_relevance,
                all_copies=all_copies,
            )


class Search(VideosWanted):
    """A search."""

    q: Words | None = Field(None, description="What happens, is said or is written.")
    not_: Words | None = Field(None, alias="not", description="Rank moments like this lower.")
    in_: Words | None = Field(None, alias="in", description="Channels: `speech,screen`.")
    then: list[Words] = Field([], description="What comes after it in the same video; repeatable.")
    within: Seconds | None = Field(None, description="Most seconds from one to the next.")
    like: Words | None = Field(
        None, description="A video `ID` or `ID@START-END` in seconds, or an example `x-...`."
    )
    min_relevance: Share = 0.0
    all_copies: Flag = Field(False, description="Each copy of a video is a result.")
    k: Count = 10
    cursor: Words | None = Field(None, description="`next` of the page before.")

    @property
    def question(self) -> dict[str, object]:
        """What is asked, whatever the page."""
        return self.model_dump(mode="json", exclude={"k", "cursor"}, exclude_none=True)

    def query(self, like: str | Path | None = None, image: Path | None = None) -> Query:
        """The query.

        Args:
            like: The example of `like`, as a file or a part of one.
            image: The same where it is a picture.

        Raises:
            Refused: Its parts contradict each other, or there is nothing to look for.
        """
        from indexer.search.query import Query, channels_named

        with taken_together():
            return Query(
                text=self.q,
                like=like,
                image=image,
                without=self.not_,
                channels=channels_named(self.in_),
                then=tuple(self.then),
                within_s=self.within,
            )


@contextmanager
def taken_together() -> Iterator[None]:
    """Turn what parameters mean together, and cannot mean, into a wrong request."""
    try:
        yield
    except Refused:
        raise
    except ReelwiseError as error:
        raise wrong(error.problem, fix=in_http_words(error.fix)) from error


def video_part(like: str) -> tuple[int, str]:
    """The video of `ID` or `ID@START-END`, and the same as the library takes it.

    Raises:
        Refused: It is neither.
    """
    from indexer.search.spans import parse_span

    number, at, part = like.partition("@")
    if not (number.isascii() and number.isdigit() and len(number) < 17):
        raise wrong(
            f"like must be an id, got {like[:80]!r}", fix="like=1, like=1@3-8.5 or like=x-..."
        )
    try:
        # A number has no suffix: what follows the @ is only ever a part of the video.
        _, span = parse_span(f"{number}.mp4@{part}") if at else (number, None)
    except ReelwiseError as error:
        raise wrong(error.problem, fix="like=1@3-8.5") from error
    whole = number if span is None else f"{number}@{span.start_s!r}-{span.end_s!r}"
    return int(number), whole
