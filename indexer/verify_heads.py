"""Heads against their checksums, and what they predicted against their vectors."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from data.catalogue import Catalogue
from data.catalogue.predictions import BAD_PREDICTIONS, KnownHead, Prediction
from data.catalogue.values import sql
from data.home import Home
from indexer.store.stored_videos import read_videos
from indexer.store.vectors import VectorStore

if TYPE_CHECKING:
    from indexer.heads.head import Head

SAMPLE_VIDEOS = 20
"""Videos whose predictions are made once more to be compared; with `deep` it is all."""
TOLERANCE = 1e-3
"""Most that a score may differ, of its size or of 1: another BLAS rounds otherwise."""
MEND = "run reelwise verify --repair: they are made anew"
_BAD_HEADS = sql(f"SELECT DISTINCT head_id FROM {BAD_PREDICTIONS}")


class Report(Protocol):
    """Takes what is wrong."""

    def add(self, what: str, path: Path, fix: str) -> None:
        """Add one problem."""

    def note(self, what: str) -> None:
        """Add what is no problem and good to know."""

    def count(self, what: str, of: int = 0) -> None:
        """Count one more checked thing."""


def check_heads(
    home: Home, catalogue: Catalogue, report: Report, *, deep: bool
) -> tuple[set[str], bool]:
    """Report damaged heads, and predictions that are missing or others than the head makes.

    Returns:
        Names of the heads whose predictions have to be made anew, and whether any are missing.
    """
    known = catalogue.predictions.heads()
    if not home.heads.is_dir() and not known:
        return set(), False
    from indexer.heads.stored import load_heads

    heads, damaged = load_heads(home)
    for name, error in damaged.items():
        report.add(error.problem, home.head(name), error.fix)
    with catalogue.reading() as connection:
        bad = set(connection.scalars(_BAD_HEADS))
    wrong, behind = set(), bool(known.keys() - {head.name for head in heads} - damaged.keys())
    if behind:
        report.add("predictions of heads that are gone are left", home.catalogue, MEND)
    for head in heads:
        report.count("heads", of=len(heads))
        mine = known.get(head.name)
        what = _problem(catalogue, head, mine, report, deep=deep)
        if mine is not None and mine.id in bad:
            what = "holds values that no head gives"
        if what is None:
            continue
        report.add(f"what the head {head.name} predicted {what}", home.catalogue, MEND)
        behind = True
        wrong |= set() if mine is None else {head.name}
    return wrong, behind


def _problem(
    catalogue: Catalogue, head: Head, known: KnownHead | None, report: Report, *, deep: bool
) -> str | None:
    from indexer.heads.predicting import untold_by

    if known is None or known.revision != head.revision:
        return "is of an older fit, or was never stored"
    if head.needed or head.encoder_id != catalogue.encoder:
        return None
    missing = catalogue.predictions.count_missing(known)
    if missing and (untold := untold_by(catalogue, head, known)):
        report.note(f"the head {head.name} {untold}")
        missing -= untold.clips
    if missing:
        return f"is missing for {missing:,} clips"
    if _differs(catalogue, head, known, None if deep else SAMPLE_VIDEOS):
        return "is not what it predicts"
    return None


def _differs(catalogue: Catalogue, head: Head, known: KnownHead, most: int | None) -> bool:
    from indexer.heads.predicting import predictions_of

    ids = [video.id for video in catalogue.videos(head.encoder_id)]
    step = 1 if most is None else max(1, len(ids) // most)
    store = VectorStore(catalogue.home, head.encoder_id)
    videos = read_videos(catalogue, store, ids[::step], on_damage=lambda _: None)
    while some := list(islice(videos, SAMPLE_VIDEOS)):
        clips = [int(clip) for video in some for clip in video.clip_ids]
        stored = {
            (each.clip_id, each.label): each for each in catalogue.predictions.of(known, clips)
        }
        made = {(each.clip_id, each.label): each for each in predictions_of(head, some)}
        if any(_is_other(stored.get(key), made.get(key)) for key in stored.keys() | made.keys()):
            return True
    return False


def _is_other(stored: Prediction | None, made: Prediction | None) -> bool:
    """Whether two differ by more than rounding; one alone only where it is not at the limit."""
    from indexer.heads.predicting import LEAST_SCORE

    if stored is None or made is None:
        alone = stored or made
        return alone is None or alone.score > LEAST_SCORE + TOLERANCE
    return abs(stored.score - made.score) > TOLERANCE * max(1.0, abs(made.score))
