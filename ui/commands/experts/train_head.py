"""`reelwise train head`: learn labels or numbers from a file, for all clips of the library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from data.errors import ReelwiseError
from ui.library.documents import Document
from ui.library.labelling.heads import head_document
from ui.library.library import Library
from ui.terminal.answer import EXIT_DONE, EXIT_SOME_FILES_FAILED, Answer, troubles_notice
from ui.terminal.heads import head_lines
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.progress import report
from ui.terminal.text import count

if TYPE_CHECKING:
    from data.labels.kinds import ColumnKind
    from data.labels.rows import LabelFile
    from data.labels.trouble import RowTrouble
    from indexer.heads.models.model import Family
    from indexer.heads.predicting import Predicted
    from indexer.heads.training import HeadTraining, Trained

HeadArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="What the head is called: action, risk, ...")
]
LabelsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Labels: CSV or Parquet with the columns video[,start_s,end_s],label[,time] and any "
        "further ones.",
    ),
]
LabelsOfOption = Annotated[
    str | None,
    typer.Option(
        metavar="SET", help="Labels of a set that reelwise annotate keeps, in place of a file."
    ),
]
TaskOption = Annotated[
    Literal["classes", "several", "number"] | None,
    typer.Option(
        metavar="classes|several|number",
        help="What the labels are: one of several, several at once, or a number.  [default: found "
        "out]",
    ),
]
LabelColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--label-column",
        metavar="COLUMN",
        help="A column of labels; repeat it for several heads at once.  [default: label, and those "
        "that begin with label_]",
    ),
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="COLUMN=KIND",
        help="What a further column holds: number, category, person, text or ignore; repeatable.  "
        "[default: found out]",
    ),
]
FeaturesOption = Annotated[
    Literal["clips", "frames", "3d"],
    typer.Option(
        metavar="clips|frames|3d",
        help="What is looked at: the mean of the clip vectors, or also the frames in their order "
        "(their vectors), or also what moves in their small pictures.",
    ),
]
ModelsOption = Annotated[
    str | None,
    typer.Option(
        metavar="KIND,...",
        help="Models to try: linear, tastes, boosting, mlp, gru, convolution, 3d.  "
        "[default: all that fit]",
    ),
]
TrunkOption = Annotated[
    str | None,
    typer.Option(
        metavar="HEAD,...",
        help="Build on the hidden layers of these heads, which stay as they are.",
    ),
]
FoldsOption = Annotated[
    int, typer.Option(metavar="N", min=2, max=50, help="Folds of the comparison.")
]
ConfusionOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write the confusion matrix as a picture (PNG)."),
]
HeadSeedOption = Annotated[int, typer.Option(metavar="N", min=0, help="Random seed.")]


def head(
    name: HeadArgument,
    labels: LabelsOption = None,
    labels_of: LabelsOfOption = None,
    task: TaskOption = None,
    label_column: LabelColumnOption = None,
    column: ColumnOption = None,
    features: FeaturesOption = "clips",
    models: ModelsOption = None,
    trunk: TrunkOption = None,
    folds: FoldsOption = 5,
    confusion: ConfusionOption = None,
    seed: HeadSeedOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Learn labels or numbers from a file or a set of labels, on the vectors that are stored.

    Several kinds of models are compared on held-out videos, and in time where rows have times; the
    best is fitted on all rows and kept.
    """
    from data.labels.kinds import Task
    from data.labels.learnable import require_learnable
    from data.labels.rows import LabelWish, read_labels

    if (labels is None) == (labels_of is None):
        raise typer.BadParameter("give one of --labels FILE and --labels-of SET")
    if labels_of is not None and (task or label_column or column):
        raise typer.BadParameter(
            "--task, --label-column and --column are of files; a set is what it is"
        )
    wish = LabelWish(
        None if task is None else Task(task), tuple(label_column or ()), _kinds(column or ())
    )
    # A file that cannot be used is told before anything is loaded.
    file = None if labels is None else read_labels(labels, wish)
    if file is not None:
        require_learnable(file, file.rows)
    from indexer.heads.training import HeadTraining

    tried = families(models)
    with Library(home) as library:
        training = HeadTraining(
            name,
            file if file is not None else _of_set(library, labels_of or ""),
            wish,
            frames=features == "frames",
            volumes=features == "3d",
            families=tried,
            trunks=tuple(_parts(trunk)),
            folds=folds,
            seed=seed,
        )
        trained, predicted = _train(library, training)
    if confusion is not None:
        _draw(confusion, trained)
    return _answer(trained, predicted)


def _of_set(library: Library, name: str) -> LabelFile:
    """What a set of labels holds now."""
    from data.annotations.annotations import Annotations
    from data.annotations.taught import label_file

    return label_file(Annotations(library.catalogue), name)


def _train(library: Library, training: HeadTraining) -> tuple[Trained, Predicted]:
    """Fit, store, and predict of all clips."""
    from embeddings.words.sentences import shared_sentences
    from indexer.heads.predicting import bring_up_to_date
    from indexer.heads.training import train_heads

    folder = library.catalogue.sentence_folder
    trained = train_heads(library.catalogue, training, lambda: shared_sentences(folder), report)
    return trained, bring_up_to_date(library.catalogue, report)


def _kinds(given: Sequence[str]) -> dict[str, ColumnKind]:
    from data.labels.kinds import COLUMN_KINDS

    kinds: dict[str, ColumnKind] = {}
    for each in given:
        column, _, kind = each.partition("=")
        known = next((one for one in COLUMN_KINDS if one == kind.strip().lower()), None)
        if known is None:
            raise typer.BadParameter(f"{each!r} is not COLUMN={'|'.join(COLUMN_KINDS)}")
        kinds[column.strip().lower()] = known
    return kinds


def families(given: str | None) -> tuple[Family, ...] | None:
    """The kinds of models that were named; None where none was.

    Raises:
        typer.BadParameter: There is no such kind.
    """
    from indexer.heads.models.model import Family

    names = _parts(given)
    unknown = [name for name in names if name not in list(Family)]
    if unknown:
        raise typer.BadParameter(f"there is no model {unknown[0]!r}; there are {', '.join(Family)}")
    return tuple(Family(name) for name in names) or None


def _parts(given: str | None) -> list[str]:
    return [part.strip().lower() for part in (given or "").split(",") if part.strip()]


def _draw(path: Path, trained: Trained) -> None:
    from indexer.heads.judging.confusion import write_confusion

    if len(trained.heads) > 1:
        raise ReelwiseError(
            "the file has several columns of labels: one picture shows one head",
            fix="give one of them: --label-column NAME",
        )
    head = trained.heads[0]
    write_confusion(path, head.classes, head.record.figures["confusion"])


def _answer(trained: Trained, predicted: Predicted) -> Answer:
    document: Document = {
        "heads": [head_document(each) for each in trained.heads],
        "failed": len(trained.troubles),
        "troubles": [{"line": each.line, "reason": each.reason} for each in trained.troubles],
        "doubled": trained.doubled,
        "predicted": predicted.clips,
        "untold": {name: each.clips for name, each in predicted.untold.items()},
    }
    lines = [line for each in trained.heads for line in [*head_lines(each), ""]]
    for name in (each.name for each in trained.heads):
        if name in predicted.clips:
            lines.append(f"{name} has predicted of {count(predicted.clips[name], 'clip')}")
        if name in predicted.untold:
            lines.append(f"{name} {predicted.untold[name]}")
    if trained.doubled:
        lines.append(f"{count(trained.doubled, 'row')} said what an earlier one says: counted once")
    code = EXIT_SOME_FILES_FAILED if trained.troubles else EXIT_DONE
    return Answer(document, "\n".join(lines).rstrip(), code, rows_notice(trained.troubles))


def rows_notice(troubles: Sequence[RowTrouble]) -> str:
    """The first rows that could not be used, with their reasons; empty where there are none."""
    from embeddings.training.captions import Trouble

    return troubles_notice(
        [Trouble(f"line {each.line}" if each.line else "a word", each.reason) for each in troubles]
    )
