"""Shelves: some videos under one heading that is true of all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from recommender.answer.items import Because, Item

ShelfKind = Literal[
    "begun",
    "because",
    "week",
    "new",
    "unlike",
    "favourites",
    "mix",
    "folder",
    "beside",
    "again",
]
"""What the videos of a shelf have in common.

`begun`: watched in part; `because`: like one video of the history, or watched with it; `week`: go
with what was watched in the last seven days; `new`: came in the last seven days; `unlike`: like
nothing that the person watches; `favourites`: liked and watched most by others here; `mix`: the
best of the blend; `folder`: lie in one folder; `beside`: near a video that was chosen; `again`: the
person's own favourites, all of them seen.
"""
KINDS: tuple[ShelfKind, ...] = get_args(ShelfKind)
Verb = Literal["liked", "finished", "rewatched", "watched"]
"""What the person did with a video, the strongest that is true: liked it, watched it to the end,
watched it twice, watched some of it."""


@dataclass(frozen=True)
class Shelf:
    """Some videos under one heading."""

    kind: ShelfKind
    items: list[Item]
    """Best first; the rank counts within the shelf."""
    because: Because | None = None
    """The video of the heading, of `because` and `beside`."""
    verb: Verb | None = None
    """What the person did with it, of `because`."""
    folder: str = ""
    """Name of the folder, of `folder`."""
    seen_shares: Mapping[int, float] = field(default_factory=dict)
    """By video, the part that was watched, 0 to 1, of `begun`."""

    @property
    def key(self) -> str:
        """Its name among the shelves of a page; another page's shelf of this name is the same."""
        if self.kind == "because" and self.because is not None:
            return f"because-{self.because.video_id}"
        return f"folder-{self.folder}" if self.kind == "folder" else self.kind


@dataclass(frozen=True)
class ShelfPage:
    """The shelves for one person."""

    user: str
    shelves: list[Shelf]
    """In the order of the page; no video is on two of them."""
    is_new: bool
    """Nothing is known of the person."""
    is_all_seen: bool
    """No video is left that the person has not seen or hidden."""
    took_ms: float
    """Milliseconds the answer took."""
