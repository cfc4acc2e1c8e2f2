"""`reelwise evaluate actions`: how well actions are told apart on a public set, or on one's own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ui.commands.everyday.index import EncoderOption
from ui.commands.experts.train_head import FoldsOption, HeadSeedOption, ModelsOption
from ui.commands.experts.train_head import families as families_of
from ui.library.labelling.actions import actions_document
from ui.library.library import Library
from ui.terminal.actions import action_lines, unused_notice
from ui.terminal.answer import EXIT_DONE, EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.options import DeviceOption, HomeOption, JsonOption
from ui.terminal.progress import ProgressBar, report

if TYPE_CHECKING:
    from data.action_sets.action_set import ActionSet
    from indexer.actions.evaluate import ActionWish, MeasuredActions

DatasetOption = Annotated[
    Path, typer.Option(metavar="FOLDER", help="The set: its videos, and mostly its lists.")
]
SplitOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="A list of the set: testlist02.txt, brush_hair_test_split1.txt, val.csv, "
        "validation.json, or CSV video,label[,split][,group]; repeatable.  [default: those in "
        "FOLDER]",
    ),
]
LayoutOption = Annotated[
    Literal["auto", "ucf101", "hmdb51", "kinetics", "ssv2", "csv", "folders"],
    typer.Option(
        "--format",
        metavar="auto|ucf101|hmdb51|kinetics|ssv2|csv|folders",
        help="How the set is laid out.",
    ),
]
IndexOption = Annotated[
    bool, typer.Option("--index", help="First index FOLDER, as reelwise index does.")
]
SegmentOption = Annotated[
    float | None,
    typer.Option(
        metavar="S",
        min=0.5,
        help="Cut each video into segments of so many seconds and average what is said of them.  "
        "[default: the whole video at once]",
    ),
]
TemplateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--template",
        metavar="TEXT",
        help="A sentence with {} for the class; repeat it for an ensemble.  [default: ten of them]",
    ),
]
NoHeadOption = Annotated[
    bool,
    typer.Option("--no-head", help="Fit no head: only names of classes, and only judged videos."),
]
PerClassOption = Annotated[
    bool, typer.Option("--per-class", help="Also give the figures of each class.")
]
ActionConfusionOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write the confusion matrix of the head, else of the names of classes: PNG up to 60 "
        "classes, or CSV.",
    ),
]
OfVectorsOption = Annotated[
    Literal["clips", "frames"],
    typer.Option(
        "--features",
        metavar="clips|frames",
        help="What is looked at: the mean of the clip vectors, or also the frames in their order.",
    ),
]


def measure_actions(
    dataset: DatasetOption,
    split: SplitOption = None,
    layout: LayoutOption = "auto",
    index: IndexOption = False,
    encoder: EncoderOption = None,
    segment: SegmentOption = None,
    features: OfVectorsOption = "clips",
    template: TemplateOption = None,
    no_head: NoHeadOption = False,
    models: ModelsOption = None,
    folds: FoldsOption = 5,
    seed: HeadSeedOption = 0,
    per_class: PerClassOption = False,
    confusion: ActionConfusionOption = None,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Measure action recognition on UCF101, HMDB51, Kinetics, Something-Something or own folders.

    Classes are told by their names, and by heads that are fitted on the training part; both are
    judged on the other part, on stored vectors.
    """
    from data.action_sets.read import read_action_set
    from indexer.actions.evaluate import ActionWish
    from indexer.actions.fitted import HeadWish
    from indexer.actions.stored import Reading
    from indexer.actions.zero_shot import TEMPLATES
    from indexer.heads.judging.confusion import require_few

    wish = ActionWish(
        Reading(segment, features == "frames", not no_head, index),
        tuple(template or TEMPLATES),
        HeadWish(families_of(models), folds, seed),
    )
    actions = read_action_set(dataset, split or (), layout)
    if confusion is not None and not _is_table(confusion):
        require_few(actions.classes)
    with Library(home, device=device) as library:
        if index:
            with ProgressBar() as bar:
                library.index([dataset], encoder=encoder, progress=bar)
        measured = _measure(library, actions, wish, _indexing(dataset, home))
    if confusion is not None:
        _write_confusion(confusion, measured)
    document = actions_document(measured, per_class=per_class)
    unused = measured.stored.unused
    return Answer(
        document,
        "\n".join(action_lines(measured, per_class=per_class)),
        EXIT_SOME_FILES_FAILED if unused else EXIT_DONE,
        unused_notice(unused),
    )


def _indexing(dataset: Path, home: Path | None) -> str:
    """The command that indexes a set."""
    command = f"reelwise index {shlex.quote(str(dataset))}"
    return command if home is None else f"{command} --home {shlex.quote(str(home))}"


def _measure(library: Library, actions: ActionSet, wish: ActionWish, index: str) -> MeasuredActions:
    from indexer.actions.evaluate import evaluate_actions

    return evaluate_actions(
        library.catalogue,
        lambda: library.encoder,
        actions,
        wish,
        index=index,
        told=report,
    )


def _write_confusion(path: Path, measured: MeasuredActions) -> None:
    from indexer.heads.judging.confusion import write_confusion, write_confusion_table

    figures: Any = measured.ways.get("head") or measured.ways["zero_shot"]
    write = write_confusion_table if _is_table(path) else write_confusion
    write(path, measured.actions.classes, figures.confusion)


def _is_table(path: Path) -> bool:
    return path.suffix.lower() == ".csv"
