"""A library of films, and what the product's own code learns and says of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.labelling.heads_on_toons.films import Film, write_films
from data.arrays import Floats
from data.catalogue import Catalogue
from data.home import Home, resolve_home
from data.labels.kinds import ColumnKind
from data.labels.rows import LabelRow, LabelWish
from data.lines import Channel
from data.video.clips.rule import ClipRule
from embeddings.encoder import Encoder
from embeddings.words.sentences import shared_sentences
from indexer.build.pipeline import RunOptions, index_with
from indexer.heads.head import Head
from indexer.heads.inputs.stretches import Stretches, find_stretches
from indexer.heads.models.model import OF_FRAMES, Family
from indexer.heads.of_rows import predict_rows
from indexer.heads.stored import load_head
from indexer.heads.training import HeadTraining, train_heads
from indexer.review.described import vector_of
from indexer.search.query import Query
from indexer.search.searcher import Searcher


@dataclass(frozen=True)
class Row:
    """One labelled stretch of a world."""

    video: str
    """File name."""
    start_s: float
    """Start of the stretch."""
    end_s: float
    """Its end."""
    label: str
    """What the world's rule says."""
    columns: tuple[tuple[str, str], ...] = ()
    """Further columns, name and value; `time` is the time of the row."""

    @property
    def values(self) -> dict[str, str]:
        """Further columns by name."""
        return dict(self.columns)


@dataclass(frozen=True)
class Said:
    """What a head says of rows."""

    classes: tuple[str, ...]
    """The labels it knows; none for numbers."""
    outputs: Floats
    """(n, classes) probabilities, or (n, 1) numbers."""

    @property
    def labels(self) -> list[str]:
        """The likeliest label of each row."""
        return [self.classes[at] for at in self.outputs.argmax(axis=1).tolist()]

    def of(self, label: str) -> Floats:
        """(n,) probability of a label."""
        return np.asarray(self.outputs[:, self.classes.index(label)])


@dataclass(frozen=True)
class Lab:
    """An indexed library of films."""

    folder: Path
    """Where the films lie."""
    home: Home
    """The library."""
    catalogue: Catalogue
    """Its catalogue."""
    encoder: Encoder
    """What it was indexed with."""

    def train(
        self,
        rows: Sequence[Row],
        *,
        families: tuple[Family, ...] | None = None,
        kinds: Mapping[str, ColumnKind] | None = None,
        words: str | None = None,
    ) -> Head:
        """Fit a head on rows, as `reelwise train head` does, or with words as `review learn`."""
        file = write_rows(self.home.root.parent / "train.csv", rows, labelled=True)
        training = HeadTraining(
            "learned",
            file,
            LabelWish(kinds=dict(kinds or {})),
            frames=not OF_FRAMES.isdisjoint(families or ()),
            volumes=Family.VOLUME in (families or ()),
            families=families,
            words=None if words is None else vector_of(words, self.encoder),
        )
        train_heads(self.catalogue, training, shared_sentences, lambda _: None)
        return load_head(self.home, "learned")

    def predict(self, rows: Sequence[Row]) -> Said:
        """What the head that was fitted last says of rows, as `reelwise predict` does."""
        file = write_rows(self.home.root.parent / "rows.csv", rows, labelled=False)
        head = load_head(self.home, "learned")
        told = predict_rows(self.catalogue, "learned", file, shared_sentences)
        assert not told.troubles
        if not head.classes:
            return Said((), np.array([[each.said[0][1]] for each in told.rows], np.float32))
        outputs = np.zeros((len(rows), len(head.classes)), np.float32)
        for row, each in zip(outputs, told.rows, strict=True):
            for label, score, _ in each.said:
                row[head.classes.index(label)] = score
            left = row == 0  # labels that are hardly likely are not told: they share the rest
            row[left] = max(0.0, 1 - float(row.sum())) / max(1, int(left.sum()))
        return Said(head.classes, outputs)

    def stretches(self, rows: Sequence[Row]) -> Stretches:
        """Stored vectors of rows, clips and frames."""
        wanted = [
            LabelRow(at, row.video, row.start_s, row.end_s, {}, {}) for at, row in enumerate(rows)
        ]
        return find_stretches(self.catalogue, self.encoder.id, wanted, frames=True)

    def words(self, text: str) -> dict[str, float]:
        """By film, how well a search for words finds it."""
        with closing(Searcher(self.home, self.encoder)) as searcher:
            n = searcher.view.n_clips
            query = Query(text, channels=frozenset((Channel.PICTURE,)))
            hits = searcher.search(query, n).hits
        found: dict[str, float] = {}
        for hit in hits:
            found[hit.path.name] = max(hit.score, found.get(hit.path.name, -np.inf))
        return found


@contextmanager
def laboratory(
    films: Sequence[Film], encoder: Encoder, *, clips: ClipRule | None = None
) -> Iterator[Lab]:
    """Write and index films, and remove all of it afterwards."""
    with TemporaryDirectory() as place:
        folder, home = Path(place) / "films", resolve_home(Path(place) / "home")
        write_films(folder, films)
        index_with(home, [folder], encoder, RunOptions(clip_rule=clips))
        with Catalogue(home) as catalogue:
            yield Lab(folder, home, catalogue, encoder)


def write_rows(path: Path, rows: Sequence[Row], *, labelled: bool) -> Path:
    """Write rows as a file of labels."""
    columns = list(rows[0].values)
    header = ["video", "start_s", "end_s", *(["label"] if labelled else []), *columns]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            label = [row.label] if labelled else []
            writer.writerow([row.video, row.start_s, row.end_s, *label, *row.values.values()])
    return path


def split_by_video(rows: Sequence[Row], share: float) -> tuple[list[Row], list[Row]]:
    """Rows of the first films, and of the others; a share of the films teaches."""
    names = sorted({row.video for row in rows})
    first = set(names[: round(share * len(names))])
    return [r for r in rows if r.video in first], [r for r in rows if r.video not in first]
