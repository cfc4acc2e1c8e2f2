"""A set of labels as what heads are fitted on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from data.annotations.annotations import Annotations
from data.errors import ReelwiseError
from data.labels.kinds import TaskFound
from data.labels.rows import LABEL, LabelFile, LabelRow


def label_file(annotations: Annotations, name: str) -> LabelFile:
    """What holds in a set as rows, each with its number as its line.

    Raises:
        ReelwiseError: There is no such set, or nothing is labelled.
    """
    known = annotations.get(name)
    labelled = [each for each in annotations.current(name) if each.kind == "label"]
    if not labelled:
        raise ReelwiseError(
            f"nothing is labelled in the set {known.name}", fix=f"reelwise annotate {known.name}"
        )
    rows = [
        LabelRow(each.id, f"id:{each.video_id}", each.start_s, each.end_s, {LABEL: each.labels}, {})
        for each in labelled
    ]
    content = repr([(each.stretch, each.labels) for each in labelled]).encode()
    return LabelFile(
        Path(f"the set {known.name}"),
        hashlib.sha256(content).hexdigest(),
        rows,
        {LABEL: TaskFound(known.task, "as the set is")},
        {},
        [],
        0,
        frozenset(each.who for each in labelled if each.who),
    )
