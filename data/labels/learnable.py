"""Whether labels can teach something: enough rows, and more than one answer among them."""

from collections.abc import Hashable, Sequence

from data.errors import ReelwiseError
from data.labels.kinds import NONE_OF_THEM, Task
from data.labels.rows import LabelFile, LabelRow

LEAST_ROWS = 4
"""Fewer rows than this teach nothing that could be judged."""


def require_learnable(file: LabelFile, rows: Sequence[LabelRow]) -> None:
    """Refuse rows of a file from which nothing can be learned.

    Args:
        file: The file; what its columns ask for.
        rows: Its rows, or those that can be used.

    Raises:
        ReelwiseError: A column has labels in too few rows, or the same in all of them.
    """
    for name, found in file.tasks.items():
        labels = [row.labels[name] for row in rows if row.labels[name]]
        if len(labels) < LEAST_ROWS:
            raise ReelwiseError(
                f"{file.path} has {len(labels)} usable rows with a {name}; "
                f"at least {LEAST_ROWS} are needed",
                fix="label more stretches; some twenty a label are a good start",
            )
        if len({_answer(found.task, each) for each in labels}) < 2:
            only = "|".join(labels[0])
            raise ReelwiseError(
                f"every usable row of {file.path} has the {name} {only[:80]!r}: there is nothing "
                "to tell apart",
                fix="add rows of something else; where several labels are possible, - is none of "
                "them",
            )


def _answer(task: Task, labels: tuple[str, ...]) -> Hashable:
    """What a model would be taught: labels that mean the same are equal."""
    if task is Task.NUMBER:
        return float(labels[0])
    return labels[0] if task is Task.CLASSES else frozenset(labels) - {NONE_OF_THEM}
