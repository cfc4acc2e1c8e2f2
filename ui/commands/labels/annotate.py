"""`reelwise annotate`: label stretches of videos, those first that teach most."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from data.printable import printable
from ui.commands.reviews.options import who
from ui.library.library import Library
from ui.terminal.answer import EXIT_DONE, EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.labels import curve_lines, doubt_lines, log_lines, proposal_lines, set_lines
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import count, short_path

if TYPE_CHECKING:
    from data.labels.kinds import Task
    from ui.library.documents import Document

NameArgument = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="The set of labels.  [default: list the sets]"),
]
LabelsOption = Annotated[
    str | None,
    typer.Option(
        metavar="LABEL,...", help="Labels that are offered; a set that is new gets these."
    ),
]
TaskOption = Annotated[
    Literal["classes", "several", "number"] | None,
    typer.Option(
        metavar="classes|several|number",
        help="What the set is of: one label a stretch, several at once, or a number.  "
        "[default: classes; with --import what the file asks for]",
    ),
]
NextOption = Annotated[
    int | None,
    typer.Option(
        "--next",
        metavar="N",
        min=1,
        max=1000,
        help="Only list what to label next, N stretches at most.",
    ),
]
ImportOption = Annotated[
    Path | None,
    typer.Option(
        "--import",
        metavar="FILE",
        help="Add the labels of a CSV, Parquet or JSON file; safe to repeat.",
    ),
]
ColumnOption = Annotated[
    str | None,
    typer.Option(
        "--label-column", metavar="COLUMN", help="With --import: the column of the labels."
    ),
]
ExportOption = Annotated[
    Path | None,
    typer.Option(
        "--export",
        metavar="FILE",
        help="Write the labels: FILE.csv, FILE.json (as COCO), FILE.labelstudio.json.",
    ),
]
CheckOption = Annotated[
    bool, typer.Option("--check", help="List labels that are likely wrong, the likeliest first.")
]
CurveOption = Annotated[
    bool,
    typer.Option(
        "--curve", help="Show F1, or the error of numbers, on other videos by the number of labels."
    ),
]
LogOption = Annotated[
    bool, typer.Option("--log", help="Show what was labelled, skipped and taken back, in order.")
]
UndoOption = Annotated[bool, typer.Option("--undo", help="Take back what you said last.")]
RemoveOption = Annotated[
    bool, typer.Option("--remove", help="Remove the set with all its labels, for good.")
]
PicturesOption = Annotated[
    Path | None,
    typer.Option(
        "--pictures",
        metavar="DIR",
        file_okay=False,
        help="Write a picture of each proposal into this folder (PNG), and name it.",
    ),
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who labels.  [default: your name on this machine]"),
]


def annotate(
    name: NameArgument = None,
    labels: LabelsOption = None,
    task: TaskOption = None,
    next_: NextOption = None,
    import_: ImportOption = None,
    label_column: ColumnOption = None,
    export: ExportOption = None,
    check: CheckOption = False,
    curve: CurveOption = False,
    log: LogOption = False,
    undo: UndoOption = False,
    remove: RemoveOption = False,
    pictures: PicturesOption = None,
    by: ByOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Label stretches of videos: what a head would learn most from is proposed first.

    Without an option that does something else, it asks for one label after another, until q or the
    end of the input; what was answered is kept at once.
    """
    wanted = {"--next": next_, "--import": import_, "--export": export, "--check": check}
    wanted |= {"--curve": curve, "--log": log, "--undo": undo, "--remove": remove}
    given = [option for option, value in wanted.items() if value]
    if len(given) > 1:
        raise typer.BadParameter(f"{' and '.join(given)} are given: one thing at a time")
    if label_column is not None and import_ is None:
        raise typer.BadParameter("--label-column is of --import")
    if name is None and (given or labels or task):
        raise typer.BadParameter(f"{[*given, 'this'][0]} needs the NAME of a set")
    work = _Work(name or "", labels, task, by)
    does: dict[str, Callable[[Library], Answer]] = {
        "--next": lambda library: work.proposed(library, next_ or 1, pictures),
        "--import": lambda library: work.taken(library, import_ or Path(), label_column),
        "--export": lambda library: work.given(library, export or Path()),
        "--check": work.checked,
        "--curve": work.curve,
        "--log": work.log,
        "--undo": work.undone,
        "--remove": work.removed,
    }
    with Library(home) as library:
        if name is None:
            return work.sets(library)
        if import_ is None:
            work.make(library)
        if given:
            return does[given[0]](library)
        return work.asked(library, pictures)


class _Work:
    """What is done with one set."""

    def __init__(self, name: str, labels: str | None, task: str | None, by: str | None) -> None:
        from data.labels.kinds import Task

        self.name = name
        self.labels = [part for part in (labels or "").split(",") if part.strip()]
        self.task: Task | None = None if task is None else Task(task)
        self.by = by

    def make(self, library: Library) -> None:
        """Make the set where labels or a task are given; else it has to be there."""
        if self.labels or self.task is not None:
            library.annotating.annotations.make(self.name, self.task, self.labels)

    def sets(self, library: Library) -> Answer:
        """All sets."""
        found = library.annotating.set_documents()
        return Answer({"sets": found}, "\n".join(set_lines(found)) or "no set of labels yet")

    def taken(self, library: Library, file: Path, column: str | None) -> Answer:
        """The labels of a file."""
        from ui.commands.experts.train_head import rows_notice

        found = library.annotating.take(
            self.name, file, by=who(self.by), task=self.task, column=column
        )
        known = library.annotating.set_document(self.name)
        document: Document = {
            "set": known,
            "added": found.added,
            "changed": found.changed,
            "known": found.known,
            "failed": len(found.troubles),
            "troubles": [{"line": each.line, "reason": each.reason} for each in found.troubles],
        }
        lines = [f"{count(found.added, 'stretch', 'stretches')} labelled from {short_path(file)}"]
        if found.changed:
            lines.append(f"{found.changed:,} of them had other labels before")
        if found.known:
            lines.append(f"{count(found.known, 'row')} said what was known")
        lines += set_lines([known])
        code = EXIT_SOME_FILES_FAILED if found.troubles else EXIT_DONE
        return Answer(document, "\n".join(lines), code, rows_notice(found.troubles))

    def given(self, library: Library, file: Path) -> Answer:
        """The set as a file."""
        from data.annotations.exporting import format_of, write_export

        found = library.annotating.give(self.name, format_of(file))
        write_export(file, found)
        document = {"file": str(file.absolute()), "rows": found.rows, "left_out": found.left_out}
        text = f"{count(found.rows, 'stretch', 'stretches')} written to {short_path(file)}"
        gone = f"{found.left_out:,} of videos that are gone are left out" if found.left_out else ""
        return Answer(document, text, notice=gone)

    def removed(self, library: Library) -> Answer:
        """No set any more."""
        n = library.annotating.remove(self.name)
        labelled = count(n, "labelled stretch", "labelled stretches")
        text = printable(f"{self.name} is removed with {labelled}")
        return Answer({"removed": self.name, "labelled": n}, text)

    def log(self, library: Library) -> Answer:
        """Everything that was said."""
        work = library.annotating
        rows = work.annotation_documents(work.annotations.rows(self.name))
        return Answer({"log": rows}, "\n".join(log_lines(rows)) or "nothing was said yet")

    def undone(self, library: Library) -> Answer:
        """What was said last, taken back."""
        work = library.annotating
        rows = work.annotation_documents(work.annotations.undo(self.name, by=who(self.by)))
        text = "\n".join([f"taken back: {count(len(rows), 'row')}", *log_lines(rows[:5])])
        return Answer({"undone": rows, "set": work.set_document(self.name)}, text)

    def checked(self, library: Library) -> Answer:
        """Labels that may be wrong."""
        work = library.annotating
        annotator = work.annotator(self.name)
        found = work.doubt_documents(annotator.doubts())
        document = {"set": work.set_document(self.name), "doubts": found}
        return Answer(document, "\n".join(doubt_lines(found, len(annotator.judged_head().lesson))))

    def curve(self, library: Library) -> Answer:
        """F1, or the error of numbers, by number of labels."""
        from ui.library.labelling.annotating import curve_document

        annotator = library.annotating.annotator(self.name)
        points, head = curve_document(annotator.curve()), annotator.judged_head()
        document = {"curve": points, "model": head.candidate.name, "labels": len(head.lesson)}
        return Answer(document, "\n".join(curve_lines(points)))

    def proposed(self, library: Library, n: int, pictures: Path | None) -> Answer:
        """What to label next."""
        from ui.commands.labels.pictures import with_pictures

        work = library.annotating
        found = work.annotator(self.name).propose(n)
        documents = with_pictures(work.proposed_documents(found), pictures)
        document = {
            "set": work.set_document(self.name),
            "asked": found.asked or None,
            "of_labels": found.of_labels,
            "next": documents,
        }
        lines = [line for at, each in enumerate(documents, 1) for line in proposal_lines(each, at)]
        return Answer(
            document, "\n".join(lines) or "every stretch is labelled", notice=found.notice
        )

    def asked(self, library: Library, pictures: Path | None) -> Answer:
        """One label after another."""
        from ui.commands.labels.asking import Asking

        asking = Asking(library.annotating, self.name, who(self.by), pictures)
        said = asking.run()
        known = library.annotating.set_document(self.name)
        return Answer({"set": known, **said}, "\n".join(set_lines([known])))
