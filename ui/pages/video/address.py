"""What the address of the Video page asks for. Bad values are left out, and said so."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from data.numbers import number_of
from indexer.search.query import MAX_CHARS

FROM = ("search", "foryou", "library", "history")
"""Pages that a video is opened from."""
LEAST_CLIP_S = 0.1
"""Shortest stretch that two handles can choose."""
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """A video as an address names it."""

    video_id: int | None
    """`v`; None where it names none."""
    start_s: float | None = None
    """`t`: where it begins to play; None for the beginning, or where it was left."""
    in_s: float | None = None
    """`in`: start of the chosen stretch."""
    out_s: float | None = None
    """`out`: its end."""
    q: str = ""
    """Words whose matches the timeline shows."""
    like: str = ""
    """Example whose matches it shows: `VIDEO`, `VIDEO@START-END`, or the id of a given one."""
    came_from: str = ""
    """`from`: one of `FROM`; empty for none."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Parameters with values that mean nothing, which do not count."""

    def within(self, length_s: float) -> Asked:
        """The same with times that the video has."""
        if length_s <= 0:
            return self
        start_s, in_s, out_s = (
            None if at_s is None else min(at_s, length_s)
            for at_s in (self.start_s, self.in_s, self.out_s)
        )
        if in_s is not None and out_s is not None and out_s - in_s < LEAST_CLIP_S:
            in_s = out_s = None
        return replace(self, start_s=start_s, in_s=in_s, out_s=out_s)

    @property
    def question(self) -> dict[str, str]:
        """The parameters that go along from video to video."""
        given = {"q": self.q, "like": self.like, "from": self.came_from}
        return {name: value for name, value in given.items() if value}


def asked(given: Mapping[str, str]) -> Asked:
    """Read the parameters of an address."""
    left_out: list[tuple[str, str]] = []

    def seconds(name: str) -> float | None:
        text = given.get(name, "").strip()
        value = number_of(text) if text else None
        if text and (value is None or not 0 <= value < math.inf):
            left_out.append((name, text[:60]))
            return None
        return value

    video = given.get("v", "").strip()
    start_s, in_s, out_s = seconds("t"), seconds("in"), seconds("out")
    if in_s is not None and out_s is not None and out_s - in_s < LEAST_CLIP_S:
        left_out.append(("out", given["out"][:60]))
        out_s = None
    came_from = given.get("from", "")
    if came_from and came_from not in FROM:
        left_out.append(("from", came_from[:60]))
        came_from = ""
    return Asked(
        video_id=int(video) if _NUMBER.fullmatch(video) else None,
        start_s=start_s,
        in_s=in_s,
        out_s=out_s,
        q=given.get("q", "").strip()[:MAX_CHARS],
        like=given.get("like", "").strip()[:MAX_CHARS],
        came_from=came_from,
        left_out=tuple(left_out),
    )
