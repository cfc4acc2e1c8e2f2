"""Parts of videos, written by supervised children: a bad file costs itself."""

from __future__ import annotations

import queue
import threading
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

from data.errors import ReelwiseError
from data.video.children.pool import DecodingStopped, StillWanted
from data.video.children.supervisor import DecodeLimits, Supervisor
from data.video.children.wire import read_ending
from data.video.excerpts.covers import Cover

CHILD = "data.video.children.excerpt_child"
LIMITS = DecodeLimits(stall_s=30.0, wall_s=60.0, wall_per_mb_s=0.05)
"""Of a piece: a minute, and the time to count the packets of a large file."""
WALL_PER_S = 60.0
"""Seconds more for each second of a clip: large pictures on a busy machine take 10."""
IDLE_S = 60.0
"""A child that nobody needed for so long ends: it keeps its last video open."""
_POLL_S = 0.1

Kind = Literal["head", "piece", "exact", "copy"]


@dataclass(frozen=True)
class Excerpt:
    """A part of a video, and what is made of it."""

    path: Path
    """The video."""
    kind: Kind
    """head, piece: of a stream; exact: encoded anew; copy: from the key picture before."""
    start_s: float = 0.0
    """Start of the part."""
    end_s: float = 0.0
    """Its end, not included."""
    covers: tuple[Cover, ...] = ()
    """What is not shown as it is; a copy has none."""

    def __post_init__(self) -> None:
        if self.covers and self.kind == "copy":
            raise ValueError("a copy is as it is")

    @property
    def limits(self) -> DecodeLimits:
        """When its child is ended."""
        if self.kind in ("head", "piece"):
            return LIMITS
        return replace(LIMITS, wall_s=LIMITS.wall_s + WALL_PER_S * (self.end_s - self.start_s))


class NotMade(ReelwiseError):
    """A part that could not be written: the file's fault, or what was asked of it."""


class Excerpts:
    """Children that write parts, at most so many at once; threads share them.

    Args:
        children: Number of children.
        child: The module that they run.
        idle_s: When a child that nobody needs ends.
    """

    def __init__(self, children: int, *, child: str = CHILD, idle_s: float = IDLE_S) -> None:
        self._child = child
        self._children = children
        self._idle_s = idle_s
        self._resting: threading.Timer | None = None
        self._free: queue.LifoQueue[Supervisor | None] = queue.LifoQueue()
        for _ in range(children):
            self._free.put(None)
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, excerpt: Excerpt, out: Path, still_wanted: StillWanted = lambda: None) -> float:
        """Write a part into a file; gives the seconds by which a copy begins earlier.

        Args:
            excerpt: What to write.
            out: Where; its suffix names the container of a clip. What is there after an error is
                of no use.
            still_wanted: Raises where nobody waits any more.

        Raises:
            NotMade: The part cannot be made.
            NoDecoder: No child can be started on this machine now.
            DecodingStopped: `close` was called.
        """
        supervisor = self._take(still_wanted)
        mine = Supervisor(excerpt.limits, self._child) if supervisor is None else supervisor
        if mine.limits != excerpt.limits:
            mine.close()
            mine = Supervisor(excerpt.limits, self._child)
        try:
            return self._write(mine, excerpt, out, still_wanted)
        finally:
            if self._closed.is_set():
                mine.close()
            self._free.put(mine)
            self._rest()

    def _rest(self) -> None:
        """End the children that are free then, unless one of them was needed again before."""
        timer = threading.Timer(self._idle_s, self._end_free)
        timer.daemon = True
        before, self._resting = self._resting, timer
        if before is not None:
            before.cancel()
        if not self._closed.is_set():
            timer.start()

    def _end_free(self) -> None:
        free: list[Supervisor | None] = []
        while len(free) < self._children:
            try:
                free.append(self._free.get_nowait())
            except queue.Empty:
                break
        for supervisor in free:
            if supervisor is not None:
                supervisor.close()
            self._free.put(None)

    def _take(self, still_wanted: StillWanted) -> Supervisor | None:
        while not self._closed.is_set():
            still_wanted()
            try:
                return self._free.get(timeout=_POLL_S)
            except queue.Empty:
                continue
        raise DecodingStopped

    def _write(
        self, supervisor: Supervisor, excerpt: Excerpt, out: Path, still_wanted: StillWanted
    ) -> float:
        request = {
            "path": str(excerpt.path.absolute()),
            "kind": excerpt.kind,
            "start_s": excerpt.start_s,
            "end_s": excerpt.end_s,
            "covers": [asdict(each) for each in excerpt.covers],
            "out": str(out.absolute()),
        }
        with closing(supervisor.ask(excerpt.path, request, self._closed)) as messages:
            for message in messages:
                still_wanted()
                if "ending" in message:
                    return _earlier_s(message, excerpt)
        raise DecodingStopped

    def close(self) -> None:
        """End the children, and what they are at."""
        self._closed.set()
        if self._resting is not None:
            self._resting.cancel()
        while True:
            try:
                supervisor = self._free.get_nowait()
            except queue.Empty:
                return
            if supervisor is not None:
                supervisor.close()


def _earlier_s(message: dict[str, Any], excerpt: Excerpt) -> float:
    """Of the last message of a child.

    Raises:
        NotMade: It could not write the part.
    """
    name = excerpt.path.name
    try:
        ending = read_ending(message["ending"])
        earlier_s = float(message.get("earlier_s") or 0.0)
    except (ValueError, TypeError, KeyError):
        raise NotMade(f"{name} cannot be cut: the encoder broke off", fix="try again") from None
    if ending.state == "done":
        return earlier_s
    fix = str(message.get("fix") or "check that the file plays, and that the times lie within it")
    raise NotMade(f"{name} cannot be cut: {ending.reason}", fix=fix)
