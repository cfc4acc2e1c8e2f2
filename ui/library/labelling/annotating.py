"""Annotation of one library: sets of labels, what to label next, and the same as documents."""

from __future__ import annotations

import threading
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from data.annotations.annotations import Annotations
from data.annotations.progress import newest_at, progress_of
from data.annotations.records import Annotation, LabelSet
from data.catalogue.guard.copies import copy_if_due
from data.errors import ReelwiseError
from data.review.withheld import NotShown, Withholding
from ui.library.documents import Document

if TYPE_CHECKING:
    from data.annotations.exporting import Exported
    from data.annotations.importing import Imported
    from data.catalogue import Catalogue, Video
    from data.labels.kinds import Task
    from indexer.annotation.annotator import Annotator, Proposal, Proposed
    from indexer.annotation.curve import Point
    from indexer.annotation.errors import Doubt
    from indexer.annotation.pool import Pool
    from indexer.search.keywords import Keyword

PARQUET = b"PAR1"
"""What a Parquet file begins with."""
KEYWORDS = 5
"""Key words of a video that are told with a proposal."""


@dataclass(frozen=True)
class SentLabels:
    """A file of labels that came over the network."""

    name: str
    """What it is called, for messages; its kind is seen in its content."""
    content: bytes
    """CSV in UTF-8, or JSON."""


class Annotating:
    """What a library is annotated with. Threads may share it.

    Args:
        catalogue: The library.
        keywords: Gives the key words of a video.
    """

    def __init__(self, catalogue: Catalogue, keywords: Callable[[int], Sequence[Keyword]]) -> None:
        self._catalogue = catalogue
        self._keywords = keywords
        self._withholding = Withholding(catalogue)
        self.annotations = Annotations(catalogue)
        """The sets, and what was said."""
        self._opening = threading.Lock()
        self._pool: tuple[tuple[int, str], Pool] | None = None
        self._annotators: dict[str, Annotator] = {}

    def annotator(self, name: str) -> Annotator:
        """What proposes for a set; it knows the clips that are searchable now.

        Raises:
            ReelwiseError: There is no such set, or nothing is indexed.
        """
        from indexer.annotation.annotator import Annotator
        from indexer.annotation.pool import open_pool

        name = self.annotations.get(name).name
        with self._opening:
            key = (self._catalogue.changes(), self._catalogue.encoder or "")
            if self._pool is None or self._pool[0] != key:
                self._pool, self._annotators = (key, open_pool(self._catalogue)), {}
            if name not in self._annotators:
                self._annotators[name] = Annotator(self._catalogue, name, self._pool[1])
            return self._annotators[name]

    def remove(self, name: str) -> int:
        """As `Annotations.remove`; what was learned of it goes too."""
        labelled = self.annotations.remove(name)
        with self._opening:
            self._annotators.pop(name, None)
        return labelled

    def keep(self) -> None:
        """Copy the catalogue where its copy is old: labels are in no other file."""
        copy_if_due(self._catalogue.home)

    def take(
        self, name: str, file: Path, *, by: str, task: Task | None, column: str | None
    ) -> Imported:
        """Add the labels of a file, as `import_labels`."""
        from data.annotations.importing import import_labels

        found = import_labels(self._catalogue, name, file, by=by, task=task, column=column)
        self.keep()
        return found

    def take_sent(
        self, name: str, sent: SentLabels, *, by: str, task: Task | None, column: str | None
    ) -> Imported:
        """Add the labels of a file that came over the network, as `take`.

        Raises:
            ReelwiseError: As `import_labels`, or it is Parquet, whose few bytes can be many rows.
        """
        if sent.content.startswith(PARQUET):
            raise ReelwiseError(
                f"{sent.name} is a Parquet file", fix="send the labels as CSV or JSON"
            )
        with TemporaryDirectory(prefix="reelwise-labels-") as folder:
            is_json = sent.content.removeprefix(BOM_UTF8).lstrip()[:1] in (b"{", b"[")
            path = Path(folder) / ("labels.json" if is_json else "labels.csv")
            path.write_bytes(sent.content)
            try:
                return self.take(name, path, by=by, task=task, column=column)
            except ReelwiseError as error:
                error.problem = error.problem.replace(str(path), sent.name)
                raise

    def give(self, name: str, ending: str) -> Exported:
        """A set as a file, as `exported`.

        Raises:
            ReelwiseError: There is no such set.
        """
        from data.annotations.exporting import exported

        known, current = self.annotations.get(name), self.annotations.current(name)
        videos = self._catalogue.videos_by_id({each.video_id for each in current})
        return exported(known, current, videos, ending)

    def set_documents(self) -> list[Document]:
        """All sets with how far they have come."""
        return [self._set_document(each) for each in self.annotations.sets()]

    def set_document(self, name: str) -> Document:
        """A set with how far it has come.

        Raises:
            ReelwiseError: There is none.
        """
        return self._set_document(self.annotations.get(name))

    def _set_document(self, known: LabelSet) -> Document:
        current = self.annotations.current(known.name)
        progress, newest = progress_of(known, current), newest_at(current)
        return {
            "name": known.name,
            "task": str(known.task),
            "labels": list(known.labels),
            "labelled": progress.labelled,
            "skipped": progress.skipped,
            "videos": progress.videos,
            "counts": progress.counts,
            "numbers": None if progress.numbers is None else asdict(progress.numbers),
            "created_at": known.created_at,
            "newest_at": newest,
        }

    def proposed_documents(self, found: Proposed) -> list[Document]:
        """Proposals with their videos and key words; without videos that are gone meanwhile.

        `keywords` is None where the library's encoder cannot be opened.
        """
        videos = self._catalogue.videos_by_id({each.video_id for each in found.items})
        not_shown = self._withholding.now()
        return [
            self._proposal(each, videos[each.video_id], not_shown)
            for each in found.items
            if each.video_id in videos
        ]

    def _proposal(self, each: Proposal, video: Video, not_shown: NotShown) -> Document:
        return {
            **_place(each, video, not_shown),
            "why": each.why,
            "unsure": round(each.unsure, 4),
            "guesses": [
                {"label": label, "chance": round(chance, 4)} for label, chance in each.guesses
            ],
            "number": each.number,
            "spread": each.spread,
            "keywords": self._words(each.video_id),
        }

    def _words(self, video_id: int) -> list[str] | None:
        try:
            return [word.text for word in self._keywords(video_id)[:KEYWORDS]]
        except ReelwiseError:
            # What searches cannot be opened, as `status` says: it keeps nobody from labelling.
            return None

    def annotation_documents(self, rows: Sequence[Annotation]) -> list[Document]:
        """Annotations with their videos; those that are gone have no path."""
        videos = self._catalogue.videos_by_id({each.video_id for each in rows})
        not_shown = self._withholding.now()
        return [
            {
                "id": each.id,
                **_place(each, videos.get(each.video_id), not_shown),
                "kind": each.kind,
                "labels": list(each.labels),
                "who": each.who,
                "at": each.at,
                "source": each.source,
                "undoes": each.undoes,
            }
            for each in rows
        ]

    def doubt_documents(self, found: Sequence[Doubt]) -> list[Document]:
        """Labels that may be wrong, with their videos."""
        told = self.annotation_documents([each.annotation for each in found])
        return [
            {
                **document,
                "given": each.given,
                "likely": each.likely,
                "chance": _rounded(each.chance),
                "likely_chance": _rounded(each.likely_chance),
                "times_usual": _rounded(each.times_usual),
            }
            for document, each in zip(told, found, strict=True)
        ]

    def close(self) -> None:
        """Wait for what is learned in the background."""
        with self._opening:
            for each in self._annotators.values():
                each.close()


def curve_document(points: Sequence[Point]) -> list[Document]:
    """A learning curve as JSON gives it: F1, or errors of numbers; the others are None."""
    return [
        {
            "labels": each.labels,
            "f1_macro": _rounded(each.f1_macro),
            "mae": each.mae,
            "mae_of_mean": each.mae_of_mean,
        }
        for each in points
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _place(each: Any, video: Video | None, not_shown: NotShown) -> Document:
    """A stretch and its video, and what moderation does with it now."""
    stretch = each.video_id, each.start_s, each.end_s
    return {
        "video_id": str(each.video_id),
        "path": None if video is None else str(video.path),
        "title": "" if video is None else video.title,
        "start_s": each.start_s,
        "end_s": each.end_s,
        "effect": not_shown.effect(*stretch),
    }
