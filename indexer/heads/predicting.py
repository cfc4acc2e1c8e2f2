"""What heads say of all clips: stored, brought up to date, and made anew from the vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from data.arrays import Floats
from data.catalogue import Catalogue
from data.catalogue.predictions import KnownHead, Prediction
from data.durable import crash_point
from data.errors import DamagedFile
from data.home import Home
from data.labels.kinds import Task
from data.labels.vocabulary import how_to_fit
from indexer.heads.described import json_of
from indexer.heads.head import Head
from indexer.heads.inputs.stretches import NO_PICTURES, READ_AGAIN, clips_as_examples
from indexer.heads.models.model import Family
from indexer.heads.stored import load_heads
from indexer.heads.threads import one_thread_each
from indexer.store.stored_videos import clips_without_pictures, read_videos
from indexer.store.vectors import VectorStore, VideoVectors

LEAST_SCORE = 0.05
"""Labels that are less likely are not stored, the likeliest one aside."""
MOST_LABELS = 20
"""Labels of a clip that are stored at most."""
LIKELY = 0.5
"""Of several labels those are chosen that are at least as likely."""
VIDEOS_AT_ONCE = 64
"""Videos whose predictions are stored in one transaction."""
Told = Callable[[str], None]
"""Is told what is being done."""


@dataclass(frozen=True)
class Untold:
    """What a head over small pictures cannot tell, for it was stored without any: no damage."""

    clips: int = 0
    """Clips."""
    videos: int = 0
    """Their videos."""

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.clips > 0

    def __str__(self) -> str:
        """As people are told; the head stands before it."""
        return f"{self.how_many}: {NO_PICTURES} ({READ_AGAIN})"

    @property
    def left_out(self) -> str:
        """As who asks the head by a condition is told."""
        return f"{self.how_many}, which are left out: {NO_PICTURES}; {READ_AGAIN}"

    @property
    def how_many(self) -> str:
        """The number alone."""
        return f"cannot tell {self.clips:,} clips of {self.videos:,} videos"


@dataclass
class Predicted:
    """What was brought up to date."""

    clips: dict[str, int] = field(default_factory=dict)
    """By head, clips that it has predicted of just now."""
    left_out: dict[str, str] = field(default_factory=dict)
    """By head, why it predicts of no clip."""
    untold: dict[str, Untold] = field(default_factory=dict)
    """By head over small pictures, what was stored without any."""


def as_known(head: Head) -> KnownHead:
    """What the catalogue keeps of a head."""
    return KnownHead(
        0, head.name, head.revision, head.encoder_id, str(head.task), head.classes, head.needed
    )


def bring_up_to_date(catalogue: Catalogue, told: Told = lambda _: None) -> Predicted:
    """Predict of all clips that no prediction was made of, by every head that can.

    A kill costs the videos of one transaction. Heads that are gone lose their predictions, heads
    that were fitted anew get new ones. Damaged heads keep what they predicted.
    """
    report = Predicted()
    heads, damaged = load_heads(catalogue.home)
    there = {head.name for head in heads} | damaged.keys()
    known = catalogue.predictions.heads()
    for name in known.keys() - there:
        catalogue.predictions.drop(name)
    report.left_out |= dict.fromkeys(damaged, "it is damaged")
    for head in heads:
        mine = known.get(head.name)
        if mine is None or mine.revision != head.revision:
            catalogue.predictions.begin(as_known(head))
            crash_point("predictions.begun")
            mine = catalogue.predictions.heads()[head.name]
        why = _why_not(catalogue, head)
        if why:
            report.left_out[head.name] = why
            continue
        n, untold = _predict_missing(catalogue, head, mine)
        if untold:
            report.untold[head.name] = untold
        if n:
            report.clips[head.name] = n
            told(f"{head.name}: predicted of {n:,} clips")
    return report


def _why_not(catalogue: Catalogue, head: Head) -> str:
    if head.needed:
        columns = ", ".join(head.needed)
        return f"it needs the columns {columns}, which clips do not have"
    if head.encoder_id != catalogue.encoder:
        return (
            f"it was fitted on vectors of {head.encoder_id}, not of {catalogue.encoder}: "
            f"{how_to_fit(head.name)}"
        )
    return ""


def untold_by(catalogue: Catalogue, head: Head, known: KnownHead) -> Untold:
    """What a head lacks predictions of, and cannot tell; none for heads without small pictures."""
    return without_pictures(catalogue, known) if head.uses_volumes else Untold()


def looks_at_pictures(home: Home, name: str) -> bool:
    """Whether a stored head looks at small pictures; its tensors are not read.

    False where it is gone, or not as it was written, as `verify` says.
    """
    try:
        return bool(json_of(home.head(name))["family"] == Family.VOLUME)
    except (DamagedFile, KeyError):
        return False


def without_pictures(catalogue: Catalogue, known: KnownHead) -> Untold:
    """What lacks predictions of a head, and was stored without small pictures."""
    store = VectorStore(catalogue.home, known.encoder_id)
    counts = clips_without_pictures(catalogue, store, catalogue.predictions.missing(known))
    return Untold(sum(counts.values()), len(counts))


def _missing(catalogue: Catalogue, head: Head, known: KnownHead) -> Iterator[VideoVectors]:
    missing = catalogue.predictions.missing(known)
    store = VectorStore(catalogue.home, head.encoder_id)
    return read_videos(catalogue, store, missing, on_damage=lambda _: None)


def _untold(head: Head, videos: Iterable[VideoVectors]) -> Untold:
    blind = [len(v.clip_ids) for v in videos if head.uses_volumes and v.small_frames is None]
    return Untold(sum(blind), len(blind))


def _predict_missing(catalogue: Catalogue, head: Head, known: KnownHead) -> tuple[int, Untold]:
    """Of how many clips it predicted, and what it could not."""
    videos, n, untold = _missing(catalogue, head, known), 0, Untold()
    with one_thread_each():
        while some := list(islice(videos, VIDEOS_AT_ONCE)):
            catalogue.predictions.put(known.id, predictions_of(head, some))
            crash_point("predictions.put")
            more = _untold(head, some)
            untold = Untold(untold.clips + more.clips, untold.videos + more.videos)
            n += sum(len(video.clip_ids) for video in some) - more.clips
    return n, untold


def predictions_of(head: Head, videos: Sequence[VideoVectors]) -> Iterator[Prediction]:
    """What a head says of the clips of some videos."""
    wanted = {
        "frames": head.uses_frames,
        "changes": head.recipe.changes,
        "volumes": head.uses_volumes,
    }
    for video, examples in clips_as_examples(iter(videos), **wanted):
        outputs = head.outputs(examples)
        for clip_id, row in zip(video.clip_ids.tolist(), outputs, strict=True):
            for label, score, chosen in said(head, row):
                yield Prediction(clip_id, label, score, chosen)


def said(head: Head, row: Floats) -> list[tuple[str, float, bool]]:
    """Labels with their probabilities and whether they are chosen, the likeliest first.

    A number is one label without a name. Labels below `LEAST_SCORE` are left out.
    """
    if head.task is Task.NUMBER:
        return [("", float(row[0]), True)]
    order = np.argsort(-row, kind="stable")[:MOST_LABELS].tolist()
    kept = [at for at in order if row[at] >= LEAST_SCORE] or order[:1]
    best = order[0]
    return [
        (
            head.classes[at],
            min(1.0, float(row[at])),
            bool(row[at] >= LIKELY) if head.task is Task.SEVERAL else at == best,
        )
        for at in kept
    ]
