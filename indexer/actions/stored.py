"""From the videos of a set to their stored vectors; what has none is named with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from data.action_sets.action_set import ActionSet, ActionVideo, Part
from data.arrays import Floats, Ids
from data.catalogue import Catalogue, State
from data.errors import ReelwiseError
from data.labels.rows import LABEL, LabelRow
from indexer.heads.inputs.examples import Examples
from indexer.heads.inputs.stretches import find_stretches


@dataclass(frozen=True)
class UnusedVideo:
    """A video of a set that cannot be judged or trained on."""

    name: str
    """The video, as the set calls it."""
    part: Part
    """What it is for."""
    reason: str
    """Why."""
    is_missing: bool = False
    """There is no file; else there is one that was not embedded."""


@dataclass(frozen=True)
class StoredPart:
    """Videos of one part that have stored vectors."""

    videos: list[ActionVideo]
    """n videos."""
    video_ids: Ids
    """(n,) their numbers in the library."""
    examples: Examples
    """m rows: the labelled stretch of each video, or its segments."""
    owners: Ids
    """(m,) the place in `videos` that each row belongs to."""

    def mean_of_rows(self, rows: Floats) -> Floats:
        """(n, c) means over the rows of each video, for (m, c) rows."""
        total = np.zeros((len(self.videos), rows.shape[1]), np.float64)
        np.add.at(total, self.owners, rows)
        counts = np.bincount(self.owners, minlength=len(self.videos))
        return np.asarray(total / counts[:, None], np.float32)


@dataclass(frozen=True)
class StoredSet:
    """A set with the stored vectors of its videos."""

    test: StoredPart
    """What is judged."""
    train: StoredPart | None
    """What heads are fitted on; None where nothing is."""
    unused: list[UnusedVideo]
    """Videos of both parts that have no stored vectors."""
    partial: list[str]
    """Videos that are used though they were decoded only in part."""
    in_both: int
    """Training videos that are left out because the same bytes are judged."""


@dataclass(frozen=True)
class Reading:
    """How the videos of a set are looked at."""

    segment_s: float | None = None
    """Length of the segments whose answers are averaged; None takes the whole stretch."""
    frames: bool = False
    """Also give the vectors of frames."""
    train: bool = True
    """Also give the training part."""
    partly: bool = False
    """Videos that were never indexed are named as unused; else they are an error."""


def stored_set(catalogue: Catalogue, actions: ActionSet, reading: Reading, index: str) -> StoredSet:
    """Look the vectors of a set up.

    Args:
        catalogue: The library.
        actions: The set.
        reading: How its videos are looked at.
        index: The command that indexes it.

    Raises:
        ReelwiseError: The set is not indexed, or no video to judge has vectors.
    """
    found = _Looked(catalogue, reading)
    test = found.look(actions.part(Part.TEST))
    train = found.look(actions.part(Part.TRAIN)) if reading.train else []
    if found.unknown and (not reading.partly or not test):
        raise ReelwiseError(
            f"{len(found.unknown):,} of {len(actions.videos):,} videos of the set are not indexed, "
            f"the first {found.unknown[0]}",
            fix=f"{index}   (or add --index)",
        )
    if not test:
        first = found.unused[0]
        raise ReelwiseError(
            f"no video to judge can be used; {first.name}: {first.reason}",
            fix="check --dataset: it is the folder above the videos",
        )
    judged = {video_id for _, video_id in test}
    apart = [each for each in train if each[1] not in judged]
    return StoredSet(
        found.vectors(test),
        found.vectors(apart) if apart else None,
        found.unused,
        found.partial,
        len(train) - len(apart),
    )


class _Looked:
    """Looks videos up, and keeps what it did not find."""

    def __init__(self, catalogue: Catalogue, reading: Reading) -> None:
        self._catalogue = catalogue
        self._reading = reading
        self._names = catalogue.video_names()
        self._failures = {each.path: each for each in catalogue.embeddings.failures()}
        self.unused: list[UnusedVideo] = []
        self.unknown: list[str] = []
        self.partial: list[str] = []

    def look(self, videos: Sequence[ActionVideo]) -> list[tuple[ActionVideo, int]]:
        """The videos that are indexed, with their numbers."""
        found = []
        for video in videos:
            if video.path is None:
                why = "its file is missing, or several files are called so"
                self.unused.append(UnusedVideo(video.name, video.part, why, is_missing=True))
                continue
            failure = self._failures.get(video.path)
            if failure is not None and failure.state == State.FAILED:
                self.unused.append(UnusedVideo(video.name, video.part, failure.reason))
                continue
            ids = self._names.find(str(video.path))
            if len(ids) == 1:
                found.append((video, ids[0]))
                self.partial += [video.name] if failure is not None else []
            else:
                self.unknown.append(video.name)
                self.unused.append(UnusedVideo(video.name, video.part, "it is not indexed"))
        return found

    def vectors(self, videos: Sequence[tuple[ActionVideo, int]]) -> StoredPart:
        """The stored vectors of indexed videos, which are then complete."""
        rows = self._rows(videos)
        encoder_id = self._catalogue.encoder
        assert encoder_id is not None
        found = find_stretches(self._catalogue, encoder_id, rows, frames=self._reading.frames)
        owners = np.array([row.line for row in found.rows], np.int64)
        there, places = np.unique(owners, return_inverse=True)
        for trouble in found.troubles:
            video = videos[trouble.line][0]
            if trouble.line not in there:
                self.unused.append(UnusedVideo(video.name, video.part, trouble.reason))
        kept = [videos[at] for at in there.tolist()]
        return StoredPart(
            [video for video, _ in kept],
            np.array([video_id for _, video_id in kept], np.int64),
            found.examples,
            places.astype(np.int64),
        )

    def _rows(self, videos: Sequence[tuple[ActionVideo, int]]) -> list[LabelRow]:
        """The stretches that are looked at; `line` is the place of the video."""
        known = self._catalogue.videos_by_id({video_id for _, video_id in videos})
        rows = []
        for at, (video, video_id) in enumerate(videos):
            start_s = video.start_s or 0.0
            end_s = known[video_id].duration_s if video.end_s is None else video.end_s
            for a_s, b_s in segments(start_s, end_s, self._reading.segment_s):
                labels = {LABEL: (video.label,)}
                rows.append(LabelRow(at, f"id:{video_id}", a_s, b_s, labels, {}))
        return rows


def segments(start_s: float, end_s: float, each_s: float | None) -> list[tuple[float, float]]:
    """Pieces of a stretch; the last takes in what is left of less than half a piece.

    A stretch of unknown length, which ends at 0, is one piece up to the end of the video.
    """
    if end_s <= start_s:
        return [(start_s, np.inf)]
    n = 1 if each_s is None else max(1, int((end_s - start_s) / each_s + 0.5))
    borders = [start_s + (each_s or 0.0) * at for at in range(n)] + [end_s]
    return list(pairwise(borders))
