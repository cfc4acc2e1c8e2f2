"""What a head says of the rows of a file, with their columns."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import nothing_indexed
from data.labels.kinds import ColumnKind
from data.labels.rows import LabelWish, read_labels
from data.labels.trouble import RowTrouble
from embeddings.words.sentences import SentenceEncoder
from indexer.heads.head import Head
from indexer.heads.inputs.examples import Examples
from indexer.heads.inputs.stretches import find_stretches, with_texts
from indexer.heads.predicting import said
from indexer.heads.stored import load_head
from indexer.heads.threads import one_thread_each


@dataclass(frozen=True)
class PredictedRow:
    """What a head says of one row."""

    line: int
    """Its line in the file."""
    video: str
    """The video, as the file calls it."""
    video_id: int
    """Its number."""
    start_s: float
    """Start of the stretch."""
    end_s: float | None
    """End of it; None for the end of the video."""
    said: list[tuple[str, float, bool]]
    """Labels with probabilities and whether they are chosen, the likeliest first; see `said`."""


@dataclass(frozen=True)
class PredictedRows:
    """What a head says of a file."""

    head: str
    """The head."""
    rows: list[PredictedRow]
    """Rows in the order of the file."""
    troubles: list[RowTrouble]
    """Rows that cannot be used."""


def predict_rows(
    catalogue: Catalogue, name: str, file: Path, open_sentences: Callable[[], SentenceEncoder]
) -> PredictedRows:
    """Predict of the rows of a file.

    Raises:
        ReelwiseError: There is no such head, it is of another encoder, or the file lacks a column
            that it needs.
    """
    head, encoder_id = load_head(catalogue.home, name), catalogue.encoder
    if encoder_id is None:
        raise nothing_indexed(catalogue.home)
    head.require_encoder(encoder_id)
    kinds = {code.name: code.kind for code in head.recipe.columns}
    read = read_labels(file, LabelWish(labelled=False, kinds=kinds))
    missing = [column for column in kinds if column not in read.kinds]
    if missing:
        raise ReelwiseError(
            f"{file} has no column {', '.join(missing)}, which the head {head.name} needs",
            fix=f"add it; a row needs video{''.join(f',{column}' for column in kinds)}",
        )
    wanted = {
        "frames": head.uses_frames,
        "changes": head.recipe.changes,
        "volumes": head.uses_volumes,
    }
    found = find_stretches(catalogue, encoder_id, read.rows, **wanted)
    examples = _with_texts(head, found.examples, kinds, open_sentences)
    with one_thread_each():
        outputs = head.outputs(examples)
    rows = [
        PredictedRow(
            row.line,
            row.video,
            video_id,
            row.start_s,
            None if math.isinf(row.end_s) else row.end_s,
            said(head, output),
        )
        for row, video_id, output in zip(found.rows, found.video_ids.tolist(), outputs, strict=True)
    ]
    troubles = sorted([*read.troubles, *found.troubles], key=lambda each: each.line)
    return PredictedRows(head.name, rows, troubles)


def _with_texts(
    head: Head,
    examples: Examples,
    kinds: dict[str, ColumnKind],
    open_sentences: Callable[[], SentenceEncoder],
) -> Examples:
    if head.sentences_id is None:
        return examples
    sentences = open_sentences()
    if sentences.id != head.sentences_id:
        raise ReelwiseError(
            f"the texts of the head {head.name} were read by {head.sentences_id}; here is "
            f"{sentences.id}",
            fix=f"fit it again: reelwise train head {head.name} --labels FILE",
        )
    return with_texts(examples, kinds, sentences.encode)
