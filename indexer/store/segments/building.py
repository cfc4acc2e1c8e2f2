"""Making segments: written beside the others, forced to the disk, then given their name."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from data.arrays import Floats
from data.catalogue import Catalogue
from data.durable import crash_point, make_dir, new_folder, write_synced
from data.errors import ReelwiseError
from data.home import Home
from data.sealed import MANIFEST_FILE, file_sum, seal
from indexer.store.checked_files import CheckedFiles
from indexer.store.rows.choice import AUTO, chosen_kind
from indexer.store.rows.half_matrix import HalfMatrix, writing
from indexer.store.rows.kinds import FlatRows
from indexer.store.rows.row_index import CellTrainer, RowIndex
from indexer.store.rows.tuning import TARGET_RECALL, tuned
from indexer.store.segments.columns import Columns, columns_of
from indexer.store.segments.segment import (
    CLIPS_FILE,
    MEANS_FILE,
    NEAREST_FILE,
    SEGMENT_FORMAT,
    SEGMENT_PREFIX,
    Segment,
    SegmentFacts,
    open_segment,
    segment_folder,
)
from indexer.store.vectors import VideoClips


@dataclass(frozen=True)
class Building:
    """How the index of a segment is built."""

    kind: str = AUTO
    """Name of its kind, or `AUTO`."""
    target_recall: float = TARGET_RECALL
    """Recall@10 that it has at least."""
    trainer: CellTrainer | None = None
    """What trains and fills cells on a GPU; None for the CPU."""


USUAL_BUILDING = Building()
"""As nobody said anything else."""


@dataclass(frozen=True)
class IndexChange:
    """What is to be different from now on about how a library's indexes are built.

    Raises:
        ReelwiseError: There is no such kind, or no index can have that recall.
    """

    kind: str | None = None
    """Name of the kind, `AUTO` for one that suits the number of clips; None as it is."""
    target_recall: float | None = None
    """Least recall@10, 0.5 to 1; None as it is."""

    def __post_init__(self) -> None:
        if self.kind is not None:
            chosen_kind(0, self.kind)
        if self.target_recall is not None and not 0.5 <= self.target_recall <= 1:
            raise ReelwiseError(
                f"an index finds 0.5 to 1 of the ten nearest clips, not {self.target_recall:g}",
                fix="--index-recall 0.95",
            )

    def changed(self, catalogue: Catalogue) -> dict[str, Any]:
        """What `Catalogue.set_index` is to remember."""
        recall = self.target_recall
        return {
            "kind": catalogue.index_kind if self.kind is None else self.kind,
            "target_recall": catalogue.target_recall if recall is None else recall,
        }


def building_of(catalogue: Catalogue, trainer: CellTrainer | None = None) -> Building:
    """How the library wants its indexes built; by `trainer` where cells are trained on a GPU."""
    kind, recall = catalogue.index_kind or AUTO, catalogue.target_recall or TARGET_RECALL
    return Building(kind, recall, trainer)


def suits(segment: Segment, building: Building) -> bool:
    """Whether a segment of a folder has the index that it would be given now."""
    facts = segment.facts
    if facts is None:
        return False
    if (facts.asked_kind, facts.target_recall) == (building.kind, building.target_recall):
        return True
    if chosen_kind(facts.clips, building.kind).kind != facts.index_kind:
        return False
    return facts.index_kind == FlatRows.kind or facts.target_recall == building.target_recall


def build_segment(
    home: Home, encoder_id: str, videos: Iterable[VideoClips], building: Building = USUAL_BUILDING
) -> Segment | None:
    """Make a segment of the clips of some videos, each of which is released before the next.

    Memory is that of its index. When this returns, the segment survives a power cut.

    Returns:
        The opened segment; None where there is no video.
    """
    ahead = iter(videos)
    first = next(ahead, None)
    if first is None:
        return None
    name = f"{SEGMENT_PREFIX}{uuid.uuid4().hex}"
    folder = segment_folder(home, name)
    make_dir(folder.parent, private=True)
    with new_folder(folder, point="segment") as temp:
        facts = _write(temp, name, encoder_id, chain([first], ahead), building)
        write_synced(temp / MANIFEST_FILE, seal(asdict(facts)))
    # What was just written is known to be whole: an index of any size opens at once.
    CheckedFiles(home).remember(folder, facts.files)
    return open_segment(home, name)


def segment_in_memory(videos: Iterable[VideoClips]) -> Segment | None:
    """An exact segment in memory of the clips of some videos; None where there is none."""
    gathered = _Gathered()
    vectors = [each.vectors for each in gathered.watch(videos)]
    if not vectors:
        return None
    index = FlatRows.build(HalfMatrix.of(np.concatenate(vectors)))
    means = HalfMatrix.of(np.stack(gathered.means))
    return Segment(gathered.columns(), tuple(gathered.parts), index, means)


class _Gathered:
    """What is kept of videos whose vectors pass by."""

    def __init__(self) -> None:
        self.parts: dict[str, int] = {}
        self.means: list[Floats] = []
        self._seen: list[VideoClips] = []

    def watch(self, videos: Iterable[VideoClips]) -> Iterator[VideoClips]:
        """Give each video on, and keep all but its vectors."""
        for each in videos:
            yield each
            self.parts.setdefault(each.part, len(self.parts))
            self.means.append(mean_by_length(each))
            # Views, also an empty one, would keep a whole part in memory.
            ids, spans, none = each.ids.copy(), each.spans.copy(), each.vectors[:0].copy()
            self._seen.append(VideoClips(each.video_id, each.part, ids, spans, none))

    def columns(self) -> Columns:
        """The columns of what passed by."""
        return columns_of(
            [each.video_id for each in self._seen],
            [self.parts[each.part] for each in self._seen],
            [each.ids for each in self._seen],
            [each.spans for each in self._seen],
        )


def mean_by_length(video: VideoClips) -> Floats:
    """(d,) the unit vector of a video: the mean of its clips, long ones counting for more."""
    lengths_s = np.maximum(video.spans[:, 1] - video.spans[:, 0], 1e-3)
    mean = lengths_s @ video.vectors.astype(np.float32)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def _indexed(matrix: HalfMatrix, building: Building) -> tuple[RowIndex, float]:
    """The index of a matrix, and its recall@10.

    Where the kind was not named, and does not reach the recall, every vector is compared.
    """
    index = chosen_kind(len(matrix), building.kind).build(matrix, building.trainer)
    recall_at_10 = tuned(index, building.target_recall)
    if building.kind == AUTO and recall_at_10 < building.target_recall:
        index = FlatRows.build(matrix)
        recall_at_10 = tuned(index)
    return index, recall_at_10


def _write(
    folder: Path, name: str, encoder_id: str, videos: Iterator[VideoClips], building: Building
) -> SegmentFacts:
    """Write all files of a segment but its manifest."""
    gathered = _Gathered()
    first = next(videos)
    dim = first.vectors.shape[1]
    with writing(folder / CLIPS_FILE, dim) as file:
        for each in gathered.watch(chain([first], videos)):
            file.add(each.vectors)
    with writing(folder / MEANS_FILE, dim) as file:
        file.add(np.stack(gathered.means))
    columns = gathered.columns()
    paths = [*columns.save(folder), folder / CLIPS_FILE, folder / MEANS_FILE]
    crash_point("segment.after_vectors")
    matrix = HalfMatrix.map(folder / CLIPS_FILE, dim=dim, n=len(columns))
    index, recall_at_10 = _indexed(matrix, building)
    if index.save(folder / NEAREST_FILE):
        paths.append(folder / NEAREST_FILE)
    crash_point("segment.after_nearest")
    return SegmentFacts(
        format=SEGMENT_FORMAT,
        name=name,
        encoder_id=encoder_id,
        dim=dim,
        videos=columns.n_videos,
        clips=len(columns),
        parts=tuple(gathered.parts),
        index_kind=index.kind,
        parameters=index.parameters,
        recall_at_10=recall_at_10,
        asked_kind=building.kind,
        target_recall=building.target_recall,
        files={path.name: file_sum(path) for path in paths},
    )
