"""`reelwise predict`: what a head says of rows of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands.experts.train_head import rows_notice
from ui.library.documents import Document
from ui.library.library import Library
from ui.terminal.answer import EXIT_DONE, EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns, span

if TYPE_CHECKING:
    from indexer.heads.of_rows import PredictedRow

LABELS_SHOWN = 3
"""Labels of a row that are written at most."""


def predict(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The head.")],
    rows: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="CSV or Parquet as for train head, without labels: video[,start_s,end_s] and the "
            "columns that the head needs.",
        ),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Tell what a head says of the stretches, and columns, of a file."""
    from embeddings.words.sentences import shared_sentences
    from indexer.heads.of_rows import predict_rows

    with Library(home) as library:
        folder = library.catalogue.sentence_folder
        found = predict_rows(library.catalogue, name, rows, lambda: shared_sentences(folder))
    document = {
        "head": found.head,
        "rows": [_document(each) for each in found.rows],
        "failed": len(found.troubles),
        "troubles": [{"line": each.line, "reason": each.reason} for each in found.troubles],
    }
    lines = columns([_line(each) for each in found.rows], indent="")
    code = EXIT_SOME_FILES_FAILED if found.troubles else EXIT_DONE
    return Answer(document, "\n".join(lines), code, rows_notice(found.troubles))


def _document(row: PredictedRow) -> Document:
    said = [
        {"label": label, "score": round(score, 6), "chosen": chosen}
        for label, score, chosen in row.said
    ]
    return {
        "line": row.line,
        "video_id": str(row.video_id),
        "start_s": row.start_s,
        "end_s": row.end_s,
        "said": said,
    }


def _line(row: PredictedRow) -> list[str]:
    told = [f"{label} {score:.2f}".strip() for label, score, _ in row.said[:LABELS_SHOWN]]
    stretch = "" if row.end_s is None else span(row.start_s, row.end_s)
    return [row.video, stretch, "  ".join(told)]
