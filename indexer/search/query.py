"""What a search looks for: the query, its filters, and which hits are wanted of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from data.catalogue import Catalogue, VideoLimits
from data.errors import ReelwiseError
from data.lines import Channel
from data.review.withheld import NOTHING, NotShown

MAX_CHARS = 2000
"""Longest text of a query, on the command line as in the API."""

ALL_CHANNELS = frozenset(Channel)
"""Picture and all kinds of lines."""

MOST_STEPS = 8
"""Things that one search can look for one after another."""


@dataclass(frozen=True)
class Query:
    """Words, an example, a picture, or several of them together."""

    text: str | None = None
    """Words."""
    like: str | Path | None = None
    """A video file, also a part of it as `FILE@START-END` in seconds."""
    image: Path | None = None
    """A picture file."""
    without: str | None = None
    """Words for what is not wanted."""
    channels: frozenset[Channel] = ALL_CHANNELS
    """What to search; an example or a picture is compared with the picture alone."""
    then: tuple[str, ...] = ()
    """Words for what comes after it in the same video, one thing after another."""
    within_s: float | None = None
    """Most seconds from the end of one of them to the start of the next; None for any number."""

    def __post_init__(self) -> None:
        if not (self.words or self.like or self.image):
            raise ReelwiseError(
                "a search needs something to look for",
                fix='reelwise search "red kite"        (or --like CLIP, or --image FILE)',
            )
        if Channel.PICTURE not in self.channels and not self.is_of_words:
            raise ReelwiseError(
                "an example is compared with what is seen, which these channels leave out",
                fix="leave out --in, or give words instead of the example",
            )
        self._check_steps()
        longest = max(map(len, (self.words, self.without or "", *self.then)))
        if longest > MAX_CHARS:
            raise ReelwiseError(
                f"a query has at most {MAX_CHARS:,} characters, not {longest:,}",
                fix="describe what happens in a sentence; encoders read some 70 words at most",
            )

    def _check_steps(self) -> None:
        if not self.then and self.within_s is None:
            return
        fix = 'reelwise search "a cat jumps" --then "it falls" --within 30'
        if not self.then or not all(words.strip() for words in self.then):
            raise ReelwiseError("there is nothing to look for after the first thing", fix=fix)
        if len(self.then) >= MOST_STEPS:
            raise ReelwiseError(
                f"one search looks for {MOST_STEPS} things in order at most", fix=fix
            )
        if self.within_s is not None and not 0 <= self.within_s < math.inf:
            raise ReelwiseError(f"within {self.within_s:g} s nothing can follow", fix=fix)

    @property
    def steps(self) -> tuple[Query, ...]:
        """What comes first, and then: each as a query of its own."""
        first = replace(self, then=(), within_s=None)
        return (first, *(replace(first, text=each, like=None, image=None) for each in self.then))

    @property
    def name(self) -> str:
        """What a person calls it: the words, else the name of the example."""
        return self.words or Path(str(self.like or self.image)).name

    @property
    def is_of_words(self) -> bool:
        """Whether it is words alone, so that lines are searched."""
        return bool(self.words) and self.like is None and self.image is None

    @property
    def words(self) -> str:
        """The text without blanks around it; empty where there is none."""
        return (self.text or "").strip()

    def as_dict(self) -> dict[str, str | float | list[str]]:
        """The parts that were given, as `search --json` prints them."""
        channels = ",".join(sorted(self.channels)) if self.channels != ALL_CHANNELS else ""
        parts = {"text": self.words, "like": self.like, "image": self.image}
        parts |= {"without": self.without, "in": channels}
        given: dict[str, str | float | list[str]] = {
            name: str(value) for name, value in parts.items() if value
        }
        if self.then:
            given["then"] = list(self.then)
        return given if self.within_s is None else given | {"within_s": self.within_s}


@dataclass(frozen=True)
class Filters(VideoLimits):
    """What every hit must fulfil, whatever its score."""

    exclude_video: int | None = None
    """Id of a video that is left out."""
    min_relevance: float = 0.0
    """Least relevance, 0 to 1."""
    all_copies: bool = False
    """Of videos that are copies of each other all are found; else one of them."""
    withheld_too: bool = False
    """Also what moderation withholds: for who decides on it."""

    def __post_init__(self) -> None:
        least_s = 0.0 if self.min_duration_s is None else self.min_duration_s
        most_s = math.inf if self.max_duration_s is None else self.max_duration_s
        if not least_s <= most_s:
            raise ReelwiseError(
                f"no video is at least {least_s:g} s and at most {most_s:g} s long",
                fix="give seconds, the smaller first: --min-duration 5 --max-duration 60",
            )
        if self.after and self.before and self.after >= self.before:
            raise ReelwiseError(
                f"no video is of {self.after:%Y-%m-%d %H:%M} or later and before "
                f"{self.before:%Y-%m-%d %H:%M}",
                fix="give dates, the earlier first: --after 2024-05 --before 2024-08",
            )
        if not 0.0 <= self.min_relevance <= 1.0:
            raise ReelwiseError(
                f"a relevance is from 0 to 1, not {self.min_relevance:g}",
                fix="--min-relevance 0.5",
            )

    @property
    def limits(self) -> VideoLimits:
        """What videos have to be, the excluded one aside."""
        return VideoLimits(**{each.name: getattr(self, each.name) for each in fields(VideoLimits)})


@dataclass(frozen=True)
class Options:
    """Result options."""

    k: int
    """Most hits."""
    filters: Filters = field(default_factory=Filters)
    """What every hit must fulfil."""
    merge: bool = True
    """Join clips that touch into one moment; else every clip is a hit."""
    among: int | None = None
    """Clips that compete for the first place, where not all of them are compared."""
    not_shown: NotShown = NOTHING
    """What moderation withholds."""


_CODECS = {"h265": "hevc", "x265": "hevc", "avc": "h264", "avc1": "h264", "x264": "h264"}


def codec_called(name: str) -> str:
    """The name that the catalogue has for a codec: H.265 is hevc."""
    plain = name.strip().lower().replace(".", "")
    return _CODECS.get(plain, plain)


def indexed_folder(catalogue: Catalogue, under: Path) -> Path:
    """The folder (absolute), or the file, as the library spells it: links may differ.

    Raises:
        ReelwiseError: Nothing that is indexed lies there: no query can find anything below it.
    """
    for spelling in _spellings(catalogue.files.roots(), under):
        if catalogue.files.any_below(spelling):
            return spelling
    raise ReelwiseError(
        f"no indexed video lies below {under}",
        fix="reelwise roots lists the indexed folders",
    )


def _spellings(roots: Sequence[Path], under: Path) -> Iterator[Path]:
    """The path as it was given, without links, and as each root that leads to it calls it."""
    real = under.resolve()
    yield from (under, real)
    for root in roots:
        real_root = root.resolve()
        if real.is_relative_to(real_root):
            yield root / real.relative_to(real_root)


def channels_named(names: str | None) -> frozenset[Channel]:
    """The channels of a list such as `speech,screen`; all of them for None.

    Raises:
        ReelwiseError: A name is none of a channel, or there is no name.
    """
    if names is None:
        return ALL_CHANNELS
    asked = [name.strip().lower() for name in names.split(",") if name.strip()]
    known = {str(channel) for channel in Channel}
    wrong = [name for name in asked if name not in known]
    if wrong or not asked:
        raise ReelwiseError(
            f"there is no channel {wrong[0]!r}" if wrong else "no channel was named",
            fix=f"--in {','.join(Channel)}        (some of them)",
        )
    return frozenset(map(Channel, asked))
