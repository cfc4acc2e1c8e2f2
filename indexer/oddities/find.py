"""The oddest stretches of a library, or of some of its videos, beside what is normal there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.errors import ReelwiseError
from indexer.oddities.alerts import Alert, alerts, hours, quiet_threshold
from indexer.oddities.unlike import Clips, Doubles, Method, scores
from indexer.search.spans import Span
from indexer.search.view import View
from indexer.store.segments.columns import TableRows

MOST_NORMAL = 50_000
"""Normal clips that others are compared with; of more, so many are drawn."""
NEIGHBOURS = 5
"""Nearest normal clips that count."""
APART_S = 30.0
"""Clips of one video nearer in time than this are not compared."""


@dataclass(frozen=True)
class Wanted:
    """What is judged, and by what."""

    judged: Sequence[int] | None = None
    """Videos whose clips are judged; None for all."""
    normal: Sequence[int] | None = None
    """Videos that show what is normal; None for all."""
    quiet: Sequence[tuple[int, Span | None]] = ()
    """Videos, or parts of them, in which nothing happens."""
    per_hour: float = 1.0
    """False alarms an hour that are allowed, where something quiet is given."""
    method: Method = "neighbours"
    """See `unlike`."""
    k: int = NEIGHBOURS
    """Neighbours that count."""
    apart_s: float = APART_S
    """Clips of one video nearer in time than this are not compared."""
    most: int = 20
    """Stretches that are given where nothing quiet is."""


@dataclass(frozen=True)
class Oddities:
    """What was found."""

    alerts: tuple[Alert, ...]
    """The oddest first: all that reach the threshold, or the oddest clips where there is none."""
    clips: Clips
    """All clips that were judged, by video and time."""
    scores: Doubles
    """(n,) theirs; nan where nothing is there to compare with."""
    normal: Clips
    """The clips that they were compared with."""
    nearest: TableRows
    """(n,) row of the normal clip that is nearest to each."""
    threshold: float | None
    """Lowest score of an alert; None where nothing quiet was given."""
    quiet_hours: float
    """How long what is quiet is."""
    false_alarms: int
    """Alerts that the quiet part raises at this threshold."""
    warnings: tuple[str, ...]
    """What makes it less sure."""


def find_oddities(view: View, wanted: Wanted) -> Oddities:
    """Judge the clips of a library.

    Raises:
        ReelwiseError: There is no clip to judge, none that is normal, or none that is quiet.
    """
    quiet_rows = _quiet_rows(view, wanted.quiet)
    judged = _clips(view, _rows(view, wanted.judged, "to judge"))
    normal, warnings = _normal(view, _rows(view, wanted.normal, "that shows what is normal"))
    values, nearest = scores(
        judged, normal, method=wanted.method, k=wanted.k, apart_s=wanted.apart_s
    )
    if not np.isfinite(values).any():
        raise ReelwiseError(
            "no clip can be compared: all are of one video, and near to one another in time",
            fix="index more videos, name normal ones with --normal, or give a smaller --apart",
        )
    threshold, quiet_hours, false_alarms = None, 0.0, 0
    if wanted.quiet:
        quiet = _clips(view, quiet_rows)
        theirs, _ = scores(quiet, normal, method=wanted.method, k=wanted.k, apart_s=wanted.apart_s)
        threshold = quiet_threshold(quiet, theirs, wanted.per_hour)
        quiet_hours, false_alarms = hours(quiet), len(alerts(quiet, theirs, threshold))
        warnings += _too_short(quiet_hours, wanted.per_hour)
    found = (
        _oddest(judged, values, wanted.most)
        if threshold is None
        else alerts(judged, values, threshold)
    )
    return Oddities(
        tuple(found),
        judged,
        values,
        normal,
        nearest,
        threshold,
        quiet_hours,
        false_alarms,
        warnings,
    )


def _oddest(judged: Clips, values: Doubles, most: int) -> list[Alert]:
    """The oddest clips, each by itself, that overlap no odder one of the same video."""
    kept: list[Alert] = []
    rows = np.flatnonzero(np.isfinite(values))
    for row in rows[np.argsort(-values[rows], kind="stable")].tolist():
        start_s, end_s = float(judged.starts_s[row]), float(judged.ends_s[row])
        one = Alert(int(judged.videos[row]), start_s, end_s, float(values[row]), row)
        if not any(_overlap(one, each) for each in kept):
            kept.append(one)
        if len(kept) == most:
            break
    return kept


def _overlap(one: Alert, other: Alert) -> bool:
    is_same = one.video_id == other.video_id
    return is_same and one.start_s < other.end_s and other.start_s < one.end_s


def _rows(view: View, videos: Sequence[int] | None, what: str) -> TableRows:
    rows = view.every_row if videos is None else view.rows_of(videos)
    rows = np.intersect1d(rows, view.every_row)
    if not len(rows):
        raise ReelwiseError(f"there is no clip {what}", fix="reelwise status")
    return rows


def _quiet_rows(view: View, quiet: Sequence[tuple[int, Span | None]]) -> TableRows:
    """The clips that lie wholly in what is quiet."""
    found = [np.zeros(0, np.intp)]
    for video_id, span in quiet:
        rows = _rows(view, [video_id], f"of video {video_id}")
        if span is not None:
            clips = view.clips(rows)
            inside = (clips.starts_s >= span.start_s - 1e-6) & (clips.ends_s <= span.end_s + 1e-6)
            rows = rows[inside]
        if not len(rows):
            raise ReelwiseError(
                f"no whole clip lies in the quiet part {span} of video {video_id}",
                fix="name a longer part",
            )
        found.append(rows)
    return np.unique(np.concatenate(found))


def _normal(view: View, rows: TableRows) -> tuple[Clips, tuple[str, ...]]:
    if len(rows) <= MOST_NORMAL:
        return _clips(view, rows), ()
    chosen = np.random.default_rng(len(rows)).choice(rows, MOST_NORMAL, replace=False)
    told = f"compared with {MOST_NORMAL:,} of {len(rows):,} normal clips, drawn at random"
    return _clips(view, np.sort(chosen)), (told,)


def _clips(view: View, rows: TableRows) -> Clips:
    table = view.clips(rows)
    order = np.lexsort((table.starts_s, table.video_ids))
    return Clips(
        view.vectors(rows)[order],
        table.video_ids[order],
        table.starts_s[order].astype(np.float64),
        table.ends_s[order].astype(np.float64),
    )


def _too_short(quiet_hours: float, per_hour: float) -> tuple[str, ...]:
    if quiet_hours * per_hour >= 1:
        return ()
    return (
        f"the quiet part is {quiet_hours:.2f} hours long: too short to tell a rate of "
        f"{per_hour:g} false alarms an hour, so none is allowed in it",
    )
