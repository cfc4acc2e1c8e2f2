"""What is not shown: stretches that a decision blocks, and those that a rule hides meanwhile.

A rule that hides what it finds also keeps back what it has not looked at yet: between the moment
at which new clips are there and the look of the rule, nobody finds what it would have hidden. A
rule that never looked keeps nothing back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from data.arrays import Ids
from data.catalogue.database import Database
from data.catalogue.values import id_column, id_list, sql
from data.review.writing import CHANGES

Effect = Literal["withheld", "blurred"]
TOUCH_S = 1e-3
"""Stretches that share less do not overlap: one ends where the next begins."""

_UNDECIDED = "c.state IN ('open', 'unsure') AND r.action = '{action}'"
_STRETCHES = (
    "SELECT c.id, c.video_id, c.start_s, c.end_s, c.label, c.state FROM review_cases c"
    " LEFT JOIN review_rules r ON r.name = c.label WHERE {which}"
)
_UNSEEN = (
    "SELECT 0 AS id, e.video_id, min(k.start_s) AS start_s, max(k.end_s) AS end_s, r.name AS label,"
    " 'unseen' AS state FROM review_rules r JOIN clips k ON k.id > r.scanned_to"
    " JOIN embeddings e ON e.id = k.embedding_id WHERE r.action = 'hide' AND r.scanned_to > 0"
    " AND e.encoder_id = :encoder GROUP BY r.name, e.video_id"
)
_CASES = _STRETCHES.format(which=f"c.state = 'blocked' OR {_UNDECIDED.format(action='hide')}")
_WITHHELD = f"{_CASES} UNION ALL {_UNSEEN}"
_BLURRED = _STRETCHES.format(which=_UNDECIDED.format(action="blur"))
_OF_EFFECT = {
    "withheld": sql(f"{_WITHHELD} ORDER BY video_id, start_s"),
    "blurred": sql(f"{_BLURRED} ORDER BY video_id, start_s"),
}
_CLIPS = sql(
    f"SELECT {id_column('k.id')} FROM embeddings e JOIN clips k ON k.embedding_id = e.id"
    f" WHERE e.encoder_id = :encoder AND EXISTS (SELECT 1 FROM ({_WITHHELD}) w"
    f" WHERE w.video_id = e.video_id AND (k.start_s < w.end_s - {TOUCH_S}"
    f" AND k.end_s > w.start_s + {TOUCH_S} OR k.start_s = w.start_s AND k.end_s = w.end_s))"
    f" AND e.video_id IN (SELECT video_id FROM ({_WITHHELD}))"
)


@dataclass(frozen=True)
class Stretch:
    """A part of a video that is not shown as the rest is."""

    case_id: int | None
    """The case that says why; None where the rule has not looked yet."""
    video_id: int
    """The video."""
    start_s: float
    """Start."""
    end_s: float
    """End, not included."""
    rule: str
    """The rule."""
    decided: bool
    """A person has decided so; else the policy says so meanwhile."""

    def overlaps(self, start_s: float, end_s: float) -> bool:
        """Whether a stretch, which may be an instant, has a part in it."""
        if end_s <= start_s:
            return self.start_s <= start_s < self.end_s
        if (start_s, end_s) == (self.start_s, self.end_s):
            return True
        return start_s < self.end_s - TOUCH_S and end_s > self.start_s + TOUCH_S


@dataclass(frozen=True, eq=False)
class NotShown:
    """What is not shown at one instant; it never changes, so threads may share it."""

    clips: Ids
    """Ids of the clips of one encoder with a part in a stretch, ascending."""
    stretches: Mapping[int, tuple[Stretch, ...]]
    """By video, the stretches that are withheld."""
    blurred: Mapping[int, tuple[Stretch, ...]]
    """By video, the stretches that are shown blurred until somebody asks."""

    @cached_property
    def videos(self) -> Ids:
        """Ids of the videos with a withheld stretch, ascending."""
        return np.array(sorted(self.stretches), np.int64)

    def __bool__(self) -> bool:
        return bool(self.stretches)

    def why(self, video_id: int, start_s: float, end_s: float) -> Stretch | None:
        """The first withheld stretch that a part of a video overlaps; None where it is shown."""
        return _first(self.stretches, video_id, start_s, end_s)

    def effect(self, video_id: int, start_s: float, end_s: float) -> Effect | Literal["none"]:
        """What is done with a part of a video."""
        if self.why(video_id, start_s, end_s) is not None:
            return "withheld"
        return "none" if self.blur(video_id, start_s, end_s) is None else "blurred"

    def blur(self, video_id: int, start_s: float, end_s: float) -> Stretch | None:
        """The same of stretches that are blurred."""
        return _first(self.blurred, video_id, start_s, end_s)


def _first(
    of: Mapping[int, tuple[Stretch, ...]], video_id: int, start_s: float, end_s: float
) -> Stretch | None:
    return next((each for each in of.get(video_id, ()) if each.overlaps(start_s, end_s)), None)


NOTHING = NotShown(np.zeros(0, np.int64), {}, {})
"""Everything is shown."""


class Withholding:
    """What is not shown now, of one catalogue; threads may share it.

    Asking reads two values; everything else only when a decision or the library has changed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: tuple[tuple[str | None, str | None, str], NotShown] | None = None

    def now(self, encoder_id: str | None = None) -> NotShown:
        """What is not shown, as the catalogue has it now.

        Args:
            encoder_id: Whose clips; None takes the encoder that the library is served with.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_MARK).all()
            known = {row.key: row.value for row in rows}
            if CHANGES not in known:
                return NOTHING  # no case was ever found
            encoder = encoder_id or known.get("encoder_id", "")
            mark = (known.get(CHANGES), known.get("changes"), encoder)
            with self._lock:
                if self._known is not None and self._known[0] == mark:
                    return self._known[1]
            of = {"encoder": encoder}
            found = {name: _by_video(connection.execute(q, of)) for name, q in _OF_EFFECT.items()}
            clips = np.zeros(0, np.int64)
            if found["withheld"]:
                clips = np.sort(id_list(connection.scalar(_CLIPS, of)))
        made = NotShown(clips, found["withheld"], found["blurred"])
        with self._lock:
            self._known = (mark, made)
        return made


_MARK = sql(f"SELECT key, value FROM meta WHERE key IN ('{CHANGES}', 'changes', 'encoder_id')")


def _by_video(rows: Iterable[Any]) -> dict[int, tuple[Stretch, ...]]:
    found: dict[int, list[Stretch]] = {}
    for row in rows:
        stretch = Stretch(
            row.id or None, row.video_id, row.start_s, row.end_s, row.label, row.state == "blocked"
        )
        found.setdefault(row.video_id, []).append(stretch)
    return {video_id: tuple(each) for video_id, each in found.items()}
